"""The scores of a class as tables, by the student's id: our own, and what Canvas and Moodle import.

Everyone on the roster is in each of them. Who has no score has no number there, which is not a zero.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from grader.classroom.attempts import Attempt
from grader.classroom.standing import Scores
from grader.classroom.tables import Student

COLUMNS = "id last_name first_name email status score max_score bonus max_bonus submitted by_hand".split()
BONUS = "bonus"


def to_csv(scores: Scores) -> str:
    """One line for each student, with the points of each exercise at its end."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*COLUMNS, *scores.exercises], restval="", lineterminator="\n")
    writer.writeheader()
    for each in scores.standings:
        who = {name: getattr(each.student, name) for name in COLUMNS[:4]}
        changed = {"by_hand": "; ".join(map(str, each.by_hand))}
        points = _points(each.attempt) if each.attempt else {}
        writer.writerow(who | {"status": each.stand.value} | points | changed)
    return stream.getvalue()


def _points(attempt: Attempt) -> dict[str, object]:
    points = attempt.points
    totals = {name: getattr(points, name) for name in ("score", "max_score", "bonus", "max_bonus")}
    submitted = attempt.submitted.isoformat() if attempt.submitted else ""
    return {**totals, "submitted": submitted, **{exercise.name: exercise.score for exercise in points.exercises}}


def to_canvas(scores: Scores) -> str:
    """The table that Canvas's gradebook imports.

    Canvas looks for a student by `ID`, which is its own number (the roster's `lms_user_id`), then by `SIS User ID`, by
    `SIS Login ID` and by name; the roster's id may be either of the two. `Section` has to be there and is not read. The
    line that begins with `Points Possible` says what each assignment is worth; one of 0 points adds to the total.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *_items(scores)]
    # The spaces are Canvas's own.
    possible = ["    Points Possible", "", "", "", "", scores.max_score, *([0] if scores.has_bonus else [])]
    rows = [
        [_sortable(student), student.lms_user_id, student.id, student.id, "", *numbers]
        for student, numbers in _numbers(scores, none="")
    ]
    return _table([header, possible, *rows])


def to_moodle(scores: Scores) -> str:
    """The table that Moodle's gradebook imports, with `ID number` mapped to the user's `idnumber` (or `username`).

    Moodle gives the scores of a line that names nobody to the student of the line before. So a column by which it can
    find students is here only if everyone has something in it. A `-` is no score.
    """
    students = [standing.student for standing in scores.standings]
    has_email = all(student.email for student in students)
    header = ["ID number", "First name", "Last name", *(["Email address"] if has_email else []), *_items(scores)]
    rows = [
        [student.id, student.first_name, student.last_name, *([student.email] if has_email else []), *numbers]
        for student, numbers in _numbers(scores, none="-")
    ]
    return _table([header, *rows])


def _items(scores: Scores) -> list[str]:
    """What the numbers of a student are called. The bonus is apart: a score is never above what is possible."""
    return [scores.assignment, *([f"{scores.assignment} {BONUS}"] if scores.has_bonus else [])]


def _numbers(scores: Scores, none: str) -> Iterable[tuple[Student, Sequence[object]]]:
    count = len(_items(scores))
    for each in scores.standings:
        points = each.attempt.points if each.attempt else None
        yield each.student, [points.score, points.bonus][:count] if points else [none] * count


def _sortable(student: Student) -> str:
    """The name as Canvas sorts by it; the id where the roster has none."""
    return ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id


def _table(rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
