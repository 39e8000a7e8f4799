"""The samples: right modules in other styles keep every point, wrong ones lose points where they are wrong.

The wrong ones are the variants of the known mistakes, `tests/hidden/misconceptions`. A round grades one sample of every
exercise at once: exercises are independent, and grading a submission is what takes time. A lost check must belong to
the very function that its module gets wrong, so a mistake that costs points elsewhere is seen. One round of each kind
runs by default, drawn from the day's seed; `-m full` runs them all.
"""

import itertools
import math
import random
from pathlib import Path

import pytest

from grader.calibrate import load_module
from grader.contract import Outcome, Suite
from grader.course import load_thresholds, suite_folder
from grader.families import FAMILIES
from grader.grade import Options, find_tests, grade
from grader.judge import Judge
from tests.grader.conftest import known_mistake

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


@pytest.fixture(scope="module")
def judge():
    """One for all rounds: what it keeps between submissions is no part of any."""
    with Judge() as judge:
        yield judge


def graded(folder, seed, judge, **options):
    return grade(folder, Options(tests=find_tests(), seed=seed, suite=Suite.HIDDEN, **options), judge=judge)


def lost_checks(report):
    return {check.id: check for check in report.checks if check.outcome is not Outcome.PASSED}


@pytest.mark.parametrize("deal", sampled("wrong", 2))
def test_a_wrong_module_loses_points_in_the_function_that_is_wrong_and_only_there(deal, compose, judge):
    wrong = {exercise_of(path): path for path in deal}
    sources = {
        exercise: (SOLUTIONS / f"{exercise}.py").read_text("utf-8") + "\n\n" + path.read_text("utf-8")
        for exercise, path in wrong.items()
    }
    lost = lost_checks(graded(compose(sources), 20261123, judge))
    assert {check.exercise for check in lost.values()} == set(wrong)
    elsewhere = {
        check.id
        for check in lost.values()
        if check.id not in SHARED_CHECKS and check.function != wrong[check.exercise].name.split(".")[0]
    }
    assert elsewhere == set()


PLACES = [pytest.param(False, id="worker"), pytest.param(True, id="in-process", marks=pytest.mark.full)]


@pytest.mark.parametrize("in_process", PLACES)
@pytest.mark.parametrize("deal", [pytest.param([], id="reference", marks=pytest.mark.full), *sampled("correct", 1)])
def test_a_right_module_in_another_style_keeps_every_point(deal, in_process, compose, judge, pytestconfig):
    folder = compose({exercise_of(path): path.read_text("utf-8") for path in deal})
    lost = {}
    for seed in range(pytestconfig.getoption("--seeds")):
        report = graded(folder, seed, judge, in_process=in_process, trainer="keras" if in_process else "fused")
        print(f"seed {seed}: {report.score} and {report.bonus}", flush=True)
        lost |= {(seed, id): str(check.message) for id, check in lost_checks(report).items()}
        lost |= {(seed, check.id): check.misconception.id for check in report.checks if check.misconception}
        assert lost or (report.score, report.bonus) == (100, 10)
    assert lost == {}


SPOILED = """

def _spoiled(build, change):
    @functools.wraps(build)
    def wrong(*arguments, **options):
        model = build(*arguments, **options)
        changed = type(model).from_config(change(model.get_config()))
        changed.compile(optimizer="adam", loss="mse")
        return changed
    return wrong
"""
"""Written after a solution: a builder that returns what it did, as one of a family that must not pass."""


def spoiled(wrong):
    """The solutions with every builder in one of the families, by exercise."""
    sources = {}
    for check, family in wrong.items():
        exercise, function, _ = check.split(".")
        start = f"{(SOLUTIONS / f'{exercise}.py').read_text('utf-8')}\n\nimport functools\n\n"
        start += f"from grader.families import FAMILIES\n{SPOILED}"
        source = sources.setdefault(exercise, start)
        sources[exercise] = f"{source}\n{function} = _spoiled({function}, FAMILIES[{family!r}])\n"
    return sources


