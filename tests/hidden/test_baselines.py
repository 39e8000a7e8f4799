"""Hidden checks of `baselines`: repeating the last value, a linear model and a dense network on the same windows."""

import numpy as np
import pytest

from grader.compare import (
    expect_close,
    expect_compiled,
    expect_inputs_kept,
    expect_layers,
    expect_model,
    expect_parameters,
    expect_rejects,
    expect_shapes,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("baselines")

LOOK_BACK = 20
OUTPUT = ("Dense", {"units": 1, "activation": "linear"})


def distinct(rng, count, low=2, high=16):
    """Different sizes, so that one cannot stand for another."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def dense_layers(units):
    """The layers of a dense network with these hidden sizes; the linear model has none."""
    return [("Flatten", {}), *(("Dense", {"units": n, "activation": "relu"}) for n in units), OUTPUT]


def dense_parameters(look_back, n_features, units):
    """Each layer has a weight from each of its inputs to each of its units, and a bias for each unit."""
    inputs = (look_back * n_features, *units)
    return sum((n_in + 1) * n for n_in, n in zip(inputs, (*units, 1), strict=True))


def expect_network(function, value, look_back, n_features, units):
    """Demand the network of the contract."""
    model = expect_model(function, value)
    expect_layers(function, model, dense_layers(units))
    expect_shapes(function, model, (None, look_back, n_features), (None, 1))
    expect_parameters(function, model, dense_parameters(look_back, n_features, units))


@pytest.mark.function("persistence_forecast")
def test_persistence_forecast_values(submission, rng):
    """The forecast is the last value of feature 0 in each window, one number for each window."""
    num_samples, look_back, n_features = distinct(rng, 3, low=3)
    for shape in ((num_samples, look_back, n_features), (num_samples + 1, look_back, 1), (5, 1, 3), (1, 4, 2)):
        X = rng.normal(size=shape)
        forecast = expect_inputs_kept(submission.persistence_forecast, X)
        expect_close(Text("the forecast"), forecast, X[:, -1, 0], axes=("num_samples",))


@pytest.mark.function("persistence_forecast")
def test_persistence_forecast_arguments(submission):
    """An array without windows is rejected with a ValueError."""
    expect_rejects(submission.persistence_forecast, np.empty((0, 6, 2)), names=("X", "num_samples"))


@pytest.mark.function("build_linear")
def test_build_linear_layers(submission, rng):
    """The model flattens the window and reads it with one linear unit, for any sizes."""
    look_back, n_features = distinct(rng, 2)
    for sizes in ((look_back, n_features), (look_back + 20, 1)):
        expect_network("build_linear", submission.build_linear(*sizes), *sizes, ())


@pytest.mark.function("build_linear")
def test_build_linear_forecast(submission, rng, trial):
    """Compiled with Adam and the mean squared error, it learns to forecast better than persistence does."""
    model = expect_model("build_linear", submission.build_linear(LOOK_BACK, 1))
    expect_compiled("build_linear", model)
    expect_shapes("build_linear", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_linear", model, LOOK_BACK, rng)


@pytest.mark.function("build_linear")
def test_build_linear_arguments(submission):
    """Counts below 1 are rejected with a ValueError that names the argument."""
    expect_rejects(submission.build_linear, 0, 2, names="look_back")
    expect_rejects(submission.build_linear, -4, 2, names="look_back")
    expect_rejects(submission.build_linear, 7, 0, names="n_features")


@pytest.mark.function("build_dense")
def test_build_dense_layers(submission, rng):
    """One `relu` layer for each entry of `units`, in order, then one linear unit; `units` is (16,) by default."""
    look_back, n_features, first, second, third = distinct(rng, 5, low=3)
    for units in ((first, second, third), (second,)):
        model = submission.build_dense(look_back, n_features, units)
        expect_network("build_dense", model, look_back, n_features, units)
    model = submission.build_dense(look_back + 17, 1)
    expect_network("build_dense", model, look_back + 17, 1, (16,))


@pytest.mark.function("build_dense")
def test_build_dense_forecast(submission, rng, trial):
    """Compiled with Adam and the mean squared error, it learns to forecast better than persistence does."""
    model = expect_model("build_dense", submission.build_dense(LOOK_BACK, 1))
    expect_compiled("build_dense", model)
    expect_shapes("build_dense", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_dense", model, LOOK_BACK, rng)


@pytest.mark.function("build_dense")
def test_build_dense_arguments(submission):
    """Counts below 1, and `units` that are empty or partly zero, are rejected with a ValueError."""
    expect_rejects(submission.build_dense, 0, 2, names="look_back")
    expect_rejects(submission.build_dense, 7, -1, names="n_features")
    for units in ((), (0,), (5, 0), (-3, 4)):
        expect_rejects(submission.build_dense, 7, 2, units=units, names="units")
