"""What was posted to whose commits: a file for each student, beside the student's attempts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.attempts import read, write
from grader.errors import GraderError
from grader.postings.commit import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Something that stands at a commit; `key` is that of `Post`."""

    kind: Kind
    repository: str
    commit: str
    score: str
    key: str | None
    posted: datetime.datetime


class Ledger:
    """The postings of a class, in the folder of the assignment's attempts."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the assignment."""
        self._folder = folder

    def newest(self, student: str, kind: Kind, repository: str, commit: str) -> Posting | None:
        """What was posted last to a commit; a later one of the same kind takes the place of those before it.

        Raises:
            GraderError: If the file was changed by someone else, and is no list of postings any more.
        """
        place = (kind, repository, commit)
        found = [one for one in self._read(student) if (one.kind, one.repository, one.commit) == place]
        return found[-1] if found else None

    def add(self, student: str, posting: Posting) -> None:
        """Note what was posted.

        Raises:
            GraderError: If it cannot be written.
        """
        try:
            write(self._path(student), [*self._read(student), posting])
        except OSError as error:
            raise GraderError(f"what was posted for {student} cannot be noted: {error.strerror}") from error

    def _path(self, student: str) -> Path:
        return self._folder / student / "posted.json"

    def _read(self, student: str) -> Sequence[Posting]:
        path = self._path(student)
        return read(path, list[Posting], "delete it, and GitHub is asked") if path.exists() else []
