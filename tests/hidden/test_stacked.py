"""Hidden checks of `stacked`: a recurrent layer with a dense head, and recurrent layers on top of each other."""

import numpy as np
import pytest

from grader.compare import (
    expect,
    expect_array,
    expect_compiled,
    expect_layers,
    expect_model,
    expect_parameters,
    expect_rejects,
    expect_shapes,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("stacked")

LOOK_BACK = 20
SHAPES = ((7, 2), (5, 3), (9, 4))
"""Lengths of windows and numbers of features; few, so that Keras compiles them once for many submissions."""
KINDS = {"simple_rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}
OUTPUT = ("Dense", {"units": 1, "activation": "linear"})


def distinct(rng, count, low=2, high=16):
    """Different sizes, so that one cannot stand for another."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def head_layers(output_activation):
    """The layers of the network with a dense head."""
    return [
        ("SimpleRNN", {"units": 10, "activation": "tanh", "return_sequences": False, "go_backwards": False}),
        ("Dense", {"units": 8, "activation": "relu"}),
        ("Dense", {"units": 4, "activation": "relu"}),
        ("Dense", {"units": 1, "activation": output_activation}),
    ]


def stacked_layers(units, cell):
    """One recurrent layer for each entry; every one but the last returns sequences."""
    last = len(units) - 1
    recurrent = [
        (KINDS[cell], {"units": n, "return_sequences": i < last, "go_backwards": False}) for i, n in enumerate(units)
    ]
    return [*recurrent, OUTPUT]


def stacked_parameters(n_features, units, cell):
    """What Keras counts with its defaults; its GRU has two biases for each gate."""
    gates, biases = {"simple_rnn": (1, 1), "lstm": (4, 1), "gru": (3, 2)}[cell]
    inputs = (n_features, *units[:-1])
    recurrent = sum(gates * n * (n + n_in + biases) for n, n_in in zip(units, inputs, strict=True))
    return recurrent + units[-1] + 1


@pytest.mark.function("build_rnn_with_dense_head")
def test_build_rnn_with_dense_head_layers(submission, rng):
    """SimpleRNN(10, tanh) is read by Dense layers of 8 and 4 (relu) and 1 (linear), compiled with Adam and MSE."""
    for _ in range(2):
        look_back, n_features = distinct(rng, 2, high=30)
        model = submission.build_rnn_with_dense_head(look_back, n_features)
        expect_model("build_rnn_with_dense_head", model)
        expect_layers("build_rnn_with_dense_head", model, head_layers("linear"))
        expect_shapes("build_rnn_with_dense_head", model, (None, look_back, n_features), (None, 1))
        recurrent, dense = 10 * (10 + n_features + 1), (10 * 8 + 8) + (8 * 4 + 4) + (4 + 1)
        expect_parameters("build_rnn_with_dense_head", model, recurrent + dense)
        expect_compiled("build_rnn_with_dense_head", model)


@pytest.mark.function("build_rnn_with_dense_head")
def test_build_rnn_with_dense_head_output_activation(submission, rng):
    """`output_activation` is that of the last layer; with relu no forecast is below zero."""
    look_back, n_features = rng.choice(SHAPES).tolist()
    for activation in ("tanh", "relu"):
        model = submission.build_rnn_with_dense_head(look_back, n_features, output_activation=activation)
        expect_model("build_rnn_with_dense_head", model)
        expect_layers("build_rnn_with_dense_head", model, head_layers(activation))
    forecasts = model.predict(3 * rng.normal(size=(64, look_back, n_features)))
    expect_array(Text("the forecasts"), forecasts, (64, 1), ("num_samples", "1"))
    expect(np.min(forecasts) >= 0, Text("build_rnn_with_dense_head: relu at the output gives negative forecasts"))


@pytest.mark.function("build_rnn_with_dense_head")
def test_build_rnn_with_dense_head_forecast(submission, rng, trial):
    """Trained on a chaotic series, the network forecasts its continuation clearly better than persistence."""
    model = expect_model("build_rnn_with_dense_head", submission.build_rnn_with_dense_head(LOOK_BACK, 1))
    expect_shapes("build_rnn_with_dense_head", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_rnn_with_dense_head", model, LOOK_BACK, rng)


@pytest.mark.function("build_rnn_with_dense_head")
def test_build_rnn_with_dense_head_arguments(submission):
    """Counts below 1 are rejected with a ValueError that names the argument."""
    build = submission.build_rnn_with_dense_head
    expect_rejects(build, 0, 2, names="look_back")
    expect_rejects(build, -4, 2, names="look_back")
    expect_rejects(build, 7, 0, names="n_features")


@pytest.mark.function("build_stacked_rnn")
def test_build_stacked_rnn_layers(submission, rng):
    """One recurrent layer of the chosen cell for each entry of `units`; every one but the last returns sequences."""
    for cell, depth in zip(rng.permutation(list(KINDS)).tolist(), (1, 2, 3), strict=True):
        look_back, n_features, *units = distinct(rng, 2 + depth)
        model = submission.build_stacked_rnn(look_back, n_features, tuple(units), cell)
        expect_model("build_stacked_rnn", model)
        expect_layers("build_stacked_rnn", model, stacked_layers(units, cell))
        expect_shapes("build_stacked_rnn", model, (None, look_back, n_features), (None, 1))
        expect_parameters("build_stacked_rnn", model, stacked_parameters(n_features, units, cell))


@pytest.mark.function("build_stacked_rnn")
def test_build_stacked_rnn_defaults(submission, rng):
    """By default two LSTM layers of 10 and 5; `units` may be a list; the model is compiled with Adam and MSE."""
    look_back, n_features, *units = distinct(rng, 4)
    for options, due in (({}, (10, 5)), ({"units": units}, units)):
        model = submission.build_stacked_rnn(look_back, n_features, **options)
        expect_model("build_stacked_rnn", model)
        expect_layers("build_stacked_rnn", model, stacked_layers(due, "lstm"))
        expect_compiled("build_stacked_rnn", model)


@pytest.mark.function("build_stacked_rnn")
def test_build_stacked_rnn_forecast(submission, rng, trial):
    """Trained on a chaotic series, stacked layers forecast its continuation clearly better than persistence."""
    model = expect_model("build_stacked_rnn", submission.build_stacked_rnn(LOOK_BACK, 1, (8, 6), "gru"))
    expect_shapes("build_stacked_rnn", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_stacked_rnn", model, LOOK_BACK, rng)


@pytest.mark.function("build_stacked_rnn")
def test_build_stacked_rnn_arguments(submission):
    """An unknown `cell`, empty `units` and counts below 1 are rejected with a ValueError that names the argument."""
    build = submission.build_stacked_rnn
    expect_rejects(build, 7, 2, (4, 3), "perceptron", names="cell")
    expect_rejects(build, 7, 2, (), names="units")
    expect_rejects(build, 7, 2, (4, 0), names="units")
    expect_rejects(build, 0, 2, names="look_back")
    expect_rejects(build, 7, 0, names="n_features")
