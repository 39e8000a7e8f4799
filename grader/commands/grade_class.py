"""The commands that grade a class: what was handed in, in one folder, or its repositories on GitHub."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.class_wide import class_of, graders_of, results
from grader.commands.files import make_private, write
from grader.commands.options import (
    ATTEMPTS,
    GRADEBOOK,
    Assignment,
    AttemptsFolder,
    ClassPage,
    ClusterAddress,
    CsvFile,
    GradebookUrl,
    LeastIsolation,
    OnlyExercises,
    ReportLanguage,
    Roster,
    Round,
    Workers,
    all_cores,
)
from grader.commands.shown import progress_bar
from grader.contract import Suite, printable
from grader.course import SYNTHETIC, suite_folder
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from grader.challenge import Forecast
    from grader.classroom.run import Class, Summary
    from grader.classroom.standing import Scores


def class_command(
    submissions: Annotated[
        Path, typer.Argument(help="A folder with a folder or an archive for each student, nbgrader's, or a .csv.")
    ],
    roster: Roster = None,
    csv_file: CsvFile = None,
    canvas: Annotated[Path | None, typer.Option(help="Write the scores as Canvas's gradebook imports them.")] = None,
    moodle: Annotated[Path | None, typer.Option(help="Write the scores as Moodle's gradebook imports them.")] = None,
    html_file: ClassPage = None,
    pages: Annotated[Path | None, typer.Option(help="Write a page for each student, in this folder.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="No names and no ids in the report.")] = False,
    formgrader: Annotated[
        Path | None, typer.Option(help="Write what nbgrader's formgrader shows, in this course folder.")
    ] = None,
    assignment: Assignment = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
    exercise: OnlyExercises = None,
    round_name: Round = "",
    workers: Workers = None,
    cluster: ClusterAddress = None,
    require_isolation: LeastIsolation = None,
    lang: ReportLanguage = None,
) -> None:
    """Grade a whole class into nbgrader's gradebook. Interrupted, it goes on where it was when it is called again."""
    if anonymous and pages:
        raise UsageError("a student's page says whose it is; give --pages or --anonymous, not both")
    graders = graders_of(workers, cluster)
    chosen = class_of(assignment, gradebook, attempts, exercise, round_name, graders, require_isolation, lang)
    from grader.classroom import export
    from grader.classroom.run import run_class
    from grader.classroom.submissions import find

    found = find(submissions, chosen.assignment)
    with results() as tell:
        summary = run_class(found, roster, chosen, tell)
    for path, form in ((csv_file, export.to_csv), (canvas, export.to_canvas), (moodle, export.to_moodle)):
        if path:
            write(path, form(summary.scores))
    if html_file or pages:
        _write_pages(summary.scores, chosen, html_file, pages, anonymous)
    if formgrader:
        _write_course(summary.scores, formgrader)
    _conclude(summary)


def sweep_command(
    source: Annotated[str, typer.Argument(metavar="CLASS", help="ORGANISATION/PREFIX of its repositories, or a .csv.")],
    deadline: Annotated[str, typer.Option(help="The last commit up to then counts, as 2026-11-29T23:59-03:00.")] = "",
    roster: Roster = None,
    csv_file: CsvFile = None,
    html_file: ClassPage = None,
    assignment: Assignment = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
    exercise: OnlyExercises = None,
    round_name: Round = "",
    workers: Workers = None,
    cluster: ClusterAddress = None,
    require_isolation: LeastIsolation = None,
    part: Annotated[str, typer.Option(help="Only the second of four parts of the class, as 2/4.")] = "",
    lang: ReportLanguage = None,
) -> None:
    """Grade a class from its repositories on GitHub, and post each score and report there. Needs GITHUB_TOKEN."""
    token = os.environ.pop("GITHUB_TOKEN", "").strip()  # no process that is started from here finds it
    if not token:
        raise UsageError("GITHUB_TOKEN is not set; docs/class.md says what the token must be allowed to do")
    if part and (csv_file or html_file):
        raise UsageError("a part has no table of the class; give --csv and --html to the sweep of all, after the parts")
    graders = graders_of(workers, cluster)
    chosen = class_of(assignment, gradebook, attempts, exercise, round_name, graders, require_isolation, lang)
    from grader.classroom import export
    from grader.classroom.github import Hub
    from grader.classroom.patience import Patience
    from grader.classroom.submissions import Part
    from grader.classroom.sweep import run_sweep
    from grader.classroom.tables import parse_deadline

    until, turn = parse_deadline(deadline, "--deadline"), Part.parse(part or "1/1")
    hub, patience = Hub(token, os.environ), Patience(lambda said: print(printable(said), flush=True))
    with results() as tell:
        sweep = run_sweep(source, until, roster, chosen, hub, patience, tell, turn)
    if csv_file:
        write(csv_file, export.to_csv(sweep.summary.scores))
    if html_file:
        _write_pages(sweep.summary.scores, chosen, html_file, None, anonymous=False)
    if part:
        _forecasts(sweep.summary.scores, chosen)  # now that the transcripts are here; the whole has the page
    for line in [f"{sweep.posted} posts made", *sweep.unposted]:
        print(printable(line))
    _conclude(sweep.summary)
    if sweep.unposted:
        raise GraderError(f"{len(sweep.unposted)} posts could not be made; call it again, and it makes those")


def _write_pages(scores: Scores, chosen: Class, html_file: Path | None, pages: Path | None, anonymous: bool) -> None:
    from grader.classroom.page import ClassPages  # draws with matplotlib, which takes long to import

    made = ClassPages(scores, chosen.options.tests, chosen.translate, _forecasts(scores, chosen) if html_file else {})
    if pages:
        make_private(pages)
        for name, content in made.of_students().items():
            write(pages / name, content)
    if html_file:
        way = os.path.relpath(pages, html_file.parent) if pages else None
        write(html_file, made.of_class(way, anonymous=anonymous))


def _write_course(scores: Scores, folder: Path) -> None:
    from grader.classroom.formgrader import course_files

    for place, content in course_files(scores):
        make_private((folder / place).parent)
        write(folder / place, content)


def _forecasts(scores: Scores, chosen: Class) -> Mapping[str, Forecast]:
    """What each forecaster says of the public series, by who handed in; none where another series is learned from."""
    from grader.classroom.forecasts import forecasts
    from grader.classroom.graders import Judges
    from grader.series import load_origin

    if load_origin(suite_folder(chosen.options.tests, Suite.HIDDEN)).fingerprint != SYNTHETIC:
        return {}
    kept = {each.attempt.student: each.attempt for each in scores.standings if each.attempt}
    with Judges(all_cores()) as judges, progress_bar() as bar:
        task = bar.add_task("forecasts", total=None)
        return forecasts(
            chosen.folder,
            list(kept.values()),
            judges,
            lambda done, total: bar.update(task, completed=done, total=total),
        )


def _conclude(summary: Summary) -> None:
    for line in summary.lines:
        print(printable(line))
    if summary.failed:
        raise GraderError(f"{len(summary.failed)} submissions were not graded; the reasons are above")
