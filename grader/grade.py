"""Grades one submission: collects it, lets the judge's process run the checks, makes the report."""

from __future__ import annotations

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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import platformdirs

import grader
from grader.collect import collect
from grader.contract import Isolation, Report, Suite, Text
from grader.course import Course, ExerciseSpec, load_course, load_hints, load_points, suite_folder
from grader.errors import GraderError, UsageError
from grader.jobs import Job
from grader.report import make_checks, make_exercises

POLL_S = 0.1
SEED_BITS = 53
"""As many as a JSON number carries everywhere, and too many to find a seed by trying all hashes."""

PACKAGES = ("keras", "tensorflow", "numpy", "jax", "pytest")
JUDGE_INI = Path(__file__).with_name("judge.ini")

Progress = Callable[[str, str], None]
"""Told the id and the outcome of each check that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to grade. `tests` holds the suites; without a `seed` one is drawn."""

    tests: Path
    suite: Suite | None = None
    exercises: tuple[str, ...] = ()
    seed: int | None = None
    in_process: bool = False
    trainer: str = "fused"


def find_tests() -> Path:
    """The folder with the suites: beside the grader in the course's repository, else in the working directory.

    Raises:
        UsageError: If neither has any.
    """
    for root in (Path(grader.__file__).parent.parent, Path.cwd(), *Path.cwd().parents):
        if (root / "tests" / "public" / "points.toml").is_file():
            return root / "tests"
    raise UsageError("there is no tests/public here; run the grader in the repository of the course")


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
    with collect(path, course.names) as collected:
        specs = _chosen(course, options.exercises or ((collected.exercise,) if collected.exercise else ()))
        expected = _expected(options, specs)
        seed = secrets.randbits(SEED_BITS) if options.seed is None else options.seed
        with _scratch() as scratch:
            job = Job(
                folder=collected.folder,
                seed=seed,
                exercises=tuple(spec.name for spec in specs),
                in_process=options.in_process,
                trainer=options.trainer,
                scratch=scratch,
            )
            document = _judge(job, scratch, [suite_folder(options.tests, suite) for suite in expected], progress)
            times = _read_times(scratch)
    checks = make_checks(document, expected, load_hints())
    duration_s = time.monotonic() - start
    return Report(
        submission=collected.name,
        suite=_suite(options),
        seed=seed,
        exercises=make_exercises(checks, specs),
        checks=tuple(checks),
        isolation=_isolation(options),
        notes=collected.notes,
        environment=_environment(),
        duration_s=duration_s,
        phases_s=times | {"checks": float(document["duration"]), "all": duration_s},
    )


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


def _expected(options: Options, specs: tuple[ExerciseSpec, ...]) -> dict[Suite, dict[str, int]]:
    """The points of every check that must run, by suite."""
    suite = _suite(options)
    names = {spec.name for spec in specs}
    expected = {}
    for one in (Suite.PUBLIC, Suite.HIDDEN) if suite is Suite.ALL else (suite,):
        points = load_points(suite_folder(options.tests, one))
        expected[one] = {id: worth for id, worth in points.items() if id.partition(".")[0] in names}
    return expected


def _isolation(options: Options) -> Isolation:
    if options.in_process:
        return Isolation(
            rung="in-process", detail=Text("nothing was isolated: the code ran in the judge's own process")
        )
    from grader.sandbox import Worker

    return Worker.isolation


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
    while not ended:
        ended = process.poll() is not None
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


def _read_times(scratch: Path) -> dict[str, float]:
    path = scratch / "times.json"
    return {name: float(value) for name, value in json.loads(path.read_text("utf-8")).items()} if path.is_file() else {}


def _environment() -> Mapping[str, str]:
    versions = {"python": platform.python_version(), "grader": grader.__version__}
    for package in PACKAGES:
        for name in (package, f"{package}-cpu"):
            try:
                versions[package] = importlib.metadata.version(name)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return dict(sorted(versions.items()))
