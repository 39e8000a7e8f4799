"""The commands that change what is kept of students by hand: delete it, or set the points of a check."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.commands.options import ATTEMPTS, GRADEBOOK, Assignment, AttemptsFolder, GradebookUrl
from grader.contract import printable
from grader.course import load_course
from grader.errors import UsageError
from grader.grade import find_tests


def forget_command(
    student: Annotated[str | None, typer.Argument(help="The student's id.")] = None,
    days: Annotated[
        int | None,
        typer.Option("--transcripts-older-than", min=0, max=36500, help="Of everyone; in days. Scores stay."),
    ] = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
) -> None:
    """Delete what is kept of a student, in every assignment and in the gradebook; or everyone's old transcripts."""
    from grader.classroom.forget import forget, forget_transcripts  # nbgrader takes long to import

    if student is not None and days is None:
        deleted = forget(student, attempts, gradebook)
    elif days is not None and student is None:
        deleted = forget_transcripts(days, attempts)
    else:
        raise UsageError("give the id of a student, or --transcripts-older-than DAYS, and not both")
    for line in deleted or ["nothing is that old"]:
        print(f"deleted: {printable(line)}" if deleted else line)


def override_command(
    student: Annotated[str, typer.Argument(help="The student's id, or the name of a group.")],
    check: Annotated[str, typer.Argument(help="The check, as windowing.make_windows.values.")],
    points: Annotated[int | None, typer.Argument(min=0, help="What it gives, whatever the judge says.")] = None,
    reason: Annotated[str, typer.Option(help="Why; the student may read it.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Let the judge's points count again.")] = False,
    assignment: Assignment = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
) -> None:
    """Set the points of a check by hand; they stay, however often the submission is graded again."""
    if remove is (points is not None):
        raise UsageError("give the points that the check gives, or --remove")
    from grader.classroom.by_hand import Books, override, withdraw  # nbgrader takes long to import
    from grader.classroom.tables import check_id

    name = check_id(assignment or load_course().name, "--assignment")
    books = Books(assignment=name, attempts=attempts / name, gradebook=gradebook)
    if points is None:
        counted = withdraw(books, student, check)
    else:
        counted = override(books, find_tests(), student, check, points, printable(reason.strip()))
    print(f"{printable(student)}: {check}: {'as judged' if points is None else points}")
    if not counted:
        print("it counts when `grader class` is called next")
