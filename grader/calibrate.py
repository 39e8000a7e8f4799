"""Places the thresholds of the forecast checks, with a stated chance of error.

For each builder's forecast check the reference is trained on thousands of fresh series, and so is each family of
networks that must not pass. Draw `i` is the same series in every check, so that the chance of losing *any* point can
be counted. What was computed is kept chunk by chunk; an interrupted run goes on.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from grader import architecture
from grader.course import Gate, load_course
from grader.evidence import Array
from grader.families import HONEST, Group, nameless
from grader.series import MACKEY_GLASS, Origin
from grader.training import (
    BATCH_SIZE,
    FURTHER_RUNS,
    LEARNING_RATE,
    STEPS,
    Lesson,
    SideBySide,
    draw_lesson,
    skill_of,
)

CHUNK = 100
CONFIDENCE = 0.95


class Measurement(Protocol):
    """How checks are measured that judge what a submission computed itself; the suite's `calibration.py` has them."""

    @property
    def checks(self) -> Mapping[str, Sequence[str]]:
        """The checks, each with the families that must not pass it."""

    @property
    def must_pass(self) -> Mapping[str, Sequence[str]]:
        """Checks that ask for less than the reference, each with the families that must pass it as well."""

    @property
    def facts(self) -> object:
        """All that the measured values depend on."""

    def skills(self, family: str, seed: int, numbers: Sequence[int]) -> Array:
        """What each check measures of each of these draws, `(len(numbers), len(checks))`."""

    def real_runs(self, seed: int) -> Array:
        """The same of the reference as a worker runs it, `(runs, len(checks))`; no runs if `skills` does just that."""


