"""Public checks of `parameters`: examples small enough to count on paper."""

import pytest

from grader.compare import expect_count, expect_rejects

pytestmark = pytest.mark.exercise("parameters")


@pytest.mark.function("dense_params")
def test_dense_params_example(submission):
    """3 steps of 2 features make 6 inputs: 6 * 4 weights and 4 biases to 4 units, then 4 weights and 1 bias."""
    expect_count("dense_params", submission.dense_params(3, 2, 4), 6 * 4 + 4 + 4 + 1)


@pytest.mark.function("simple_rnn_params")
def test_simple_rnn_params_example(submission):
    """2 features and 4 units: 2 * 4 weights, 4 * 4 recurrent weights and 4 biases, then the Dense(1)."""
    expect_count("simple_rnn_params", submission.simple_rnn_params(2, 4), 2 * 4 + 4 * 4 + 4 + (4 + 1))


@pytest.mark.function("lstm_params")
def test_lstm_params_example(submission):
    """Keras's LSTM(7) and Dense(1) on 3 features have 316 parameters."""
    expect_count("lstm_params", submission.lstm_params(3, 7), 316)


@pytest.mark.function("gru_params")
def test_gru_params_example(submission):
    """Keras's GRU(7) and Dense(1) on 3 features have 260 parameters."""
    expect_count("gru_params", submission.gru_params(3, 7), 260)


@pytest.mark.function("crossover_look_back")
def test_crossover_look_back_example(submission):
    """With 1 feature and 5 units the LSTM has 146 parameters; the dense network has 146 at 27 steps, 151 at 28."""
    expect_count("crossover_look_back", submission.crossover_look_back(1, 5), 28)


@pytest.mark.function("lstm_params")
def test_lstm_params_senseless(submission):
    """An LSTM of 0 units makes no sense: a ValueError says so and names the argument."""
    expect_rejects(submission.lstm_params, 3, 0, names="units")
