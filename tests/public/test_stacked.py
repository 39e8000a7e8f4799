"""Public checks of `stacked`: one example of each network, and what relu does at the output."""

import numpy as np
import pytest

from grader.compare import expect, expect_compiled, expect_layers, expect_model, expect_parameters, expect_shapes
from grader.contract import Text

pytestmark = pytest.mark.exercise("stacked")


@pytest.mark.function("build_rnn_with_dense_head")
def test_build_rnn_with_dense_head_network(submission):
    """SimpleRNN(10), Dense(8), Dense(4) and Dense(1) for windows of 12 steps and 3 features; 269 parameters."""
    model = expect_model("build_rnn_with_dense_head", submission.build_rnn_with_dense_head(12, 3))
    due = [
        ("SimpleRNN", {"units": 10, "activation": "tanh"}),
        ("Dense", {"units": 8, "activation": "relu"}),
        ("Dense", {"units": 4, "activation": "relu"}),
        ("Dense", {"units": 1, "activation": "linear"}),
    ]
    expect_layers("build_rnn_with_dense_head", model, due)
    expect_shapes("build_rnn_with_dense_head", model, (None, 12, 3), (None, 1))
    expect_parameters("build_rnn_with_dense_head", model, 269)
    expect_compiled("build_rnn_with_dense_head", model)


@pytest.mark.function("build_rnn_with_dense_head")
def test_build_rnn_with_dense_head_relu(submission, rng):
    """With `output_activation="relu"`, as on the slides, no forecast can be negative."""
    model = submission.build_rnn_with_dense_head(7, 2, output_activation="relu")
    expect_model("build_rnn_with_dense_head", model)
    forecasts = model.predict(rng.normal(size=(20, 7, 2)))
    expect(np.min(forecasts) >= 0, Text("build_rnn_with_dense_head: relu at the output gives negative forecasts"))
    last = model.layers[-1].config.get("activation")
    text = Text("build_rnn_with_dense_head: the last layer has the activation {came}; expected relu", {"came": last})
    expect(last == "relu", text)


@pytest.mark.function("build_stacked_rnn")
def test_build_stacked_rnn_network(submission):
    """By default LSTM(10), which returns sequences, LSTM(5) and Dense(1): 886 parameters for 3 features."""
    model = expect_model("build_stacked_rnn", submission.build_stacked_rnn(12, 3))
    due = [
        ("LSTM", {"units": 10, "return_sequences": True}),
        ("LSTM", {"units": 5, "return_sequences": False}),
        ("Dense", {"units": 1, "activation": "linear"}),
    ]
    expect_layers("build_stacked_rnn", model, due)
    expect_shapes("build_stacked_rnn", model, (None, 12, 3), (None, 1))
    expect_parameters("build_stacked_rnn", model, 886)
    expect_compiled("build_stacked_rnn", model)


@pytest.mark.function("build_stacked_rnn")
def test_build_stacked_rnn_cells(submission):
    """`cell` chooses the kind of every recurrent layer, and `units` their number."""
    for cell, kind in (("simple_rnn", "SimpleRNN"), ("gru", "GRU")):
        model = expect_model("build_stacked_rnn", submission.build_stacked_rnn(12, 3, units=(6, 4, 2), cell=cell))
        due = [(kind, {"units": 6}), (kind, {"units": 4}), (kind, {"units": 2}), ("Dense", {"units": 1})]
        expect_layers("build_stacked_rnn", model, due)
