"""The judge's process, as whoever wants a submission graded sees it: given a job, it says what the checks found."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import platformdirs
import psutil

from grader.errors import GraderError
from grader.jobs import Facts, Job
from grader.rungs import weakest

POLL_S = 0.02
JUDGE_S = 3600.0
"""For all checks of a submission. A judge that needs longer hangs."""
MOST_BYTES = 2 * 2**30
"""Of memory that a judge's process may have before the next job; a larger one is replaced. It grows with every job."""
END_S = 30.0
"""For a judge that has nothing more to do to end its workers."""

LOG = "judge.log"
JUDGE_INI = Path(__file__).with_name("judge.ini")

Progress = Callable[[str, str], None]
"""Told the id and the outcome of each check that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What came of a job: each test as `pytest-json-report` wrote it, and which exercises were known from before."""

    tests: Sequence[Mapping[str, Any]]
    facts: Facts
    cached: frozenset[str] = frozenset()

    @classmethod
    def together(cls, exercises: Sequence[str], parts: Sequence[Findings]) -> Findings:
        """What came of the parts of a job, in the order of its exercises."""
        tests = [test for part in parts for test in part.tests]
        facts = Facts(
            student_s=sum(part.facts.student_s for part in parts),
            isolation=weakest([part.facts.isolation for part in parts if part.facts.isolation]),
            notes=tuple(note for part in parts for note in part.facts.notes),
            noted=tuple(name for part in parts for name in part.facts.noted),
        )
        return cls(
            tests=sorted(tests, key=lambda test: exercises.index(test["metadata"]["exercise"])),
            facts=facts,
            cached=frozenset().union(*(part.cached for part in parts)),
        )


class Runs(Protocol):
    """Whoever runs the checks of a job: a judge, several, or one with a memory."""

    def run(self, job: Job, suites: Sequence[Path], progress: Progress) -> Findings:
        """Run the checks of a job's exercises in these suites."""


class Judge:
    """Runs the checks of one job after another in a process of its own, which is started when it is first needed.

    What jobs share is kept between them: imports, workers, compiled training. A process that has ended is replaced.
    """

    def __init__(self, core: int | None = None) -> None:
        """Start nothing yet; with `core`, the process and its workers will use no other."""
        self._core = core
        self._process: subprocess.Popen[str] | None = None
        self._started_for: dict[str, str] = {}
        self._home: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Judge:
        """The judge itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and all workers with it."""
        self.close()

    def run(self, job: Job, suites: Sequence[Path], progress: Progress) -> Findings:
        """Run the checks of a job's exercises in these suites.

        Raises:
            GraderError: If the judge could not do its work.
        """
        assert job.scratch is not None
        report, log = job.scratch / "report.json", job.scratch / LOG
        job.write(job.scratch / "job.json")
        order = {"arguments": _arguments(job.scratch / "job.json", report, suites)}
        status = self._ask(order, job, progress)
        # Before the status, which says no more than that something went wrong.
        if job.failure.is_file():
            raise GraderError(job.failure.read_text("utf-8"))
        if status not in (0, 1) or not report.is_file():  # 1: some check was lost, as is usual
            self._kill()
            last = log.read_text("utf-8", "replace").strip().splitlines()[-3:] if log.is_file() else []
            raise GraderError(f"the judge ended with status {status}: {' / '.join(last)}")
        return Findings(tests=json.loads(report.read_text("utf-8")).get("tests", ()), facts=job.read_facts())

    def show(self, job: Job, path: Path) -> None:
        """Let `grader.showcase` ask the submission of a job, and write to `path` whatever comes of it."""
        assert job.scratch is not None
        job.write(job.scratch / "job.json")
        if self._ask({"exhibits": str(path), "job": str(job.scratch / "job.json")}, job):
            self._kill()

    def forecast(self, job: Job, transcript: Path, path: Path) -> None:
        """Let `grader.challenge` ask the forecaster in a transcript, and write to `path` what it says."""
        if self._ask({"forecast": str(path), "transcript": str(transcript)}, job):
            self._kill()

    def close(self) -> None:
        """End the process, and all workers with it, and let it finish what it does."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()  # type: ignore[union-attr]
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
        self._kill()

    def _ask(self, order: dict[str, Any], job: Job, progress: Progress = lambda id, outcome: None) -> int:
        """Hand over an order, and return its status; a process that was left before it had answered is ended."""
        try:
            return self._wait(order, job, progress)
        except BaseException:
            # Ctrl-C too: a process that is still at this job is of no use for the next one.
            self._kill()
            raise

    def _wait(self, order: dict[str, Any], job: Job, progress: Progress) -> int:
        """Pass on what the judge says of its progress, until there is the status."""
        process = self._ready(job)
        assert process.stdin is not None
        assert job.scratch is not None
        assert job.progress is not None
        # The answer is a file that appears whole: nothing that is printed can be taken for it (hostile row 17).
        answer = job.scratch / "status"
        with contextlib.suppress(OSError):  # it has ended: there is no answer either
            process.stdin.write(json.dumps(order | {"log": str(job.scratch / LOG), "answer": str(answer)}) + "\n")
            process.stdin.flush()
        follow = _Follow(job.progress, progress)
        deadline = time.monotonic() + JUDGE_S
        while not answer.is_file() and process.poll() is None:
            if time.monotonic() > deadline:
                raise GraderError(f"the judge did not end within {JUDGE_S:g} s")
            follow.advance()
            time.sleep(POLL_S)
        # What was written between the last look and the answer.
        follow.advance()
        return int(answer.read_text("utf-8")) if answer.is_file() else process.wait()

    def _ready(self, job: Job) -> subprocess.Popen[str]:
        """The process; a fresh one if it is spent, the environment must be another, or a submission was in it."""
        environment = _environment(job)
        if job.in_process or environment != self._started_for or (self._process and _is_spent(self._process)):
            self.close()
        if self._process is None:
            self._home = TemporaryDirectory(prefix="grader-judge-", ignore_cleanup_errors=True)
            self._started_for = environment
            self._process = subprocess.Popen(
                # Neither the working directory nor the user's own packages are on the path (hostile rows 74, 75).
                [sys.executable, "-P", "-s", "-m", "grader.session"],
                # Empty: pytest and Python read settings and modules where they are started (hostile rows 70 to 75).
                cwd=self._home.name,
                env=environment | {"MPLCONFIGDIR": self._home.name},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            if self._core is not None:
                # It has ended, as whoever asks it will see; or the core was taken away, and any other will do.
                with contextlib.suppress(psutil.Error, OSError, ValueError):
                    psutil.Process(self._process.pid).cpu_affinity([self._core])
        return self._process

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            with contextlib.suppress(OSError):
                self._process.stdin.close()  # type: ignore[union-attr]
            self._process = None
        if self._home is not None:
            self._home.cleanup()
            self._home = None


def _is_spent(process: subprocess.Popen[str]) -> bool:
    """Whether a judge's process has ended, or has more memory than it should begin a job with."""
    try:
        return process.poll() is not None or psutil.Process(process.pid).memory_info().rss > MOST_BYTES
    except psutil.Error:
        return True


