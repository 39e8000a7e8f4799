"""What was lost, as people read it: function by function, and what is not written yet in one list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.contract import Check, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The checks on one function that did not pass, though something was written."""

    exercise: str
    function: str
    checks: tuple[Check, ...]

    def hints(self, language: str) -> list[tuple[str | None, str]]:
        """The hints, each once; with the id of the known mistake that it explains, or None."""
        found = ((check.misconception, check.hint.get(language, "")) for check in self.checks if check.hint)
        return list(dict.fromkeys(found))


def losses(checks: Iterable[Check]) -> list[Loss]:
    """Group the checks that did not pass."""
    written = [check for check in checks if check.outcome not in (Outcome.PASSED, Outcome.MISSING)]
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in written:
        groups.setdefault((check.exercise, check.function), []).append(check)
    return [
        Loss(exercise=exercise, function=function, checks=tuple(found))
        for (exercise, function), found in groups.items()
    ]


def not_written(checks: Iterable[Check]) -> list[str]:
    """The functions that are not there yet, as "exercise.function", each once."""
    missing = [f"{check.exercise}.{check.function}" for check in checks if check.outcome is Outcome.MISSING]
    return list(dict.fromkeys(missing))
