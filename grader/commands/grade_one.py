"""The commands for one submission: grade it, once or whenever a module is saved, and post what came of it."""

from __future__ import annotations

import enum
import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.abreast import Abreast, cores
from grader.commands.options import LeastIsolation, OnlyExercises, ReportFile, ReportLanguage, ReportPage, ReportView
from grader.commands.shown import count, show_report, with_progress
from grader.contract import Report, Suite
from grader.course import default_language, load_course, suite_folder
from grader.errors import UsageError
from grader.grade import Options, find_tests, grade, round_seed, show, usual_trainer
from grader.judge import Judge
from grader.memory import memory_folder
from grader.post import Form, post
from grader.rungs import Demand, Rung
from grader.text import Translator


class TrainerKind(enum.Enum):
    """How the judge trains a student's architecture."""

    FUSED = "fused"
    KERAS = "keras"


def grade_command(
    path: Annotated[Path, typer.Argument(help="A folder, a module (.py), a notebook (.ipynb) or an archive.")],
    exercise: OnlyExercises = None,
    json_file: ReportFile = None,
    html_file: ReportPage = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="Write a picture of what the terminal shows.")] = None,
    lang: ReportLanguage = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat a run: the seed of its report.")] = None,
    suite: Annotated[Suite | None, typer.Option(help="Default: all, or public where the hidden one is not.")] = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="Run the code here; isolates nothing.")] = False,
    trainer: Annotated[
        TrainerKind | None, typer.Option(help="fused needs JAX; keras is model.fit. Default: fused if JAX is there.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Grade again what this seed has graded before.")] = False,
    view: ReportView = None,
    isolation: Annotated[
        Rung | None, typer.Option(help="These walls and no others. Default: the best there are.")
    ] = None,
    require_isolation: LeastIsolation = None,
    transcript: Annotated[Path | None, typer.Option(help="Write all evidence, for `grader regrade`.")] = None,
    student: Annotated[str | None, typer.Option(help="With GRADER_SECRET set: draw this student's seed.")] = None,
    round_name: Annotated[str, typer.Option("--round", help="What is graded, for that seed.")] = "",
) -> None:
    """Grade one submission. The exit status is 0 whatever the score, 2 for wrong usage, 3 if the grader failed."""
    options = Options(
        tests=find_tests(),
        suite=suite,
        exercises=tuple(exercise or ()),
        seed=_seed(seed, student, round_name),
        in_process=in_process or isolation is Rung.IN_PROCESS or (isolation is None and sys.platform != "linux"),
        trainer=trainer.value if trainer else usual_trainer(),
        demand=Demand(exact=isolation, least=require_isolation),
        transcript=transcript,
        memory=memory_folder() if not no_cache and _is_there("diskcache") else None,
    )
    total = count(options.tests, options.exercises or load_course().names)
    with Abreast(1 if transcript else cores()) as judges:
        report = with_progress(path.name, total, lambda progress: grade(path, options, progress, judges))
        exhibits = None
        if html_file:
            exhibits = with_progress("pictures", 0, lambda progress: show(path, options, judges.first))
    if suite_folder(options.tests, Suite.HIDDEN).is_dir():
        report = _with_note_on_workflow(report, path)
    show_report(report, view, lang, options.tests, json_file, html_file, svg_file, exhibits)


def _is_there(package: str) -> bool:
    """Whether a package of the instructor's side is installed; a student's repository has none of them."""
    return importlib.util.find_spec(package) is not None


def _with_note_on_workflow(report: Report, path: Path) -> Report:
    """On the instructor's side: whether what the student's repository posts comes from the released workflow."""
    if not _is_there("yaml"):
        return report
    from grader.workflow import note

    noted = note(path)
    return replace(report, notes=(*report.notes, noted)) if noted else report


def _seed(seed: int | None, student: str | None, round_name: str) -> int | None:
    if student is None or seed is not None:
        return seed
    secret = os.environ.get("GRADER_SECRET")
    if not secret:
        raise UsageError("--student draws a seed from the course's secret; set GRADER_SECRET, or give --seed")
    return round_seed(secret, student, round_name)


def watch_command(
    folder: Annotated[Path, typer.Argument(help="The folder with your modules.")] = Path("exercises"),
    exercise: OnlyExercises = None,
    lang: ReportLanguage = None,
) -> None:
    """Grade with the public suite whenever a module is saved; a key gives the next hint. Ends with q or Ctrl+C."""
    from grader.render.desk import Screen
    from grader.watch import folder_of, watch

    modules, tests = folder_of(folder), find_tests()
    options = Options(tests=tests, suite=Suite.PUBLIC, in_process=sys.platform != "linux")
    language = lang.value if lang else default_language()
    screen = Screen(Translator(language, (suite_folder(tests, Suite.PUBLIC),)), Console())

    with Judge() as judge:

        def graded(names: tuple[str, ...]) -> Report:
            chosen = replace(options, exercises=names)
            return with_progress(", ".join(names), 0, lambda told: grade(modules, chosen, told, judge))

        watch(modules, tuple(exercise or load_course().names), graded, screen, language)


def post_command(
    report: Annotated[Path, typer.Argument(help="What `grader grade --view student --json FILE` wrote.")],
    to: Annotated[Form, typer.Option(help="Who reads the result.")],
    folder: Annotated[Path, typer.Option(help="The student's repository; for gradescope, where results go.")] = Path(),
    lang: ReportLanguage = None,
) -> None:
    """Post a report where students and others look."""
    post(report, to, folder, Translator(lang.value if lang else default_language()))
