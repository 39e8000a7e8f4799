"""Public checks of `sequences`: one example of each function."""

import numpy as np
import pytest

from grader.compare import (
    expect_array,
    expect_close,
    expect_compiled,
    expect_layers,
    expect_model,
    expect_shapes,
    expect_tuple,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("sequences")

OUTPUT = ("Dense", {"units": 1, "activation": "linear"})


@pytest.mark.function("build_any_length")
def test_build_any_length_network(submission, rng):
    """One LSTM network answers to windows of 4 steps and of 9 steps: one forecast for each window."""
    model = expect_model("build_any_length", submission.build_any_length(3))
    expect_layers("build_any_length", model, [("LSTM", {"units": 5, "return_sequences": False}), OUTPUT])
    expect_shapes("build_any_length", model, (None, None, 3), (None, 1))
    expect_compiled("build_any_length", model)
    for length in (4, 9):
        expect_array(Text("the forecasts"), model.predict(rng.normal(size=(2, length, 3))), (2, 1), ("batch", "1"))


@pytest.mark.function("make_sequence_targets")
def test_make_sequence_targets_example(submission, rng):
    """Each target is feature 0 one step later: the last one lies just after the window, the others inside it."""
    series = rng.normal(size=(15, 2))
    X, y = expect_tuple("make_sequence_targets", submission.make_sequence_targets(series, 4), ("X", "y"))
    X = expect_array("X", X, (11, 4, 2), ("n", "look_back", "n_features"))
    y = expect_array("y", y, (11, 4, 1), ("n", "look_back", "1"))
    expect_close(Text("the first window"), X[0], series[:4], ("look_back", "n_features"))
    expect_close(Text("the last window"), X[-1], series[-5:-1], ("look_back", "n_features"))
    expect_close(Text("the targets inside the windows"), y[:, :-1, 0], X[:, 1:, 0])
    expect_close(Text("the targets after the windows"), y[:, -1, 0], series[4:, 0])


@pytest.mark.function("build_every_step")
def test_build_every_step_network(submission):
    """LSTM(5) returns sequences, so that Dense(1) gives one forecast at each of the 12 steps."""
    model = expect_model("build_every_step", submission.build_every_step(12, 3))
    expect_layers("build_every_step", model, [("LSTM", {"units": 5, "return_sequences": True}), OUTPUT])
    expect_shapes("build_every_step", model, (None, 12, 3), (None, 12, 1))
    expect_compiled("build_every_step", model)


@pytest.mark.function("build_stateful")
def test_build_stateful_network(submission):
    """A stateful LSTM knows its batch size, 2 here, but not the number of steps; it answers at every step."""
    model = expect_model("build_stateful", submission.build_stateful(3, units=4, batch_size=2))
    recurrent = ("LSTM", {"units": 4, "stateful": True, "return_sequences": True})
    expect_layers("build_stateful", model, [recurrent, OUTPUT])
    expect_shapes("build_stateful", model, (2, None, 3), (2, None, 1))
    expect_compiled("build_stateful", model)


@pytest.mark.function("predict_in_chunks")
def test_predict_in_chunks_example(submission, rng, keras):
    """A stateful network fed 4 samples at a time gives what its stateless twin gives for all 10 at once."""
    series = rng.normal(size=(10, 2))
    model, twin = (
        keras.Sequential(
            [
                keras.Input(batch_shape=(1, None, 2)),
                keras.layers.LSTM(3, return_sequences=True, stateful=stateful),
                keras.layers.Dense(1),
            ]
        )
        for stateful in (True, False)
    )
    twin.set_weights([rng.normal(scale=0.6, size=weight.shape) for weight in twin.get_weights()])
    model.set_weights(twin.get_weights())
    expected = np.asarray(twin(series[None].astype("float32")))[0, :, 0]
    expect_close(Text("the forecasts"), submission.predict_in_chunks(model, series, 4), expected, ("T",))
