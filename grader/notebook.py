"""Checks an exercise from within the course's notebook, with what has been run in it so far.

What the kernel has run is graded like a notebook in a file, so the same code has the same points in both. The judge's
process is kept between the cells: what it has imported, TensorFlow too, it imports once.
"""

from __future__ import annotations

import atexit
import functools
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from grader.cells import MAX_CELLS, MAX_CODE_BYTES
from grader.contract import Report, Suite, Text, View
from grader.course import default_language, suite_folder
from grader.errors import UsageError
from grader.grade import Options, find_tests, grade, usual_trainer
from grader.judge import Judge
from grader.render import terminal
from grader.text import Translator

WIDTH = 110


def points(exercise: str, language: str | None = None) -> int:
    """Run the public checks of an exercise, print what they found, and return the points, the bonus among them.

    Args:
        exercise: Its name.
        language: Of what is printed, "es" or "en"; else the course's or the locale's.

    Raises:
        UsageError: If this is not run in a notebook, or there is no such exercise or no public suite.
        GraderError: If the judge could not do its work.
    """
    tests = find_tests()
    report = _graded(exercise, tests)
    translate = Translator(language or default_language(), (suite_folder(tests, Suite.PUBLIC),))
    console = Console(file=sys.stdout, width=WIDTH, force_jupyter=False)
    terminal.show(report, View.STUDENT, translate, console)
    console.print(translate(Text("These points are provisional: the grade comes from checks that are not public.")))
    return report.score + report.bonus


def _graded(exercise: str, tests: Path) -> Report:
    options = Options(
        tests=tests,
        suite=Suite.PUBLIC,
        exercises=(exercise,),
        # There are walls on Linux only.
        in_process=sys.platform != "linux",
        trainer=usual_trainer(),
    )
    with tempfile.TemporaryDirectory(prefix="grader-kernel-") as scratch:
        path = Path(scratch) / f"{exercise}.ipynb"
        path.write_text(json.dumps(_run_so_far()), "utf-8")
        report = grade(path, options, judge=_judge())
    # In a kernel, cells that are no part of the exercise are nothing to tell.
    return replace(report, notes=tuple(note for note in report.notes if note.kind != "left-out"))


def _run_so_far() -> dict[str, Any]:
    """What the kernel has run, in that order, as a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise UsageError("points() looks at the cells of a notebook; elsewhere use `grader grade`")
    texts = latest(shell.history_manager.input_hist_raw)
    return {"cells": [{"cell_type": "code", "source": text} for text in texts]}


def latest(texts: Sequence[str]) -> list[str]:
    """The latest run of each cell, in order, and of a long session no more than a notebook may have.

    Example:
        >>> latest(["a = 1", "b = 2", "a = 1"])
        ['b = 2', 'a = 1']
    """
    kept: list[str] = []
    size = 0
    for text in list(dict.fromkeys(reversed(texts)))[:MAX_CELLS]:
        size += len(text.encode("utf-8", "replace"))
        if size > MAX_CODE_BYTES:
            break
        kept.append(text)
    return kept[::-1]


@functools.cache
def _judge() -> Judge:
    judge = Judge()
    atexit.register(judge.close)
    return judge
