"""What an audit of the hidden suite found, as records: which checks kill which mistake, and what no check kills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the suite said of one subject: the checks that it lost, and the mistakes that were named."""

    id: str
    exercise: str
    by_hand: bool
    killed_by: tuple[str, ...]
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an audit found, in ids."""

    by_hand: tuple[Finding, ...]
    mutants: tuple[Finding, ...]
    survivors: tuple[str, ...]
    equivalent: Mapping[str, str]
    outdated: tuple[str, ...]
    single: Mapping[str, str]
    idle: tuple[str, ...]
    undiagnosed: tuple[str, ...]
    misdiagnosed: Mapping[str, str]


def summarise(findings: Sequence[Finding], listed: Mapping[str, str], points: Sequence[str]) -> Summary:
    """Sort what was found.

    Args:
        findings: Of every subject.
        listed: The mutants that are equivalent, by id, with the reason.
        points: The ids of all checks of the suite.

    Returns:
        `survivors` passed every check and are not listed as equivalent; `outdated` are listed and were killed; `single`
        were killed by one check alone; `idle` are checks of the audited exercises that killed nothing; a mistake is
        `misdiagnosed` if others were named and it was not.
    """
    alive = [finding.id for finding in findings if not finding.killed_by]
    by_hand = tuple(finding for finding in findings if finding.by_hand)
    kills = Counter(check for finding in findings for check in finding.killed_by)
    exercises = {finding.exercise for finding in findings}
    checks = [id for id in points if id.partition(".")[0] in exercises]
    return Summary(
        by_hand=by_hand,
        mutants=tuple(finding for finding in findings if not finding.by_hand),
        survivors=tuple(id for id in alive if id not in listed),
        equivalent={id: listed[id] for id in alive if id in listed},
        outdated=tuple(finding.id for finding in findings if finding.killed_by and finding.id in listed),
        single={finding.id: finding.killed_by[0] for finding in findings if len(finding.killed_by) == 1},
        idle=tuple(id for id in checks if not kills[id]),
        undiagnosed=tuple(finding.id for finding in by_hand if not finding.named),
        misdiagnosed={f.id: ", ".join(f.named) for f in by_hand if f.named and f.id not in f.named},
    )
