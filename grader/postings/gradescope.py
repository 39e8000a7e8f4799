"""For Gradescope: `results.json`, one test for each check that is worth points."""

from __future__ import annotations

from typing import Any

from grader.contract import Text, printable
from grader.postings.record import Check, Posted
from grader.text import Translator


def results(posted: Posted, translate: Translator) -> dict[str, Any]:
    """The document `results.json`. Everything in it is the student's view, and is visible.

    The tests of a bonus have a `max_score` of 0, so that Gradescope's total is the report's.
    """
    bonus = {exercise.name for exercise in posted.exercises if exercise.bonus}
    scored = [check for exercise in posted.exercises for check in posted.scored(exercise.name)]
    notes = [printable(note.detail) for note in posted.notes]
    return {
        "score": posted.score,
        "execution_time": max(1, round(posted.duration_s)),
        "output": "\n".join([_total(posted, translate), *notes]),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(number, check, check.exercise in bonus, translate) for number, check in enumerate(scored, 1)],
        "extra_data": {"suite": posted.suite.value, "isolation": posted.isolation.rung, "bonus": posted.bonus},
    }


def _total(posted: Posted, translate: Translator) -> str:
    total = f"{posted.score}/{posted.max_score}"
    if not posted.max_bonus:
        return total
    return f"{total}, " + translate(Text("bonus {points}", {"points": f"{posted.bonus}/{posted.max_bonus}"}))


def _test(number: int, check: Check, bonus: bool, translate: Translator) -> dict[str, Any]:
    lines = [printable(check.message)]
    if check.hint and not check.passed:
        lines.append(translate(Text("hint: {text}", {"text": check.hint})))
    return {
        "score": 0 if bonus else check.score,
        "max_score": 0 if bonus else check.max_score,
        "status": "passed" if check.passed else "failed",
        "name": check.id,
        "number": str(number),
        "output": "\n".join(lines),
        "output_format": "text",
        "tags": [check.exercise],
        "visibility": "visible",
    }
