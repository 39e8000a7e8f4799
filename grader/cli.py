"""The command line: `grader grade`, `grader class`, and the others, a function for each command."""

from __future__ import annotations

import datetime
import enum
import importlib.util
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from grader.abreast import Abreast, cores
from grader.contract import Report, Suite, View, printable
from grader.course import SYNTHETIC, default_language, load_course, load_points, suite_folder
from grader.errors import GraderError, UsageError
from grader.grade import (
    Options,
    environment,
    find_tests,
    grade,
    record_recipes,
    regrade,
    round_seed,
    show,
    usual_trainer,
)
from grader.judge import Judge
from grader.judge import Progress as Advance
from grader.memory import memory_folder
from grader.post import Form, post
from grader.render import terminal
from grader.report import to_json
from grader.rungs import Demand, Rung
from grader.showcase import Exhibit
from grader.text import Translator

if TYPE_CHECKING:
    from grader.calibrate import Placement
    from grader.challenge import Forecast
    from grader.classroom.graders import Graders
    from grader.classroom.run import Class, Summary
    from grader.classroom.standing import Scores

Answer = TypeVar("Answer")

app = typer.Typer(
    name="grader",
    help="Grades exercises on recurrent networks: student code gives evidence, a trusted judge gives the verdict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Language(enum.Enum):
    """What a report is written in."""

    ES = "es"
    EN = "en"


ReportLanguage = Annotated[
    Language | None, typer.Option(help="Language of what is reported. Default: the course's, else the locale's.")
]


class TrainerKind(enum.Enum):
    """How the judge trains a student's architecture."""

    FUSED = "fused"
    KERAS = "keras"


@app.callback()
def main() -> None:
    """Grades exercises on recurrent networks."""


@app.command("grade")
def grade_command(
    path: Annotated[Path, typer.Argument(help="A folder, a module (.py), a notebook (.ipynb) or an archive.")],
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")] = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="Write a picture of what the terminal shows.")] = None,
    lang: ReportLanguage = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat a run: the seed of its report.")] = None,
    suite: Annotated[Suite | None, typer.Option(help="Default: all, or public where the hidden one is not.")] = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="Run the code here; isolates nothing.")] = False,
    trainer: Annotated[
        TrainerKind | None, typer.Option(help="fused needs JAX; keras is model.fit. Default: fused if JAX is there.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Grade again what this seed has graded before.")] = False,
    view: Annotated[View | None, typer.Option(help="Default: student's for the public suite alone.")] = None,
    isolation: Annotated[
        Rung | None, typer.Option(help="These walls and no others. Default: the best there are.")
    ] = None,
    require_isolation: Annotated[Rung | None, typer.Option(help="These walls or better, or no grade.")] = None,
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
    total = _count(options.tests, options.exercises or load_course().names)
    with Abreast(1 if transcript else cores()) as judges:
        report = _with_progress(path.name, total, lambda progress: grade(path, options, progress, judges))
        exhibits = None
        if html_file:
            exhibits = _with_progress("pictures", 0, lambda progress: show(path, options, judges.first))
    if suite_folder(options.tests, Suite.HIDDEN).is_dir():
        report = _with_note_on_workflow(report, path)
    _show(report, view, lang, options.tests, json_file, html_file, svg_file, exhibits)


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


# Options of the commands that work on a class.
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