@pytest.mark.full
def test_no_family_that_must_not_pass_has_the_points_of_a_forecast(compose, judge, pytestconfig):
    gates = load_thresholds(suite_folder(find_tests(), Suite.HIDDEN))
    trained = [check for check, gate in gates.items() if math.isfinite(gate.sure)]
    passed, said = [], {}
    for seed in range(pytestconfig.getoption("--seeds")):
        wrong = {check: list(FAMILIES)[(seed + place) % len(FAMILIES)] for place, check in enumerate(trained)}
        sources = spoiled(wrong)
        report = graded(compose(sources, f"seed-{seed}"), seed, judge, exercises=tuple(sources))
        lost = lost_checks(report)
        said |= {(seed, check): str(lost[check].message) for check in trained if check in lost}
        passed += [(seed, check, family) for check, family in wrong.items() if check not in lost]
        print(f"seed {seed}: {len(lost.keys() & set(trained))} of {len(trained)} lost", flush=True)
    assert passed == []
    assert all("does not forecast" in message for message in said.values()), said


FORECASTERS = {
    "persistence_in_disguise": "persistence",
    "constant": "constant",
    "untrained": "untrained",
    "targets_shuffled": "shuffled-targets",
    "target_inside_window": "target-in-window",
    "scaler_not_returned": "not-unscaled",
    "linear_only": "best-linear",
    "one_epoch": "two-epochs",
}
"""Known mistakes of `train_forecaster`, each of a family that its thresholds are calibrated against."""


@pytest.fixture(scope="module")
def calibration():
    """What these checks are calibrated against."""
    return load_module(WRONG.parent / "calibration.py")


def outcomes(checks, source, compose, judge, seeds):
    """How some checks of an exercise end with each seed, where this is written after its solution."""
    (exercise,) = {check.split(".")[0] for check in checks}
    folder = compose({exercise: f"{(SOLUTIONS / f'{exercise}.py').read_text('utf-8')}\n\n{source}\n"})
    ended = {}
    for seed in range(seeds):
        found = {check.id: check.outcome for check in graded(folder, seed, judge, exercises=(exercise,)).checks}
        ended |= {(seed, check): found[check] for check in checks}
        print(f"seed {seed}: {[found[check].value for check in sorted(checks)]}", flush=True)
    return ended


@pytest.mark.full
@pytest.mark.parametrize("mistake", FORECASTERS)
def test_no_forecaster_that_must_not_pass_has_the_points(mistake, compose, judge, calibration, pytestconfig):
    due = {check for check, families in calibration.TrainForecaster.checks.items() if FORECASTERS[mistake] in families}
    wrong = known_mistake(f"forecasting.train_forecaster.{mistake}")
    ended = outcomes(due, wrong, compose, judge, pytestconfig.getoption("--seeds"))
    assert [place for place, outcome in ended.items() if outcome is Outcome.PASSED] == []


READOUTS = {
    "no-recurrence": "reservoir_states = lambda series, w_in, w, **options: _states(series, w_in, 0 * w, **options)",
    "present-instead-of-future": "fit_readout = lambda states, y, **options: _fit(states[1:], y[:-1], **options)",
    "shuffled-targets": "fit_readout = lambda states, y, **options: _fit(states, np.random.permutation(y), **options)",
    "mean": "fit_readout = lambda states, y, **options: (np.zeros(np.shape(states)[1]), float(np.mean(y)))",
}


@pytest.mark.full
@pytest.mark.parametrize("family", READOUTS)
def test_no_readout_that_must_not_pass_has_the_points_of_its_forecast(
    family, compose, judge, calibration, pytestconfig
):
    check = "beyond.fit_readout.forecast"
    assert family in calibration.FitReadout.checks[check]
    wrong = f"_states, _fit = reservoir_states, fit_readout\n{READOUTS[family]}"
    ended = outcomes({check}, wrong, compose, judge, pytestconfig.getoption("--seeds"))
    assert set(ended.values()) == {Outcome.FAILED}
