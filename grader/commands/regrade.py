"""The command that judges again what was graded before: one submission, or a whole class."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.commands.class_wide import class_of, graders_of, results
from grader.commands.options import (
    GRADEBOOK,
    Assignment,
    GradebookUrl,
    Language,
    ReportFile,
    ReportLanguage,
    ReportPage,
    ReportView,
    Roster,
    Workers,
    all_cores,
)
from grader.commands.shown import count, show_report, with_progress
from grader.contract import View, printable
from grader.course import load_course
from grader.errors import GraderError, UsageError
from grader.grade import find_tests, regrade

if TYPE_CHECKING:
    from grader.classroom.run import Class


def regrade_command(
    path: Annotated[
        Path,
        typer.Argument(metavar="TRANSCRIPT", help="A file of `grader grade --transcript`, or the folder of attempts."),
    ],
    json_file: ReportFile = None,
    html_file: ReportPage = None,
    lang: ReportLanguage = None,
    view: ReportView = None,
    write: Annotated[bool, typer.Option("--write", help="Of a class: let the new scores count.")] = False,
    roster: Roster = None,
    assignment: Assignment = None,
    gradebook: GradebookUrl = GRADEBOOK,
    workers: Workers = None,
) -> None:
    """Judge a submission, or a whole class, again from what was kept of it; no code is run."""
    if path.is_dir():
        if json_file or html_file or view:
            raise UsageError("--json, --html and --view are of one report; for those of a class call `grader class`")
        graders = graders_of(workers, None)
        _regrade_class(class_of(assignment, gradebook, path, None, "", graders, None, lang), workers, roster, write)
        return
    if write:
        raise UsageError("a transcript is of one submission, and in no gradebook; --write needs the folder of attempts")
    _regrade(path, json_file, html_file, lang, view)


def _regrade_class(chosen: Class, workers: int | None, roster: Path | None, write: bool) -> None:
    from grader.classroom.graders import Judges
    from grader.classroom.regrade import Judged, accept, regrade_class
    from grader.render import moves

    with Judges(workers or all_cores()) as judges, results() as tell:
        verdicts = regrade_class(chosen, judges, tell)
    judged = [verdict for verdict in verdicts if isinstance(verdict, Judged)]
    rows = [(each.student, each.points, move.check, move.points, move.why) for each in judged for move in each.moves]
    moved, failed = len({row[0] for row in rows}), len(verdicts) - len(judged)
    print(f"{len(verdicts)} students: {moved} move, {len(judged) - moved} stay, {failed} not judged again")
    if rows:
        Console(width=None if sys.stdout.isatty() else moves.WIDTH).print(moves.table(rows))
    else:
        print("nobody's score moves")
    if write:
        accept(chosen, verdicts, roster)
        print(f"written to {printable(str(chosen.folder))} and {printable(chosen.gradebook)}")
    elif rows:
        print("nothing is written; with --write the new scores count")
    if failed:
        raise GraderError(f"{failed} keep their scores until `grader class` or `grader sweep` grades them again")


def _regrade(
    transcript: Path, json_file: Path | None, html_file: Path | None, lang: Language | None, view: View | None
) -> None:
    tests = find_tests()
    total = count(tests, load_course().names)
    report = with_progress(transcript.name, total, lambda progress: regrade(transcript, tests, progress))
    show_report(report, view, lang, tests, json_file, html_file)