@app.command("regrade")
def regrade_command(
    path: Annotated[
        Path,
        typer.Argument(metavar="TRANSCRIPT", help="A file of `grader grade --transcript`, or the folder of attempts."),
    ],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")] = None,
    lang: ReportLanguage = None,
    view: Annotated[View | None, typer.Option(help="Default: student's for the public suite alone.")] = None,
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
        graders = _graders(workers, None)
        _regrade_class(_chosen(assignment, gradebook, path, None, "", graders, None, lang), workers, roster, write)
        return
    if write:
        raise UsageError("a transcript is of one submission, and in no gradebook; --write needs the folder of attempts")
    _regrade(path, json_file, html_file, lang, view)


def _regrade_class(chosen: Class, workers: int | None, roster: Path | None, write: bool) -> None:
    from grader.classroom.graders import Judges
    from grader.classroom.regrade import Judged, accept, regrade_class
    from grader.render import moves

    with Judges(workers or _all_cores()) as judges, _results() as tell:
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
    total = _count(tests, load_course().names)
    report = _with_progress(transcript.name, total, lambda progress: regrade(transcript, tests, progress))
    _show(report, view, lang, tests, json_file, html_file)


def _show(
    report: Report,
    view: View | None,
    lang: Language | None,
    tests: Path,
    json_file: Path | None,
    html_file: Path | None,
    svg_file: Path | None = None,
    exhibits: Sequence[Exhibit] | None = None,
) -> None:
    seen = view or (View.STUDENT if report.suite is Suite.PUBLIC else View.INSTRUCTOR)
    folders = tuple(suite_folder(tests, each) for each in (Suite.PUBLIC, Suite.HIDDEN))
    translate = Translator(lang.value if lang else default_language(), folders)
    with _no_commands():
        terminal.show(report, seen, translate, Console())
    if json_file:
        _write(json_file, json.dumps(to_json(report, seen, translate), ensure_ascii=False, indent=1) + "\n")
    if html_file:
        from grader.render import page  # draws with matplotlib, which takes long to import

        _write(html_file, page.html(report, seen, translate, exhibits))
    if svg_file:
        _write(svg_file, terminal.svg(report, seen, translate))


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


def _with_progress(name: str, total: int, run: Callable[[Advance], Answer]) -> Answer:
    with _bar() as bar:
        task = bar.add_task(name, total=total or None)
        return run(lambda check, outcome: bar.update(task, advance=1, description=check))


def _bar() -> Progress:
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


def _count(tests: Path, names: Sequence[str]) -> int:
    """How many checks there will be, roughly: for the bar alone."""
    folders = [suite_folder(tests, suite) for suite in (Suite.PUBLIC, Suite.HIDDEN)]
    ids = [id for folder in folders if folder.is_dir() for id in load_points(folder)]
    return sum(id.partition(".")[0] in names for id in ids)


def _write(path: Path, content: str) -> None:
    """Write a file whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as stream:
            stream.write(content)
        Path(stream.name).chmod(0o644)
        Path(stream.name).replace(path)
    except OSError as error:
        raise GraderError(f"{path} cannot be written: {error.strerror}") from error


@app.command("calibrate")
def calibrate_command(
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")] = None,
    draws: Annotated[int, typer.Option(min=100, help="Series for the reference and each family.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="The seed of all draws.")] = 20261124,
    work: Annotated[Path, typer.Option(help="Keeps what is done.")] = Path("build/calibration"),
    picture: Annotated[Path | None, typer.Option(help="Draw the distributions.")] = None,
) -> None:
    """Place the thresholds of the forecast checks: writes tests/hidden/thresholds.toml. Takes hours."""
    os.environ |= {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"}
    from grader.calibrate import CHUNK, Runs, calibrate, families_of, load_measurements, measure
    from grader.render import thresholds
    from grader.series import load_origin

    tests, names = find_tests(), tuple(spec.name for spec in load_course().chosen(exercise or ()))
    solutions, suite = tests.parent / "solutions", suite_folder(tests, Suite.HIDDEN)
    origin = load_origin(suite)
    groups = _with_progress("reference", 0, lambda told: record_recipes(solutions, tests, names, told))
    measurements = load_measurements(suite, solutions, names)
    if not groups and not measurements:
        raise UsageError(f"no check of {', '.join(names)} has a threshold; there is nothing to calibrate")

    def train(told: Advance) -> list[Placement]:
        runs = Runs(work, seed, lambda name: told(name, ""), origin)
        return calibrate(groups, runs, draws) + [one for what in measurements for one in measure(what, runs, draws)]

    families = sum(len(group.families) for group in groups) + sum(len(families_of(what)) for what in measurements)
    placements = _with_progress("training", families * draws // CHUNK, train)
    facts = {"series": origin.fingerprint, "date": datetime.date.today(), "seed": seed, "draws": draws}
    path, whole = suite / "thresholds.toml", len(names) == len(load_course().names)
    before = path.read_text("utf-8") if path.is_file() else ""
    _write(path, thresholds.to_toml(placements, facts | {"versions": dict(environment())}, before, whole=whole))
    if picture:
        thresholds.picture(placements).savefig(picture)
    Console().print(thresholds.table(placements))


@app.command("stubs")
def stubs_command(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if they are out of step.")] = False,
) -> None:
    """Make `exercises/` from `solutions/`."""
    from grader.release import write_stubs

    changed = write_stubs(find_tests().parent, write=not check)
    if changed and check:
        raise GraderError(f"out of step with solutions/: {', '.join(changed)}; run `grader stubs`")
    typer.echo(f"{len(changed)} files changed" if changed else "exercises/ is in step with solutions/")


@app.command("post")
def post_command(
    report: Annotated[Path, typer.Argument(help="What `grader grade --view student --json FILE` wrote.")],
    to: Annotated[Form, typer.Option(help="Who reads the result.")],
    folder: Annotated[Path, typer.Option(help="The student's repository; for gradescope, where results go.")] = Path(),
    lang: ReportLanguage = None,
) -> None:
    """Post a report where students and others look."""
    post(report, to, folder, Translator(lang.value if lang else default_language()))


@app.command("release")
def release_command(
    out: Annotated[Path, typer.Argument(help="A new folder; for gradescope, a new .zip.")],
    target: Annotated[str, typer.Option("--for", help="github, classroom50, gradescope or instructor.")] = "github",
    lang: Annotated[
        str | None, typer.Option(help="Language of the statements: es, en or both. Default: the course's, else both.")
    ] = None,
    hidden_at_push: Annotated[
        bool, typer.Option("--hidden-at-push", help="Grade with the hidden suite at every push; see docs/releasing.md.")
    ] = False,
) -> None:
    """Write what students get, a repository without any answer; what grades it elsewhere; or the instructor's own."""
    from grader.handout import Handout, Statements, Target, release

    statements = _one_of(Statements, lang or load_course().language or "both")
    handout = Handout(root=_course_root(), statements=statements, hidden=hidden_at_push)
    for path in release(out, _one_of(Target, target), handout):
        typer.echo(f"written: {path}")


@app.command("doctor")
def doctor_command(
    folder: Annotated[Path | None, typer.Argument(help="A released repository; else a fresh release.")] = None,
) -> None:
    """Check a set-up, and say what to mend. The exit status is 3 if something is wrong."""
    from grader.doctor import diagnose

    ailing = 0
    for finding in diagnose(_course_root(), folder):
        ailing += not finding.well
        Console().print(f"{'✓' if finding.well else '✗'} {finding.what}", markup=False, highlight=False, soft_wrap=True)
    if ailing:
        raise GraderError(f"{ailing} things to mend")


def _course_root() -> Path:
    """The course's repository: where the solutions and the hidden suite are."""
    root = find_tests().parent
    if not (root / "solutions").is_dir():
        raise UsageError("there is no solutions/ here; this is done in the repository of the course")
    return root


Choice = TypeVar("Choice", bound=enum.Enum)


def _one_of(kind: type[Choice], value: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{value!r} is none of {', '.join(member.value for member in kind)}") from None


@app.command("watch")
def watch_command(
    folder: Annotated[Path, typer.Argument(help="The folder with your modules.")] = Path("exercises"),
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")] = None,
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
            return _with_progress(", ".join(names), 0, lambda told: grade(modules, chosen, told, judge))

        watch(modules, tuple(exercise or load_course().names), graded, screen, language)


@app.command("audit")
def audit_command(
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many, drawn by the seed.")] = None,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Only the known mistakes, no automatic mutants.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of every grading, and of the sample.")] = 20261124,
    work: Annotated[Path, typer.Option(help="Keeps what is done, and the outcome.")] = Path("build/audit"),
) -> None:
    """Hold the hidden suite against known mistakes and automatic mutants. Fails if one survives that is not listed."""
    from grader import audit
    from grader.render import audit as outcome

    tests, names = find_tests(), [spec.name for spec in load_course().chosen(exercise or ())]
    found = audit.subjects(tests, names, automatic=not by_hand)
    found = audit.sampled(found, sample, seed) if sample else found
    findings = _with_progress(
        "audit", len(found), lambda told: audit.audit(found, tests, seed, work, lambda id: told(id, ""))
    )
    summary = audit.summary(findings, tests)
    _write(work / "audit.md", outcome.markdown(summary))
    typer.echo(outcome.markdown(summary))
    if summary.survivors:
        raise GraderError(f"{len(summary.survivors)} survive and are not listed; see {work / 'audit.md'}")


@app.command("class")
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
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")] = None,
    round_name: Round = "",
    workers: Workers = None,
    cluster: ClusterAddress = None,
    require_isolation: Annotated[Rung | None, typer.Option(help="These walls or better, or no grade.")] = None,
    lang: ReportLanguage = None,
) -> None:
    """Grade a whole class into nbgrader's gradebook. Interrupted, it goes on where it was when it is called again."""
    if anonymous and pages:
        raise UsageError("a student's page says whose it is; give --pages or --anonymous, not both")
    graders = _graders(workers, cluster)
    chosen = _chosen(assignment, gradebook, attempts, exercise, round_name, graders, require_isolation, lang)
    from grader.classroom import export
    from grader.classroom.run import run_class
    from grader.classroom.submissions import find

    found = find(submissions, chosen.assignment)
    with _results() as tell:
        summary = run_class(found, roster, chosen, tell)
    for path, form in ((csv_file, export.to_csv), (canvas, export.to_canvas), (moodle, export.to_moodle)):
        if path:
            _write(path, form(summary.scores))
    if html_file or pages:
        _write_pages(summary.scores, chosen, html_file, pages, anonymous)
    if formgrader:
        _write_course(summary.scores, formgrader)
    _conclude(summary)


