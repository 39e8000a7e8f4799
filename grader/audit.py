"""Audits the hidden suite: which of the known mistakes, and of automatic mutants, it kills, and by which checks.

Each subject is one wrong module with all else right, and only its own exercise is graded. One judge grades them all.
What is done is kept in a file, so that an audit that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from grader.contract import Outcome, Suite
from grader.course import load_course, load_points, read_toml, suite_folder
from grader.grade import Options, code_fingerprint, grade
from grader.judge import Judge
from grader.kills import Finding, Summary, summarise
from grader.misconceptions import FOLDER, load_catalogue
from grader.mutants import Change, mutants

SLOW = "train_forecaster"
LEFT_OUT = f"\n\n\ndef {SLOW}(train):\n    raise NotImplementedError\n"
"""Ends a module that is not audited for its training, which takes longer than all other checks together."""

HUNG_S = 1.0
"""A mutant that loops forever is asked once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One wrong module; `function` is where it is wrong, a helper for a mutant of one."""

    id: str
    exercise: str
    function: str
    source: str
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent(Change):
    """A change that is no mistake, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """The file of what need not be killed: functions that are not mutated, and equivalent mutants, with reasons."""

    unmutated: Mapping[str, str]
    equivalent: tuple[Equivalent, ...] = ()


def load_exceptions(tests: Path) -> Exceptions:
    """What need not be killed, from `equivalent.toml` beside the misconceptions."""
    return read_toml(suite_folder(tests, Suite.HIDDEN) / FOLDER / "equivalent.toml", Exceptions)


def subjects(tests: Path, exercises: Sequence[str], *, automatic: bool = True) -> list[Subject]:
    """Every variant of these exercises, and every mutant of their solutions that is not excepted."""
    catalogue = load_catalogue(suite_folder(tests, Suite.HIDDEN) / FOLDER)
    solutions = {name: tests.parent / "solutions" / f"{name}.py" for name in exercises}
    found = []
    for entry in catalogue.values():
        if entry.exercise in exercises:
            # What is defined last counts, so the variant takes the place of the right function.
            source = solutions[entry.exercise].read_text("utf-8") + "\n\n" + entry.source.read_text("utf-8")
            found.append(_subject(entry.id, entry.exercise, entry.function, source, by_hand=True))
    unmutated = load_exceptions(tests).unmutated
    for name in exercises if automatic else ():
        found += [
            _subject(mutant.id, name, mutant.function, mutant.source, by_hand=False)
            for mutant in mutants(solutions[name])
            if f"{name}.{mutant.function}" not in unmutated
        ]
    return found


def _subject(id: str, exercise: str, function: str, source: str, *, by_hand: bool) -> Subject:
    own = function == SLOW or exercise != load_course().owners.get(SLOW)
    return Subject(
        id=id, exercise=exercise, function=function, source=source if own else source + LEFT_OUT, by_hand=by_hand
    )


def sampled(found: Sequence[Subject], count: int, seed: int) -> list[Subject]:
    """So many subjects, drawn by a seed, in the order in which they were."""
    chosen = set(random.Random(seed).sample(range(len(found)), min(count, len(found))))
    return [subject for number, subject in enumerate(found) if number in chosen]


def audit(found: Iterable[Subject], tests: Path, seed: int, work: Path, told: Callable[[str], None]) -> list[Finding]:
    """Grade every subject that was not graded before.

    Args:
        found: What to grade.
        tests: The folder with the suites.
        seed: Of every grading.
        work: The folder that keeps what is done.
        told: Told of each subject that is done.

    Raises:
        GraderError: If the judge could not do its work.
    """
    work.mkdir(parents=True, exist_ok=True)
    journal = work / "findings.jsonl"
    code = f"{code_fingerprint(tests)} {seed}"
    known = dict(_read(journal))
    findings = []
    with Judge() as judge:
        for subject in found:
            # By all that the outcome depends on: after a change of the suite or the grader nothing is known.
            key = hashlib.sha256(f"{code}\0{subject.id}\0{subject.source}".encode()).hexdigest()
            if key not in known:
                known[key] = _grade(subject, tests, seed, judge)
                with journal.open("ab") as stream:
                    stream.write(b"\n" + msgspec.json.encode([key, known[key]]))  # the line before may be cut off
            findings.append(known[key])
            told(subject.id)
    return findings


def _read(journal: Path) -> Iterator[tuple[str, Finding]]:
    """What was done before; what a line that was cut off stood for is done again."""
    for line in journal.read_bytes().splitlines() if journal.is_file() else ():
        try:
            yield msgspec.json.decode(line, type=tuple[str, Finding])
        except msgspec.DecodeError:
            continue


def _grade(subject: Subject, tests: Path, seed: int, judge: Judge) -> Finding:
    limits = replace(load_course().limits, hung_s=HUNG_S)
    with TemporaryDirectory(prefix="grader-audit-") as name:
        (Path(name) / f"{subject.exercise}.py").write_text(subject.source, "utf-8")
        options = Options(tests=tests, suite=Suite.HIDDEN, exercises=(subject.exercise,), seed=seed, limits=limits)
        report = grade(Path(name), options, judge=judge)
    lost = [
        check
        for check in report.checks
        if check.outcome is not Outcome.PASSED and (check.function != SLOW or subject.function == SLOW)
    ]
    return Finding(
        id=subject.id,
        exercise=subject.exercise,
        by_hand=subject.by_hand,
        killed_by=tuple(check.id for check in lost),
        named=tuple(dict.fromkeys(check.misconception for check in lost if check.misconception)),
    )


def summary(findings: Sequence[Finding], tests: Path) -> Summary:
    """Sort what was found, by what the files beside the suite list."""
    listed = {entry.id: entry.reason for entry in load_exceptions(tests).equivalent}
    return summarise(findings, listed, tuple(load_points(suite_folder(tests, Suite.HIDDEN))))
