"""Grades one submission: collects it, lets the judge's process run the checks, makes the report; or judges it again."""

from __future__ import annotations

import hashlib
import hmac
import importlib.metadata
import json
import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import platformdirs

import grader
from grader import transcript
from grader.collect import collect
from grader.contract import Report, Suite
from grader.course import Course, ExerciseSpec, Limits, load_course, load_hints, load_points, suite_folder
from grader.errors import GraderError, UsageError
from grader.families import Group, read_recipes
from grader.jobs import NOT_ISOLATED, Facts, Job
from grader.report import make_checks, make_exercises
from grader.rungs import Demand, Rung

POLL_S = 0.1
SEED_BITS = 53
"""As many as a JSON number carries everywhere, and too many to find a seed by trying all hashes."""

JUDGE_S = 3600.0
"""For everything. A judge that needs longer hangs."""

PACKAGES = ("keras", "tensorflow", "numpy", "jax", "pytest")
JUDGE_INI = Path(__file__).with_name("judge.ini")

Progress = Callable[[str, str], None]
"""Told the id and the outcome of each check that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to grade. `tests` holds the suites; without a `seed` one is drawn.

    `demand` says which walls will do; `limits` stand in for the course's; `transcript` is a file to write.
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


def find_tests() -> Path:
    """The folder with the suites: beside the grader in the course's repository, else in the working directory.

    Raises:
        UsageError: If neither has any.
    """
    for root in (Path(grader.__file__).parent.parent, Path.cwd(), *Path.cwd().parents):
        if (root / "tests" / "public" / "points.toml").is_file():
            return root / "tests"
    raise UsageError("there is no tests/public here; run the grader in the repository of the course")


def round_seed(secret: str, student: str, round: str) -> int:
    """The seed of a student's round: the same for the same commit, and nobody's to know without the secret.

    Args:
        secret: Of the course; whoever has it can repeat every grade.
        student: As the roster has it.
        round: What is graded, such as the name of the assignment.
    """
    digest = hmac.digest(secret.encode(), f"{round}\0{student}".encode(), "sha256")
    return int.from_bytes(digest, "little") >> (256 - SEED_BITS)


def grade(path: Path, options: Options, progress: Progress = lambda id, outcome: None) -> Report:
    """Grade the submission at `path`.

    Args:
        path: A folder, a module or an archive.
        options: What to run and how.
        progress: Told of every check that is done.

    Raises:
        UsageError: If the path, the suite or an exercise is not there.
        GraderError: If the judge could not do its work. A broken submission is none of these: it is graded.
    """
    start = time.monotonic()
    course = load_course()
    with collect(path, course.names) as collected, _scratch() as scratch:
        specs = _chosen(course, options.exercises or ((collected.exercise,) if collected.exercise else ()))
        suite = _suite(options)
        job = Job(
            folder=collected.folder,
            seed=secrets.randbits(SEED_BITS) if options.seed is None else options.seed,
            exercises=tuple(spec.name for spec in specs),
            in_process=options.in_process,
            trainer=options.trainer,
            scratch=scratch,
            demand=_demand(options, suite),
            limits=options.limits,
            private=_private(options.tests),
        )
        report = _run(job, options.tests, suite, specs, progress)
        report = replace(report, submission=collected.name, notes=collected.notes + report.notes)
        if options.transcript:
            transcript.write(options.transcript, _meta(report, job), job.transcript)
    return replace(report, duration_s=time.monotonic() - start)


def regrade(path: Path, tests: Path, progress: Progress = lambda id, outcome: None) -> Report:
    """Judge a transcript again; the submission is not run, nor needed.

    Raises:
        UsageError: If the file is no transcript.
        GraderError: If the suite asks something that the transcript has no answer to.
    """
    start = time.monotonic()
    meta = transcript.read_meta(path)
    suite = Suite(meta["suite"])
    specs = _chosen(load_course(), meta["exercises"])
    with _scratch() as scratch:
        job = Job(
            folder=scratch,
            seed=meta["seed"],
            exercises=meta["exercises"],
            in_process=meta["in_process"],
            trainer=meta["trainer"],
            scratch=scratch,
            replay=path.resolve(),
        )
        report = _run(job, tests, suite, specs, progress)
    facts = Facts.from_json(meta["facts"])
    return replace(
        report,
        submission=meta["submission"],
        isolation=facts.isolation or report.isolation,
        notes=facts.notes,
        duration_s=time.monotonic() - start,
    )


def record_recipes(solutions: Path, tests: Path, progress: Progress = lambda id, outcome: None) -> list[Group]:
    """What the hidden suite would train of the reference, written down instead of trained.

    Raises:
        GraderError: If the judge could not do its work.
    """
    with _scratch() as scratch:
        job = Job(folder=solutions, seed=0, trainer="fused", in_process=False, scratch=scratch)
        job = replace(job, recipes=scratch / "recipes", demand=Demand(hidden=True))
        _judge(job, scratch, [suite_folder(tests, Suite.HIDDEN)], progress)
        return read_recipes(scratch / "recipes")


def _meta(report: Report, job: Job) -> dict[str, Any]:
    """What a transcript says of the run that it comes from."""
    facts = Facts(student_s=report.phases_s.get("student", 0.0), isolation=report.isolation, notes=report.notes)
    meta = {"submission": report.submission, "suite": report.suite.value, "seed": report.seed}
    how = {"exercises": job.exercises, "in_process": job.in_process, "trainer": job.trainer}
    return meta | how | {"facts": facts.to_json(), "environment": dict(report.environment)}


def _run(job: Job, tests: Path, suite: Suite, specs: tuple[ExerciseSpec, ...], progress: Progress) -> Report:
    """Let the judge run the checks of a job, and make the report."""
    assert job.scratch is not None
    expected = _expected(tests, suite, specs)
    before = _fingerprint(tests)
    document = _judge(job, job.scratch, [suite_folder(tests, each) for each in expected], progress)
    if _fingerprint(tests) != before:
        raise GraderError("the suite was changed while it ran; look at tests/, and grade again")
    facts = job.read_facts()
    checks = make_checks(document, expected, load_hints())
    return Report(
        submission=job.folder.name,
        suite=suite,
        seed=job.seed,
        exercises=make_exercises(checks, specs),
        checks=tuple(checks),
        isolation=facts.isolation or NOT_ISOLATED,
        notes=facts.notes,
        environment=environment(),
        duration_s=0.0,
        phases_s={"student": facts.student_s, "checks": float(document["duration"])},
    )


def _demand(options: Options, suite: Suite) -> Demand:
    """Which walls will do for a suite.

    Raises:
        GraderError: If walls are required of a run that has none.
    """
    demand = replace(options.demand, hidden=suite is not Suite.PUBLIC)
    if options.in_process and demand.least not in (None, Rung.IN_PROCESS):
        raise GraderError(f"isolation {demand.least.value} is required, and --in-process isolates nothing")
    demand.ladder()
    return demand


def _private(tests: Path) -> tuple[Path, ...]:
    """What must be out of the submission's reach: the hidden suite and the solutions."""
    folders = (suite_folder(tests, Suite.HIDDEN), tests.parent / "solutions")
    return tuple(folder for folder in folders if folder.is_dir())