def _graders(workers: int | None, cluster: str | None) -> Callable[[Options], AbstractContextManager[Graders]]:
    """Who will grade a class: so many judges of this machine, or the workers of a cluster."""
    if sys.platform != "linux":
        raise UsageError("a class is graded behind walls, which Linux has; grade it there, or in a container")
    if cluster is None:
        from grader.classroom.graders import Judges

        return lambda options: Judges(workers or _all_cores())
    if workers:
        raise UsageError("--workers is for this machine, and a cluster brings its own; give --workers or --cluster")
    if not _is_there("distributed"):
        raise UsageError("--cluster needs Dask; pip install .[cluster]")
    from grader.classroom.cluster import Cluster

    return partial(Cluster, cluster, lambda said: print(printable(said), flush=True))


def _all_cores() -> int:
    """How many submissions of a class are graded at a time."""
    return len(os.sched_getaffinity(0))


def _chosen(
    assignment: str | None,
    gradebook: str,
    attempts: Path,
    exercise: list[str] | None,
    round_name: str,
    graders: Callable[[Options], AbstractContextManager[Graders]],
    require_isolation: Rung | None,
    lang: Language | None,
) -> Class:
    """How a class is graded, from the options of the command line and the course's secret."""
    secret = os.environ.get("GRADER_SECRET", "")
    if round_name and not secret:
        raise UsageError("--round draws seeds from the course's secret; set GRADER_SECRET")
    from grader.classroom.run import Class  # nbgrader takes long to import
    from grader.classroom.tables import check_id

    tests = find_tests()
    language = lang.value if lang else default_language()
    return Class(
        assignment=check_id(assignment or load_course().name, "--assignment"),
        gradebook=gradebook,
        attempts=attempts,
        options=Options(
            tests=tests,
            exercises=tuple(exercise or ()),
            trainer=usual_trainer(),
            demand=Demand(least=require_isolation),
        ),
        secret=secret,
        round=round_name,
        graders=graders,
        translate=Translator(language, tuple(suite_folder(tests, each) for each in (Suite.PUBLIC, Suite.HIDDEN))),
    )


