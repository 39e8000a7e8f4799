"""Judges a class again from the transcripts of its attempts, and says whose score would move before anything counts.

What comes of it is proposed beside the attempts: whoever looks first and writes then, or is interrupted, waits once.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.classroom.attempts import Attempt, Attempts
from grader.classroom.gradebook import open_gradebook, worth_of
from grader.classroom.graders import Judges
from grader.classroom.grading import NotGraded, each, suite_of
from grader.classroom.overrides import Overrides, apply
from grader.classroom.run import Class, enter_all
from grader.classroom.tables import read_roster
from grader.contract import Outcome, View
from grader.errors import GraderError, UsageError
from grader.report import to_json
from grader.transcript import read_meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A check whose points, or what it is worth, are others than before, and in short why."""

    check: str
    points: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An attempt and what the judge makes of it now, both with what is set by hand."""

    student: str
    before: Attempt
    after: Attempt

    @property
    def moves(self) -> Sequence[Move]:
        """What makes the difference, check by check."""
        return _moves(self.before.report, self.after.report)

    def __str__(self) -> str:
        return f"{self.student}: {self.points}"

    @property
    def points(self) -> str:
        """The score, or from what to what it moves."""
        before, after = str(self.before.points), str(self.after.points)
        return before if before == after else f"{before} → {after}"


Verdict = Judged | NotGraded
Tell = Callable[[int, int, Verdict], None]
"""Told how many students are done, of how many, and the newest verdict."""


def regrade_class(chosen: Class, judges: Judges, tell: Tell) -> list[Verdict]:
    """Judge the newest attempt of each student again; the verdicts by the students' ids. Nothing counts as yet.

    Raises:
        UsageError: If there are no attempts.
        GraderError: If one of them is none any more.
    """
    attempts = _open(chosen)
    verdicts: list[Verdict] = []
    with attempts.held():
        kept = list(attempts.all_newest().values())
        if not kept:
            raise UsageError(f"no attempt is in {chosen.folder}; grade the class first")

        def one(attempt: Attempt) -> Verdict:
            after, overrides = _judged(attempt, attempts, chosen, judges), Overrides(chosen.folder).of(attempt.student)
            changed = [apply(each, overrides, chosen.translate) for each in (attempt, after)]
            return Judged(student=attempt.student, before=changed[0], after=changed[1])

        for verdict in each(kept, one, judges):
            verdicts.append(verdict)
            tell(len(verdicts), len(kept), verdict)
    return sorted(verdicts, key=lambda verdict: verdict.student)


def accept(chosen: Class, verdicts: Sequence[Verdict], roster: Path | None) -> None:
    """Let what was judged again count, and bring the gradebook up to date. Called again, it ends what was interrupted.

    Raises:
        UsageError: If the roster or the gradebook is not what it must be.
        GraderError: If something cannot be written.
    """
    students = read_roster(roster) if roster else ()
    attempts = _open(chosen)
    with attempts.held():
        newest = attempts.all_newest()
        worth = worth_of(chosen.options.tests, {name for attempt in newest.values() for name in attempt.exercises})
        with open_gradebook(chosen.gradebook, chosen.assignment, worth) as gradebook:
            for judged in (verdict for verdict in verdicts if isinstance(verdict, Judged)):
                there = (newest.get(judged.student), attempts.proposed(judged.student))
                if [each and each.graded for each in there] == [judged.before.graded, judged.after.graded]:
                    attempts.accept(judged.student)
            enter_all(attempts.all_newest().values(), students, gradebook, Overrides(chosen.folder))


def _open(chosen: Class) -> Attempts:
    if not chosen.folder.is_dir():
        raise UsageError(f"{chosen.folder} is not there; give the folder of all attempts, and perhaps --assignment")
    return Attempts(chosen.folder)


def _judged(attempt: Attempt, attempts: Attempts, chosen: Class, judges: Judges) -> Attempt:
    """The attempt as the suite of now judges it; the same one if it was judged by no other.

    Raises:
        GraderError: If its evidence is gone, or answers other questions than are asked now.
    """
    path, options = attempts.transcript(attempt), chosen.options
    trainer = read_meta(path)["trainer"] if path else options.trainer
    suite = suite_of(replace(options, exercises=tuple(attempt.exercises), trainer=trainer))
    if attempt.suite == suite:
        return attempt
    if (known := attempts.proposed(attempt.student)) and known.is_of(attempt.code, suite, attempt.seed):
        return known
    if path is None:
        raise GraderError("no transcript of it is kept; grade the submission again")
    report = judges.regrade(path, options.tests)
    proposal = replace(
        attempt,
        suite=suite,
        graded=datetime.datetime.now(datetime.UTC),
        report=to_json(report, View.INSTRUCTOR, chosen.translate),
        for_student=to_json(report, View.STUDENT, chosen.translate),
    )
    attempts.propose(proposal)
    return proposal


def _moves(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Move]:
    old, new = _scored(before), _scored(after)
    return [
        Move(check=id, points=f"{_points(old.get(id))} → {_points(new.get(id))}", why=_why(old.get(id), new.get(id)))
        for id in old | new
        if _points(old.get(id)) != _points(new.get(id))
    ]


def _scored(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {check["id"]: check for check in report["checks"] if check["max_score"]}


def _points(check: Mapping[str, Any] | None) -> str:
    return f"{check['score']}/{check['max_score']}" if check else "–"


def _why(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    if after is None:
        return "it is in the suite no longer"
    if before is None:
        return f"it was not in the suite; now: {_said(after)}"
    if before["outcome"] == after["outcome"]:
        return "it is worth other points"
    return f"now: {_said(after)}; before: {_said(before)}"


def _said(check: Mapping[str, Any]) -> str:
    """How a check ended, in the words of its report, with the known mistake that it shows."""
    if check["outcome"] == Outcome.PASSED.value:
        return "passed"
    mistake = f" ({check['misconception']})" if check["misconception"] else ""
    return f"{check['message']}{mistake}"
