"""Public checks of `lstm`: small examples of what the two functions must give."""

import numpy as np
import pytest

from grader.compare import (
    expect_array,
    expect_close,
    expect_compiled,
    expect_layers,
    expect_model,
    expect_parameters,
    expect_shapes,
    expect_tuple,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("lstm")

AXES = ("num_samples", "look_back", "units")
NUM_SAMPLES, LOOK_BACK, N_FEATURES, UNITS = 4, 6, 2, 3


def draw_weights(rng):
    """A kernel, a recurrent kernel and a bias in Keras's layout: four blocks of `units` columns."""
    kernel = rng.normal(scale=0.5, size=(N_FEATURES, 4 * UNITS))
    recurrent_kernel = rng.normal(scale=0.5, size=(UNITS, 4 * UNITS))
    return kernel, recurrent_kernel, rng.normal(scale=0.5, size=4 * UNITS)


@pytest.mark.function("lstm_forward")
def test_lstm_forward_shape(submission, rng):
    """`hidden` and `cell` have one state for each sample and step; with all weights zero every state is zero."""
    x = rng.normal(size=(NUM_SAMPLES, LOOK_BACK, N_FEATURES))
    weights = [0 * weight for weight in draw_weights(rng)]
    states = expect_tuple("lstm_forward", submission.lstm_forward(x, *weights), ("hidden", "cell"))
    for name, state in zip(("hidden", "cell"), states, strict=True):
        state = expect_array(name, state, (NUM_SAMPLES, LOOK_BACK, UNITS), AXES)
        expect_close(name, state, np.zeros(state.shape), AXES)


@pytest.mark.function("lstm_forward")
def test_lstm_forward_example(submission, rng, keras):
    """The states agree with those of Keras's own layer with the same weights."""
    x = rng.normal(size=(NUM_SAMPLES, LOOK_BACK, N_FEATURES))
    weights = draw_weights(rng)
    layer = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    layer.build(x.shape)
    layer.set_weights(weights)
    every_hidden, _, last_cell = (np.asarray(state) for state in layer(x.astype("float32")))
    hidden, cell = expect_tuple("lstm_forward", submission.lstm_forward(x, *weights), ("hidden", "cell"))
    expect_close("hidden", hidden, every_hidden, AXES)
    cell = expect_array("cell", cell, every_hidden.shape, AXES)
    expect_close(Text("the last cell state"), cell[:, -1], last_cell, ("num_samples", "units"))


@pytest.mark.function("build_lstm")
def test_build_lstm_network(submission):
    """LSTM(5, tanh) and Dense(1, linear) take windows of 12 steps and 3 features, and have 186 parameters."""
    model = expect_model("build_lstm", submission.build_lstm(12, 3))
    recurrent = ("LSTM", {"units": 5, "activation": "tanh"})
    expect_layers("build_lstm", model, [recurrent, ("Dense", {"units": 1, "activation": "linear"})])
    expect_shapes("build_lstm", model, (None, 12, 3), (None, 1))
    expect_parameters("build_lstm", model, 186)


@pytest.mark.function("build_lstm")
def test_build_lstm_ready(submission):
    """The model is ready for `fit`: compiled with Adam and the mean squared error."""
    model = submission.build_lstm(look_back=9, n_features=2, units=4)
    expect_compiled("build_lstm", expect_model("build_lstm", model))
