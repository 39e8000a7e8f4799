"""Public checks of `baselines`: what a recurrent network has to beat."""

import pytest

from grader.compare import (
    expect_close,
    expect_compiled,
    expect_layers,
    expect_model,
    expect_parameters,
    expect_rejects,
    expect_shapes,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("baselines")

OUTPUT = ("Dense", {"units": 1, "activation": "linear"})


@pytest.mark.function("persistence_forecast")
def test_persistence_forecast_example(submission, rng):
    """Six windows of 4 samples and 3 features: the last sample's feature 0 is the forecast of each."""
    X = rng.normal(size=(6, 4, 3))
    last = [window[3][0] for window in X]
    expect_close(Text("the forecast"), submission.persistence_forecast(X), last, axes=("num_samples",))


@pytest.mark.function("build_linear")
def test_build_linear_network(submission):
    """Flatten and Dense(1) take windows of 12 steps and 3 features: 12 * 3 + 1 = 37 parameters."""
    model = expect_model("build_linear", submission.build_linear(12, 3))
    expect_layers("build_linear", model, [("Flatten", {}), OUTPUT])
    expect_shapes("build_linear", model, (None, 12, 3), (None, 1))
    expect_parameters("build_linear", model, 37)
    expect_compiled("build_linear", model)


@pytest.mark.function("build_dense")
def test_build_dense_network(submission):
    """Flatten, Dense(8, relu), Dense(4, relu) and Dense(1, linear) on windows of 12 steps and 3 features."""
    model = expect_model("build_dense", submission.build_dense(12, 3, units=(8, 4)))
    hidden = [("Dense", {"units": 8, "activation": "relu"}), ("Dense", {"units": 4, "activation": "relu"})]
    expect_layers("build_dense", model, [("Flatten", {}), *hidden, OUTPUT])
    expect_shapes("build_dense", model, (None, 12, 3), (None, 1))
    expect_parameters("build_dense", model, (36 + 1) * 8 + (8 + 1) * 4 + (4 + 1) * 1)
    expect_compiled("build_dense", model)


@pytest.mark.function("build_dense")
def test_build_dense_senseless(submission):
    """A hidden layer of 0 units makes no sense: a ValueError says so and names the argument."""
    expect_rejects(submission.build_dense, 12, 3, units=(8, 0), names="units")
