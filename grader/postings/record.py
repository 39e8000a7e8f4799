"""The report as `grader grade --json` wrote it, read back: what every posting is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.contract import SCHEMA, Outcome, Status, Suite, View
from grader.course import load_course
from grader.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """The points of one exercise."""

    name: str
    score: int
    max_score: int
    status: Status

    @property
    def bonus(self) -> bool:
        """Whether its points are beside the score."""
        return any(spec.bonus for spec in load_course().exercises if spec.name == self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check; a `max_score` of 0 is that of a suite which was run and is not scored."""

    id: str
    exercise: str
    function: str
    outcome: Outcome
    score: int
    max_score: int
    message: str
    hint: str | None
    duration_s: float

    @property
    def passed(self) -> bool:
        """Whether it earned its points."""
        return self.outcome is Outcome.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something worth saying that is no check."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """Which walls stood around the submission."""

    rung: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A report in the student's view. `score` and `max_score` are without the bonus."""

    schema: str
    view: View
    submission: str
    score: int
    max_score: int
    bonus: int
    max_bonus: int
    suite: Suite
    exercises: Sequence[Exercise]
    checks: Sequence[Check]
    isolation: Isolation
    notes: Sequence[Note]
    duration_s: float

    def scored(self, exercise: str) -> list[Check]:
        """The checks of an exercise that are worth points."""
        return [check for check in self.checks if check.exercise == exercise and check.max_score]


def read(path: Path) -> Posted:
    """Read a report.

    Raises:
        UsageError: If there is none, or if it is the instructor's: what is posted is for the student.
    """
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; `grader grade --json` writes it") from error


def decode(document: bytes) -> Posted:
    """The report in a document.

    Raises:
        UsageError: If it is no report in the student's view whose points add up.
    """
    try:
        posted = msgspec.json.decode(document, type=Posted)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"this is no report of `grader grade --json`: {error}") from error
    if posted.schema != SCHEMA:
        raise UsageError(f"this report has the schema {posted.schema!r}; expected {SCHEMA!r}")
    if posted.view is not View.STUDENT:
        raise UsageError("this report is the instructor's; post the one that `--view student` writes")
    # Between grading and posting the document is a file, which something else may have written.
    for exercise in posted.exercises:
        checks = posted.scored(exercise.name)
        sums = sum(check.score for check in checks), sum(check.max_score for check in checks)
        if sums != (exercise.score, exercise.max_score):
            raise UsageError(f"the points of {exercise.name} are not those of its checks; the report was changed")
    totals = [sum(e.score for e in posted.exercises if e.bonus is bonus) for bonus in (False, True)]
    if totals != [posted.score, posted.bonus]:
        raise UsageError("the score is not the sum of the exercises; the report was changed")
    return posted
