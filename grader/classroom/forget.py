"""Deletes what is kept of a student, in every assignment; or, of everyone, the evidence that is old enough."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.classroom.attempts import Attempts
from grader.classroom.gradebook import remove_student
from grader.classroom.tables import check_id
from grader.errors import GraderError, UsageError


def forget(student: str, attempts: Path, gradebook: str) -> list[str]:
    """Delete a student's attempts with what stands beside them, and the gradebook's rows; what went, a line each.

    Interrupted, it can be called again: what is gone already is not missed.

    Args:
        student: The id, as the roster has it.
        attempts: The folder of all attempts, with a folder for each assignment.
        gradebook: The URL of the gradebook.

    Raises:
        UsageError: If nothing of the student is kept, or a class is being graded at the moment.
        GraderError: If something cannot be deleted.
    """
    # An id such as `..` would be a way to other folders below.
    check_id(student, "the student")
    # `list`, so that all of it is done before the gradebook's turn.
    deleted = list(_attempts(student, attempts))
    # After the attempts: from one that is still there the next run would enter the student again.
    if remove_student(gradebook, student):
        deleted.append(f"{gradebook}: {student}")
    if not deleted:
        raise UsageError(f"nothing of {student} is kept in {attempts} or {gradebook}")
    return deleted


def forget_transcripts(days: int, attempts: Path) -> list[str]:
    """Delete the transcripts, in every assignment, of code that was run more than so many days ago; scores stay.

    Args:
        days: How long a transcript is kept.
        attempts: The folder of all attempts, with a folder for each assignment.

    Raises:
        UsageError: If there is no such folder, or a class is being graded at the moment.
        GraderError: If something cannot be deleted.
    """
    if not attempts.is_dir():
        raise UsageError(f"{attempts} is not there; give the folder of all attempts by --attempts")
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    deleted = []
    for folder in sorted(folder for folder in attempts.glob("*") if folder.is_dir()):
        with Attempts(folder).held():
            deleted += Attempts(folder).delete_transcripts(before)
    return [str(path) for path in deleted]


def _attempts(student: str, attempts: Path) -> Iterator[str]:
    for folder in sorted(folder for folder in attempts.glob("*") if (folder / student).is_dir()):
        with Attempts(folder).held():
            try:
                shutil.rmtree(folder / student)
            except OSError as error:
                raise GraderError(f"{folder / student} cannot be deleted: {error.strerror}") from error
        yield str(folder / student)
