"""What a command shows: a bar while it is at work, and the report on one submission at the end."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from grader.commands.files import write
from grader.commands.options import Language, translator
from grader.contract import Report, Suite, View
from grader.course import load_points, suite_folder
from grader.judge import Progress as Advance
from grader.render import terminal
from grader.report import to_json
from grader.showcase import Exhibit

Answer = TypeVar("Answer")


def with_progress(name: str, total: int, run: Callable[[Advance], Answer]) -> Answer:
    """Run what tells of each check that is done, under a bar; `total` is how many there will be, 0 if unknown."""
    with progress_bar() as bar:
        task = bar.add_task(name, total=total or None)
        return run(lambda check, outcome: bar.update(task, advance=1, description=check))


def progress_bar() -> Progress:
    """A bar that is gone at the end; what is printed meanwhile appears above it, if both are on one terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())


def count(tests: Path, names: Sequence[str]) -> int:
    """How many checks there will be, roughly: for the bar alone."""
    folders = [suite_folder(tests, suite) for suite in (Suite.PUBLIC, Suite.HIDDEN)]
    ids = [id for folder in folders if folder.is_dir() for id in load_points(folder)]
    return sum(id.partition(".")[0] in names for id in ids)


def show_report(
    report: Report,
    view: View | None,
    lang: Language | None,
    tests: Path,
    json_file: Path | None,
    html_file: Path | None,
    svg_file: Path | None = None,
    exhibits: Sequence[Exhibit] | None = None,
) -> None:
    """Show a report in the terminal, and write it to the files that were asked for.

    Args:
        report: The report.
        view: Whose view of it; by default the student's for the public suite alone.
        lang: What it is written in; by default the course's language, else the locale's.
        tests: The folder with the suites, whose texts are translated.
        json_file: Gets it as JSON.
        html_file: Gets it as a page.
        svg_file: Gets a picture of what the terminal shows.
        exhibits: What the page has pictures of.
    """
    seen = view or (View.STUDENT if report.suite is Suite.PUBLIC else View.INSTRUCTOR)
    translate = translator(lang, tests)
    with _no_commands():
        terminal.show(report, seen, translate, Console())
    if json_file:
        write(json_file, json.dumps(to_json(report, seen, translate), ensure_ascii=False, indent=1) + "\n")
    if html_file:
        from grader.render import page  # draws with matplotlib, which takes long to import

        write(html_file, page.html(report, seen, translate, exhibits))
    if svg_file:
        write(svg_file, terminal.svg(report, seen, translate))


@contextmanager
def _no_commands() -> Iterator[None]:
    """Let GitHub's runner take nothing that is printed for a command: a submission's words may look like one."""
    token = secrets.token_hex() if "GITHUB_ACTIONS" in os.environ else ""
    if token:
        print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        if token:
            print(f"::{token}::", flush=True)
