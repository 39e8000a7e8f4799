"""The course as data: exercises, functions, points, limits and hints, read from the files that an instructor edits."""

from __future__ import annotations

import ast
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TypeVar

import msgspec

from grader.contract import Suite
from grader.errors import GraderError

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
    stack_bytes: int = 8 * MIB


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
    """The whole course."""

    name: str
    limits: Limits
    exercises: tuple[ExerciseSpec, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the exercises, in order."""
        return tuple(exercise.name for exercise in self.exercises)

    @property
    def owners(self) -> dict[str, str]:
        """The exercise of each function."""
        return {function: exercise.name for exercise in self.exercises for function in exercise.functions}


def read_toml(path: Path, kind: type[Record]) -> Record:
    """Read a TOML file into a record.

    Raises:
        GraderError: If the file is missing, is not TOML, or does not fit; the message names the file and the place.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except OSError as error:
        raise GraderError(f"{path.name} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise GraderError(f"{path.name}: {error}") from error


def _data(name: str) -> Path:
    with resources.as_file(resources.files("grader") / name) as path:
        return path


@functools.cache
def load_course() -> Course:
    """The course in `course.toml`."""
    return read_toml(_data("course.toml"), Course)


@functools.cache
def load_hints() -> Mapping[str, Mapping[str, Ladder]]:
    """The ladder of hints for each function of each exercise, from `hints.toml`."""
    return read_toml(_data("hints.toml"), dict[str, dict[str, dict[str, tuple[str, ...]]]])


def suite_folder(tests: Path, suite: Suite) -> Path:
    """Where a suite lies below `tests/`."""
    return tests / suite.value


def load_points(folder: Path) -> dict[str, int]:
    """The points of every check of a suite, by check id, from its `points.toml`."""
    tables = read_toml(folder / "points.toml", dict[str, dict[str, int]])
    return {f"{exercise}.{check}": points for exercise, table in tables.items() for check, points in table.items()}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a forecast check takes for good enough: at most `threshold`; at most `sure`, if one run is to decide."""

    threshold: float
    sure: float = -math.inf

    def is_sure(self, skill: float) -> bool:
        """Whether one run is so good that no other is needed."""
        return skill <= self.sure


@functools.cache
def load_thresholds(folder: Path) -> dict[str, Gate]:
    """The thresholds of a suite's forecast checks, by check id, from `thresholds.toml`; none if there is no file."""
    path = folder / "thresholds.toml"
    return read_toml(path, Thresholds).checks if path.is_file() else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The file that `grader calibrate` writes; what it says beside the thresholds is for people."""

    checks: dict[str, Gate]
