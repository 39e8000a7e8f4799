"""The scores of a class as a table, by the student's id: everyone on the roster is in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence

from grader.classroom.attempts import Attempt
from grader.classroom.tables import Student

GRADED, EARLIER, NOT_GRADED, MISSING = "graded", "earlier", "not graded", "missing"
"""How it stands with a student: `EARLIER` if the score is that of an attempt before the submission there is now."""

COLUMNS = "id last_name first_name email status score max_score bonus max_bonus submitted".split()


def to_csv(
    students: Sequence[Student],
    attempts: Mapping[str, Attempt],
    exercises: Sequence[str],
    *,
    graded: Collection[str],
    failed: Collection[str],
) -> str:
    """One line for each student, with the points of each exercise at its end.

    Args:
        students: Who has a line, in this order.
        attempts: The attempt of each student that counts.
        exercises: The exercises of the assignment.
        graded: Whose submission of now was graded.
        failed: Whose submission could not be graded.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*COLUMNS, *exercises], restval="", lineterminator="\n")
    writer.writeheader()
    for student in students:
        who = {name: getattr(student, name) for name in COLUMNS[:4]}
        attempt = attempts.get(student.id)
        if attempt:
            status = GRADED if student.id in graded else EARLIER
            writer.writerow(who | {"status": status} | _points(attempt))
        else:
            writer.writerow(who | {"status": NOT_GRADED if student.id in failed else MISSING})
    return stream.getvalue()


def _points(attempt: Attempt) -> dict[str, object]:
    points = attempt.points
    totals = {name: getattr(points, name) for name in ("score", "max_score", "bonus", "max_bonus")}
    submitted = attempt.submitted.isoformat() if attempt.submitted else ""
    return {**totals, "submitted": submitted, **{exercise.name: exercise.score for exercise in points.exercises}}
