"""Measures what the documentation says of speed, and writes it to `build/benchmarks.json` and `.github/growth.png`.

`python -m tests.benchmarks [PART ...]`; without a part, all of them, which takes more than an hour.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from grader.contract import Outcome, Suite
from grader.course import load_course
from grader.grade import Options, environment, find_tests, grade
from grader.judge import Judge
from tests.grader.test_sunday import draw_class, hand_in

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "solutions"
BUILD = ROOT / "build"
GROWTH_PICTURE = ROOT / ".github" / "growth.png"
WARM = 20
GROWTH = (1, 5, 20, 60)
CLASS = 24
PLAIN = 6
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


def graded(*options: str, of: Path = SOLUTIONS, **environment_of_it: str) -> tuple[float, float]:
    """Seconds that grading a submission takes in a process of its own: in all, and without the student's training."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "grader", "grade", str(of), "--suite", "hidden", "--json", str(report)]
        whole = timed([*command, *options], **environment_of_it)
        return whole, whole - training(json.loads(report.read_text("utf-8"))["checks"])


def training(checks) -> float:
    """Seconds of the checks in which `train_forecaster` trains: the student's own time."""
    return sum(check["duration_s"] for check in checks if check["function"] == "train_forecaster")


def plain(seed: int) -> float:
    """The plain way: this process's tests call the student's functions, `model.fit` trains; training set apart."""
    return graded("--in-process", "--trainer", "keras", "--seed", str(seed), "--no-cache")[1]


def cold(repeats: int) -> Figures:
    """One submission in a fresh process, and what is left with nothing compiled before and with everything graded."""
    ours, theirs, uncompiled = [], [], []
    for seed in range(repeats):
        theirs.append(plain(seed))
        ours.append(graded("--seed", str(seed), "--no-cache")[1])
        with tempfile.TemporaryDirectory() as cache:
            uncompiled.append(graded("--seed", str(seed), "--no-cache", XDG_CACHE_HOME=cache)[1])
    with tempfile.TemporaryDirectory() as cache:
        first = graded("--seed", "0", XDG_CACHE_HOME=cache)[0]
        remembered = graded("--seed", "0", XDG_CACHE_HOME=cache)[0]
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
    """Many submissions one after another with one judge, and the plain way before, between and after."""
    theirs, ours = [plain(0)], []
    with Judge() as judge:
        for seed in range(WARM):
            ours.append(grade_once(judge, seed))
            if len(theirs) <= repeats and seed == WARM // 2:
                theirs.append(plain(seed))
    theirs.append(plain(WARM))
    whole = statistics.mean(ours)
    return {
        f"each of {WARM} / plain": whole / statistics.mean(theirs),
        "the last ten / the first": sum(ours[-10:]) / 10 / ours[0],
    }


def grade_once(judge: Judge, seed: int) -> float:
    """Seconds for one submission, the student's training set apart."""
    start = time.monotonic()
    report = grade(SOLUTIONS, Options(tests=find_tests(), suite=Suite.HIDDEN, seed=seed), judge=judge)
    lost = {check.id: str(check.message) for check in report.checks if check.outcome is not Outcome.PASSED}
    assert lost == {}, f"the reference lost points with seed {seed}: {lost}"
    own = sum(check.duration_s for check in report.checks if check.function == "train_forecaster")
    return time.monotonic() - start - own


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
        with Judge() as judge:
            taken[count] = sum(grade_once(judge, seed) for seed in range(count))
        peaks[count] = memory.end()
    draw_growth(taken, peaks)
    few, some, many = GROWTH[-3:]
    late, early = (taken[many] - taken[some]) / (many - some), (taken[some] - taken[few]) / (some - few)
    return {
        f"each from {some} to {many} submissions / each from {few} to {some}": late / early,
        **{f"{count} submissions, MiB": peak for count, peak in peaks.items()},
    }


def a_class(repeats: int) -> Figures:
    """A class of right, wrong and unfinished submissions with one worker and with two, and some of it the plain way.

    What `train_forecaster` took is set apart, but for the ratio of the workers.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = draw_class(2 * CLASS, load_course().names)
        calm = [who for who, modules in drawn.items() if all(kind != "hostile" for kind, *_ in modules.values())]
        hand_in(folder / "submissions", {who: drawn[who] for who in calm[:CLASS]})
        memory = Memory()
        one, own = class_of(folder, 1)
        memory.start()
        two, _ = class_of(folder, 2)
        peak = memory.end()
        sample = calm[: CLASS : CLASS // PLAIN]
        theirs = [
            graded("--in-process", "--trainer", "keras", "--no-cache", of=folder / "submissions" / who)[1]
            for who in sample
        ]
    return {
        f"each of {len(calm[:CLASS])} of a class / plain": (one - own) / len(calm[:CLASS]) / statistics.mean(theirs),
        "one worker / two workers": one / two,
        "two workers, MiB": peak,
    }


def class_of(folder: Path, workers: int) -> tuple[float, float]:
    """Seconds that a class takes, in all and in `train_forecaster`."""
    books = folder / f"books-{workers}"
    books.mkdir()
    command = [sys.executable, "-m", "grader", "class", str(folder / "submissions"), "--workers", str(workers)]
    whole = timed(command, books, GRADER_SECRET="a secret")
    reports = [json.loads(path.read_text("utf-8"))["report"] for path in books.rglob("attempts/**/*.json")]
    return whole, sum(training(report["checks"]) for report in reports)


def draw_growth(taken: dict[int, float], peaks: dict[int, float]) -> None:
    """Two curves: time, which should be a line, and memory, which should be flat."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    parts = {"seconds, training set apart": taken, "peak memory, MiB": peaks}
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