class Runs:
    """The skills of many draws, computed in chunks and kept in a folder."""

    def __init__(self, folder: Path, seed: int, origin: Origin = MACKEY_GLASS) -> None:
        """Take the folder that keeps what was computed, the seed of all draws, and whence series come."""
        # Runs on another series say nothing about this one.
        self._folder = folder = folder if origin is MACKEY_GLASS else folder / origin.fingerprint
        self._seed = seed
        self._origin = origin
        self._lessons: dict[tuple[int, int, bool], Lesson] = {}
        self._trainers: dict[tuple[tuple[str, ...], str], SideBySide] = {}
        self._starts: dict[tuple[tuple[str, ...], int], list[Array]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def first(self, group: Group, family: str, chunk: int) -> Array:
        """The skill of the first run of each draw of a chunk, `(CHUNK,)`."""
        numbers = range(chunk * CHUNK, (chunk + 1) * CHUNK)
        return self._kept(group, family, f"{chunk}", lambda: self._train(group, family, numbers, run=0))

    def measured(self, what: Measurement, family: str, chunk: int) -> Array:
        """What is measured of a family in a chunk of draws, `(CHUNK, len(what.checks))`."""
        numbers = range(chunk * CHUNK, (chunk + 1) * CHUNK)
        key = architecture.digest([what.facts, family, self._seed, CHUNK])
        return self._load(f"{key}-{chunk}", lambda: what.skills(family, self._seed, numbers))

    def real(self, what: Measurement) -> Array:
        """What is measured of the reference as a worker runs it, `(runs, len(what.checks))`."""
        key = architecture.digest([what.facts, "real", self._seed])
        return self._load(key, lambda: what.real_runs(self._seed))

    def further(self, group: Group, family: str, numbers: Array) -> Array:
        """The skills of the further runs of some draws, `(len(numbers), FURTHER_RUNS)`."""
        if not numbers.size:
            return np.empty((0, FURTHER_RUNS))
        name = f"further-{architecture.digest(numbers.tolist())}"

        def compute() -> Array:
            columns = [
                np.concatenate([self._train(group, family, part, run=run) for part in _parts(numbers.tolist())])
                for run in range(1, 1 + FURTHER_RUNS)
            ]
            return np.stack(columns, axis=1)

        return self._kept(group, family, name, compute)

    def _kept(self, group: Group, family: str, name: str, compute: Callable[[], Array]) -> Array:
        model = group.families[family]
        # All that a skill depends on is in the name of its file: what is not known under it is computed.
        what = [model.kind, nameless(architecture.stateless(model.config)), group.look_back, group.sequence]
        how = [self._seed, CHUNK, STEPS, BATCH_SIZE, LEARNING_RATE]
        return self._load(f"{architecture.digest([what, how])}-{name}", compute)

    def _load(self, name: str, compute: Callable[[], Array]) -> Array:
        path = self._folder / f"{name}.npy"
        if not path.is_file():
            # A process of its own may compute the same; and `save` adds .npy to any other ending.
            partial = path.with_suffix(f".{os.getpid()}.partial.npy")
            np.save(partial, compute())
            # A run that is stopped leaves a file as a whole, or none.
            partial.replace(path)
        found: Array = np.load(path)
        return found

    def _train(self, group: Group, family: str, numbers: Sequence[int], run: int) -> Array:
        lessons = self._draw(group, numbers)
        trainer = self._trainer(group, family)
        weights = [_start(trainer, self._weights(group, lesson.seeds[run])) for lesson in lessons]
        outputs = trainer.train(weights, lessons, np.stack([lesson.batches[run] for lesson in lessons]))
        pairs = zip(lessons, outputs, strict=True)
        return np.array([skill_of(lesson, output, sequence=group.sequence) for lesson, output in pairs])

    def _trainer(self, group: Group, family: str) -> SideBySide:
        key = (group.checks, family)
        if key not in self._trainers:
            self._trainers[key] = SideBySide(group.families[family])
        return self._trainers[key]

    def _weights(self, group: Group, seed: int) -> list[Array]:
        """What every family of a group starts from, for one seed."""
        key = (group.checks, seed)
        if key not in self._starts:
            if len(self._starts) > CHUNK * (1 + FURTHER_RUNS):
                self._starts.clear()
            self._starts[key] = self._trainer(group, HONEST).initial_weights(seed)
        return self._starts[key]

    def _draw(self, group: Group, numbers: Sequence[int]) -> list[Lesson]:
        found = []
        for number in numbers:
            key = (int(number), group.look_back, group.sequence)
            if key not in self._lessons:
                if len(self._lessons) > 2 * CHUNK:
                    self._lessons.clear()
                # By the number of the draw alone: the same series in every check.
                rng = np.random.default_rng([self._seed, int(number)])
                self._lessons[key] = draw_lesson(group.look_back, rng, sequence=group.sequence, origin=self._origin)
            found.append(self._lessons[key])
        return found


def _start(trainer: SideBySide, weights: Sequence[Array]) -> list[Array]:
    """The weights that a run of a family starts from: zeros where the family has zeros and keeps them."""
    pairs = zip(trainer.network.weights, weights, strict=True)
    return [
        np.zeros_like(weight) if not variable.trainable and not np.any(np.asarray(variable.value)) else weight
        for variable, weight in pairs
    ]


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), CHUNK):
        yield numbers[start : start + CHUNK]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often something happened in so many draws, and with 95 % confidence how often at most."""

    count: int
    draws: int
    factor: float = 1.0
    """The chance that is bounded is at most this many times the chance of what was counted."""

    @property
    def at_most(self) -> float:
        """The one-sided upper bound of Clopper and Pearson, times `factor`."""
        # Only an instructor's side has it.
        from scipy.stats import beta

        # The quantile has no second parameter of 0, which is what is left when all of them did.
        if self.count >= self.draws:
            return 1.0
        return min(1.0, self.factor * float(beta.ppf(CONFIDENCE, self.count + 1, self.draws - self.count)))


@functools.cache
def luck(runs: int) -> float:
    """How many times likelier a verdict that passes is than a single run at most at the threshold, at the worst.

    On one series runs are independent, and each is at most the threshold with some probability q. A verdict passes if
    the first run is sure, or if the median of all `runs` is at most the threshold: so the first one is and too few of
    the others are, or more than half of all are. The probability of that over q is largest at some q, and what holds
    for every series holds for their mean.
    """
    from scipy.stats import binom

    q = np.linspace(1e-4, 1.0, 10_000)
    first_alone = binom.cdf(runs // 2 - 1, runs - 1, q)
    return float(np.max(first_alone + binom.sf(runs // 2, runs, q) / q))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The threshold of a group of checks, and what it does to the reference and to each family."""

    checks: tuple[str, ...]
    gate: Gate
    skills: Mapping[str, Array]
    decided: Array
    """For each draw, the error of the reference that decided: that of its first run, or the median of five."""
    passed: Mapping[str, Count]
    """How often each family that must not pass did; where it is trained here, in a single run."""
    lost: Mapping[str, Count] = field(default_factory=dict)
    """How often each family that must pass beside the reference did not."""
    real: Array = field(default_factory=lambda: np.empty(0))
    """What the reference reached as a worker runs it, where `skills` comes from a repetition of its recipe."""

    @property
    def honest_lost(self) -> Array:
        """For each draw, whether the reference lost the point."""
        # "Not at most", so that a NaN is lost.
        return ~(self.decided <= self.gate.threshold)

    @property
    def loses(self) -> Count:
        """How often the reference lost the point."""
        return Count(count=int(self.honest_lost.sum()), draws=len(self.decided))

    @property
    def overlap(self) -> bool:
        """Whether what must not pass came as near in a single run as what decided of the reference was far."""
        return self._reach(self.decided)

    @property
    def overlap_of_first_runs(self) -> bool:
        """The same of the reference's first runs, as if no further ones forgave the unlucky."""
        return self._reach(self.skills[HONEST])

    def _reach(self, honest: Array) -> bool:
        return bool(np.max(honest) >= min(np.min(self.skills[family]) for family in self.passed))

    @property
    def passes(self) -> int:
        """How often any of the families that must not pass did."""
        return sum(count.count for count in self.passed.values())

    @property
    def is_trained_here(self) -> bool:
        """Whether the judge trains, and may train again; else the submission has, once."""
        return math.isfinite(self.gate.sure)


