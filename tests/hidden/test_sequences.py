"""Hidden checks of `sequences`: windows of any length, an output at every step, state that is kept between calls."""

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

pytestmark = pytest.mark.exercise("sequences")

LOOK_BACK = 20
SHAPES = ((3, 7, 5, 4, 11, 19), (4, 6, 2, 13, 3, 22), (2, 9, 3, 8, 17, 5))
"""Numbers of features, units and samples, and lengths; few, so that Keras compiles them once for many submissions."""
OUTPUT = ("Dense", {"units": 1, "activation": "linear"})


def distinct(rng, count, low=2, high=16):
    """Different sizes, so that a transposed answer cannot pass."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def lstm_parameters(n_features, units):
    """An LSTM and the Dense(1) after it."""
    return 4 * units * (units + n_features + 1) + units + 1


@pytest.mark.function("build_any_length")
def test_build_any_length_layers(submission, rng):
    """One compiled LSTM network forecasts from windows of any length; counts below 1 are rejected."""
    n_features, units, num_samples, *lengths = rng.choice(SHAPES).tolist()
    for arguments, due in (((n_features,), 5), ((n_features, units), units)):
        model = expect_model("build_any_length", submission.build_any_length(*arguments))
        expect_layers(
            "build_any_length",
            model,
            [("LSTM", {"units": due, "return_sequences": False, "go_backwards": False}), OUTPUT],
        )
        expect_shapes("build_any_length", model, (None, None, n_features), (None, 1))
        expect_parameters("build_any_length", model, lstm_parameters(n_features, due))
        expect_compiled("build_any_length", model)
    for length in lengths:
        forecasts = model.predict(rng.normal(size=(num_samples, length, n_features)))
        expect_array(Text("the forecasts"), forecasts, (num_samples, 1), ("num_samples", "1"))
    expect_rejects(submission.build_any_length, 0, names="n_features")
    expect_rejects(submission.build_any_length, 2, units=0, names="units")


@pytest.mark.function("build_any_length")
def test_build_any_length_forecast(submission, rng, trial):
    """Trained on a chaotic series, the network forecasts its continuation clearly better than persistence."""
    model = expect_model("build_any_length", submission.build_any_length(1))
    expect_shapes("build_any_length", model, (None, None, 1), (None, 1))
    trial.expect_skill("build_any_length", model, LOOK_BACK, rng)


def slow_sequence_targets(series, look_back):
    """Windows and, at each of their steps, the value of feature 0 that comes next."""
    table = series.reshape(len(series), -1)
    starts = range(len(table) - look_back)
    X = [[table[i + j] for j in range(look_back)] for i in starts]
    y = [[[table[i + j + 1, 0]] for j in range(look_back)] for i in starts]
    return np.array(X), np.array(y)


@pytest.mark.function("make_sequence_targets")
def test_make_sequence_targets_values(submission, rng):
    """At each step of a window the target is the next value of feature 0, for a series of one feature or several."""
    samples, look_back, n_features = distinct(rng, 3, low=3, high=9)
    samples += 20
    one_window = rng.normal(size=(look_back + 1, n_features))
    for series, steps in (
        (rng.normal(size=(samples, n_features)), look_back),
        (rng.normal(size=samples), look_back),
        (rng.normal(size=(samples, n_features)), 1),
        (one_window, look_back),
    ):
        came = submission.make_sequence_targets(series, steps)
        X, y = expect_tuple("make_sequence_targets", came, ("X", "y"))
        due_X, due_y = slow_sequence_targets(series, steps)
        expect_close("X", X, due_X, ("n", "look_back", "n_features"))
        expect_close("y", y, due_y, ("n", "look_back", "1"))


@pytest.mark.function("build_every_step")
def test_build_every_step_layers(submission, rng):
    """LSTM and Dense(1) give one forecast at each step of the window, compiled; counts below 1 are rejected."""
    look_back, n_features, units = distinct(rng, 3)
    for arguments, due in (((look_back, n_features), 5), ((look_back, n_features, units), units)):
        model = expect_model("build_every_step", submission.build_every_step(*arguments))
        expect_layers(
            "build_every_step",
            model,
            [("LSTM", {"units": due, "return_sequences": True, "go_backwards": False}), OUTPUT],
        )
        expect_shapes("build_every_step", model, (None, look_back, n_features), (None, look_back, 1))
        expect_parameters("build_every_step", model, lstm_parameters(n_features, due))
        expect_compiled("build_every_step", model)
    expect_rejects(submission.build_every_step, 0, 2, names="look_back")
    expect_rejects(submission.build_every_step, 7, 0, names="n_features")
    expect_rejects(submission.build_every_step, 7, 2, units=0, names="units")


@pytest.mark.function("build_every_step")
def test_build_every_step_forecast(submission, rng, trial):
    """Trained on the next value at every step, the last step forecasts clearly better than persistence."""
    model = expect_model("build_every_step", submission.build_every_step(LOOK_BACK, 1))
    expect_shapes("build_every_step", model, (None, LOOK_BACK, 1), (None, LOOK_BACK, 1))
    trial.expect_skill("build_every_step", model, LOOK_BACK, rng, sequence=True)


@pytest.mark.function("build_stateful")
def test_build_stateful_layers(submission, rng):
    """A stateful LSTM has a fixed batch size and answers at each step of any number; counts below 1 are rejected."""
    n_features, units, batch_size = distinct(rng, 3)
    for arguments, (due_units, due_batch) in (
        ((n_features,), (5, 1)),
        ((n_features, units, batch_size), (units, batch_size)),
    ):
        model = expect_model("build_stateful", submission.build_stateful(*arguments))
        recurrent = ("LSTM", {"units": due_units, "stateful": True, "return_sequences": True, "go_backwards": False})
        expect_layers("build_stateful", model, [recurrent, OUTPUT])
        expect_shapes("build_stateful", model, (due_batch, None, n_features), (due_batch, None, 1))
        expect_parameters("build_stateful", model, lstm_parameters(n_features, due_units))
        expect_compiled("build_stateful", model)
    build = submission.build_stateful
    expect_rejects(build, 0, names="n_features")
    expect_rejects(build, 2, 0, names="units")
    expect_rejects(build, 2, 5, 0, names="batch_size")


@pytest.mark.function("build_stateful")
def test_build_stateful_forecast(submission, rng, trial):
    """Trained on the next value at every step, its states set aside, the network forecasts better than persistence."""
    model = expect_model("build_stateful", submission.build_stateful(1))
    expect_shapes("build_stateful", model, (1, None, 1), (1, None, 1))
    trial.expect_skill("build_stateful", model, LOOK_BACK, rng, sequence=True)


def draw_network(rng, keras, n_features, units):
    """A stateful network, an LSTM for each entry of `units` and an output at every step, with weights that remember."""
    blank = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    model = keras.Sequential([keras.Input(batch_shape=(1, None, n_features))])
    for n in units:
        model.add(keras.layers.LSTM(n, return_sequences=True, stateful=True, **blank))
    model.add(keras.layers.Dense(1, kernel_initializer="zeros"))
    weights = [rng.normal(scale=0.6, size=weight.shape) for weight in model.get_weights()]
    model.set_weights(weights)
    return model, weights


def fed_whole(weights, series):
    """What such a network answers to a series in one piece, `(T,)`, one layer and one step at a time."""
    *recurrent, kernel, bias = weights
    sequence = series
    for number in range(0, len(recurrent), 3):
        sequence = slow_lstm(sequence, *recurrent[number : number + 3])
    return (sequence @ kernel + bias)[:, 0]


def slow_lstm(sequence, kernel, recurrent_kernel, bias):
    """Every hidden state of one LSTM, `(T, units)`, from zero states."""
    h = c = np.zeros(len(recurrent_kernel))
    hidden = []
    for x in sequence:
        i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        hidden.append(h)
    return np.array(hidden)


def sigmoid(z):
    """The logistic function."""
    return 1 / (1 + np.exp(-z))


@pytest.mark.function("predict_in_chunks")
def test_predict_in_chunks_whole(submission, rng, keras):
    """Fed in chunks of any size, also one that does not divide the series, the forecasts are those of one piece."""
    n_features, units = distinct(rng, 2, high=7)
    series = rng.normal(size=(12, n_features))
    for chunk in (12, 4, 5, 1, 30):
        model, weights = draw_network(rng, keras, n_features, (units,))
        came = submission.predict_in_chunks(model, series, chunk)
        expect_close(Text("the forecasts"), came, fed_whole(weights, series), ("T",))


@pytest.mark.function("predict_in_chunks")
def test_predict_in_chunks_reset(submission, rng, keras):
    """Every call starts anew: what a network was fed before, in whichever layer it was kept, is forgotten."""
    n_features, *units = distinct(rng, 3, high=7)
    model, weights = draw_network(rng, keras, n_features, units)
    series = rng.normal(size=(14, n_features))
    expected = fed_whole(weights, series)
    for _ in range(2):  # in one chunk, so that only the state at the start matters
        came = submission.predict_in_chunks(model, series, len(series))
        expect_close(Text("the forecasts"), came, expected, ("T",))


@pytest.mark.function("predict_in_chunks")
def test_predict_in_chunks_arguments(submission, rng, keras):
    """`predict_in_chunks` and `make_sequence_targets` reject senseless arguments; the series stays as it is."""
    n_features, units = distinct(rng, 2, high=7)
    model, _ = draw_network(rng, keras, n_features, (units,))
    series = rng.normal(size=(11, n_features))
    predict, make = submission.predict_in_chunks, submission.make_sequence_targets
    expect_inputs_kept(predict, model, series, 3)
    for chunk in (0, -2):
        expect_rejects(predict, model, series, chunk, names="chunk")
    expect_rejects(predict, model, np.empty((0, n_features)), 3, names="series")
    expect_inputs_kept(make, series, 4)
    expect_rejects(make, series, 0, names="look_back")
    expect_rejects(make, series, 11, names=("series", "look_back"))
    expect_rejects(make, np.empty((0, 2)), 3, names=("series", "look_back"))