@contextmanager
def _results() -> Iterator[Callable[[int, int, object], None]]:
    """Shows each result of a class as it is there, and how many there are."""
    with _bar() as bar:
        task = bar.add_task("class", total=None)

        def tell(number: int, total: int, result: object) -> None:
            bar.update(task, completed=number, total=total)
            print(f"[{number}/{total}] {printable(str(result))}", flush=True)

        yield tell


def _write_pages(scores: Scores, chosen: Class, html_file: Path | None, pages: Path | None, anonymous: bool) -> None:
    from grader.classroom.page import ClassPages  # draws with matplotlib, which takes long to import

    made = ClassPages(scores, chosen.options.tests, chosen.translate, _forecasts(scores, chosen) if html_file else {})
    if pages:
        _make_private(pages)
        for name, content in made.of_students().items():
            _write(pages / name, content)
    if html_file:
        way = os.path.relpath(pages, html_file.parent) if pages else None
        _write(html_file, made.of_class(way, anonymous=anonymous))


def _write_course(scores: Scores, folder: Path) -> None:
    from grader.classroom.formgrader import course_files

    for place, content in course_files(scores):
        _make_private((folder / place).parent)
        _write(folder / place, content)


def _forecasts(scores: Scores, chosen: Class) -> Mapping[str, Forecast]:
    """What each forecaster says of the public series, by who handed in; none where another series is learned from."""
    from grader.classroom.forecasts import forecasts
    from grader.classroom.graders import Judges
    from grader.series import load_origin

    if load_origin(suite_folder(chosen.options.tests, Suite.HIDDEN)).fingerprint != SYNTHETIC:
        return {}
    kept = {each.attempt.student: each.attempt for each in scores.standings if each.attempt}
    with Judges(_all_cores()) as judges, _bar() as bar:
        task = bar.add_task("forecasts", total=None)
        return forecasts(
            chosen.folder,
            list(kept.values()),
            judges,
            lambda done, total: bar.update(task, completed=done, total=total),
        )