class _Follow:
    """Passes on what the judge writes of its progress."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._position = 0

    def advance(self) -> None:
        """Pass on what is new."""
        if not self._path.is_file():
            return
        with self._path.open(encoding="utf-8") as stream:
            stream.seek(self._position)
            # Half a line is read again once it is whole.
            while (line := stream.readline()).endswith("\n"):
                self._position = stream.tell()
                facts = json.loads(line)
                self._progress(facts["id"], facts["outcome"])


def _arguments(job: Path, report: Path, suites: Sequence[Path]) -> list[str]:
    """The command line of pytest: nothing in it comes from a submission, or from the caller's own settings."""
    root = str(suites[0].parent)
    # Neither settings nor a conftest.py are looked for around the suite (hostile rows 70 to 73).
    options = ["-c", str(JUDGE_INI), "--rootdir", root, "--confcutdir", root, "--import-mode=importlib"]
    # What no check uses, and each check would pay for; the last collects garbage ten times a run.
    options += [f"-pno:{name}" for name in ("cacheprovider", "logging", "warnings", "unraisableexception")]
    options += ["-p", "grader.plugin", "-p", "pytest_jsonreport.plugin"]
    options += ["--grader-job", str(job), "--json-report", f"--json-report-file={report}"]
    options += ["--json-report-omit=collectors,log,streams,warnings,keywords", "-q"]
    options += ["--tb=line", "--no-summary", "--assert=plain"]  # nobody reads the log of a run that went well
    return [*options, *map(str, suites)]


def own_cores() -> list[int]:
    """The cores that this process may use; none where nobody says which, as only Linux does."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def one_core_each(judges: int) -> list[int | None]:
    """The core of each of several judges: as many as there are cores keep out of each other's way; else any will do.

    A judge and its workers take turns, so one core is enough; and a submission that spins keeps only its own one busy.
    """
    cores = own_cores()
    return [*cores] if len(cores) == judges else [None] * judges


def compile_cache() -> Path:
    """Where compiled training code is kept from one judge to the next."""
    return Path(platformdirs.user_cache_dir("rnn-grader", appauthor=False)) / "compiled"


def _environment(job: Job) -> dict[str, str]:
    """The judge's environment, from an allow-list: no pytest option of the caller's gets in."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "XDG_CACHE_HOME", "TERM")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    fused = job.trainer == "fused" and not job.in_process
    if fused:  # JAX keeps what it compiled, however little, from one judge to the next
        environment["JAX_COMPILATION_CACHE_DIR"] = str(compile_cache())
        environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        environment["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
        environment["NPROC"] = "1"  # of XLA's threads: to hand on such small operations takes longer than to do them
    return environment | {
        # Whatever else is installed here has no say in a grade (hostile row 76).
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": "jax" if fused else "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "MPLBACKEND": "Agg",
    }
