"""The samples: right modules in other styles keep every point, wrong ones lose points where they are wrong.

The wrong ones are the variants of the known mistakes, `tests/hidden/misconceptions`. A round grades one sample of every
exercise at once: exercises are independent, and grading a submission is what takes time. A lost check must belong to
the very function that its module gets wrong, so a mistake that costs points elsewhere is seen. One round of each kind
runs by default, drawn from the day's seed; `-m full` runs them all.
"""

import itertools
import random
from pathlib import Path

import pytest

from grader.contract import Outcome, Suite
from grader.grade import Options, find_tests, grade

CORRECT = Path(__file__).parent / "samples" / "correct"
ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "solutions"
WRONG = ROOT / "tests" / "hidden" / "misconceptions"

SHARED_CHECKS = {
    "beyond.fit_readout.forecast",
    "beyond.reservoir_states.arguments",
    "forecasting.forecast_errors.arguments",
    "parameters.dense_params.arguments",
    "sequences.predict_in_chunks.arguments",
    "windowing.fit_scaler.arguments",
    "windowing.scale.keeps_inputs",
}
"""Checks that call several functions of their exercise, so that any of these may spoil them."""


def exercise_of(path):
    return path.name.split(".")[0] if path.parent == CORRECT else path.parent.name


def rounds(kind):
    """Samples of one kind, dealt out so that no round has two of one exercise."""
    by_exercise = {}
    for path in sorted(CORRECT.glob("*.py") if kind == "correct" else WRONG.glob("*/*.py")):
        by_exercise.setdefault(exercise_of(path), []).append(path)
    return [[path for path in deal if path] for deal in itertools.zip_longest(*by_exercise.values())]


def sampled(kind, count):
    every = rounds(kind)
    chosen = random.Random(f"{kind} {count}").sample(range(len(every)), count)
    marks = {number: () if number in chosen else pytest.mark.full for number in range(len(every))}
    return [pytest.param(deal, id=f"{kind}-{number}", marks=marks[number]) for number, deal in enumerate(every)]


def graded(folder, seed, **options):
    return grade(folder, Options(tests=find_tests(), seed=seed, suite=Suite.HIDDEN, **options))


@pytest.mark.parametrize("deal", sampled("wrong", 2))
def test_a_wrong_module_loses_points_in_the_function_that_is_wrong_and_only_there(deal, compose):
    wrong = {exercise_of(path): path for path in deal}
    sources = {
        exercise: (SOLUTIONS / f"{exercise}.py").read_text("utf-8") + "\n\n" + path.read_text("utf-8")
        for exercise, path in wrong.items()
    }
    report = graded(compose(sources), seed=20261123)
    lost = [check for check in report.checks if check.outcome is not Outcome.PASSED]
    assert {check.exercise for check in lost} == set(wrong)
    elsewhere = {
        check.id
        for check in lost
        if check.id not in SHARED_CHECKS and check.function != wrong[check.exercise].name.split(".")[0]
    }
    assert elsewhere == set()


@pytest.mark.parametrize("deal", sampled("correct", 1))
def test_a_right_module_in_another_style_keeps_every_point(deal, compose, pytestconfig):
    sources = {exercise_of(path): path.read_text("utf-8") for path in deal}
    folder = compose(sources)
    for seed in range(pytestconfig.getoption("--seeds")):
        report = graded(folder, seed=seed)
        lost = {check.id: str(check.message) for check in report.checks if check.outcome is not Outcome.PASSED}
        assert (report.score, report.bonus) == (100, 10), f"seed {seed}: {lost}"
        assert not [check for check in report.checks if check.misconception]
