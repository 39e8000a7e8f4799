"""Sets the points of a check by hand, in the place where overrides are kept and in the gradebook."""

from __future__ import annotations

import datetime
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.attempts import Attempts
from grader.classroom.gradebook import points_of, set_by_hand
from grader.classroom.overrides import Override, Overrides
from grader.classroom.tables import check_id
from grader.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Where the books of an assignment are: the folder of its attempts, and the URL of the gradebook."""

    assignment: str
    attempts: Path
    gradebook: str

    def enter(self, student: str, check: str, override: Override | None) -> bool | None:
        """Bring the gradebook up to date, as `set_by_hand` does."""
        return set_by_hand(self.gradebook, self.assignment, student, check, override)


def override(books: Books, tests: Path, student: str, check: str, points: int, reason: str) -> bool:
    """Let a check give a student so many points; whether they stand in the gradebook already.

    Raises:
        UsageError: If there is no such check or student, it cannot give so many points, or no reason is given.
        GraderError: If it cannot be written.
    """
    check_id(student, "the student")
    worth = points_of(tests)
    if check not in worth:
        raise UsageError(f"there is no check {check}; its name is EXERCISE.FUNCTION.WHAT, as the report has it")
    if points > worth[check]:
        raise UsageError(f"{check} is worth {worth[check]}; {points} is too much")
    if not reason:
        raise UsageError('an override needs its reason; give one by --reason "..."')
    chosen = Override(check=check, points=points, reason=reason, since=datetime.datetime.now(datetime.UTC))
    with _held(books):
        # Before it is kept: for somebody whom nobody knows nothing must be left behind.
        counted = books.enter(student, check, chosen)
        if counted is None and not (books.attempts / student).is_dir():
            raise UsageError(f"nothing of {student} is kept in {books.attempts} or {books.gradebook}; look at the id")
        Overrides(books.attempts).put(student, chosen)
    return bool(counted)


def withdraw(books: Books, student: str, check: str) -> bool:
    """Let the judge's points of a check count again; whether they do so in the gradebook already.

    Raises:
        UsageError: If no points are set by hand.
        GraderError: If it cannot be written.
    """
    check_id(student, "the student")
    with _held(books):
        Overrides(books.attempts).remove(student, check)
        return bool(books.enter(student, check, None))


def _held(books: Books) -> AbstractContextManager[None]:
    if not books.attempts.is_dir():
        raise UsageError(f"{books.attempts} is not there; grade the class first, or give --attempts and --assignment")
    return Attempts(books.attempts).held()