def _make_private(folder: Path) -> None:
    """A folder for the instructor alone: in these pages is what students must not see."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise GraderError(f"{folder} cannot be made: {error.strerror}") from error


def _conclude(summary: Summary) -> None:
    for line in summary.lines:
        print(printable(line))
    if summary.failed:
        raise GraderError(f"{len(summary.failed)} submissions were not graded; the reasons are above")


@app.command("notebook")
def notebook_command(
    out: Annotated[Path, typer.Argument(help="A new folder, such as source/NAME of a course in nbgrader.")],
    lang: Annotated[Language | None, typer.Option(help="Language of the text. Default: the course's, else es.")] = None,
    solutions: Annotated[bool, typer.Option("--solutions", help="With the answers, as nbgrader's source.")] = False,
) -> None:
    """Write the course's notebook, from which nbgrader does the rest, and what it needs to run anywhere."""
    from grader.handout import release_notebook

    language = lang.value if lang else load_course().language or "es"
    for path in release_notebook(out, _course_root(), language, solved=solutions):
        typer.echo(f"written: {path}")


@app.command("sweep")
def sweep_command(
    source: Annotated[str, typer.Argument(metavar="CLASS", help="ORGANISATION/PREFIX of its repositories, or a .csv.")],
    deadline: Annotated[str, typer.Option(help="The last commit up to then counts, as 2026-11-29T23:59-03:00.")] = "",
    roster: Roster = None,
    csv_file: CsvFile = None,
    html_file: ClassPage = None,
    assignment: Assignment = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be repeated.")] = None,
    round_name: Round = "",
    workers: Workers = None,
    cluster: ClusterAddress = None,
    require_isolation: Annotated[Rung | None, typer.Option(help="These walls or better, or no grade.")] = None,
    part: Annotated[str, typer.Option(help="Only the second of four parts of the class, as 2/4.")] = "",
    lang: ReportLanguage = None,
) -> None:
    """Grade a class from its repositories on GitHub, and post each score and report there. Needs GITHUB_TOKEN."""
    token = os.environ.pop("GITHUB_TOKEN", "").strip()  # no process that is started from here finds it
    if not token:
        raise UsageError("GITHUB_TOKEN is not set; docs/class.md says what the token must be allowed to do")
    if part and (csv_file or html_file):
        raise UsageError("a part has no table of the class; give --csv and --html to the sweep of all, after the parts")
    graders = _graders(workers, cluster)
    chosen = _chosen(assignment, gradebook, attempts, exercise, round_name, graders, require_isolation, lang)
    from grader.classroom import export
    from grader.classroom.github import Hub
    from grader.classroom.patience import Patience
    from grader.classroom.submissions import Part
    from grader.classroom.sweep import run_sweep
    from grader.classroom.tables import parse_deadline

    until, turn = parse_deadline(deadline, "--deadline"), Part.parse(part or "1/1")
    hub, patience = Hub(token, os.environ), Patience(lambda said: print(printable(said), flush=True))
    with _results() as tell:
        sweep = run_sweep(source, until, roster, chosen, hub, patience, tell, turn)
    if csv_file:
        _write(csv_file, export.to_csv(sweep.summary.scores))
    if html_file:
        _write_pages(sweep.summary.scores, chosen, html_file, None, anonymous=False)
    if part:
        _forecasts(sweep.summary.scores, chosen)  # now that the transcripts are here; the whole has the page
    for line in [f"{sweep.posted} posts made", *sweep.unposted]:
        print(printable(line))
    _conclude(sweep.summary)
    if sweep.unposted:
        raise GraderError(f"{len(sweep.unposted)} posts could not be made; call it again, and it makes those")


