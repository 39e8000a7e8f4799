"""Measures what the documentation says of speed, and writes it to `build/benchmarks.json` and `.github/growth.png`.

`python -m tests.benchmarks [PART ...]`; without a part, all of them, which takes more than an hour.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from grader.abreast import Abreast, cores
from grader.contract import Outcome, Suite
from grader.course import load_course
from grader.grade import Options, environment, find_tests, grade
from grader.judge import Judge, Runs
from tests.grader.test_sunday import draw_class, hand_in

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "solutions"
BUILD = ROOT / "build"
GROWTH_PICTURE = ROOT / ".github" / "growth.png"
WARM = 20
CORES = {1: "one judge", 2: "a judge on each core"}
GROWTH = (1, 5, 20, 60)
CLASS = 200
PLAIN = 20
"""How many of a class are graded the plain way as well."""

MIB = 2**20
STUDENTS_PLUGINS = ("-p", "grader.plugin", "-p", "pytest_jsonreport.plugin", "-p", "pytest_metadata.plugin")
"""The plugins of pytest that a student has; who develops the grader has more."""

Figures = dict[str, float]


def timed(command: list[str], cwd: Path = ROOT, **environment_of_it: str) -> float:
    """Seconds that a command takes; it must succeed."""
    start = time.monotonic()
    subprocess.run(command, cwd=cwd, env={**os.environ, **environment_of_it}, check=True, capture_output=True)
    return time.monotonic() - start


@contextmanager
def untrained(submission: Path = SOLUTIONS) -> Iterator[Path]:
    """A submission whose `train_forecaster` is not written: on both sides its training, the student's, is set apart.

    What it took cannot be subtracted, since other exercises are graded meanwhile.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copytree(submission, Path(name) / submission.name))
        set_apart(copy)
        yield copy


def set_apart(submission: Path) -> None:
    """Let `train_forecaster` of a submission be one that is not written."""
    for path in submission.rglob("forecasting.py"):
        with path.open("a", encoding="utf-8") as module:
            module.write("\n\ndef train_forecaster(series):\n    raise NotImplementedError\n")


def graded(submission: Path, *options: str, suite: Suite = Suite.HIDDEN, **environment_of_it: str) -> float:
    """Seconds that grading a submission takes in a process of its own."""
    command = [sys.executable, "-m", "grader", "grade", str(submission), "--suite", suite.value]
    return timed([*command, *options], **environment_of_it)


def plain(submission: Path, seed: int, suite: Suite = Suite.HIDDEN) -> float:
    """The plain way: this process's tests call the student's functions, and `model.fit` trains."""
    return graded(submission, "--in-process", "--trainer", "keras", "--seed", str(seed), "--no-cache", suite=suite)


def cold(repeats: int) -> Figures:
    """One submission in a fresh process, and what is left with nothing compiled before and with everything graded."""
    ours, theirs, uncompiled = [], [], []
    with untrained() as submission:
        for seed in range(repeats):
            theirs.append(plain(submission, seed))
            ours.append(graded(submission, "--seed", str(seed), "--no-cache"))
            with tempfile.TemporaryDirectory() as cache:
                uncompiled.append(graded(submission, "--seed", str(seed), "--no-cache", XDG_CACHE_HOME=cache))
    with tempfile.TemporaryDirectory() as cache:
        first = graded(SOLUTIONS, "--seed", "0", XDG_CACHE_HOME=cache)
        remembered = graded(SOLUTIONS, "--seed", "0", XDG_CACHE_HOME=cache)
    return {
        "cold / plain": ratio(ours, theirs),
        "cold, nothing compiled before / plain": ratio(uncompiled, theirs),
        "all in memory / first time": remembered / first,
        "all in memory, seconds": remembered,
    }


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of pairs that ran in turn."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def warm(repeats: int) -> Figures:
    """Many submissions one after another with the same judges, and the plain way before, between and after."""
    figures = {}
    for judges in range(1, cores() + 1):
        with Abreast(judges) as abreast, untrained() as submission:
            theirs, ours = [plain(submission, 0)], []
            for seed in range(WARM):
                ours.append(grade_once(abreast, submission, seed))
                if seed == WARM // 2:
                    theirs.append(plain(submission, seed))
            theirs.append(plain(submission, WARM))
        figures |= {
            f"each of {WARM}, {CORES[judges]} / plain": statistics.mean(ours) / statistics.mean(theirs),
            f"the last ten / the first, {CORES[judges]}": sum(ours[-10:]) / 10 / ours[0],
        }
    return figures


def grade_once(judge: Runs, submission: Path, seed: int) -> float:
    """Seconds for one submission; all but what is set apart must be right."""
    start = time.monotonic()
    report = grade(submission, Options(tests=find_tests(), suite=Suite.HIDDEN, seed=seed), judge=judge)
    judged = [check for check in report.checks if check.function != "train_forecaster"]
    lost = {check.id: str(check.message) for check in judged if check.outcome is not Outcome.PASSED}
    assert lost == {}, f"the reference lost points with seed {seed}: {lost}"
    return time.monotonic() - start


