"""Grades one submission: collects it, lets the judge's process run the checks, makes the report; or judges it again."""

from __future__ import annotations

import hashlib
import hmac
import importlib.metadata
import importlib.util
import platform
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

import grader
from grader import misconceptions, transcript
from grader.challenge import Forecast
from grader.collect import Collected, collect
from grader.contract import Report, Suite
from grader.course import ExerciseSpec, Limits, load_course, load_hints, load_points, suite_folder
from grader.errors import GraderError, UsageError
from grader.families import Group, read_recipes
from grader.jobs import NOT_ISOLATED, Facts, Job, Mistakes
from grader.judge import Judge, Progress, Runs
from grader.memory import Memory
from grader.report import make_checks, make_exercises
from grader.rungs import Demand, Rung
from grader.showcase import Exhibit
from grader.showcase import read as read_exhibits

SEED_BITS = 53
"""As many as a JSON number carries everywhere, and too many to find a seed by trying all hashes."""

PACKAGES = ("keras", "tensorflow", "numpy", "jax", "pytest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to grade. `tests` holds the suites; without a `seed` one is drawn.

    `demand` says which walls will do; `limits` stand in for the course's; `transcript` is a file to write. With the
    folder `memory`, what was graded before with the same seed is not graded again.
    """

    tests: Path
    suite: Suite | None = None
    exercises: tuple[str, ...] = ()
    seed: int | None = None
    in_process: bool = False
    trainer: str = "fused"
    demand: Demand = field(default_factory=Demand)
    limits: Limits | None = None
    transcript: Path | None = None
    memory: Path | None = None


def find_tests() -> Path:
    """The folder with the suites: beside the grader in the course's repository, else in the working directory.

    Raises:
        UsageError: If neither has any.
    """
    for root in (Path(grader.__file__).parent.parent, Path.cwd(), *Path.cwd().parents):
        if (root / "tests" / "public" / "points.toml").is_file():
            return root / "tests"
    raise UsageError("there is no tests/public here; run the grader in the repository of the course")


def usual_trainer() -> str:
    """The fused trainer where JAX is installed, as on the instructor's side; else `model.fit`."""
    return "fused" if importlib.util.find_spec("jax") else "keras"


def round_seed(secret: str, student: str, round: str) -> int:
    """The seed of a student's round: the same for the same commit, and nobody's to know without the secret.

    Args:
        secret: Of the course; whoever has it can repeat every grade.
        student: As the roster has it.
        round: What is graded, such as the name of the assignment.
    """
    # The NUL keeps a round "a" of "bc" apart from a round "ab" of "c".
    digest = hmac.digest(secret.encode(), f"{round}\0{student}".encode(), "sha256")
    return int.from_bytes(digest, "little") >> (256 - SEED_BITS)


def grade(
    path: Path, options: Options, progress: Progress = lambda id, outcome: None, judge: Runs | None = None
) -> Report:
    """Grade the submission at `path`.

    Args:
        path: A folder, a module, a notebook or an archive.
        options: What to run and how.
        progress: Told of every check that is done.
        judge: Who judges; whoever grades many submissions has one judge for all, and saves its start.

    Raises:
        UsageError: If the path, the suite or an exercise is not there.
        GraderError: If the judge could not do its work. A broken submission is none of these: it is graded.
    """
    with collect(path, load_course().names) as collected:
        return grade_collected(collected, options, progress, judge)


def grade_collected(
    collected: Collected,
    options: Options,
    progress: Progress = lambda id, outcome: None,
    judge: Runs | None = None,
) -> Report:
    """Grade a clean copy of a submission, as `grade` does."""
    start = time.monotonic()
    with _scratch() as scratch:
        specs = load_course().chosen(options.exercises or ((collected.exercise,) if collected.exercise else ()))
        suite = _suite(options)
        job = _job(options, collected.folder, specs, scratch)
        with nullcontext(judge) if judge else Judge() as judge:
            who = _remembering(judge, options, job) or judge
            report = _run(job, options.tests, suite, specs, progress, who)
        report = replace(report, submission=collected.name, notes=collected.notes + report.notes)
        if options.transcript:
            transcript.write(options.transcript, _meta(report, job), job.transcript)
    return replace(report, duration_s=time.monotonic() - start)


def show(path: Path, options: Options, judge: Judge) -> tuple[Exhibit, ...]:
    """What a page has pictures of: the submission's answers to public questions. They have no part in its grade.

    Raises:
        UsageError: As `grade`. What could not be asked gives exhibits with nothing in them.
    """
    course = load_course()
    with collect(path, course.names) as collected, _scratch() as scratch:
        specs = course.chosen(options.exercises or ((collected.exercise,) if collected.exercise else ()))
        job, path = _job(options, collected.folder, specs, scratch), scratch / "exhibits"
        with suppress(GraderError):  # a page without pictures is better than no page
            judge.show(job, path)
        return read_exhibits(path, job.exercises)


def _job(options: Options, folder: Path, specs: tuple[ExerciseSpec, ...], scratch: Path) -> Job:
    return Job(
        folder=folder,
        seed=secrets.randbits(SEED_BITS) if options.seed is None else options.seed,
        exercises=tuple(spec.name for spec in specs),
        in_process=options.in_process,
        trainer=options.trainer,
        scratch=scratch,
        demand=_demand(options, _suite(options)),
        limits=options.limits,
        private=_private(options.tests),
        mistakes=_mistakes(options.tests),
    )


def regrade(
    path: Path, tests: Path, progress: Progress = lambda id, outcome: None, judge: Runs | None = None
) -> Report:
    """Judge a transcript again; the submission is not run, nor needed. Who judges many has one judge, as in `grade`.

    Raises:
        UsageError: If the file is no transcript.
        GraderError: If the suite asks something that the transcript has no answer to.
    """
    start = time.monotonic()
    meta = transcript.read_meta(path)
    suite = Suite(meta["suite"])
    specs = load_course().chosen(meta["exercises"])
    with _scratch() as scratch:
        job = Job(
            folder=scratch,
            seed=meta["seed"],
            exercises=meta["exercises"],
            in_process=meta["in_process"],
            trainer=meta["trainer"],
            scratch=scratch,
            mistakes=_mistakes(tests),
            replay=path.resolve(),
        )
        with nullcontext(judge) if judge else Judge() as judge:
            report = _run(job, tests, suite, specs, progress, judge)
    # Walls and notes are those of the run; a replay has none of its own.
    facts = Facts.from_json(meta["facts"])
    return replace(
        report,
        submission=meta["submission"],
        isolation=facts.isolation or report.isolation,
        notes=facts.notes,
        duration_s=time.monotonic() - start,
    )


def forecast(path: Path, judge: Judge) -> Forecast:
    """What the forecaster in a transcript says of the public series.

    Raises:
        GraderError: If the judge could not do its work.
    """
    with _scratch() as scratch:
        job = Job(folder=scratch, seed=0, in_process=False, trainer=usual_trainer(), scratch=scratch)
        judge.forecast(job, path.resolve(), scratch / "forecast")
        return msgspec.json.decode((scratch / "forecast").read_bytes(), type=Forecast)


def record_recipes(
    solutions: Path, tests: Path, exercises: tuple[str, ...], progress: Progress = lambda id, outcome: None
) -> list[Group]:
    """What the hidden suite would train of the reference in these exercises, written down instead of trained.

    Raises:
        GraderError: If the judge could not do its work.
    """
    with _scratch() as scratch:
        job = Job(folder=solutions, seed=0, exercises=exercises, trainer="fused", in_process=False, scratch=scratch)
        job = replace(job, recipes=scratch / "recipes", demand=Demand(hidden=True))
        with Judge() as judge:
            judge.run(job, [suite_folder(tests, Suite.HIDDEN)], progress)
        return read_recipes(job.recipes) if job.recipes and job.recipes.is_file() else []


def _meta(report: Report, job: Job) -> dict[str, Any]:
    """What a transcript says of the run that it comes from."""
    facts = Facts(student_s=report.phases_s.get("student", 0.0), isolation=report.isolation, notes=report.notes)
    meta = {"submission": report.submission, "suite": report.suite.value, "seed": report.seed}
    how = {"exercises": job.exercises, "in_process": job.in_process, "trainer": job.trainer}
    return meta | how | {"facts": facts.to_json(), "environment": dict(report.environment)}


def _run(
    job: Job, tests: Path, suite: Suite, specs: tuple[ExerciseSpec, ...], progress: Progress, judge: Runs
) -> Report:
    """Let the judge run the checks of a job, and make the report."""
    expected = _expected(tests, suite, specs)
    # Whoever edits the suite meanwhile, a submission or a person, would have it judge by two of them (hostile row 77).
    before = _fingerprint(*_suites(tests))
    found = judge.run(job, [suite_folder(tests, each) for each in expected], progress)
    if _fingerprint(*_suites(tests)) != before:
        raise GraderError("the suite was changed while it ran; look at tests/, and grade again")
    checks = make_checks(found.tests, expected, load_hints(), found.cached)
    return Report(
        submission=job.folder.name,
        suite=suite,
        seed=job.seed,
        exercises=make_exercises(checks, specs),
        checks=tuple(checks),
        isolation=found.facts.isolation or NOT_ISOLATED,
        notes=found.facts.notes,
        environment=environment(),
        duration_s=0.0,
        phases_s={"student": found.facts.student_s},
    )


def _demand(options: Options, suite: Suite) -> Demand:
    """Which walls will do for a suite.

    Raises:
        GraderError: If walls are required of a run that has none.
    """
    demand = replace(options.demand, hidden=suite is not Suite.PUBLIC)
    if options.in_process and demand.least not in (None, Rung.IN_PROCESS):
        raise GraderError(f"isolation {demand.least.value} is required, and --in-process isolates nothing")
    demand.ladder()  # raises now what would stop the judge later
    return demand


def _remembering(judge: Runs, options: Options, job: Job) -> Memory | None:
    """The judge with a memory, where that is of use: the seed will come again, and no transcript is asked for."""
    # A seed that is drawn never comes again, and a transcript needs the calls themselves.
    if options.memory is None or options.seed is None or options.transcript or job.in_process:
        return None
    return Memory(judge, options.memory, [code_fingerprint(options.tests), dict(environment())])


def code_fingerprint(tests: Path) -> str:
    """A hash of all code that a verdict depends on beside the submission: the grader and the suites."""
    return _fingerprint(Path(grader.__file__).parent, *_suites(tests))


def code_of(collected: Collected) -> str:
    """A hash of what is graded of a submission."""
    return _fingerprint(collected.folder)


def _private(tests: Path) -> tuple[Path, ...]:
    """What must be out of the submission's reach: the hidden suite and the solutions."""
    folders = (suite_folder(tests, Suite.HIDDEN), tests.parent / "solutions")
    return tuple(folder for folder in folders if folder.is_dir())


def _mistakes(tests: Path) -> Mistakes | None:
    """The known mistakes, where they are and the right answers too: with the instructor, and nowhere else."""
    catalogue, solutions = suite_folder(tests, Suite.HIDDEN) / misconceptions.FOLDER, tests.parent / "solutions"
    return Mistakes(catalogue=catalogue, solutions=solutions) if catalogue.is_dir() and solutions.is_dir() else None


def _suites(tests: Path) -> list[Path]:
    return [suite_folder(tests, suite) for suite in (Suite.PUBLIC, Suite.HIDDEN)]


def _fingerprint(*folders: Path) -> str:
    """A hash of everything in these folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            # The path with the content: files that change places are another submission.
            digest.update(f"{path.relative_to(folder.parent)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _suite(options: Options) -> Suite:
    hidden = suite_folder(options.tests, Suite.HIDDEN).is_dir()
    if options.suite in (Suite.HIDDEN, Suite.ALL) and not hidden:
        raise UsageError(f"the {options.suite.value} suite was asked for, but there is no tests/hidden here")
    return options.suite or (Suite.ALL if hidden else Suite.PUBLIC)


def _expected(tests: Path, suite: Suite, specs: tuple[ExerciseSpec, ...]) -> dict[Suite, dict[str, int]]:
    """The points of every check that must run, by suite."""
    names = {spec.name for spec in specs}
    expected = {}
    for one in (Suite.PUBLIC, Suite.HIDDEN) if suite is Suite.ALL else (suite,):
        points = load_points(suite_folder(tests, one))
        expected[one] = {id: worth for id, worth in points.items() if id.partition(".")[0] in names}
    return expected


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="grader-job-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def environment() -> Mapping[str, str]:
    """The versions that matter for repeating a grade."""
    versions = {"python": platform.python_version(), "grader": grader.__version__}
    for package in PACKAGES:
        # The CPU build of TensorFlow is a distribution of its own.
        for name in (package, f"{package}-cpu"):
            try:
                versions[package] = importlib.metadata.version(name)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return dict(sorted(versions.items()))
