"""Nbgrader's gradebook, made from attempts: a notebook for each exercise, a grade cell for each check.

Each student is one transaction, so that nobody is ever half in it. Nbgrader's own methods commit every row by itself;
its tables are used instead. What people enter in the formgrader (a manual score, extra credit) is left as it is.
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from grader.classroom.attempts import Attempt
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
    course = load_course()
    if unknown := sorted(set(exercises) - set(course.names)):
        raise UsageError(f"there is no exercise {', '.join(unknown)}; the course has {', '.join(course.names)}")
    suites = [folder for suite in (Suite.HIDDEN, Suite.PUBLIC) if (folder := suite_folder(tests, suite)).is_dir()]
    points = load_points(suites[0])
    return {
        spec.name: {id: 0 if spec.bonus else points[id] for id in points if id.partition(".")[0] == spec.name}
        for spec in course.exercises
        if spec.name in exercises or not exercises
    }


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


def remove_student(url: str, student: str) -> bool:
    """Delete a student from a gradebook, with every submission and grade; whether there was anything to delete.

    Raises:
        UsageError: If the URL leads to no database.
        GraderError: If the database fails.
    """
    place = _place(url)
    if place.get_backend_name() == "sqlite" and place.database and not Path(place.database).exists():
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
        with books.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))


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

    def enter(self, attempt: Attempt) -> None:
        """Enter an attempt in place of what the student had before."""
        scores = {check.id: check.score for check in attempt.points.scored}
        with self._transaction() as db:
            assignment = db.query(api.Assignment).filter_by(name=self._name).one()
            student = db.get(api.Student, attempt.student) or _added(db, api.Student(id=attempt.student))
            whose = {"assignment": assignment, "student": student}
            submission = db.query(api.SubmittedAssignment).filter_by(**whose).one_or_none()
            submission = submission or _added(db, api.SubmittedAssignment(**whose))
            submission.timestamp = attempt.submitted and attempt.submitted.astimezone(datetime.UTC).replace(tzinfo=None)
            sheets = {sheet.notebook_id: sheet for sheet in submission.notebooks}
            for notebook in assignment.notebooks:
                where = {"notebook": notebook, "assignment": submission}
                sheet = sheets.get(notebook.id) or _added(db, api.SubmittedNotebook(**where))
                _grade(db, notebook, sheet, scores)

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


def _lay_out(db: Any, notebook: Any, checks: Mapping[str, int]) -> None:
    cells = {cell.name: cell for cell in notebook.grade_cells}
    for id in cells.keys() - checks.keys():
        for grade in cells[id].grades:
            db.delete(grade)
        db.delete(cells[id])
    for id, points in checks.items():
        fresh = {"name": id, "notebook": notebook, "cell_type": "code", "max_score": points}
        cell = cells.get(id) or _added(db, api.GradeCell(**fresh))
        cell.max_score = points


def _grade(db: Any, notebook: Any, sheet: Any, scores: Mapping[str, int]) -> None:
    grades = {grade.cell_id: grade for grade in sheet.grades}
    for cell in notebook.grade_cells:
        grade = grades.get(cell.id) or _added(db, api.Grade(cell=cell, notebook=sheet))
        grade.auto_score = scores.get(cell.name, 0)
        grade.needs_manual_grade = False


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
    return (str(error).splitlines() or [type(error).__name__])[0]
