"""How it stands with each student of a class: what every table, form and page about the class is made from."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from grader.classroom.attempts import Attempt
from grader.classroom.overrides import Change
from grader.classroom.tables import Student


class Stand(enum.Enum):
    """What there is of a student. `EARLIER`: the score is that of an attempt before the submission there is now."""

    GRADED = "graded"
    EARLIER = "earlier"
    NOT_GRADED = "not graded"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One student, and the attempt that counts, if there is one, with what was changed in it by hand."""

    student: Student
    stand: Stand
    attempt: Attempt | None
    by_hand: Sequence[Change] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """A class in one assignment.

    Attributes:
        assignment: Its name.
        exercises: The exercises that it has.
        max_score: The points that it is worth, without the bonus.
        has_bonus: Whether there is a bonus beside the score.
        standings: Everyone on the roster, in its order; without a roster, everyone of whom something is there.
        strangers: The ids of those who have handed in and are not on the roster.
    """

    assignment: str
    exercises: Sequence[str]
    max_score: int
    has_bonus: bool
    standings: Sequence[Standing]
    strangers: Sequence[str]


def stand_of(
    students: Sequence[Student],
    attempts: Mapping[str, Attempt],
    *,
    graded: Collection[str],
    failed: Collection[str],
    by_hand: Mapping[str, Sequence[Change]] = MappingProxyType({}),
) -> list[Standing]:
    """How it stands with these students.

    Args:
        students: Who they are, in this order.
        attempts: The attempt of each student that counts.
        graded: Whose submission of now was graded.
        failed: Whose submission could not be graded.
        by_hand: What was changed by hand in the attempt of each student.
    """

    def one(student: Student) -> Stand:
        if student.id in attempts:
            return Stand.GRADED if student.id in graded else Stand.EARLIER
        return Stand.NOT_GRADED if student.id in failed else Stand.MISSING

    return [
        Standing(student=each, stand=one(each), attempt=attempts.get(each.id), by_hand=by_hand.get(each.id, ()))
        for each in students
    ]
