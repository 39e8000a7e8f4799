"""Public checks of `simple_rnn`: small examples of what the two functions must give."""

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
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("simple_rnn")

AXES = ("num_samples", "look_back", "units")
NUM_SAMPLES, LOOK_BACK, N_FEATURES, UNITS = 4, 6, 2, 3


def draw_weights(rng):
    """A kernel, a recurrent kernel and a bias in Keras's layout."""
    kernel = rng.normal(scale=0.5, size=(N_FEATURES, UNITS))
    recurrent_kernel = rng.normal(scale=0.5, size=(UNITS, UNITS))
    return kernel, recurrent_kernel, rng.normal(scale=0.5, size=UNITS)


@pytest.mark.function("simple_rnn_forward")
def test_simple_rnn_forward_shape(submission, rng):
    """There is one hidden state for each sample and each step, and zero weights leave it at tanh of the bias."""
    x = rng.normal(size=(NUM_SAMPLES, LOOK_BACK, N_FEATURES))
    kernel, recurrent_kernel, bias = draw_weights(rng)
    states = submission.simple_rnn_forward(x, 0 * kernel, 0 * recurrent_kernel, bias)
    states = expect_array(Text("the hidden states"), states, (NUM_SAMPLES, LOOK_BACK, UNITS), AXES)
    expect_close(Text("the hidden states"), states, np.broadcast_to(np.tanh(bias), states.shape), AXES)


@pytest.mark.function("simple_rnn_forward")
def test_simple_rnn_forward_example(submission, rng, keras):
    """The hidden states agree with those of Keras's own layer with the same weights."""
    x = rng.normal(size=(NUM_SAMPLES, LOOK_BACK, N_FEATURES))
    weights = draw_weights(rng)
    layer = keras.layers.SimpleRNN(UNITS, return_sequences=True)
    layer.build(x.shape)
    layer.set_weights(weights)
    states = submission.simple_rnn_forward(x, *weights)
    expect_close(Text("the hidden states"), states, np.asarray(layer(x.astype("float32"))), AXES)


@pytest.mark.function("build_simple_rnn")
def test_build_simple_rnn_network(submission):
    """SimpleRNN(5, tanh) and Dense(1, linear) take windows of 12 steps and 3 features, and have 51 parameters."""
    model = expect_model("build_simple_rnn", submission.build_simple_rnn(12, 3))
    recurrent = ("SimpleRNN", {"units": 5, "activation": "tanh"})
    expect_layers("build_simple_rnn", model, [recurrent, ("Dense", {"units": 1, "activation": "linear"})])
    expect_shapes("build_simple_rnn", model, (None, 12, 3), (None, 1))
    expect_parameters("build_simple_rnn", model, 51)


@pytest.mark.function("build_simple_rnn")
def test_build_simple_rnn_ready(submission):
    """The model is ready for `fit`: compiled with Adam and the mean squared error."""
    model = submission.build_simple_rnn(look_back=9, n_features=2, units=4)
    expect_compiled("build_simple_rnn", expect_model("build_simple_rnn", model))
