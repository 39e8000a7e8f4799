"""The attempts that are kept: one file for each graded submission. They are the truth; a gradebook is made from them.

A file appears whole, by a rename, or not at all: whenever a run ends, and however, nothing is half there.
"""

from __future__ import annotations

import datetime
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from grader.errors import GraderError, UsageError

Record = TypeVar("Record")

TRANSCRIPT = ".transcript"
"""The ending of a file of evidence, which has the number of the attempt that it was gathered for."""
PROPOSAL = "regraded.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one check of a kept report gave."""

    id: str
    exercise: str
    score: int
    max_score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """What one exercise of a kept report gave."""

    name: str
    score: int
    max_score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The points in a kept report, the score without the bonus."""

    score: int
    max_score: int
    bonus: int
    max_bonus: int
    exercises: Sequence[Exercise]
    checks: Sequence[Check]

    def __str__(self) -> str:
        bonus = f", bonus {self.bonus}/{self.max_bonus}" if self.max_bonus else ""
        return f"{self.score}/{self.max_score}{bonus}"

    @property
    def scored(self) -> list[Check]:
        """The checks that are worth points; those of a suite that was only run are not."""
        return [check for check in self.checks if check.max_score]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A submission that was graded: whose, of which code, with which seed and suite, and the report in both views.

    `transcript` is the name of the file beside it with all evidence; empty if none was kept.
    """

    student: str
    code: str
    suite: str
    seed: int
    graded: datetime.datetime
    report: Mapping[str, Any]
    for_student: Mapping[str, Any] = field(default_factory=dict)
    submitted: datetime.datetime | None = None
    commit: str | None = None
    transcript: str = ""
    schema: Literal["grader/attempt/v1"] = "grader/attempt/v1"

    @property
    def points(self) -> Points:
        """The points in the report."""
        return msgspec.convert(self.report, Points)

    @property
    def exercises(self) -> frozenset[str]:
        """The exercises that were graded."""
        return frozenset(exercise["name"] for exercise in self.report["exercises"])

    def is_of(self, code: str, suite: str, seed: int | None) -> bool:
        """Whether grading this code again could say nothing new; without a seed, any will do."""
        return (self.code, self.suite) == (code, suite) and seed in (None, self.seed)


class Attempts:
    """The attempts at one assignment, in a folder of each student's below `folder`; the newest one counts."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the assignment; it may be missing as yet."""
        self._folder = folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other run away for a while. A run that was killed holds nothing.

        Raises:
            UsageError: If another run is at work here.
        """
        self._make(self._folder)
        with (self._folder / ".lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UsageError(f"another `grader class` is at work in {self._folder}; wait for it") from error
            yield

    def newest(self, student: str) -> Attempt | None:
        """The attempt of a student that counts.

        Raises:
            GraderError: If its file was changed by someone else, and is no attempt any more.
        """
        paths = _files(self._folder / student)
        return read(paths[-1], Attempt, "delete it, and the student is graded again") if paths else None

    def all_newest(self) -> dict[str, Attempt]:
        """The attempt that counts, for each student who has one."""
        folders = sorted(path for path in self._folder.glob("*") if path.is_dir())
        newest = [(folder.name, self.newest(folder.name)) for folder in folders]
        return {student: attempt for student, attempt in newest if attempt}

    def keep(self, attempt: Attempt, transcript: Path | None = None) -> None:
        """Write an attempt, beside those of the same student before it; their transcripts have served.

        Args:
            attempt: What is kept.
            transcript: Of its evidence, at the place that `unfinished` gave; taken from there.

        Raises:
            GraderError: If it cannot be written.
        """
        folder = self._folder / attempt.student
        number = _next_number(folder)
        try:
            if transcript:
                attempt = replace(attempt, transcript=f"{number:06}{TRANSCRIPT}")
                transcript.rename(folder / attempt.transcript)
            write(folder / f"{number:06}.json", attempt)
            _delete_transcripts(folder, besides=attempt.transcript)
        except OSError as error:
            raise GraderError(f"the attempt of {attempt.student} cannot be written: {error.strerror}") from error

    def unfinished(self, student: str) -> Path:
        """Where the transcript of an attempt is written that is not kept yet.

        Raises:
            GraderError: If there can be no such place.
        """
        folder = self._folder / student
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GraderError(f"{folder} cannot be made: {error.strerror}") from error
        return folder / f".unfinished{TRANSCRIPT}"

    def transcript(self, attempt: Attempt) -> Path | None:
        """The evidence of an attempt; None if there is none left."""
        path = self._folder / attempt.student / attempt.transcript
        return path if attempt.transcript and path.is_file() else None

    def delete_transcripts(self, before: datetime.datetime) -> list[Path]:
        """Delete the evidence that was gathered before a moment; what went.

        Raises:
            GraderError: If a file cannot be deleted, or an attempt is none any more.
        """
        old = [path for path in sorted(self._folder.glob(f"*/*{TRANSCRIPT}")) if _gathered(path) < before]
        try:
            for path in old:
                path.unlink()
        except OSError as error:
            raise GraderError(f"{path} cannot be deleted: {error.strerror}") from error
        return old

    def proposed(self, student: str) -> Attempt | None:
        """What `propose` wrote.

        Raises:
            GraderError: If its file was changed by someone else, and is no attempt any more.
        """
        path = self._folder / student / PROPOSAL
        return read(path, Attempt, "delete it") if path.is_file() else None

    def propose(self, attempt: Attempt) -> None:
        """Write an attempt that does not count as yet, in place of one that was proposed before.

        Raises:
            GraderError: If it cannot be written.
        """
        try:
            write(self._folder / attempt.student / PROPOSAL, attempt)
        except OSError as error:
            raise GraderError(f"the attempt of {attempt.student} cannot be written: {error.strerror}") from error

    def accept(self, student: str) -> None:
        """Let the attempt that was proposed be the newest.

        Raises:
            GraderError: If it cannot be renamed.
        """
        folder = self._folder / student
        try:
            (folder / PROPOSAL).rename(folder / f"{_next_number(folder):06}.json")
            _sync(folder)
        except OSError as error:
            raise GraderError(f"the attempt of {student} cannot be written: {error.strerror}") from error

    @staticmethod
    def _make(folder: Path) -> None:
        """A folder that is the instructor's alone: reports have hidden values in them."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise UsageError(f"{folder} cannot be made: {error.strerror}") from error


def read(path: Path, kind: type[Record], advice: str) -> Record:
    """Read back what `write` wrote.

    Raises:
        GraderError: If the file was changed by someone else, and is no such record any more; `advice` says what to do.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise GraderError(f"{path} is not what it was: {error}; {advice}") from error


def write(path: Path, document: object) -> None:
    """Write a document as JSON, whole or not at all, so that it outlasts a loss of power."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(".unfinished")
    with unfinished.open("wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(document), indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(path)
    _sync(path.parent)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.json"))


def _next_number(folder: Path) -> int:
    return int(paths[-1].stem) + 1 if (paths := _files(folder)) else 1


def _gathered(transcript: Path) -> datetime.datetime:
    """When the code was run: what the attempt of the same number says; one without an attempt counts as old."""
    path = transcript.with_suffix(".json")
    if not path.is_file():
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return read(path, Attempt, "delete it, and the student is graded again").graded


def _delete_transcripts(folder: Path, besides: str) -> None:
    for path in folder.glob(f"[0-9]*{TRANSCRIPT}"):
        if path.name != besides:
            path.unlink()


def _sync(folder: Path) -> None:
    """Let a rename outlast a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
