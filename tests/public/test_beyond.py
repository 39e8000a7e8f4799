"""Public checks of `beyond`: one example of each function."""

import numpy as np
import pytest

from grader.compare import (
    expect_array,
    expect_close,
    expect_compiled,
    expect_layers,
    expect_model,
    expect_number,
    expect_parameters,
    expect_shapes,
    expect_tuple,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("beyond")


@pytest.mark.function("build_gru")
def test_build_gru_network(submission):
    """GRU(5) and Dense(1) take windows of 12 steps and 3 features, and have 156 parameters."""
    model = expect_model("build_gru", submission.build_gru(12, 3))
    expect_layers("build_gru", model, [("GRU", {"units": 5}), ("Dense", {"units": 1, "activation": "linear"})])
    expect_shapes("build_gru", model, (None, 12, 3), (None, 1))
    expect_parameters("build_gru", model, 156)
    expect_compiled("build_gru", model)


@pytest.mark.function("make_reservoir")
def test_make_reservoir_example(submission):
    """The matrices of a reservoir of 50 neurons have their shapes, and the spectral radius is the one asked for."""
    made = submission.make_reservoir(3, size=50, spectral_radius=0.7, seed=4)
    w_in, w = expect_tuple("make_reservoir", made, ("w_in", "w"))
    expect_array("w_in", w_in, (50, 3), ("size", "n_features"))
    w = expect_array("w", w, (50, 50), ("size", "size"))
    largest = float(np.max(np.abs(np.linalg.eigvals(w))))
    expect_number(Text("the largest absolute eigenvalue of w"), largest, 0.7, tolerance=1e-4)


@pytest.mark.function("reservoir_states")
def test_reservoir_states_example(submission, rng):
    """There is one state for each sample; the first comes from the first sample alone, the second from both."""
    series, w_in, w = rng.normal(size=(9, 2)), rng.normal(size=(4, 2)), 0.3 * rng.normal(size=(4, 4))
    states = expect_array(Text("the states"), submission.reservoir_states(series, w_in, w), (9, 4), ("T", "size"))
    expect_close(Text("the first state"), states[0], np.tanh(w_in @ series[0]), ("size",))
    expect_close(Text("the second state"), states[1], np.tanh(w_in @ series[1] + w @ states[0]), ("size",))


@pytest.mark.function("fit_readout")
def test_fit_readout_example(submission, rng):
    """Targets that are an exact combination of the states, and an offset, give back the combination and the offset."""
    states, combination, offset = rng.normal(size=(60, 5)), rng.normal(size=5), rng.uniform(1, 2)
    fitted = submission.fit_readout(states, states @ combination + offset)
    weights, intercept = expect_tuple("fit_readout", fitted, ("weights", "intercept"))
    expect_close("weights", weights, combination, ("size",), tolerance=1e-3)
    intercept = intercept.item() if isinstance(intercept, np.ndarray) and intercept.size == 1 else intercept
    expect_number("intercept", intercept, offset, tolerance=1e-3)
