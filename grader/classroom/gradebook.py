"""Nbgrader's gradebook, made from attempts: a notebook for each exercise, a grade cell for each check.

Each student is one transaction, so that nobody is ever half in it. Nbgrader's own methods commit every row by itself;
its tables are used instead. What people enter in the formgrader (a manual score, extra credit) is left as it is.
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from grader.classroom.attempts import Attempt
from grader.classroom.overrides import Change, Override
from grader.classroom.tables import Student
from grader.contract import Suite
from grader.course import load_course, load_points, suite_folder
from grader.errors import GraderError, UsageError

Worth = Mapping[str, Mapping[str, int]]
"""The points of each check, by exercise and id; a check of a bonus exercise is worth none."""


def worth_of(tests: Path, exercises: Collection[str]) -> Worth:
    """What the checks of these exercises are worth, in the suite that is scored; of all exercises if none is named.

    Raises:
        UsageError: If the course has no such exercise.
    """
    specs = load_course().chosen(tuple(exercises))
    points = points_of(tests)
    return {
        spec.name: {id: 0 if spec.bonus else points[id] for id in points if id.partition(".")[0] == spec.name}
        for spec in specs
    }


def points_of(tests: Path) -> Mapping[str, int]:
    """The points of each check in the suite that is scored, also of those of a bonus exercise."""
    suites = [folder for suite in (Suite.HIDDEN, Suite.PUBLIC) if (folder := suite_folder(tests, suite)).is_dir()]
    return load_points(suites[0])


@contextmanager
def open_gradebook(url: str, assignment: str, worth: Worth) -> Iterator[Gradebook]:
    """The gradebook at a URL of SQLAlchemy's, with an assignment of these checks in it; made where it is missing.

    Raises:
        UsageError: If the URL leads to no database.
        GraderError: If the database fails.
    """
    with _connected(url) as books:
        gradebook = Gradebook(books, assignment)
        gradebook.lay_out(worth)
        yield gradebook


def set_by_hand(url: str, assignment: str, student: str, check: str, override: Override | None) -> bool | None:
    """Let an override, or none, be that of a student's check in an assignment.

    Returns:
        Whether the student has a submission in which they count; None if the gradebook knows no such student.

    Raises:
        UsageError: If the URL leads to no database.
        GraderError: If the database fails.
    """
    if not _is_there(url):
        return None
    with _connected(url) as books:
        # Without one there is no grade either, and a name with a slip in it is told as such.
        known = books.db.get(api.Student, student) is not None
        return Gradebook(books, assignment).set_by_hand(student, check, override) if known else None


def remove_student(url: str, student: str) -> bool:
    """Delete a student from a gradebook, with every submission and grade; whether there was anything to delete.

    Raises:
        UsageError: If the URL leads to no database.
        GraderError: If the database fails.
    """
    if not _is_there(url):
        return False
    with _connected(url) as books:
        try:
            books.remove_student(student)
            _overwrite_what_was_deleted(books)
        except api.MissingEntry:
            return False
        except SQLAlchemyError as error:
            raise GraderError(f"the gradebook still has {student}: {_first_line(error)}") from error
    return True


def _overwrite_what_was_deleted(books: Any) -> None:
    """SQLite leaves the bytes of a deleted row where they were until it writes the file anew."""
    if books.engine.dialect.name == "sqlite":
        # VACUUM runs in no transaction.
        with books.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))


def _is_there(url: str) -> bool:
    """Whether there may be a gradebook; one in a file is not made by looking for it."""
    place = _place(url)
    return place.get_backend_name() != "sqlite" or not place.database or Path(place.database).exists()


def _place(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise UsageError(f"the gradebook cannot be opened: {_first_line(error)}") from error


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    try:
        with _programs_beside_python():
            books = api.Gradebook(url)
            _stamp(books)
    except (SQLAlchemyError, ImportError, OSError) as error:
        # ImportError: the driver that the URL asks for is not installed.
        raise UsageError(f"the gradebook cannot be opened: {_first_line(error)}") from error
    with books:
        yield books


class Gradebook:
    """One assignment in the gradebook."""

    def __init__(self, books: Any, assignment: str) -> None:
        """Take nbgrader's gradebook, and the name of an assignment."""
        self._books = books
        self._name = assignment

    def lay_out(self, worth: Worth) -> None:
        """Let the assignment have these exercises and checks, and no others."""
        with self._transaction() as db:
            assignment = db.query(api.Assignment).filter_by(name=self._name).one_or_none()
            if assignment is None:
                assignment = _added(db, api.Assignment(name=self._name, course_id=self._books.course_id))
            notebooks = {notebook.name: notebook for notebook in assignment.notebooks}
            for exercise, checks in worth.items():
                notebook = notebooks.get(exercise) or _added(db, api.Notebook(name=exercise, assignment=assignment))
                _lay_out(db, notebook, checks)

    def enrol(self, students: Iterable[Student]) -> None:
        """Let everyone on the roster be in the gradebook, with or without a submission."""
        with self._transaction() as db:
            for each in students:
                student = db.get(api.Student, each.id) or _added(db, api.Student(id=each.id))
                for name in ("first_name", "last_name", "email", "lms_user_id"):
                    if value := getattr(each, name):
                        setattr(student, name, value)

    def enter(self, attempt: Attempt, id: str, by_hand: Sequence[Change] = ()) -> None:
        """Enter an attempt in place of what the student had before.

        Args:
            attempt: As the judge left it.
            id: The student's; an attempt may be that of a group.
            by_hand: What is changed in it.
        """
        scores = {cell_name(check.id): check.score for check in attempt.points.scored}
        chosen = {cell_name(change.check): change for change in by_hand}
        with self._transaction() as db:
            assignment = db.query(api.Assignment).filter_by(name=self._name).one()
            student = db.get(api.Student, id) or _added(db, api.Student(id=id))
            whose = {"assignment": assignment, "student": student}
            submission = db.query(api.SubmittedAssignment).filter_by(**whose).one_or_none()
            submission = submission or _added(db, api.SubmittedAssignment(**whose))
            # nbgrader keeps moments in UTC, and without a zone.
            submission.timestamp = attempt.submitted and attempt.submitted.astimezone(datetime.UTC).replace(tzinfo=None)
            # Rows are changed and not made anew, since what people have entered hangs on them.
            sheets = {sheet.notebook_id: sheet for sheet in submission.notebooks}
            for notebook in assignment.notebooks:
                where = {"notebook": notebook, "assignment": submission}
                sheet = sheets.get(notebook.id) or _added(db, api.SubmittedNotebook(**where))
                _grade(db, notebook, sheet, scores)
                for grade in sheet.grades:
                    _set_by_hand(db, grade, chosen.get(grade.cell.name))

    def set_by_hand(self, id: str, check: str, override: Override | None) -> bool:
        """Let an override, or none, be that of a check; whether the student has a grade for the check."""
        with self._transaction() as db:
            query = db.query(api.Grade).join(api.SubmittedNotebook).join(api.SubmittedAssignment).join(api.Assignment)
            query = query.filter(api.Assignment.name == self._name, api.SubmittedAssignment.student_id == id)
            grades = [grade for grade in query if grade.cell.name == cell_name(check)]
            for grade in grades:
                _set_by_hand(db, grade, override)
        return bool(grades)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            yield self._books.db
            self._books.db.commit()
        except SQLAlchemyError as error:
            self._books.db.rollback()
            raise GraderError(f"the gradebook took nothing: {_first_line(error)}") from error


