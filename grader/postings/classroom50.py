"""For Classroom 50: `result.json` (schema `classroom50/result/v1`) and what its runner shows beside it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from grader.contract import printable
from grader.errors import UsageError
from grader.postings.record import Check, Posted

SCHEMA = "classroom50/result/v1"
MAX_TESTS = 100
VARIABLES = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "assignment_type": "ASSIGNMENT_TYPE",
    "owner": "OWNER",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
"""Keys of the result, and the environment variables in which Classroom 50's runner hands them over."""


def identity(environment: Mapping[str, str]) -> dict[str, str]:
    """Whose submission is graded, from what the runner has set.

    Raises:
        UsageError: If the runner has not said so.
    """
    missing = sorted(name for name in VARIABLES.values() if not environment.get(name))
    if missing:
        raise UsageError(f"{', '.join(missing)} is not set; `--to classroom50` works in the runner of Classroom 50")
    return {key: environment[name] for key, name in VARIABLES.items()}


def result(posted: Posted, identity: Mapping[str, str], committed: datetime.datetime) -> dict[str, Any]:
    """The document `result.json`.

    Args:
        posted: The report.
        identity: Whose submission it is.
        committed: When the graded commit was made; it does not move when the commit is graded again.

    Raises:
        UsageError: If there are too many checks.
    """
    tests = [_test(check, exercise.bonus) for exercise in posted.exercises for check in posted.scored(exercise.name)]
    if len(tests) > MAX_TESTS:
        raise UsageError(f"the suite has {len(tests)} checks; Classroom 50 takes at most {MAX_TESTS}")
    return {
        "schema": SCHEMA,
        **identity,
        "datetime": committed.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": posted.score,
        "max-score": posted.max_score,
        "tests": tests,
    }


def _test(check: Check, bonus: bool) -> dict[str, Any]:
    """One test; that of a bonus counts nothing, and says what it was worth in a key of our own."""
    # Its collector refuses a result with a score above the maximum.
    score, max_score = (0, 0) if bonus else (check.score, check.max_score)
    test = {"test-name": check.id, "passed": check.passed, "score": score, "max-score": max_score}
    extra = {"bonus": check.score, "max-bonus": check.max_score} if bonus else {}
    return test | extra | {"message": printable(check.message)}


def status(posted: Posted) -> dict[str, str]:
    """The outputs `status` and `summary` of the runner's step."""
    full = posted.score == posted.max_score
    summary = f"provisional {posted.score}/{posted.max_score}, bonus {posted.bonus}/{posted.max_bonus}"
    return {"status": "success" if full else "failure", "summary": summary}