def _fingerprint(tests: Path) -> str:
    """A hash of everything in the suites."""
    digest = hashlib.sha256()
    for folder in (suite_folder(tests, suite) for suite in (Suite.PUBLIC, Suite.HIDDEN)):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{path.relative_to(tests)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _chosen(course: Course, names: tuple[str, ...]) -> tuple[ExerciseSpec, ...]:
    unknown = sorted(set(names) - set(course.names))
    if unknown:
        raise UsageError(f"there is no exercise {', '.join(unknown)}; the course has {', '.join(course.names)}")
    return tuple(spec for spec in course.exercises if spec.name in names or not names)


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


def compile_cache() -> Path:
    """Where compiled training code is kept from one grading to the next."""
    return Path(platformdirs.user_cache_dir("rnn-grader", appauthor=False)) / "compiled"


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="grader-judge-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _judge(job: Job, scratch: Path, suites: list[Path], progress: Progress) -> dict[str, Any]:
    """Run the checks in the judge's own process, and return what `pytest-json-report` wrote."""
    report = scratch / "report.json"
    job.write(scratch / "job.json")
    log = scratch / "judge.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            _command(job, scratch, report, suites),
            cwd=scratch,
            env=_environment_of_judge(job, scratch),
            stdin=None if job.in_process else subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            _follow(process, scratch / "progress.jsonl", progress)
        finally:
            process.kill()
            process.wait()
    if job.failure.is_file():
        raise GraderError(job.failure.read_text("utf-8"))
    if process.returncode not in (0, 1) or not report.is_file():
        last = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
        raise GraderError(f"the judge ended with status {process.returncode}: {' / '.join(last)}")
    document: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return document


def _command(job: Job, scratch: Path, report: Path, suites: list[Path]) -> list[str]:
    options = ["-c", str(JUDGE_INI), "--rootdir", str(suites[0].parent), "--confcutdir", str(suites[0].parent)]
    options += [
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-p",
        "grader.plugin",
        "-p",
        "pytest_jsonreport.plugin",
    ]
    options += ["--grader-job", str(scratch / "job.json"), "--json-report", f"--json-report-file={report}"]
    options += ["--json-report-omit=collectors,log,streams,warnings,keywords", "-q", "--tb=line"]
    return [sys.executable, "-P", "-s", "-m", "pytest", *options, *map(str, suites)]


def _environment_of_judge(job: Job, scratch: Path) -> dict[str, str]:
    """The judge's environment, from an allow-list: no pytest option of the caller's gets in."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "XDG_CACHE_HOME", "TERM")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    fused = job.trainer == "fused" and not job.in_process
    if fused:  # JAX keeps what it compiled, however little, from one grading to the next
        environment["JAX_COMPILATION_CACHE_DIR"] = str(compile_cache())
        environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        environment["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    return environment | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": "jax" if fused else "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(scratch),
    }


def _follow(process: subprocess.Popen[bytes], path: Path, progress: Progress) -> None:
    """Pass on what the judge says of its progress until it ends."""
    position = 0
    ended = False
    deadline = time.monotonic() + JUDGE_S
    while not ended:
        ended = process.poll() is not None
        if time.monotonic() > deadline:
            raise GraderError(f"the judge did not end within {JUDGE_S:g} s")
        if path.is_file():
            with path.open(encoding="utf-8") as stream:
                stream.seek(position)
                lines = stream.readlines()
                position = stream.tell()
            for line in lines:
                facts = json.loads(line)
                progress(facts["id"], facts["outcome"])
        if not ended:
            time.sleep(POLL_S)


def environment() -> Mapping[str, str]:
    """The versions that matter for repeating a grade."""
    versions = {"python": platform.python_version(), "grader": grader.__version__}
    for package in PACKAGES:
        for name in (package, f"{package}-cpu"):
            try:
                versions[package] = importlib.metadata.version(name)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return dict(sorted(versions.items()))