def _added(db: Any, row: Any) -> Any:
    db.add(row)
    return row


def cell_name(check: str) -> str:
    """What the cell of a check is called: nbgrader's names have no dots, and its pages find no cell with one."""
    return check.replace(".", "-")


def _lay_out(db: Any, notebook: Any, checks: Mapping[str, int]) -> None:
    worth = {cell_name(id): points for id, points in checks.items()}
    cells = {cell.name: cell for cell in notebook.grade_cells}
    for cell in [*notebook.grade_cells, *notebook.solution_cells]:
        # A check that the suite has no longer would count in nbgrader's maximum.
        if cell.name not in worth:
            for row in [*(cell.grades or ()), *(cell.comments or ())]:  # None, where a kind of cell has none
                db.delete(row)
            db.delete(cell)
    for name, points in worth.items():
        fresh = {"name": name, "notebook": notebook, "cell_type": "code", "max_score": points}
        cell = cells.get(name) or _added(db, api.GradeCell(**fresh))
        cell.max_score = points


def _grade(db: Any, notebook: Any, sheet: Any, scores: Mapping[str, int]) -> None:
    grades = {grade.cell_id: grade for grade in sheet.grades}
    for cell in notebook.grade_cells:
        grade = grades.get(cell.id) or _added(db, api.Grade(cell=cell, notebook=sheet))
        grade.auto_score = scores.get(cell.name, 0)
        grade.needs_manual_grade = False


def _set_by_hand(db: Any, grade: Any, chosen: Override | Change | None) -> None:
    """Enter an override as a manual score, with its reason as a comment.

    Nbgrader hangs a comment on the solution cell of the same name. One that has an automatic comment is ours, and goes
    with its score when the override is gone; what people enter in the formgrader is a manual comment.
    """
    sheet, name = grade.notebook, grade.cell.name
    comment = next((each for each in sheet.comments if each.cell.name == name), None)
    if chosen:
        cells = {cell.name: cell for cell in sheet.notebook.solution_cells}
        cell = cells.get(name) or _added(db, api.SolutionCell(name=name, notebook=sheet.notebook))
        comment = comment or _added(db, api.Comment(cell=cell, notebook=sheet))
        comment.auto_comment, grade.manual_score = chosen.reason, chosen.points
    elif comment and comment.auto_comment is not None:
        comment.auto_comment = grade.manual_score = None


def _stamp(books: Any) -> None:
    """Let the database have its version, also where a run was killed between making the tables and noting it."""
    with books.engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"))
        if not connection.execute(text("SELECT count(*) FROM alembic_version")).scalar():
            values = {"version": api.get_alembic_version()}
            connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), values)


@contextmanager
def _programs_beside_python() -> Iterator[None]:
    """Let nbgrader find the `alembic` of this environment, whether or not the environment is activated."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]  # SQLAlchemy adds its statement below