def desk(repeats: int) -> Figures:
    """At a student's desk: plain `pytest`, against what nobody can save."""
    python = [sys.executable]
    pairs = {
        "pytest -k windowing / import numpy, pytest": (
            [*python, "-m", "pytest", "tests/public", "-k", "windowing", "-q"],
            [*python, "-c", "import numpy, pytest"],
        ),
        "public suite without train_forecaster / import tensorflow": (
            [*python, "-m", "pytest", "tests/public", "-q", "-k", "not train_forecaster"],
            [*python, "-c", "import tensorflow"],
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "pytest.ini"
        settings.write_text(f"[pytest]\ngrader_submission = {SOLUTIONS}\n", "utf-8")
        figures = {}
        for name, (ours, theirs) in pairs.items():
            ours = [*ours, "-c", str(settings), "--rootdir", str(ROOT), "-p", "no:cacheprovider", *STUDENTS_PLUGINS]
            only_these = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            runs = [(timed(ours, **only_these), timed(theirs)) for _ in range(max(repeats, 3))]
            figures[name] = ratio(*map(list, zip(*runs, strict=True)))
    return figures


class Memory(threading.Thread):
    """Watches the memory of this process and of all below it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._over = threading.Event()

    def run(self) -> None:
        this = psutil.Process()
        while not self._over.wait(0.5):
            used = 0
            for process in [this, *this.children(recursive=True)]:
                try:
                    used += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, used)

    def end(self) -> float:
        """Stop watching; the largest memory that was seen, in MiB."""
        self._over.set()
        self.join()
        return self.peak / MIB


def growth(repeats: int) -> Figures:
    """Time and memory against the number of submissions; the times are in the picture."""
    taken, peaks = {}, {}
    for count in GROWTH:
        memory = Memory()
        memory.start()
        with Judge() as judge, untrained() as submission:
            taken[count] = sum(grade_once(judge, submission, seed) for seed in range(count))
        peaks[count] = memory.end()
    draw_growth(taken, peaks)
    few, some, many = GROWTH[-3:]
    late, early = (taken[many] - taken[some]) / (many - some), (taken[some] - taken[few]) / (some - few)
    return {
        f"each from {some} to {many} submissions / each from {few} to {some}": late / early,
        **{f"{count} submissions, MiB": peak for count, peak in peaks.items()},
    }


def a_class(repeats: int) -> Figures:
    """A class of right, wrong and unfinished submissions with one worker and with two, and some of it the plain way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = draw_class(2 * CLASS, load_course().names)
        calm = [who for who, modules in drawn.items() if all(kind != "hostile" for kind, *_ in modules.values())]
        calm = calm[:CLASS]
        hand_in(folder / "submissions", {who: drawn[who] for who in calm})
        set_apart(folder / "submissions")
        memory = Memory()
        one = class_of(folder, 1)
        memory.start()
        two = class_of(folder, 2)
        peak = memory.end()
        sample = [folder / "submissions" / who for who in calm[:: CLASS // PLAIN]]
        theirs = statistics.mean(plain(submission, seed, Suite.ALL) for seed, submission in enumerate(sample))
        start = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: plain(pair[1], pair[0], Suite.ALL), enumerate(sample)))
        side_by_side = (time.monotonic() - start) / len(sample)
    count = len(calm)
    return {
        f"each of {count} of a class, one worker / plain": one / count / theirs,
        f"each of {count} of a class, two workers / plain": two / count / theirs,
        "one worker / two workers": one / two,
        "the plain way, one at a time / two": theirs / side_by_side,
        "two workers, MiB": peak,
    }


def class_of(folder: Path, workers: int) -> float:
    """Seconds that a class takes."""
    books = folder / f"books-{workers}"
    books.mkdir()
    command = [sys.executable, "-m", "grader", "class", str(folder / "submissions"), "--workers", str(workers)]
    return timed(command, books, GRADER_SECRET="a secret")


def draw_growth(taken: dict[int, float], peaks: dict[int, float]) -> None:
    """Two curves: time, which should be a line, and memory, which should be flat."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    parts = {"seconds, training apart": taken, "peak memory, MiB": peaks}
    for axes, (label, values) in zip(figure.subplots(1, 2), parts.items(), strict=True):
        axes.plot(list(values), list(values.values()), marker="o", color="black")
        axes.set_xlabel("submissions")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    figure.savefig(GROWTH_PICTURE, dpi=120)


PARTS = {"cold": cold, "warm": warm, "desk": desk, "growth": growth, "class": a_class}


def main(parts: Annotated[list[str] | None, typer.Argument(help=", ".join(PARTS))] = None, repeats: int = 3) -> None:
    """Measure, print, and write down."""
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "benchmarks.json"
    document = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    for part in parts or PARTS:
        figures = PARTS[part](repeats)
        document[part] = {name: float(f"{value:.3g}") for name, value in figures.items()}
        document["environment"] = dict(environment())
        path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        table = Table(part, "", box=None)
        for name, value in document[part].items():
            table.add_row(name, f"{value:g}")
        Console().print(table)


if __name__ == "__main__":
    typer.run(main)
