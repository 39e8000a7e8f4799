"""For GitHub Classroom's reporter (`classroom-resources/autograding-grading-reporter`): one runner for each exercise.

The reporter gives two totals: its table shows passed tests / tests * `max_score`, its notice the sum of `score`. They
agree only if every test is worth one point, so a check of three points is three tests. A bonus has a `max_score` of 0:
the reporter shows its tests and counts none.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from grader.contract import printable
from grader.postings.record import Check, Exercise, Posted

VERSION = 3
OUTPUT_CHARACTERS = 500


def runner_id(exercise: str) -> str:
    """The name of an exercise's runner: letters and digits, as the reporter wants it."""
    return "".join(c for c in exercise if c.isalnum())


def encoded(posted: Posted) -> dict[str, str]:
    """What the environment variable `<RUNNER>_RESULTS` must hold, by runner: the base64 of JSON."""
    documents = {runner: json.dumps(document) for runner, document in results(posted).items()}
    return {runner: base64.b64encode(text.encode()).decode() for runner, text in documents.items()}


def results(posted: Posted) -> dict[str, dict[str, Any]]:
    """The result of each runner."""
    return {runner_id(exercise.name): _result(exercise, posted) for exercise in posted.exercises}


def _result(exercise: Exercise, posted: Posted) -> dict[str, Any]:
    tests = [test for check in posted.scored(exercise.name) for test in _tests(check)]
    full = exercise.bonus or exercise.score == exercise.max_score
    return {
        "version": VERSION,
        "status": "pass" if full else "fail",
        "max_score": 0 if exercise.bonus else exercise.max_score,
        "tests": tests or [_test(exercise.name, passed=full)],
    }


def _tests(check: Check) -> list[dict[str, Any]]:
    """One test for each point; what the check found is said in the first."""
    name = check.id.removeprefix(f"{check.exercise}.")
    names = [f"{name} ({point}/{check.max_score})" if check.max_score > 1 else name for point in _points(check)]
    tests = [_test(each, passed=check.passed) for each in names]
    if not check.passed:
        tests[0] = {**tests[0], "output": printable(check.message)[:OUTPUT_CHARACTERS]}
    return tests


def _points(check: Check) -> range:
    return range(1, check.max_score + 1)


def _test(name: str, *, passed: bool) -> dict[str, Any]:
    status = "pass" if passed else "fail"
    return {"name": name, "status": status, "score": int(passed), "test_code": "", "line_no": 0, "duration": 0}