@app.command("forget")
def forget_command(
    student: Annotated[str | None, typer.Argument(help="The student's id.")] = None,
    days: Annotated[
        int | None,
        typer.Option("--transcripts-older-than", min=0, max=36500, help="Of everyone; in days. Scores stay."),
    ] = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
) -> None:
    """Delete what is kept of a student, in every assignment and in the gradebook; or everyone's old transcripts."""
    from grader.classroom.forget import forget, forget_transcripts  # nbgrader takes long to import

    if student is not None and days is None:
        deleted = forget(student, attempts, gradebook)
    elif days is not None and student is None:
        deleted = forget_transcripts(days, attempts)
    else:
        raise UsageError("give the id of a student, or --transcripts-older-than DAYS, and not both")
    for line in deleted or ["nothing is that old"]:
        print(f"deleted: {printable(line)}" if deleted else line)


@app.command("override")
def override_command(
    student: Annotated[str, typer.Argument(help="The student's id, or the name of a group.")],
    check: Annotated[str, typer.Argument(help="The check, as windowing.make_windows.values.")],
    points: Annotated[int | None, typer.Argument(min=0, help="What it gives, whatever the judge says.")] = None,
    reason: Annotated[str, typer.Option(help="Why; the student may read it.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Let the judge's points count again.")] = False,
    assignment: Assignment = None,
    gradebook: GradebookUrl = GRADEBOOK,
    attempts: AttemptsFolder = ATTEMPTS,
) -> None:
    """Set the points of a check by hand; they stay, however often the submission is graded again."""
    if remove is (points is not None):
        raise UsageError("give the points that the check gives, or --remove")
    from grader.classroom.by_hand import Books, override, withdraw  # nbgrader takes long to import
    from grader.classroom.tables import check_id

    name = check_id(assignment or load_course().name, "--assignment")
    books = Books(assignment=name, attempts=attempts / name, gradebook=gradebook)
    if points is None:
        counted = withdraw(books, student, check)
    else:
        counted = override(books, find_tests(), student, check, points, printable(reason.strip()))
    print(f"{printable(student)}: {check}: {'as judged' if points is None else points}")
    if not counted:
        print("it counts when `grader class` is called next")


def run() -> None:
    """Entry point: a fault of the grader or of its use is one sentence, and an exit status."""
    try:
        app()
    except GraderError as error:
        Console(stderr=True).print(f"grader: {error}", style="red", markup=False, highlight=False)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    run()
