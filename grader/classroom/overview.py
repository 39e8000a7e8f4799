"""What the reports of a class say together: which checks were passed, which mistakes were made, what went badly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from grader.contract import Check, Note, Outcome, Report

UNHARMED = "left-out"
"""The kind of a note that says nothing about how the code ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often one check was passed, and how often its function was there at all."""

    check: Check
    passed: int
    written: int
    count: int

    @property
    def failed(self) -> int:
        """How many wrote the function, and did not pass."""
        return self.written - self.passed

    @property
    def percent(self) -> int:
        """The part of the students who passed it, rounded down: 100 is everyone."""
        return 100 * self.passed // self.count


def rates(reports: Iterable[Report]) -> list[Rate]:
    """The scored checks: first what most students tried in vain, and at the end what nobody tried or all passed."""
    found: dict[str, list[Check]] = {}
    for check in (check for report in reports for check in report.checks if check.max_score):
        found.setdefault(check.id, []).append(check)
    made = [
        Rate(
            check=checks[0],
            passed=sum(check.outcome is Outcome.PASSED for check in checks),
            written=sum(check.outcome is not Outcome.MISSING for check in checks),
            count=len(checks),
        )
        for checks in found.values()
    ]
    return sorted(made, key=lambda rate: (-rate.failed / rate.count, rate.passed / rate.count))


def mistakes(reports: Iterable[Report]) -> list[tuple[str, int]]:
    """The known mistakes by id, and how many students made each: the commonest first."""
    # A set: whoever shows a mistake in three checks has made it once.
    made = Counter(id for report in reports for id in {check.misconception for check in report.checks} if id)
    return sorted(made.items(), key=lambda entry: (-entry[1], entry[0]))


def harm(report: Report) -> list[Note]:
    """What went badly while the code ran: limits met, workers that died, what is forbidden."""
    return [note for note in report.notes if note.kind != UNHARMED]
