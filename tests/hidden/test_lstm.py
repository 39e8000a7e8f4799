"""Hidden checks of `lstm`: gates, cell state and hidden state written out in NumPy, and the network around them.

Most weights here have the same block for all four gates: then the order of the gates cannot matter, and a mistake in
the order is seen by the checks of the order alone.
"""

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
    expect_tuple,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("lstm")

AXES = ("num_samples", "look_back", "units")
TIME_STEPS = 200
SHAPES = ((4, 2, 7), (3, 5, 6), (6, 4, 3))
"""Numbers of samples, features and units; few, so that Keras compiles them once for many submissions."""
LOOK_BACK = 20
GATES = 4


def distinct(rng, count, low=2, high=12):
    """Different sizes, so that a transposed answer cannot pass."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def draw_weights(rng, n_features, units):
    """Weights in Keras's layout, moderate enough that rounding stays small over 200 steps."""
    kernel = rng.normal(scale=0.7, size=(n_features, GATES * units))
    rotations = [np.linalg.qr(rng.normal(size=(units, units)))[0] for _ in range(GATES)]
    bias = rng.uniform(0.3, 1.0, size=GATES * units)
    return kernel, 0.6 * np.concatenate(rotations, axis=1), bias


def same_for_all_gates(weights):
    """Repeat the first gate's block four times."""
    return tuple(np.tile(weight[..., : weight.shape[-1] // GATES], GATES) for weight in weights)


def without_recurrence(weights):
    """The same weights with a recurrent kernel of zeros."""
    kernel, recurrent_kernel, bias = weights
    return kernel, np.zeros_like(recurrent_kernel), bias


def sigmoid(z):
    """The logistic function, safe for numbers of any size."""
    return 0.5 * (1 + np.tanh(z / 2))


def slow_lstm(x, kernel, recurrent_kernel, bias):
    """Every hidden and cell state, one sample and one step at a time."""
    num_samples, look_back, _ = x.shape
    units = len(bias) // GATES
    hidden, cell = np.zeros((2, num_samples, look_back, units))
    for n in range(num_samples):
        h, c = np.zeros(units), np.zeros(units)
        for t in range(look_back):
            z = x[n, t] @ kernel + h @ recurrent_kernel + bias
            i, f, g, o = z[:units], z[units : 2 * units], z[2 * units : 3 * units], z[3 * units :]
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            hidden[n, t], cell[n, t] = h, c
    return hidden, cell


def expect_states(value, shape):
    """Demand the pair (hidden, cell), both of this shape."""
    hidden, cell = expect_tuple("lstm_forward", value, ("hidden", "cell"))
    return expect_array("hidden", hidden, shape, AXES), expect_array("cell", cell, shape, AXES)


def expect_both(value, expected):
    """Demand both arrays of states, value by value."""
    hidden, cell = expect_states(value, expected[0].shape)
    expect_close("cell", cell, expected[1], AXES)
    expect_close("hidden", hidden, expected[0], AXES)


@pytest.mark.function("lstm_forward")
def test_lstm_forward_cell(submission, rng):
    """The cell state keeps what the forget gate lets stay and adds what the input gate lets in."""
    for sizes in (distinct(rng, 4), distinct(rng, 4), (3, 6, 1, 2)):
        num_samples, look_back, n_features, units = sizes
        x = rng.normal(size=(num_samples, look_back, n_features))
        weights = without_recurrence(same_for_all_gates(draw_weights(rng, n_features, units)))
        _, cell = expect_states(submission.lstm_forward(x, *weights), (num_samples, look_back, units))
        expect_close("cell", cell, slow_lstm(x, *weights)[1], AXES)


@pytest.mark.function("lstm_forward")
def test_lstm_forward_hidden(submission, rng):
    """The hidden state is what the output gate lets through of the squashed cell state."""
    for _ in range(3):
        num_samples, n_features, units = distinct(rng, 3)
        x = rng.normal(size=(num_samples, 1, n_features))
        weights = same_for_all_gates(draw_weights(rng, n_features, units))
        hidden, _ = expect_states(submission.lstm_forward(x, *weights), (num_samples, 1, units))
        expect_close("hidden", hidden, slow_lstm(x, *weights)[0], AXES)


@pytest.mark.function("lstm_forward")
def test_lstm_forward_recurrence(submission, rng):
    """Every gate hears the hidden state of the step before, and every sample starts from zero states."""
    for sizes in (distinct(rng, 4), distinct(rng, 4), (4, 6, 2, 1)):
        num_samples, look_back, n_features, units = sizes
        x = rng.normal(size=(num_samples, look_back, n_features))
        weights = same_for_all_gates(draw_weights(rng, n_features, units))
        expect_both(submission.lstm_forward(x, *weights), slow_lstm(x, *weights))


@pytest.mark.function("lstm_forward")
def test_lstm_forward_gate_order(submission, rng):
    """The four blocks of the weights belong to the gates in Keras's order."""
    num_samples, n_features, units = distinct(rng, 3, low=4)
    x = rng.normal(size=(num_samples, 3, n_features))
    levels = rng.permuted(np.tile([-2.0, -0.7, 0.7, 2.0], (units, 1)), axis=1)
    bias = (levels + rng.uniform(-0.2, 0.2, size=levels.shape)).T.ravel()
    weights = np.zeros((n_features, GATES * units)), np.zeros((units, GATES * units)), bias
    expect_both(submission.lstm_forward(x, *weights), slow_lstm(x, *weights))


@pytest.mark.function("lstm_forward")
def test_lstm_forward_keras(submission, rng, keras):
    """Every hidden state of 200 steps agrees with `keras.layers.LSTM`, and the last cell state too."""
    num_samples, n_features, units = rng.choice(SHAPES).tolist()
    x = rng.normal(size=(num_samples, TIME_STEPS, n_features)).astype("float32")
    layer = keras.layers.LSTM(units, return_sequences=True, return_state=True)
    layer.build(x.shape)
    weights = [weight.astype("float32") for weight in draw_weights(rng, n_features, units)]
    layer.set_weights(weights)
    every_hidden, _, last_cell = (np.asarray(state) for state in layer(x))
    hidden, cell = expect_states(submission.lstm_forward(x, *weights), every_hidden.shape)
    expect_close("hidden", hidden, every_hidden, AXES)
    expect_close(Text("the last cell state"), cell[:, -1], last_cell, ("num_samples", "units"))


@pytest.mark.function("lstm_forward")
def test_lstm_forward_saturated(submission, rng):
    """Inputs of a large size open and close the gates fully; every state is still a number."""
    num_samples, look_back, units = distinct(rng, 3, low=3)
    x = 1_000.0 * rng.choice([-1.0, 1.0], size=(num_samples, look_back, 1))
    x[0, :2, 0] = 1_000.0, -1_000.0
    kernel = rng.choice([-1.0, 1.0], size=(1, GATES * units)) * rng.uniform(0.8, 1.2, size=(1, GATES * units))
    weights = same_for_all_gates((kernel, np.zeros((units, GATES * units)), np.zeros(GATES * units)))
    expect_both(submission.lstm_forward(x, *weights), slow_lstm(x, *weights))


@pytest.mark.function("lstm_forward")
def test_lstm_forward_arguments(submission, rng):
    """An empty `x` is rejected with a ValueError, and the arrays that come in stay as they are."""
    num_samples, look_back, n_features, units = distinct(rng, 4)
    weights = draw_weights(rng, n_features, units)
    forward = submission.lstm_forward
    expect_inputs_kept(forward, rng.normal(size=(num_samples, look_back, n_features)), *weights)
    expect_rejects(forward, np.empty((0, look_back, n_features)), *weights, names=("x", "num_samples"))
    expect_rejects(forward, np.empty((num_samples, 0, n_features)), *weights, names=("x", "look_back"))


@pytest.mark.function("build_lstm")
def test_build_lstm_layers(submission, rng):
    """The network is LSTM(units, tanh) and Dense(1, linear), for any sizes; `units` is 5 by default."""
    look_back, n_features, units = distinct(rng, 3, high=30)
    other_look_back, other_n_features = distinct(rng, 2, low=6, high=30)
    for arguments, due in (
        ((look_back, n_features, units), (look_back, n_features, units)),
        ((other_look_back, other_n_features), (other_look_back, other_n_features, 5)),
    ):
        model = expect_model("build_lstm", submission.build_lstm(*arguments))
        expect_network(model, *due)


def expect_network(model, look_back, n_features, units):
    """Demand the network of the contract."""
    recurrent = ("LSTM", {"units": units, "activation": "tanh", "return_sequences": False, "go_backwards": False})
    expect_layers("build_lstm", model, [recurrent, ("Dense", {"units": 1, "activation": "linear"})])
    expect_shapes("build_lstm", model, (None, look_back, n_features), (None, 1))
    expect_parameters("build_lstm", model, GATES * units * (units + n_features + 1) + units + 1)


@pytest.mark.function("build_lstm")
def test_build_lstm_compiled(submission, rng):
    """The model comes back compiled with Adam and the mean squared error."""
    look_back, n_features, units = distinct(rng, 3)
    model = submission.build_lstm(look_back, n_features, units)
    expect_compiled("build_lstm", expect_model("build_lstm", model))


@pytest.mark.function("build_lstm")
def test_build_lstm_forecast(submission, rng, trial):
    """Trained on a chaotic series, the network forecasts its continuation clearly better than persistence."""
    model = expect_model("build_lstm", submission.build_lstm(LOOK_BACK, 1))
    expect_shapes("build_lstm", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_lstm", model, LOOK_BACK, rng)


@pytest.mark.function("build_lstm")
def test_build_lstm_arguments(submission):
    """Counts below 1 are rejected with a ValueError that names the argument."""
    build = submission.build_lstm
    expect_rejects(build, 0, 2, names="look_back")
    expect_rejects(build, 7, 0, names="n_features")
    expect_rejects(build, 7, 2, 0, names="units")
    expect_rejects(build, 7, 2, units=-3, names="units")
