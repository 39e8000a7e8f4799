"""Whose score moves when a class is judged again, as a table on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text as Styled

from grader.contract import printable

WIDTH = 160
"""In characters, where there is no terminal that has one."""
MAX_WHY = 300

Row = tuple[str, str, str, str, str]
"""A student, from what to what the score moves, a check, its points, and why."""


def table(rows: Iterable[Row]) -> Table:
    """A line for each check that moves; student and score stand in the first one of each."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("student", "score", "check", "points", "why"):
        made.add_column(name, overflow="fold")
    shown = ""
    for student, score, check, points, why in rows:
        first = ("", "") if student == shown else (student, score)
        # `Styled` and `printable`: what stands there may come from a submission.
        made.add_row(*(Styled(printable(cell)) for cell in (*first, check, points, why[:MAX_WHY])))
        shown = student
    return made
