"""Hidden checks of `parameters`: how many weights each kind of network has, counted by hand."""

import numpy as np
import pytest

from grader.compare import expect_count, expect_rejects

pytestmark = pytest.mark.exercise("parameters")


def distinct(rng, count, low=2, high=60):
    """Different sizes, so that one cannot stand for another."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def affine(n_in, n_out):
    """The weights and biases of one affine map."""
    return n_in * n_out + n_out


def slow_dense(look_back, n_features, units):
    """The flattened window to the hidden units, and these to the output."""
    return affine(look_back * n_features, units) + affine(units, 1)


def slow_recurrent(n_features, units, gates, biases):
    """For each gate a kernel, a recurrent kernel and its biases; then the output."""
    kernel, recurrent_kernel = n_features * units, units * units
    return sum(kernel + recurrent_kernel + biases * units for _ in range(gates)) + affine(units, 1)


def slow_crossover(n_features, units):
    """Count up until the dense network is the larger one."""
    look_back = 1
    while slow_dense(look_back, n_features, units) <= slow_recurrent(n_features, units, gates=4, biases=1):
        look_back += 1
    return look_back


def sizes(rng):
    """Pairs of n_features and units: one of each, and some that differ."""
    return [(1, 1), (1, 5), *(distinct(rng, 2) for _ in range(4)), (3, 1_000)]


@pytest.mark.function("dense_params")
def test_dense_params_values(submission, rng):
    """The dense network: from each sample of each feature to each unit, from each unit to the output, and biases."""
    for look_back, n_features, units in ((1, 1, 1), (20, 1, 16), *(distinct(rng, 3) for _ in range(4))):
        count = submission.dense_params(look_back, n_features, units)
        expect_count("dense_params", count, slow_dense(look_back, n_features, units))


@pytest.mark.function("simple_rnn_params")
def test_simple_rnn_params_values(submission, rng):
    """SimpleRNN and its Dense(1), biases included, whatever the length of the window."""
    for n_features, units in sizes(rng):
        count = submission.simple_rnn_params(n_features, units)
        expect_count("simple_rnn_params", count, slow_recurrent(n_features, units, gates=1, biases=1))


@pytest.mark.function("lstm_params")
def test_lstm_params_values(submission, rng):
    """LSTM and its Dense(1): every gate has weights and biases of its own."""
    for n_features, units in sizes(rng):
        count = submission.lstm_params(n_features, units)
        expect_count("lstm_params", count, slow_recurrent(n_features, units, gates=4, biases=1))


@pytest.mark.function("gru_params")
def test_gru_params_values(submission, rng):
    """GRU and its Dense(1), as Keras counts them with its defaults."""
    for n_features, units in sizes(rng):
        count = submission.gru_params(n_features, units)
        expect_count("gru_params", count, slow_recurrent(n_features, units, gates=3, biases=2))


def crossover_cases(rng):
    """Pairs of n_features and units; for some of them a `look_back` makes both networks equally large."""
    pairs = [*((n_features, units) for n_features in range(1, 10) for units in range(1, 30))]
    return [pairs[index] for index in rng.permutation(len(pairs))]


def is_tie(n_features, units):
    """Tell whether the LSTM is exactly as large as the dense network one step before the crossover."""
    before = slow_crossover(n_features, units) - 1
    return slow_dense(before, n_features, units) == slow_recurrent(n_features, units, gates=4, biases=1)


@pytest.mark.function("crossover_look_back")
def test_crossover_look_back_values(submission, rng):
    """The smallest `look_back` at which the dense network has more parameters than the LSTM of the same `units`."""
    for n_features, units in [pair for pair in crossover_cases(rng) if not is_tie(*pair)][:8]:
        count = submission.crossover_look_back(n_features, units)
        expect_count("crossover_look_back", count, slow_crossover(n_features, units))


@pytest.mark.function("crossover_look_back")
def test_crossover_look_back_strict(submission, rng):
    """Where both networks can be equally large, the crossover still is where the dense one has more."""
    for n_features, units in [pair for pair in crossover_cases(rng) if is_tie(*pair)][:8]:
        count = submission.crossover_look_back(n_features, units)
        expect_count("crossover_look_back", count, slow_crossover(n_features, units))


@pytest.mark.function("dense_params")
def test_dense_params_arguments(submission):
    """All five functions reject counts below 1 with a ValueError that names the argument."""
    for look_back, n_features, units, names in (
        (0, 2, 5, "look_back"),
        (-3, 2, 5, "look_back"),
        (7, 0, 5, "n_features"),
        (7, 2, -5, "units"),
    ):
        expect_rejects(submission.dense_params, look_back, n_features, units, names=names)
    for call in (
        submission.simple_rnn_params,
        submission.lstm_params,
        submission.gru_params,
        submission.crossover_look_back,
    ):
        expect_rejects(call, 0, 5, names="n_features")
        expect_rejects(call, -2, 5, names="n_features")
        expect_rejects(call, 2, 0, names="units")
