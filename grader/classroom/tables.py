"""Reads what an instructor keeps in a spreadsheet: the roster, and the addresses of repositories. CSV with a header."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """One line of the roster; the names of the first columns are those of nbgrader's own list of students.

    Students of a `group` hand in one submission, which has the group's name. `deadline` is an extension.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    group: str = ""
    deadline: datetime.datetime | None = None

    @property
    def hands_in_as(self) -> str:
        """What the student's submission is called."""
        return self.group or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a student's repository is, and which commit counts: a given one, or the last one up to the deadline."""

    id: str
    repository: str
    commit: str = ""
    deadline: datetime.datetime | None = None


def read_roster(path: Path) -> tuple[Student, ...]:
    """The students of a class, in the order of the file.

    Raises:
        UsageError: If the file is no table with a column `id`, an id is missing, there twice or not fit for one, a
            group has the name of a student, or a deadline is no time with a time zone.
    """
    columns = ("first_name", "last_name", "email", "lms_user_id", "group")
    students = tuple(
        Student(
            id=row[ID],
            deadline=parse_deadline(row.get("deadline", ""), path.name),
            **{name: row.get(name, "") for name in columns},
        )
        for row in _rows(path, [ID])
    )
    groups = {student.group for student in students if student.group}
    for group in sorted(groups):
        check_id(group, f"{path.name}, group")
    if both := sorted(groups & {student.id for student in students}):
        raise UsageError(f"{path.name}: {both[0]} is a student's id and the name of a group; give the group another")
    return students


def read_addresses(path: Path) -> tuple[Address, ...]:
    """The repositories of a class, in the order of the file.

    Raises:
        UsageError: As `read_roster`, and if a deadline is no time with a time zone.
    """
    return tuple(
        Address(
            id=row[ID],
            repository=row["repository"],
            commit=_commit(row.get("commit", ""), path),
            deadline=parse_deadline(row.get("deadline", ""), path.name),
        )
        for row in _rows(path, [ID, "repository"])
    )


def check_id(id: str, where: str) -> str:
    """The id, if it can be the name of a folder and be shown.

    Raises:
        UsageError: If it cannot.
    """
    # It becomes the name of a folder, and is printed.
    if not id or id.startswith(".") or set(id) & set("/\\") or not id.isprintable():
        raise UsageError(f"{where}: {id!r} is no id of a student; it must not be empty, start with a dot or have a /")
    return id


def parse_deadline(value: str, where: str) -> datetime.datetime | None:
    """The moment that a deadline is; None of an empty one.

    Raises:
        UsageError: If it is no time with a time zone.
    """
    if not value:
        return None
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        moment = None
    # Read in the zone of whichever machine grades, it would be another moment.
    if moment is None or moment.tzinfo is None:
        example = "2026-11-29T23:59-03:00"
        raise UsageError(f"{where}: {value!r} is no time with a time zone; write it like {example}")
    return moment


def _rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a table, by column; each has every needed column filled in, and an id of its own."""
    try:
        text = path.read_text("utf-8-sig")  # spreadsheets begin with a mark
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name} is not UTF-8; save it as `CSV UTF-8`") from error
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","  # a spreadsheet in Spanish writes semicolons
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    if missing := [name for name in needed if name not in columns]:
        raise UsageError(f"{path.name} has the columns {', '.join(columns)}; expected also {', '.join(missing)}")
    rows: dict[str, dict[str, str]] = {}
    for line in reader:
        row = {name: (line[name] or "").strip() for name in columns}  # None, where a line is shorter than the header
        where = f"{path.name}, line {reader.line_num}"
        if empty := [name for name in needed if not row[name]]:
            raise UsageError(f"{where}: there is no {empty[0]}")
        if row[ID] in rows:
            raise UsageError(f"{where}: {row[ID]} is there a second time; keep one")
        rows[check_id(row[ID], where)] = row
    return list(rows.values())


def _commit(value: str, path: Path) -> str:
    if value and not (7 <= len(value) <= 64 and set(value.lower()) <= set("0123456789abcdef")):
        raise UsageError(f"{path.name}: {value!r} is no hash of a commit")
    return value
