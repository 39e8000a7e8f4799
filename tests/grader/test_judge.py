"""One judge grades many submissions, and each as if it were the first."""

import dataclasses
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader.collect import MAX_FILE_BYTES
from grader.contract import Suite
from grader.course import load_course
from grader.evidence import Request, Returned
from grader.grade import Options, find_tests, grade
from grader.judge import Judge, one_core_each
from grader.rungs import Demand, Rung
from grader.workers import Workers
from tests.grader.test_sandbox import RUNGS

ROOT = Path(__file__).parents[2]
LIGHT = ("windowing", "parameters")


def graded(path, judge=None, exercises=LIGHT):
    return grade(path, Options(tests=find_tests(), suite=Suite.HIDDEN, seed=11, exercises=exercises), judge=judge)


def without_times(report):
    checks = tuple(dataclasses.replace(check, duration_s=0) for check in report.checks)
    return dataclasses.replace(report, checks=checks, duration_s=0, phases_s={})


def test_the_judge_of_many_says_what_the_judge_of_one_says(compose):
    wrong = compose({"parameters": "import numpy\nnumpy.ndarray = None\n\ndef dense_params(n, m):\n    return n * m\n"})
    with Judge() as judge:
        together = [graded(path, judge) for path in (ROOT / "solutions", wrong, ROOT / "solutions", ROOT / "exercises")]
    alone = [graded(path) for path in (ROOT / "solutions", wrong, ROOT / "solutions", ROOT / "exercises")]
    assert [report.score for report in together] == [20, 12, 20, 0]
    assert list(map(without_times, together)) == list(map(without_times, alone))


def test_a_judge_that_has_ended_is_replaced():
    with Judge() as judge:
        first = graded(ROOT / "solutions", judge, ("parameters",))
        judge._process.kill()
        judge._process.wait()
        assert without_times(graded(ROOT / "solutions", judge, ("parameters",))) == without_times(first)


def test_a_judge_that_has_grown_is_replaced_before_the_next_submission(monkeypatch):
    with Judge() as judge:
        first, process = graded(ROOT / "solutions", judge, ("parameters",)), judge._process
        graded(ROOT / "solutions", judge, ("parameters",))
        assert judge._process is process
        monkeypatch.setattr("grader.judge.MOST_BYTES", 2**20)
        assert without_times(graded(ROOT / "solutions", judge, ("parameters",))) == without_times(first)
        assert judge._process is not process


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked for the cores of a process")
def test_a_judge_with_a_core_of_its_own_keeps_its_workers_there_too(monkeypatch):
    core = max(os.sched_getaffinity(0))
    with Judge(core) as judge:
        graded(ROOT / "solutions", judge, ("parameters",))
        process = psutil.Process(judge._process.pid)
        family = [process, *process.children(recursive=True)]
        assert len(family) > 1
        assert {tuple(each.cpu_affinity()) for each in family} == {(core,)}

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {4, 1, 6})
    assert [one_core_each(judges) for judges in (2, 3, 4)] == [[None] * 2, [1, 4, 6], [None] * 4]


def test_a_judge_that_trains_does_so_without_tensorflow():
    """Keras on JAX would import it wherever it finds it, for seconds of every judge's start."""
    with Judge() as judge:
        report = graded(ROOT / "solutions", judge, ("baselines",))
        libraries = Path(f"/proc/{judge._process.pid}/maps").read_text("utf-8")
    assert report.score == report.max_score
    assert "jaxlib" in libraries
    assert "libtensorflow" not in libraries


LEAVES = """
import os, pathlib, tempfile
import numpy

def split_series():
    for folder in (tempfile.gettempdir(), "/dev/shm", os.getcwd(), os.path.dirname(__file__)):
        try:
            pathlib.Path(folder, "left-behind").write_text("for the next one")
        except OSError:
            pass
    numpy.left_behind = True

def scale():
    places = [tempfile.gettempdir(), "/dev/shm", os.getcwd(), os.path.dirname(__file__)]
    found = [place for place in places if os.path.exists(os.path.join(place, "left-behind"))]
    return found + [name for name in ("left_behind",) if hasattr(numpy, name)]
"""


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.value)
def test_the_next_submission_finds_nothing_of_the_one_before(rung, tmp_path):
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        (folder / "windowing.py").write_text(LEAVES)

    def ask(function):
        result = workers.ask(Request(exercise="windowing", function=function), 20.0)
        assert isinstance(result, Returned), result
        return result.value

    with Workers() as workers:
        for folder in folders:
            workers.give(folder, Demand(exact=rung, hidden=True), load_course().limits, warm={"windowing": ()})
            assert ask("scale") == ([] if rung is not Rung.SUBPROCESS or folder == folders[0] else ["/dev/shm"])
            ask("split_series")
            workers.rest()
    Path("/dev/shm/left-behind").unlink(missing_ok=True)


ASKS_KERAS = """
import sys

def dense_params(look_back, n_features, units):
    there = "keras" in sys.modules
    {importing}
    raise KeyError(f"keras was there: {{there}}")
"""


@pytest.mark.parametrize(
    ("importing", "there"), [("import keras", True), ("from . import counting", True), ("", False)]
)
def test_a_module_of_any_exercise_finds_imported_what_is_heavy_and_it_or_a_helper_imports(compose, importing, there):
    # An import within the call takes seconds each time, and the call's own.
    folder = compose({"parameters": ASKS_KERAS.format(importing=importing)})
    if "counting" in importing:
        (folder / "counting.py").write_text("from keras import layers\n")
    options = Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=("parameters",))
    (message,) = (
        check.message for check in grade(folder, options).checks if check.id == "parameters.dense_params.values"
    )
    assert f"keras was there: {there}" in str(message)


@pytest.mark.parametrize("filler", ["\n", " ", "import numpy ", "import\n"])
def test_a_module_of_any_text_is_looked_through_in_no_time(compose, filler):
    folder = compose({"parameters": filler * (MAX_FILE_BYTES // len(filler))})
    start = time.monotonic()
    report = grade(folder, Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=("parameters",)))
    assert {exercise.score for exercise in report.exercises} == {0}
    assert time.monotonic() - start < 60


def test_a_light_exercise_does_not_wait_for_a_heavy_one(tmp_path):
    (tmp_path / "windowing.py").write_text("import sys\n\ndef scale():\n    return 'keras' in sys.modules\n")
    (tmp_path / "lstm.py").write_text("import sys\n\ndef lstm_step():\n    return 'keras' in sys.modules\n")
    with Workers() as workers:
        warm = {"windowing": (), "lstm": ("keras",)}
        workers.give(tmp_path, Demand(hidden=True), load_course().limits, warm=warm)
        assert workers.ask(Request(exercise="windowing", function="scale"), 20.0) == Returned(False)
        assert workers.ask(Request(exercise="lstm", function="lstm_step"), 20.0) == Returned(True)
