"""The forecasts of a class on one public series: from transcripts alone, made once, whatever came back."""

import json

import numpy as np
import pytest

from grader import challenge, transcript
from grader.challenge import SHOWN_SAMPLES, Forecast, persistence, public
from grader.classroom.attempts import Attempts
from grader.classroom.forecasts import forecasts
from grader.classroom.graders import Judges
from grader.contract import Suite
from grader.course import suite_folder
from grader.evidence import Request, Returned
from grader.grade import find_tests
from grader.observe import model_data
from grader.series import forecast_task
from grader.transcript import Recorder
from tests.grader.classes import attempt, report

LOOK_BACK = 5


class Says:
    """A source that always gives the same answer."""

    def __init__(self, value):
        self._value = value

    def ask(self, request):
        return Returned(self._value)


def record(path, value, train):
    """A transcript in which `train_forecaster` is asked twice, with an empty series first."""
    recorder = Recorder(Says(value), path.with_name("frames"))
    for series in (np.empty(0), train):
        recorder.ask(Request(exercise="forecasting", function="train_forecaster", args=(series,)))
    transcript.write(path, {}, path.with_name("frames"))
    return path


@pytest.fixture(scope="module")
def last_value():
    """A linear network that repeats the newest sample of its window, as evidence."""
    import keras

    model = keras.Sequential([keras.Input((LOOK_BACK, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.set_weights([np.eye(LOOK_BACK)[:, -1:], np.zeros(1)])
    return model_data(model)


def test_a_forecaster_is_asked_about_the_public_series_in_the_units_of_its_own(tmp_path, last_value):
    """By a judge: it repeats the last value, so it is as good as persistence whatever its units are."""
    train = forecast_task(np.random.default_rng(4)).train
    path = record(tmp_path / "kept", (last_value, LOOK_BACK, float(train.mean()), float(train.std())), train)
    with Judges(1) as judges:
        came = judges.forecast(path)
    assert np.allclose(came.values, persistence().values, atol=1e-3)
    assert came.nrmse == pytest.approx(persistence().nrmse, abs=1e-3)
    assert came.nrmse == pytest.approx(0.82, abs=0.05)


@pytest.mark.parametrize("value", [None, 3, (1, 2, 3, 4), (None, 5, 0.0, 0.0)], ids=str)
def test_what_is_no_forecaster_gives_no_forecast_and_no_fault(tmp_path, value):
    path = record(tmp_path / "kept", value, np.arange(200.0))
    challenge.write(path, tmp_path / "out")
    assert json.loads((tmp_path / "out").read_text("utf-8"))["values"] == []


def test_a_forecast_out_of_all_bounds_is_still_a_number(tmp_path, last_value):
    path = record(tmp_path / "kept", (last_value, LOOK_BACK, 0.0, 1e-30), 1e30 * np.arange(200.0))
    challenge.write(path, tmp_path / "out")
    assert np.isfinite(json.loads((tmp_path / "out").read_text("utf-8"))["nrmse"])


class Counting(Judges):
    """Judges who count what they are asked."""

    def __init__(self):
        super().__init__(1)
        self.asked = []

    def forecast(self, transcript):
        self.asked.append(transcript.name)
        return Forecast(values=[1.0] * SHOWN_SAMPLES, nrmse=0.5)


def test_each_forecast_is_made_once_and_outlives_its_transcript(tmp_path):
    attempts, judges = Attempts(tmp_path), Counting()

    def hand_in(student):
        unfinished = attempts.unfinished(student)
        unfinished.touch()
        attempts.keep(attempt(student, report({})), unfinished)

    def made():
        kept = list(attempts.all_newest().values())
        return forecasts(tmp_path, kept, judges, lambda done, total: None)

    for student in ("ana", "beto"):
        hand_in(student)
    attempts.keep(attempt("caro", report({})))
    attempts.keep(attempt("dora", report({}, exercises=["windowing"])))
    assert list(made()) == ["ana", "beto"]
    hand_in("ana")
    (tmp_path / "beto" / "000001.transcript").unlink()
    assert list(made()) == ["ana", "beto"]
    assert judges.asked == ["000001.transcript", "000001.transcript", "000002.transcript"]


def test_the_reference_is_that_of_the_course():
    """As `make reference` writes it: far better than the class's worst, and near the truth."""
    path = suite_folder(find_tests(), Suite.HIDDEN) / "reference.json"
    reference = json.loads(path.read_text("utf-8"))
    assert reference["nrmse"] < 0.05
    assert np.allclose(reference["values"], public().test[:SHOWN_SAMPLES], atol=0.2)
