"""Scores that an instructor has set by hand, each with its reason: a file for each student, beside the attempts.

They are kept apart from the attempts, so that a grade that is made again leaves them as they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.classroom.attempts import Attempt, read, write
from grader.contract import Outcome, Status, Text
from grader.course import load_course
from grader.errors import GraderError, UsageError
from grader.text import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The points that one check gives a student, whatever the judge says."""

    check: str
    points: int
    reason: str
    since: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an override has made of the points that the judge gave."""

    check: str
    judged: int
    points: int
    reason: str

    def __str__(self) -> str:
        return f"{self.check}: {self.judged} → {self.points} ({self.reason})"


class Overrides:
    """The overrides of a class, in the folder of the assignment's attempts."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the assignment."""
        self._folder = folder

    def of(self, *names: str) -> dict[str, Override]:
        """What is set by hand for a student, by check; of several names, such as a group and a member, the last counts.

        Raises:
            GraderError: If a file was changed by someone else, and is no list of overrides any more.
        """
        return {each.check: each for name in names for each in self._read(name)}

    def put(self, student: str, override: Override) -> None:
        """Set the points of a check, in place of what was set before.

        Raises:
            GraderError: If it cannot be written.
        """
        self._write(student, {**self.of(student), override.check: override})

    def remove(self, student: str, check: str) -> None:
        """Let the judge's points of a check count again.

        Raises:
            UsageError: If nothing is set.
            GraderError: If it cannot be written.
        """
        there = self.of(student)
        if check not in there:
            raise UsageError(f"no points are set by hand for {check} of {student}")
        del there[check]
        self._write(student, there)

    def _path(self, student: str) -> Path:
        return self._folder / student / "overrides.json"

    def _read(self, student: str) -> Sequence[Override]:
        path = self._path(student)
        return read(path, list[Override], "mend or delete it") if path.exists() else []

    def _write(self, student: str, overrides: Mapping[str, Override]) -> None:
        try:
            write(self._path(student), list(overrides.values()))
        except OSError as error:
            raise GraderError(f"the override for {student} cannot be written: {error.strerror}") from error


def changes(attempt: Attempt, overrides: Mapping[str, Override]) -> list[Change]:
    """What these overrides change in an attempt. One of a check that the suite has no longer changes nothing."""
    return [
        # A check that is worth less by now gives no more than that.
        Change(check=check.id, judged=check.score, points=min(found.points, check.max_score), reason=found.reason)
        for check in attempt.points.scored
        if (found := overrides.get(check.id))
    ]


def apply(attempt: Attempt, overrides: Mapping[str, Override], translate: Translator) -> Attempt:
    """The attempt with these overrides in both of its reports; each says what was changed, and why."""
    if not (made := changes(attempt, overrides)):
        return attempt
    by_check = {change.check: change for change in made}
    return replace(
        attempt,
        report=_changed(attempt.report, by_check, translate),
        for_student=_changed(attempt.for_student, by_check, translate),
    )


def _changed(report: Mapping[str, Any], made: Mapping[str, Change], translate: Translator) -> dict[str, Any]:
    if not report:  # an attempt from before there was one for the student
        return {}
    checks = [
        _check(check, made[check["id"]], translate) if check["max_score"] and check["id"] in made else check
        for check in report["checks"]
    ]
    exercises = [_exercise(exercise, checks) for exercise in report["exercises"]]
    bonus = {spec.name for spec in load_course().exercises if spec.bonus}
    return {
        **report,
        "checks": checks,
        "exercises": exercises,
        "score": sum(exercise["score"] for exercise in exercises if exercise["name"] not in bonus),
        "bonus": sum(exercise["score"] for exercise in exercises if exercise["name"] in bonus),
    }


def _check(check: Mapping[str, Any], change: Change, translate: Translator) -> dict[str, Any]:
    """A check whose points were set. One that passed and has lost points is shown as one that did not."""
    values = {"points": change.points, "most": check["max_score"], "reason": change.reason}
    said = translate(Text("Set by hand to {points} of {most} points: {reason}", values))
    passed = check["outcome"] == Outcome.PASSED.value
    # A page that lists a check among those that passed says nothing about points that it lost.
    lost = passed and change.points < check["max_score"]
    return {
        **check,
        "score": change.points,
        "outcome": Outcome.FAILED.value if lost else check["outcome"],
        "message": said if passed else f"{said} · {check['message']}",
    }


def _exercise(exercise: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    score = sum(check["score"] for check in checks if check["exercise"] == exercise["name"] and check["max_score"])
    status = exercise["status"]
    if score == exercise["max_score"]:
        status = Status.PASSED.value
    elif score:
        status = Status.PARTIAL.value
    elif status != Status.MISSING.value:
        status = Status.FAILED.value
    return {**exercise, "score": score, "status": status}
