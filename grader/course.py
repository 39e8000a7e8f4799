"""The course as data: exercises, functions, points, limits and hints, read from the files that an instructor edits."""

from __future__ import annotations

import ast
import functools
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from grader.contract import Suite
from grader.errors import GraderError, UsageError
from grader.text import LANGUAGES, locale_language

Record = TypeVar("Record")
Hint = Mapping[str, str]
Ladder = Mapping[str, tuple[str, ...]]
"""Hints that say more and more, in each language: a question, a pointer, nearly the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseSpec:
    """One exercise: its functions in the order of the contract and what it is worth in each suite."""

    name: str
    points: int
    functions: tuple[str, ...]
    bonus: bool = False

    def __post_init__(self) -> None:
        """Refuse an exercise that is worth nothing."""
        if self.points < 1:
            raise ValueError(f"points is {self.points}; expected a whole number above 0")


MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one worker may use. The address space is a backstop; `memory_bytes` is resident, and watched."""

    memory_bytes: int
    address_space_bytes: int
    processes: int
    children: int
    files: int
    file_bytes: int
    scratch_bytes: int
    stack_bytes: int = 8 * MIB  # glibc takes it for every thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the student's code may use: time in seconds, memory and files in MiB.

    `submission_s` is for all calls together, `import_s` for one module, `call_s` for one call; `hung_s` is how long the
    calls of one function may hang in all before it is not called again.
    """

    submission_s: float
    import_s: float
    call_s: float
    build_s: float
    hung_s: float
    memory_mib: float
    address_space_mib: float
    file_mib: float
    scratch_mib: float
    output_mib: float
    processes: int
    children: int
    files: int
    function_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def resources(self) -> Resources:
        """The limits that the worker's own walls hold."""
        return Resources(
            memory_bytes=int(self.memory_mib * MIB),
            address_space_bytes=int(self.address_space_mib * MIB),
            file_bytes=int(self.file_mib * MIB),
            scratch_bytes=int(self.scratch_mib * MIB),
            processes=self.processes,
            children=self.children,
            files=self.files,
        )

    def of(self, function: str) -> float:
        """The deadline for one call of a function; a builder (`build_...`) has time to import Keras."""
        usual = self.build_s if function.startswith("build_") else self.call_s
        return self.function_s.get(function, usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The whole course. `language` is that of all that students get, where nobody asks for another."""

    name: str
    limits: Limits
    exercises: tuple[ExerciseSpec, ...]
    language: str | None = None

    def __post_init__(self) -> None:
        """Refuse a course that cannot be held."""
        # Of a ValueError in here msgspec makes its own error, with the place in the file.
        for fault in self._faults():
            raise ValueError(fault)

    def _faults(self) -> Iterator[str]:
        if self.language not in (None, *LANGUAGES):
            yield f"language is {self.language!r}; expected one of {', '.join(LANGUAGES)}, or no such line"
        if all(exercise.bonus for exercise in self.exercises):
            yield "every exercise is a bonus, or left out; expected at least one that counts"
        functions = [function for exercise in self.exercises for function in exercise.functions]
        for kind, names in (("exercise", list(self.names)), ("function", functions)):
            if twice := [name for name in names if names.count(name) > 1]:
                yield f"the {kind} {twice[0]} is there {names.count(twice[0])} times; expected once"
        limits = {each.name: getattr(self.limits, each.name) for each in fields(Limits) if each.name != "function_s"}
        for name, value in {**limits, **self.limits.function_s}.items():
            if not 0 < value < math.inf:
                yield f"the limit {name} is {value:g}; expected a number above 0"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the exercises, in order."""
        return tuple(exercise.name for exercise in self.exercises)

    @property
    def owners(self) -> dict[str, str]:
        """The exercise of each function."""
        return {function: exercise.name for exercise in self.exercises for function in exercise.functions}

    def chosen(self, names: Sequence[str]) -> tuple[ExerciseSpec, ...]:
        """The exercises of these names, in the order of the course; all of them if none is named.

        Raises:
            UsageError: If there is no such exercise.
        """
        if unknown := sorted(set(names) - set(self.names)):
            raise UsageError(f"there is no exercise {', '.join(unknown)}; the course has {', '.join(self.names)}")
        return tuple(spec for spec in self.exercises if spec.name in names or not names)


def read_toml(path: Path, kind: type[Record]) -> Record:
    """Read a TOML file into a record.

    Raises:
        GraderError: If the file is missing, is not TOML, or does not fit; the message names the file and the place.
    """
    return _convert(path.name, _parse(path), kind)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise GraderError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:  # no TOML, or no text
        raise GraderError(f"{path.name}: {error}") from error


def _convert(place: str, data: Mapping[str, Any], kind: type[Record]) -> Record:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise GraderError(f"{place}: {error}") from error


def _data(name: str) -> Path:
    with resources.as_file(resources.files("grader") / name) as path:
        return path


@functools.cache
def load_course() -> Course:
    """The course in `course.toml`."""
    return read_course(_data("course.toml"))


def read_course(path: Path) -> Course:
    """The course in a file.

    Raises:
        GraderError: If there is a mistake in it. Whether a suite has its exercises is for `load_points` to say.
    """
    data = _parse(path)
    for table in _convert(path.name, data, Outline).exercises:
        _check_table(f"{path.name}: the exercise {table.get('name', 'without a name')}", table, ExerciseSpec)
    course = _check_table(path.name, data, Course)
    _check_table(f"{path.name}: limits", data["limits"], Limits)
    return course


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The exercises as tables, each to be read by itself: a mistake is told with the name of its exercise."""

    exercises: tuple[dict[str, Any], ...]


def _check_table(place: str, table: Mapping[str, Any], kind: type[Record]) -> Record:
    """The record in a table without any other key: one written wrong would be taken for one that was left out."""
    record = _convert(place, table, kind)
    known = [each.name for each in fields(record)]  # type: ignore[arg-type]  # all of these are dataclasses
    # `convert` passes over keys that a record does not have.
    if odd := [name for name in table if name not in known]:
        raise GraderError(f"{place}: there is no setting {odd[0]}; expected only {', '.join(known)}")
    return record


def default_language() -> str:
    """The language of the course, if it names one, so that what students read is all in one; else the locale's."""
    return load_course().language or locale_language()


@functools.cache
def load_hints() -> Mapping[str, Mapping[str, Ladder]]:
    """The ladder of hints for each function of each exercise, from `hints.toml`."""
    return read_toml(_data("hints.toml"), dict[str, dict[str, dict[str, tuple[str, ...]]]])


def suite_folder(tests: Path, suite: Suite) -> Path:
    """Where a suite lies below `tests/`."""
    return tests / suite.value


def load_points(folder: Path) -> dict[str, int]:
    """The points of every check of a suite, by check id.

    The course says what an exercise is worth; `points.toml` of the suite, in which proportion its checks share that.

    Raises:
        GraderError: If the suite has not the exercises and functions of the course, or too few points for its checks.
    """
    tables = read_toml(folder / "points.toml", dict[str, dict[str, int]])
    place = f"tests/{folder.name}/points.toml"
    functions = {function for table in tables.values() for function in _functions(table)}
    if odd := sorted(load_course().limits.function_s.keys() - functions):
        raise GraderError(f"course.toml: function_s has {odd[0]}; expected functions that {place} has checks of")
    points: dict[str, int] = {}
    for spec in load_course().exercises:
        for fault in _misfits(spec, tables, place):
            raise GraderError(f"course.toml: {fault}")
        shares = share_out(spec.points, tables[spec.name])
        points |= {f"{spec.name}.{check}": share for check, share in shares.items()}
    return points


def _functions(table: Mapping[str, int]) -> list[str]:
    return list(dict.fromkeys(check.partition(".")[0] for check in table))


def _misfits(spec: ExerciseSpec, tables: Mapping[str, Mapping[str, int]], place: str) -> Iterator[str]:
    """Why a suite cannot grade an exercise."""
    table = tables.get(spec.name)
    if table is None:
        yield f"the exercise {spec.name} has no checks in {place}; expected one of {', '.join(tables)}"
        return
    checked = _functions(table)
    for name in spec.functions:
        if name not in checked:
            yield f"the exercise {spec.name} has the function {name}; {place} has checks of {', '.join(checked)}"
    for name in checked:
        if name not in spec.functions:
            yield f"the exercise {spec.name} lacks the function {name}, of which {place} has checks; add it"
    for check, weight in table.items():
        if weight < 1:
            yield f"{place} gives {weight} to {spec.name}.{check}; expected a whole number above 0"
    if spec.points < len(table):
        few = f"{spec.points} points for {len(table)} checks of {place}"
        yield f"the exercise {spec.name} has {few}; expected one for each at least"


def share_out(points: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Points in proportion to weights: whole numbers that add up, by largest remainders, and none below 1.

    Args:
        points: What is shared, at least 1 for each weight.
        weights: Positive; if they add up to `points`, they are the shares.

    Example:
        >>> share_out(5, {"values": 2, "shape": 2, "keras": 4})
        {'values': 1, 'shape': 1, 'keras': 3}
    """
    whole = sum(weights.values())
    # Hamilton's method, in whole numbers: what is left after rounding down goes to the largest remainders.
    shares = {name: max(1, points * weight // whole) for name, weight in weights.items()}
    while rest := points - sum(shares.values()):
        # Where the minimum of 1 has given out too much, it is taken back from who is farthest above the right share.
        step = 1 if rest > 0 else -1
        lacks = {name: step * (points * weights[name] - whole * share) for name, share in shares.items()}
        shares[max((name for name in shares if shares[name] + step > 0), key=lacks.__getitem__)] += step
    return shares


@functools.cache
def load_titles(folder: Path) -> dict[str, str]:
    """What every check of a suite expects, by check id: the first line of its docstring. No check is imported."""
    titles = {}
    for id in load_points(folder):
        exercise, _, name = id.partition(".")
        if sentence := _docstrings(folder / f"test_{exercise}.py").get(f"test_{name.replace('.', '_')}"):
            titles[id] = sentence.splitlines()[0]
    return titles


@functools.cache
def _docstrings(path: Path) -> dict[str, str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name: ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


SYNTHETIC = "mackey-glass"
"""The fingerprint of the course's own series, which a seed draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a forecast check takes for good enough: at most `threshold`; at most `sure`, if one run is to decide.

    `series` is what it was calibrated on.
    """

    threshold: float
    sure: float = -math.inf  # no error is that small
    series: str = SYNTHETIC

    def is_sure(self, skill: float) -> bool:
        """Whether one run is so good that no other is needed."""
        return skill <= self.sure


@functools.cache
def load_thresholds(folder: Path) -> dict[str, Gate]:
    """The thresholds of a suite's forecast checks, by check id, from `thresholds.toml`; none if there is no file."""
    path = folder / "thresholds.toml"
    return read_toml(path, Thresholds).checks if path.is_file() else {}


def load_gate(folder: Path, check: str, series: str) -> Gate:
    """The threshold of a forecast check, by check id, for a series of this fingerprint.

    Raises:
        GraderError: If the check was not calibrated, or on another series.
    """
    gate = load_thresholds(folder).get(check)
    if gate is None or gate.series != series:
        came = f"is for the series {gate.series}" if gate else "is not there"
        alone = f"`grader calibrate --exercise {check.partition('.')[0]}`"
        todo = f"run `grader calibrate` first, or {alone} for this one alone"
        raise GraderError(f"the threshold of {check} {came}; expected one for the series {series}: {todo}")
    return gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The file that `grader calibrate` writes; what it says beside the thresholds is for people."""

    checks: dict[str, Gate]
