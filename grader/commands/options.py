"""The options that several commands have, a type for each, and what they are when they are not given."""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import Annotated

import typer

from grader.contract import Suite, View
from grader.course import default_language, suite_folder
from grader.judge import own_cores
from grader.rungs import Rung
from grader.text import Translator


class Language(enum.Enum):
    """What a report is written in."""

    ES = "es"
    EN = "en"


OnlyExercises = Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")]
LeastIsolation = Annotated[Rung | None, typer.Option(help="These walls or better, or no grade.")]

# Of a report.
ReportFile = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")]
ReportPage = Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")]
ReportView = Annotated[View | None, typer.Option(help="Default: student's for the public suite alone.")]
ReportLanguage = Annotated[
    Language | None, typer.Option(help="Language of what is reported. Default: the course's, else the locale's.")
]

# Of the commands that work on a class.
Roster = Annotated[Path | None, typer.Option(help="Who is in the class: a .csv with a column id.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="Write the scores, by the student's id.")]
ClassPage = Annotated[Path | None, typer.Option("--html", help="Write the report on the class as a page.")]
Assignment = Annotated[str | None, typer.Option(help="Its name in the gradebook. Default: the course's.")]
GradebookUrl = Annotated[str, typer.Option(help="The URL of nbgrader's gradebook.")]
AttemptsFolder = Annotated[Path, typer.Option(help="The folder where every attempt is kept.")]
Round = Annotated[str, typer.Option("--round", help="What is graded, for seeds from GRADER_SECRET.")]
Workers = Annotated[int | None, typer.Option(min=1, help="How many at a time; else as many as cores.")]
ClusterAddress = Annotated[
    str | None, typer.Option("--cluster", help="Grade on the workers of Dask's scheduler at this address.")
]
GRADEBOOK = "sqlite:///gradebook.db"
ATTEMPTS = Path("attempts")


def all_cores() -> int:
    """How many submissions, or draws, are worked on at a time: those cores that this process may use."""
    return len(own_cores()) or os.cpu_count() or 1


def translator(lang: Language | None, tests: Path) -> Translator:
    """What translates a report and both suites' texts: into `lang`, else the course's language or the locale's."""
    folders = tuple(suite_folder(tests, each) for each in (Suite.PUBLIC, Suite.HIDDEN))
    return Translator(lang.value if lang else default_language(), folders)