def place(honest: Array, rivals: Sequence[Array], unlucky: float = 0.01) -> Gate:
    """The threshold between what the reference reaches and what must not pass.

    On a scale of ratios, two thirds of the way from the reference to the best of the rest, since an honest solution may
    start from other weights than the reference. The `unlucky` part of the reference's runs does not place it, since
    further runs forgive them. One run decides if it is no worse than the first third.
    """
    # What further runs would forgive is cut off at the reference's end; of the others each draw counts.
    worst, best = float(np.quantile(honest, 1 - unlucky)), float(min(np.min(rival) for rival in rivals))
    if worst >= best:
        # Where both overlap, single draws must not place it.
        best = float(min(np.quantile(rival, 0.01) for rival in rivals))
    # A ratio, since what is halfway between errors of 0.01 and 1 is 0.1.
    threshold, sure = (float(worst * (best / worst) ** part) for part in (2 / 3, 1 / 3))
    return Gate(threshold=_rounded(threshold), sure=_rounded(min(sure, threshold)))


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def chunks(draws: int) -> range:
    """The numbers of the chunks that so many draws are computed in; the last one is whole as well."""
    return range(-(-draws // CHUNK))


def calibrate(groups: Sequence[Group], runs: Runs, draws: int) -> list[Placement]:
    """Train the reference and every family on so many draws, and place the threshold of each group."""
    skills: dict[tuple[str, ...], dict[str, list[Array]]] = {group.checks: {} for group in groups}
    # The outer loop: all groups and families train on the series of a chunk while these are in memory.
    for chunk in chunks(draws):
        for group in groups:
            for family in group.families:
                skills[group.checks].setdefault(family, []).append(runs.first(group, family, chunk))
    return [
        _place(group, runs, {family: np.concatenate(parts) for family, parts in skills[group.checks].items()})
        for group in groups
    ]


def _place(group: Group, runs: Runs, skills: Mapping[str, Array]) -> Placement:
    honest = skills[HONEST]
    rivals = {family: found for family, found in skills.items() if family != HONEST}
    gate = place(honest, list(rivals.values()))
    unsure = np.flatnonzero(honest > gate.sure)
    medians = np.median(np.column_stack([honest[unsure], runs.further(group, HONEST, unsure)]), axis=1)
    decided = honest.copy()
    decided[unsure] = medians
    # Single runs are counted, since a median may pass whose first run did not: five runs of every draw would take five
    # times as long, and `luck` bounds what they would show.
    passed = {
        family: Count(count=int(np.sum(found <= gate.threshold)), draws=len(found), factor=luck(1 + FURTHER_RUNS))
        for family, found in rivals.items()
    }
    return Placement(checks=group.checks, gate=gate, skills=skills, decided=decided, passed=passed)


def load_measurements(suite: Path, solutions: Path, exercises: Sequence[str]) -> list[Measurement]:
    """What the `calibration.py` of a suite wants measured of the reference in these exercises; nothing without one."""
    path = suite / "calibration.py"
    if not path.is_file():
        return []
    found: list[Measurement] = load_module(path).measurements(solutions, load_course().limits, exercises)
    return found


def load_module(path: Path) -> Any:
    """A module of the course's own, by its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def families_of(what: Measurement) -> list[str]:
    """The reference, and every family that must pass one of the checks, or must not."""
    groups = [*what.must_pass.values(), *what.checks.values()]
    return [HONEST, *dict.fromkeys(family for families in groups for family in families)]


def measure(what: Measurement, runs: Runs, draws: int) -> list[Placement]:
    """Measure the reference and every family on so many draws, and place the threshold of each check.

    A submission trains once, and nothing forgives an unlucky run: so each of the reference's places the threshold.
    """
    parts: dict[str, list[Array]] = {family: [] for family in families_of(what)}
    for chunk in chunks(draws):
        for family in parts:
            parts[family].append(runs.measured(what, family, chunk))
    found = {family: np.concatenate(columns) for family, columns in parts.items()}
    real = runs.real(what)
    return [
        _measured(what, check, {family: values[:, column] for family, values in found.items()}, real[:, column])
        for column, check in enumerate(what.checks)
    ]


def _measured(what: Measurement, check: str, found: Mapping[str, Array], real: Array) -> Placement:
    """Place the threshold of one check between what must pass it and what must not."""
    fair = {family: found[family] for family in what.must_pass.get(check, ())}
    rivals = {family: found[family] for family in what.checks[check]}
    honest = np.concatenate([found[HONEST], *fair.values()])
    gate = Gate(threshold=place(honest, list(rivals.values()), unlucky=0.0).threshold)

    def count(values: Array, *, passing: bool) -> Count:
        return Count(count=int(np.sum((values <= gate.threshold) == passing)), draws=len(values))

    return Placement(
        checks=(check,),
        gate=gate,
        skills={HONEST: found[HONEST], **fair, **rivals},
        decided=found[HONEST],
        passed={family: count(values, passing=True) for family, values in rivals.items()},
        lost={family: count(values, passing=False) for family, values in fair.items()},
        real=real,
    )


def any_point_lost(placements: Sequence[Placement]) -> Count:
    """In how many draws the reference lost a point in any of the checks."""
    lost = np.any([placement.honest_lost for placement in placements for _ in placement.checks], axis=0)
    return Count(count=int(lost.sum()), draws=len(lost))
