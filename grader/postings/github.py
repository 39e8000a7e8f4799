"""For a workflow on GitHub: annotations on the lines of the student's own files, and the outputs of the step."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.contract import Outcome
from grader.postings.markdown import cut, name_of
from grader.postings.record import Check, Posted
from grader.postings.reporter import encoded

MAX_ANNOTATIONS = 10
"""GitHub shows about ten errors of a step, and drops the rest without a word."""

POINTS = ("score", "max-score", "bonus", "max-bonus")
"""Names of outputs; every other one is a runner of the reporter's."""

PLACE = re.compile(r"\((\w+)\.py:(\d{1,6})\)")
# As GitHub's own toolkit escapes messages and properties of a command (hostile row 67).
ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
PROPERTY_ESCAPES = ESCAPES | {":": "%3A", ",": "%2C"}


def outputs(posted: Posted) -> dict[str, str]:
    """The outputs of the step: the points, and for each exercise what GitHub Classroom's reporter reads."""
    points = dict(zip(POINTS, (posted.score, posted.max_score, posted.bonus, posted.max_bonus), strict=True))
    return {name: str(value) for name, value in points.items()} | encoded(posted)


def annotate(posted: Posted, sources: Mapping[str, tuple[str, str]]) -> list[str]:
    """One error for each function that is wrong, as the commands that GitHub reads from the log.

    Args:
        posted: The report.
        sources: The path of each exercise's module within the repository, and its text.
    """
    wrong = [check for check in posted.checks if not check.passed and check.outcome is not Outcome.MISSING]
    by_function = {name_of(check): [c for c in wrong if name_of(c) == name_of(check)] for check in wrong}
    found = [checks for checks in by_function.values() if checks[0].exercise in sources]
    return [_annotation(checks, *sources[checks[0].exercise]) for checks in found[:MAX_ANNOTATIONS]]


def _annotation(checks: list[Check], path: str, source: str) -> str:
    first = checks[0]
    title = f"{first.function}: −{sum(check.max_score for check in checks)}"
    properties = {"file": path, "line": str(_line(first, source)), "title": title}
    shown = ",".join(f"{key}={escape(value, PROPERTY_ESCAPES)}" for key, value in properties.items())
    return f"::error {shown}::{escape(cut(first.message), ESCAPES)}"


def _line(check: Check, source: str) -> int:
    """Where the student's code raised, else where the function is defined for the last time, else the first line."""
    lines = source.splitlines()
    for module, number in reversed(PLACE.findall(check.message)):
        if module == check.exercise and 1 <= int(number) <= len(lines):
            return int(number)
    # Also a function that is made by an assignment.
    begins = re.compile(rf"(async\s+)?(def|class)\s+{re.escape(check.function)}\b|{re.escape(check.function)}\s*=")
    return next((number for number in range(len(lines), 0, -1) if begins.match(lines[number - 1])), 1)


def escape(text: str, escapes: Mapping[str, str]) -> str:
    """A text as part of a command: nothing in it ends the command or begins another."""
    return "".join(escapes.get(c, c) for c in text)
