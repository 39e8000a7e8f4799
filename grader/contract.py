"""The records that the layers hand to one another: texts, outcomes, checks, reports."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SCHEMA = "grader/report/v1"

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What Keras puts into its messages; without the escape alone, `[1m` would be left."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people: an English template and its values, translated only when it is shown.

    Example:
        >>> str(Text("{name} has shape {came}", {"name": "X", "came": "(3, 4)"}))
        'X has shape (3, 4)'
    """

    template: str
    values: Mapping[str, Scalar | Text] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**{key: str(value) for key, value in self.values.items()})


def printable(text: str, mark: str = " ") -> str:
    """A text without colours, and with `mark` for every character that could command a terminal, a log or a page."""
    # Escapes, line breaks and what turns the direction of text are all "not printable" to Python (hostile row 67).
    return "".join(c if c.isprintable() else mark for c in COLOUR.sub("", text))


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters, with a mark where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


class Outcome(enum.Enum):
    """How one check ended. Only `PASSED` earns points."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    REFUSED = "refused"
    MISSING = "missing"


class Status(enum.Enum):
    """How one exercise ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    MISSING = "missing"


class Suite(enum.Enum):
    """Which checks are run; `ALL` runs both suites and scores the hidden one."""

    PUBLIC = "public"
    HIDDEN = "hidden"
    ALL = "all"


class View(enum.Enum):
    """Who reads a report. The student's has no expected and no hidden value."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one suite and how it ended.

    `message` is fit for the student; `detail` holds the values behind it, for the instructor.
    """

    id: str
    suite: Suite
    exercise: str
    function: str
    title: Text
    outcome: Outcome
    score: int
    max_score: int
    message: Text
    detail: Text | None = None
    hint: Mapping[str, str] | None = None
    misconception: str | None = None
    cached: bool = False
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """The points of one exercise."""

    name: str
    score: int
    max_score: int
    bonus: bool
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """Which walls stood around the student's code."""

    rung: str
    detail: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something worth saying about a submission that is no check: a file that was left out, a limit."""

    kind: str
    detail: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The grade of one submission, complete: what every rendering and every posting is made from."""

    submission: str
    suite: Suite
    seed: int
    exercises: tuple[Exercise, ...]
    checks: tuple[Check, ...]
    isolation: Isolation
    notes: tuple[Note, ...]
    environment: Mapping[str, str]
    duration_s: float
    phases_s: Mapping[str, float] = field(default_factory=dict)

    def _sum(self, attribute: str, *, bonus: bool) -> int:
        return sum(getattr(exercise, attribute) for exercise in self.exercises if exercise.bonus is bonus)

    @property
    def score(self) -> int:
        """Points earned, without the bonus."""
        return self._sum("score", bonus=False)

    @property
    def max_score(self) -> int:
        """Points that could be earned, without the bonus."""
        return self._sum("max_score", bonus=False)

    @property
    def bonus(self) -> int:
        """Bonus points earned."""
        return self._sum("score", bonus=True)

    @property
    def max_bonus(self) -> int:
        """Bonus points that could be earned."""
        return self._sum("max_score", bonus=True)

    @property
    def remembered(self) -> tuple[str, ...]:
        """The exercises that were graded before, and not again."""
        return tuple(dict.fromkeys(check.exercise for check in self.checks if check.cached))
