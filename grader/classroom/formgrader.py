"""What nbgrader's formgrader shows of a class: for each student and exercise a notebook, with a cell for each check.

The scores are the gradebook's. The formgrader finds students and checks there, but shows only what there are files of:
assignments in `source/`, and what students handed in, graded, in `autograded/`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.assignment import cell_metadata
from grader.classroom.attempts import Attempt
from grader.classroom.gradebook import cell_name
from grader.classroom.standing import Scores
from grader.contract import Outcome

MAX_ID = 64
"""Letters in the id of a notebook's cell."""
WIDTH = 96
"""Letters in a line of what the formgrader shows of a check; it breaks no line itself."""


def course_files(scores: Scores) -> Iterator[tuple[Path, str]]:
    """Each file of nbgrader's course folder: its place in the folder, and what is in it."""
    import nbformat

    for exercise in scores.exercises:
        yield Path("source", scores.assignment, f"{exercise}.ipynb"), nbformat.writes(_notebook(exercise, None))
    for each in scores.standings:
        # None for who has no score: the formgrader shows only what there are files of.
        for exercise in scores.exercises if each.attempt else ():
            notebook = nbformat.writes(_notebook(exercise, each.attempt))
            yield Path("autograded", each.student.id, scores.assignment, f"{exercise}.ipynb"), notebook


def _notebook(exercise: str, attempt: Attempt | None) -> Any:
    import nbformat.v4 as nb

    checks = attempt.report["checks"] if attempt else ()
    cells = [_cell(check) for check in checks if check["exercise"] == exercise and check["max_score"]]
    return nb.new_notebook(cells=[nb.new_markdown_cell(f"# {exercise}", id=exercise), *cells])


def _cell(check: Mapping[str, Any]) -> Any:
    """A cell with the id of a check, which shows what came of it."""
    import nbformat.v4 as nb

    mark = "✓" if Outcome(check["outcome"]) is Outcome.PASSED else "✗"
    said = [textwrap.fill(text, WIDTH) for text in (f"{mark} {check['message']}", check["hint"]) if text]
    output = nb.new_output("stream", name="stdout", text="\n".join(said))
    name = cell_name(check["id"])
    metadata = cell_metadata(name, points=check["max_score"])
    # Cut at its beginning, which is the exercise that all cells of the notebook share.
    return nb.new_code_cell(f"# {check['id']}", id=name[-MAX_ID:], metadata=metadata, outputs=[output])
