"""Hidden checks of `simple_rnn`: the recurrence written out in NumPy, and the smallest recurrent network."""

import numpy as np
import pytest

from grader.compare import (
    expect_array,
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

pytestmark = pytest.mark.exercise("simple_rnn")

STATES = Text("the hidden states")
AXES = ("num_samples", "look_back", "units")
TIME_STEPS = 200
SHAPES = ((4, 3, 7), (3, 5, 6), (6, 4, 3))
"""Numbers of samples, features and units; few, so that Keras compiles them once for many submissions."""
LOOK_BACK = 20


def distinct(rng, count, low=2, high=12):
    """Different sizes, so that a transposed answer cannot pass."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def draw_weights(rng, n_features, units):
    """A kernel, a recurrent kernel and a bias; nine tenths of a rotation forget slowly and never blow up.

    From three units on it is not symmetric, and a transposed recurrent kernel shows.
    """
    rotation, _ = np.linalg.qr(rng.normal(size=(units, units)))
    return rng.normal(size=(n_features, units)), 0.9 * rotation, rng.uniform(0.3, 1.0, size=units)


def slow_simple_rnn(x, kernel, recurrent_kernel, bias):
    """Every hidden state, one sample and one step at a time."""
    num_samples, look_back, _ = x.shape
    states = np.zeros((num_samples, look_back, len(bias)))
    for i in range(num_samples):
        h = np.zeros(len(bias))
        for t in range(look_back):
            h = np.tanh(x[i, t] @ kernel + h @ recurrent_kernel + bias)
            states[i, t] = h
    return states


@pytest.mark.function("simple_rnn_forward")
def test_simple_rnn_forward_first_step(submission, rng):
    """The first state of every sample comes from its first input, the bias and `h_0 = 0`."""
    for _ in range(3):
        num_samples, look_back, n_features, units = distinct(rng, 4)
        x = rng.normal(size=(num_samples, look_back, n_features))
        weights = draw_weights(rng, n_features, units)
        came = submission.simple_rnn_forward(x, *weights)
        states = expect_array(STATES, came, (num_samples, look_back, units), AXES)
        first = slow_simple_rnn(x[:, :1], *weights)[:, 0]
        expect_close(Text("the first hidden state of each sample"), states[:, 0], first, ("num_samples", "units"))


@pytest.mark.function("simple_rnn_forward")
def test_simple_rnn_forward_recurrence(submission, rng):
    """After the last input, each state follows from the state before it alone."""
    sizes = [distinct(rng, 4, low=3), distinct(rng, 4, low=3), (3, 5, 1, 2), (4, 6, 2, 1), (1, 1, 2, 3)]
    for num_samples, look_back, n_features, units in sizes:
        x = np.zeros((num_samples, look_back, n_features))
        x[:, 0] = rng.normal(size=(num_samples, n_features))
        kernel, recurrent_kernel, _ = draw_weights(rng, n_features, units)
        weights = kernel, recurrent_kernel, np.zeros(units)
        came = submission.simple_rnn_forward(x, *weights)
        expect_close(STATES, came, slow_simple_rnn(x, *weights), AXES)


@pytest.mark.function("simple_rnn_forward")
def test_simple_rnn_forward_keras(submission, rng, keras):
    """Every state of 200 steps agrees with `keras.layers.SimpleRNN`."""
    num_samples, n_features, units = rng.choice(SHAPES).tolist()
    x = rng.normal(size=(num_samples, TIME_STEPS, n_features)).astype("float32")
    layer = keras.layers.SimpleRNN(units, return_sequences=True)
    layer.build(x.shape)
    weights = [weight.astype("float32") for weight in draw_weights(rng, n_features, units)]
    layer.set_weights(weights)
    expect_close(STATES, submission.simple_rnn_forward(x, *weights), np.asarray(layer(x)), AXES)


@pytest.mark.function("simple_rnn_forward")
def test_simple_rnn_forward_arguments(submission, rng):
    """An empty `x` is rejected with a ValueError, and the arrays that come in stay as they are."""
    num_samples, look_back, n_features, units = distinct(rng, 4)
    weights = draw_weights(rng, n_features, units)
    forward = submission.simple_rnn_forward
    expect_inputs_kept(forward, rng.normal(size=(num_samples, look_back, n_features)), *weights)
    expect_rejects(forward, np.empty((0, look_back, n_features)), *weights, names=("x", "num_samples"))
    expect_rejects(forward, np.empty((num_samples, 0, n_features)), *weights, names=("x", "look_back"))


@pytest.mark.function("build_simple_rnn")
def test_build_simple_rnn_layers(submission, rng):
    """The network is SimpleRNN(units, tanh) and Dense(1, linear), for any sizes; `units` is 5 by default."""
    look_back, n_features, units = distinct(rng, 3, high=30)
    other_look_back, other_n_features = distinct(rng, 2, low=6, high=30)
    for arguments, due in (
        ((look_back, n_features, units), (look_back, n_features, units)),
        ((other_look_back, other_n_features), (other_look_back, other_n_features, 5)),
    ):
        model = expect_model("build_simple_rnn", submission.build_simple_rnn(*arguments))
        expect_network(model, *due)


def expect_network(model, look_back, n_features, units):
    """Demand the network of the contract."""
    recurrent = ("SimpleRNN", {"units": units, "activation": "tanh", "return_sequences": False, "go_backwards": False})
    expect_layers("build_simple_rnn", model, [recurrent, ("Dense", {"units": 1, "activation": "linear"})])
    expect_shapes("build_simple_rnn", model, (None, look_back, n_features), (None, 1))
    expect_parameters("build_simple_rnn", model, units * (units + n_features + 1) + units + 1)


@pytest.mark.function("build_simple_rnn")
def test_build_simple_rnn_compiled(submission, rng):
    """The model comes back compiled with Adam and the mean squared error."""
    look_back, n_features, units = distinct(rng, 3)
    model = submission.build_simple_rnn(look_back, n_features, units)
    expect_compiled("build_simple_rnn", expect_model("build_simple_rnn", model))


@pytest.mark.function("build_simple_rnn")
def test_build_simple_rnn_forecast(submission, rng, trial):
    """Trained on a chaotic series, the network forecasts its continuation clearly better than persistence."""
    model = expect_model("build_simple_rnn", submission.build_simple_rnn(LOOK_BACK, 1))
    expect_shapes("build_simple_rnn", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_simple_rnn", model, LOOK_BACK, rng)


@pytest.mark.function("build_simple_rnn")
def test_build_simple_rnn_arguments(submission):
    """Counts below 1 are rejected with a ValueError that names the argument."""
    build = submission.build_simple_rnn
    expect_rejects(build, 0, 2, names="look_back")
    expect_rejects(build, 7, 0, names="n_features")
    expect_rejects(build, 7, 2, 0, names="units")
    expect_rejects(build, 7, 2, units=-3, names="units")
