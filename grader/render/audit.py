"""The outcome of an audit as Markdown: who kills whom, who survives, and what the diagnoses were worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from grader.kills import Finding, Summary


def markdown(summary: Summary) -> str:
    """The whole outcome as one document."""
    by_hand, mutants = summary.by_hand, summary.mutants
    right = len(by_hand) - len(summary.undiagnosed) - len(summary.misdiagnosed)
    listed = sum(finding.id in summary.equivalent for finding in mutants)
    killed = sum(bool(finding.killed_by) for finding in mutants)
    parts = [
        "# Audit of the hidden suite",
        f"- known mistakes: {sum(bool(finding.killed_by) for finding in by_hand)} of {len(by_hand)} killed",
        f"- automatic mutants: {killed} of {len(mutants) - listed} killed; {listed} more are equivalent",
        f"- diagnoses: {right} of {len(by_hand)} named as themselves, {len(summary.misdiagnosed)} as another that "
        f"gives the same answers to what the check asked, {len(summary.undiagnosed)} not at all",
        *_section("Survivors that are not listed as equivalent", summary.survivors),
        *_section("Listed as equivalent, but killed", summary.outdated),
        *_section("Equivalent", _pairs(summary.equivalent)),
        *_section("Checks that kill nothing", summary.idle),
        *_section("Killed by one check alone", _pairs(summary.single)),
        *_section("Known mistakes that no diagnosis names", summary.undiagnosed),
        *_section("Known mistakes that are named as another", _pairs(summary.misdiagnosed)),
        "\n## Which check kills what\n",
        "| check | known mistakes | automatic mutants |",
        "| --- | --- | ---: |",
        *_kills([*by_hand, *mutants]),
    ]
    return "\n".join(parts) + "\n"


def _section(title: str, entries: Iterable[str]) -> list[str]:
    lines = [f"- {entry}" for entry in entries]
    return [f"\n## {title}: {len(lines)}\n", *lines]


def _pairs(entries: Mapping[str, str]) -> Iterable[str]:
    return (f"`{id}`: {text}" for id, text in entries.items())


def _kills(findings: Sequence[Finding]) -> Iterable[str]:
    """A row for each check: the known mistakes that it kills, and the number of mutants."""
    for check in sorted({check for finding in findings for check in finding.killed_by}):
        killed = [finding for finding in findings if check in finding.killed_by]
        names = ", ".join(finding.id for finding in killed if finding.by_hand)
        yield f"| {check} | {names} | {sum(not finding.by_hand for finding in killed)} |"
