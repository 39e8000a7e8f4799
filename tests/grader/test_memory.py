"""What has not changed is not graded again, and the report says what came from memory."""

import dataclasses
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from grader.contract import Outcome, Suite
from grader.course import load_course
from grader.grade import Options, find_tests, grade
from grader.rungs import Demand, Rung
from tests.grader.test_judge import LIGHT, ROOT, without_times


@pytest.fixture
def folder(tmp_path):
    """A submission that can be changed."""
    target = tmp_path / "submission"
    shutil.copytree(ROOT / "solutions", target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture
def graded(folder, tmp_path):
    def run(seed=11, exercises=LIGHT, **options):
        options = {"tests": find_tests(), "suite": Suite.HIDDEN, "memory": tmp_path / "memory"} | options
        return grade(folder, Options(seed=seed, exercises=exercises, **options))

    return run


def afresh(report):
    return without_times(
        dataclasses.replace(report, checks=tuple(dataclasses.replace(check, cached=False) for check in report.checks))
    )


def test_the_second_time_all_is_remembered_and_the_report_is_the_same(graded):
    first, start = graded(), time.monotonic()
    second = graded()
    assert time.monotonic() - start < 2
    assert (set(first.remembered), set(second.remembered)) == (set(), set(LIGHT))
    assert afresh(second) == without_times(first)


@pytest.mark.parametrize("change", ["a module", "a helper", "the seed", "the walls", "the suite"])
def test_what_the_verdict_depends_on_is_graded_again(change, graded, folder, tmp_path):
    graded()
    if change == "a module":
        (folder / "lstm.py").write_text("# another exercise might import this one\n")
    if change == "a helper":
        (folder / "utils.py").write_text("# any exercise might import this one\n")
    if change == "the suite":
        shutil.copytree(ROOT / "tests" / "hidden", tmp_path / "tests" / "hidden")
        shutil.copytree(ROOT / "tests" / "public", tmp_path / "tests" / "public")
        (tmp_path / "tests" / "hidden" / "note.txt").write_text("another suite")
    changed = {"the seed": {"seed": 12}, "the walls": {"demand": Demand(exact=Rung.LANDLOCK)}}
    changed["the suite"] = {"tests": tmp_path / "tests"}
    assert set(graded(**changed.get(change, {})).remembered) == set()


def test_only_what_is_not_known_is_graded(graded):
    graded(exercises=("parameters",))
    report = graded()
    assert set(report.remembered) == {"parameters"}
    assert report.score == 20
    assert [check.exercise for check in report.checks] == sorted((c.exercise for c in report.checks), reverse=True)


def test_what_met_a_limit_is_graded_again(graded, folder):
    with (folder / "parameters.py").open("a") as stream:
        stream.write("\n\ndef gru_params(n, m):\n    while True:\n        pass\n")
    limits = dataclasses.replace(load_course().limits, call_s=1.0, hung_s=1.0)
    graded(limits=limits)
    report = graded(limits=limits)
    assert Outcome.TIMEOUT in {check.outcome for check in report.checks}
    assert set(report.remembered) == {"windowing"}
    assert [note.kind for note in report.notes] == ["limit"]


def test_without_walls_nothing_is_remembered(graded):
    demand = Demand(exact=Rung.SUBPROCESS)
    graded(demand=demand)
    assert set(graded(demand=demand).remembered) == set()


def test_an_entry_that_was_damaged_costs_no_grade(graded, tmp_path):
    graded()
    with sqlite3.connect(tmp_path / "memory" / "cache.db") as database:
        database.execute("UPDATE Cache SET value = ?", (b"not compressed",))
    assert graded().score == 20


def test_a_memory_that_a_crash_has_damaged_costs_no_grade(graded, tmp_path):
    graded()
    for path in Path(tmp_path / "memory").glob("cache.db*"):
        path.write_bytes(b"not a database")
    assert graded().score == 20
