"""What a class has handed in, one submission for a student: in a folder, in nbgrader's layout, or in repositories."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from grader import git
from grader.classroom.tables import Address, Student, check_id, read_addresses
from grader.errors import GraderError, UsageError
from grader.unpack import ARCHIVES, IGNORED

NBGRADER = "submitted"
"""The folder that nbgrader collects submissions in: `submitted/STUDENT/ASSIGNMENT/`."""

TIMESTAMP = "timestamp.txt"
MAX_TIMESTAMP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A submission that is on this machine. `submitted` is when it was handed in, if that is known."""

    path: Path
    submitted: datetime.datetime | None = None
    commit: str | None = None


class Submission(Protocol):
    """What one student has handed in, wherever it is."""

    @property
    def student(self) -> str:
        """The student's id."""

    def at_hand(self) -> AbstractContextManager[Handed]:
        """Bring it here, for as long as the context lasts.

        Raises:
            GraderError: If it cannot be had.
        """


@dataclass(frozen=True, slots=True)
class Local:
    """A folder or an archive."""

    student: str
    path: Path
    submitted: datetime.datetime | None = None

    @contextmanager
    def at_hand(self) -> Iterator[Handed]:
        """It is here already."""
        yield Handed(path=self.path, submitted=self.submitted)


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository, and what git needs in its environment to get at it."""

    address: Address
    # No `repr`, since there is a token in it.
    access: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def student(self) -> str:
        """The student's id."""
        return self.address.id

    @contextmanager
    def at_hand(self) -> Iterator[Handed]:
        """Clone it, and check out the commit that counts."""
        with TemporaryDirectory(prefix="grader-clone-", ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / self.student
            git.clone(self.address.repository, folder, self.access)
            commit = self.address.commit or git.last_commit(folder, self.address.deadline)
            if not commit:
                when = f" up to {self.address.deadline.isoformat()}" if self.address.deadline else ""
                raise GraderError(f"the repository has no commit{when}")
            git.check_out(folder, commit)
            # The hash in full: a table may have given its beginning.
            yield Handed(path=folder, submitted=git.commit_date(folder), commit=git.last_commit(folder))


@dataclass(frozen=True, slots=True)
class Part:
    """One of so many parts of a class, counted from 1; who is in which does not depend on who else is there."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, value: str) -> Part:
        """The part that a word such as `2/4` names.

        Raises:
            UsageError: If it names none.
        """
        number, _, count = value.partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise UsageError(f"{value!r} is no part of a class; write the second of four as 2/4")
        return cls(int(number), int(count))

    def has(self, student: str) -> bool:
        """Whether a student is in this part."""
        # Python's own hash of a text is another one in every process.
        digest = hashlib.sha256(student.encode()).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1


@dataclass(frozen=True, slots=True)
class Found:
    """The submissions of a class, or of a part of it, and the names of what was beside them and is none."""

    submissions: Sequence[Submission]
    ignored: Sequence[str] = ()
    part: Part = field(default_factory=Part)

    def only(self, part: Part) -> Found:
        """Those in a part of the class."""
        chosen = [submission for submission in self.submissions if part.has(submission.student)]
        return Found(chosen, self.ignored, part)


def find(path: Path, assignment: str) -> Found:
    """The submissions in a folder, or those that a CSV of addresses names.

    Args:
        path: A folder with a folder or an archive for each student, named by the student's id; nbgrader's folder
            `submitted`; or a `.csv` with the columns `id`, `repository`, and perhaps `commit` and `deadline`.
        assignment: Whose submissions are taken from nbgrader's layout.

    Raises:
        UsageError: If there is no such path, nothing is in it, or a student has two submissions.
    """
    if path.suffix == ".csv":
        return Found([Remote(address) for address in read_addresses(path)])
    if not path.is_dir():
        raise UsageError(f"{path} is no folder of submissions and no .csv of their addresses")
    by_assignment = path.resolve().name == NBGRADER
    taken: dict[str, Local] = {}
    ignored = []
    for entry in sorted(entry for entry in path.iterdir() if entry.name not in IGNORED):
        student = _student(entry)
        place = entry / assignment if by_assignment else entry
        # A link in the place of a submission leads wherever its student likes (hostile row 78).
        if student is None or place.is_symlink() or not place.exists():
            ignored.append(entry.name)
            continue
        if student in taken:
            raise UsageError(f"{student} has two submissions, {taken[student].path.name} and {place.name}; keep one")
        submitted = _timestamp(place) if by_assignment else None
        taken[student] = Local(check_id(student, path.name), place, submitted)
    if not taken:
        raise UsageError(f"no submission is in {path}; expected a folder or an archive for each student")
    return Found(list(taken.values()), ignored)


def extend(found: Found, students: Sequence[Student]) -> Found:
    """The submissions with the extensions of the roster: of two deadlines the later one counts, also in a group."""
    return replace(found, submissions=[_extended(each, students) for each in found.submissions])


def _extended(submission: Submission, students: Sequence[Student]) -> Submission:
    if not isinstance(submission, Remote) or submission.address.deadline is None:
        return submission
    whose = [student for student in students if student.hands_in_as == submission.student]
    latest = max([submission.address.deadline, *(each.deadline for each in whose if each.deadline)])
    return replace(submission, address=replace(submission.address, deadline=latest))


def _student(entry: Path) -> str | None:
    """Whose submission it is; None if it is none."""
    if entry.is_symlink() or entry.name.startswith("."):
        return None
    if entry.is_dir():
        return entry.name
    endings = [ending for ending in ARCHIVES if entry.name.endswith(ending)]
    return entry.name.removesuffix(endings[0]) if endings and entry.is_file() else None


def _timestamp(path: Path) -> datetime.datetime | None:
    """When nbgrader collected a submission, if it says so."""
    note = path / TIMESTAMP
    if not note.is_file() or note.is_symlink():
        return None
    # nbgrader takes long to import, and only its own layout has such a note.
    from nbgrader.utils import parse_utc

    try:
        with note.open(encoding="utf-8") as stream:
            moment: datetime.datetime = parse_utc(stream.read(MAX_TIMESTAMP).strip())
    except (ValueError, OverflowError, OSError):  # a student may have written one
        return None
    return moment.replace(tzinfo=datetime.UTC)
