"""Judges side by side say what one judge says, whatever a submission does, and end together."""

import subprocess
import threading

import pytest

from grader.abreast import Abreast, share
from grader.course import load_course
from grader.errors import GraderError
from tests.grader.test_judge import LIGHT, ROOT, graded, without_times


def test_what_is_shared_gives_the_report_of_one_judge(compose):
    noisy = {"windowing": "import os\nos._exit(0)\n", "parameters": "def gru_params(n, m):\n    return 1\n"}
    for path in (ROOT / "solutions", compose(noisy)):
        with Abreast(2) as judges:
            reports = [graded(path, judges), graded(path, judges)]
        one = without_times(graded(path))
        assert list(map(without_times, reports)) == [one, one]


@pytest.mark.parametrize("judges", [1, 2, 3, 20])
def test_every_exercise_is_dealt_out_once_and_the_longest_does_not_wait(judges):
    parts = share(load_course().names, judges)
    assert sorted(name for part in parts for name in part) == sorted(load_course().names)
    assert len(parts) == min(judges, len(load_course().names))
    shares = [sum(load_course().limits.of(f) for f in spec.functions) for spec in load_course().exercises]
    totals = [
        sum(total for total, spec in zip(shares, load_course().exercises, strict=True) if spec.name in part)
        for part in parts
    ]
    assert max(totals) <= max(max(shares), 1.5 * sum(shares) / judges)


def test_one_judge_that_fails_ends_the_others_and_is_heard(monkeypatch):
    with Abreast(2) as judges:
        monkeypatch.setattr(judges._judges[1], "run", fails)
        with pytest.raises(GraderError, match="no room"):
            graded(ROOT / "solutions", judges, LIGHT)
        assert judges.first._process is None


def test_a_judge_that_starts_takes_nothing_from_one_that_is_just_starting(monkeypatch):
    with Abreast(2) as judges:
        one, other = judges._judges
        ready, start = one._ready, subprocess.Popen
        both = threading.Barrier(2, timeout=60)

        def ready_meanwhile(job):
            both.wait()
            process = ready(job)
            both.wait()
            return process

        def slowly(*args, **kwargs):
            if other._home and kwargs.get("cwd") == other._home.name:
                both.wait()
                both.wait()
            return start(*args, **kwargs)

        monkeypatch.setattr(one, "_ready", ready_meanwhile)
        monkeypatch.setattr(subprocess, "Popen", slowly)
        assert graded(ROOT / "solutions", judges, LIGHT).score == 20


def fails(*_):
    raise GraderError("there is no room left")


def test_a_judge_beside_none_grades_alone():
    with Abreast(1) as alone:
        assert graded(ROOT / "solutions", alone).score == 20


@pytest.mark.parametrize("storm", ["50_fork_storm", "52_full_disk", "60_kill_everything"])
def test_what_one_exercise_does_to_the_machine_costs_nothing_beside_it(storm, compose):
    sample = ROOT / "tests" / "grader" / "samples" / "hostile" / f"{storm}.py"
    solution = ROOT / "solutions" / "parameters.py"
    path = compose({"parameters": solution.read_text("utf-8") + "\n\n" + sample.read_text("utf-8")})
    with Abreast(2) as judges:
        report = graded(path, judges)
    assert {exercise.name: exercise.score for exercise in report.exercises} == {"windowing": 12, "parameters": 5}
