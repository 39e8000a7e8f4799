"""Hidden checks of `beyond`: the GRU, and an Echo State Network whose readout alone is learned."""

import numpy as np
import pytest

from grader.compare import (
    expect,
    expect_array,
    expect_close,
    expect_compiled,
    expect_inputs_kept,
    expect_layers,
    expect_model,
    expect_number,
    expect_parameters,
    expect_rejects,
    expect_shapes,
    expect_skill,
    expect_tuple,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("beyond")

LOOK_BACK = 20
RADIUS_TOLERANCE = 1e-4
FIT_TOLERANCE = 1e-3


def distinct(rng, count, low=2, high=12):
    """Different sizes, so that a transposed answer cannot pass."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


@pytest.mark.function("build_gru")
def test_build_gru_layers(submission, rng):
    """The network is GRU(units) and Dense(1), 5 units by default, compiled; counts below 1 are rejected."""
    look_back, n_features, units = distinct(rng, 3)
    for arguments, due in (((look_back, n_features), 5), ((look_back, n_features, units), units)):
        model = expect_model("build_gru", submission.build_gru(*arguments))
        output = ("Dense", {"units": 1, "activation": "linear"})
        expect_layers(
            "build_gru", model, [("GRU", {"units": due, "return_sequences": False, "go_backwards": False}), output]
        )
        expect_shapes("build_gru", model, (None, look_back, n_features), (None, 1))
        expect_parameters("build_gru", model, 3 * due * (due + n_features + 2) + due + 1)
        expect_compiled("build_gru", model)
    expect_rejects(submission.build_gru, 0, 2, names="look_back")
    expect_rejects(submission.build_gru, 7, 0, names="n_features")
    expect_rejects(submission.build_gru, 7, 2, units=0, names="units")


@pytest.mark.function("build_gru")
def test_build_gru_forecast(submission, rng, trial):
    """Trained on a chaotic series, the network forecasts its continuation clearly better than persistence."""
    model = expect_model("build_gru", submission.build_gru(LOOK_BACK, 1))
    expect_shapes("build_gru", model, (None, LOOK_BACK, 1), (None, 1))
    trial.expect_skill("build_gru", model, LOOK_BACK, rng)


def expect_reservoir(value, n_features, size):
    """Demand the pair (w_in, w) of these shapes."""
    w_in, w = expect_tuple("make_reservoir", value, ("w_in", "w"))
    w_in = expect_array("w_in", w_in, (size, n_features), ("size", "n_features"))
    return w_in, expect_array("w", w, (size, size), ("size", "size"))


@pytest.mark.function("make_reservoir")
def test_make_reservoir_radius(submission, rng):
    """`w_in` and `w` have their shapes, and the largest absolute eigenvalue of `w` is `spectral_radius`."""
    size, n_features, seed = int(rng.integers(60, 120)), int(rng.integers(2, 8)), int(rng.integers(1, 1_000))
    for arguments, due_size, radius in (
        ((n_features,), 200, 0.9),
        ((n_features, size, 0.5, seed), size, 0.5),
        ((1, size + 7, 1.25, seed + 1), size + 7, 1.25),
    ):
        _, w = expect_reservoir(submission.make_reservoir(*arguments), arguments[0], due_size)
        largest = float(np.max(np.abs(np.linalg.eigvals(w))))
        expect_number(Text("the largest absolute eigenvalue of w"), largest, radius, RADIUS_TOLERANCE)


@pytest.mark.function("make_reservoir")
def test_make_reservoir_seed(submission, rng):
    """The same `seed` (0 by default) gives the same matrices, whatever was drawn before; another seed gives others."""
    n_features, size, seed = 3, int(rng.integers(40, 70)), int(rng.integers(1, 1_000))
    first, other, again, default, zero = (
        expect_reservoir(submission.make_reservoir(n_features, size, **options), n_features, size)
        for options in ({"seed": seed}, {"seed": seed + 1}, {"seed": seed}, {}, {"seed": 0})
    )
    for name, one, two in zip(("w_in", "w"), first, again, strict=True):
        expect_close(Text("{name}, made again with the same seed", {"name": name}), two, one, tolerance=1e-9)
    for name, one, two in zip(("w_in", "w"), default, zero, strict=True):
        expect_close(Text("{name}, made with seed=0", {"name": name}), two, one, tolerance=1e-9)
    expect(not np.allclose(first[1], other[1]), Text("make_reservoir gives the same w for two different seeds"))


def draw_reservoir(rng, n_features, size):
    """An input matrix and a recurrent matrix that forgets slowly; neither is symmetric."""
    rotation, _ = np.linalg.qr(rng.normal(size=(size, size)))
    return rng.normal(size=(size, n_features)), 0.9 * rotation


def slow_states(series, w_in, w, leak=1.0):
    """Every state of the Echo State Network, one step at a time."""
    states = np.zeros((len(series), len(w)))
    s = np.zeros(len(w))
    for t, u in enumerate(series):
        s = (1 - leak) * s + leak * np.tanh(w_in @ u + w @ s)
        states[t] = s
    return states


@pytest.mark.function("reservoir_states")
def test_reservoir_states_steps(submission, rng):
    """With `leak` left out, each state mixes the new input and the state before; the one before the first is zero."""
    for T, n_features, size in (distinct(rng, 3), distinct(rng, 3), (100, 3, 11), (7, 2, 1)):
        series, (w_in, w) = rng.normal(size=(T, n_features)), draw_reservoir(rng, n_features, size)
        states = submission.reservoir_states(series, w_in, w)
        expect_close(Text("the states"), states, slow_states(series, w_in, w), ("T", "size"))


@pytest.mark.function("reservoir_states")
def test_reservoir_states_leak(submission, rng):
    """With `leak` below 1, each state keeps a part of the one before."""
    for leak in (rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.9)):
        T, n_features, size = distinct(rng, 3, low=4)
        series, (w_in, w) = rng.normal(size=(T, n_features)), draw_reservoir(rng, n_features, size)
        states = submission.reservoir_states(series, w_in, w, leak=float(leak))
        expect_close(Text("the states"), states, slow_states(series, w_in, w, leak), ("T", "size"))


@pytest.mark.function("reservoir_states")
def test_reservoir_states_arguments(submission, rng):
    """A series may be `(T,)` and stays as it is; senseless arguments, of `make_reservoir` too, are rejected."""
    T, size = distinct(rng, 2, low=4)
    series, (w_in, w) = rng.normal(size=T), draw_reservoir(rng, 1, size)
    states = expect_inputs_kept(submission.reservoir_states, series, w_in, w)
    expect_close(Text("the states"), states, slow_states(series[:, None], w_in, w), ("T", "size"))
    for leak in (0.0, -0.5, 1.5):
        expect_rejects(submission.reservoir_states, series, w_in, w, leak=leak, names="leak")
    expect_rejects(submission.reservoir_states, np.empty((0, 1)), w_in, w, names="series")
    expect_rejects(submission.make_reservoir, 0, names="n_features")
    expect_rejects(submission.make_reservoir, 2, 0, names="size")
    expect_rejects(submission.make_reservoir, 2, size=-5, names="size")


def draw_regression(rng):
    """States with unequal means, and noisy targets far from zero: `(T, size)` and `(T,)`."""
    size, T = int(rng.integers(4, 9)), int(rng.integers(60, 90))
    states = rng.normal(size=(T, size)) + rng.uniform(-1, 1, size=size)
    y = states @ rng.normal(size=size) + rng.uniform(2, 4) + 0.3 * rng.normal(size=T)
    return states, y


def expect_readout(value, size):
    """Demand the pair (weights, intercept)."""
    weights, intercept = expect_tuple("fit_readout", value, ("weights", "intercept"))
    weights = expect_array("weights", weights, (size,), ("size",))
    return weights, expect_number("intercept", as_number(intercept))


def as_number(value):
    """Take an array of one element for its number; the contract leaves the intercept's type open."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


@pytest.mark.function("fit_readout")
def test_fit_readout_values(submission, rng):
    """Weights and intercept are those of the least-squares fit; a large `ridge` pulls the weights towards zero."""
    states, y = draw_regression(rng)
    design = np.column_stack([states, np.ones(len(y))])
    solution = np.linalg.lstsq(design, y, rcond=None)[0]
    for options in ({}, {"ridge": 0.0}):
        weights, intercept = expect_readout(submission.fit_readout(states, y, **options), states.shape[1])
        expect_close("weights", weights, solution[:-1], ("size",), FIT_TOLERANCE)
        expect_number("intercept", intercept, solution[-1], FIT_TOLERANCE)
    centred = states - states.mean(axis=0), y - y.mean()
    lengths = [
        np.linalg.norm(expect_readout(submission.fit_readout(*centred, ridge=ridge), states.shape[1])[0])
        for ridge in (0.0, 20.0, 2_000.0)
    ]
    shrinks = lengths[1] < 0.95 * lengths[0] and lengths[2] < 0.5 * lengths[1]
    expect(shrinks, Text("fit_readout: the weights do not shrink as ridge grows"))


@pytest.mark.function("fit_readout")
def test_fit_readout_arguments(submission, rng):
    """A negative `ridge` and empty arrays are rejected with a ValueError; the arrays that come in stay as they are."""
    states, y = draw_regression(rng)
    expect_inputs_kept(submission.fit_readout, states, y)
    expect_rejects(submission.fit_readout, states, y, ridge=-0.1, names="ridge")
    expect_rejects(submission.fit_readout, states[:0], y[:0], names=("states", "y"))


def readout_skill(submission, rng, origin):
    """RMSE of an Echo State Network's forecasts of a fresh series over that of repeating the last value."""
    train_samples, test_samples, settle, size = 1_000, 300, 100, 120
    series = origin.draw(train_samples + test_samples + 1, rng)
    series = (series - series[:train_samples].mean()) / series[:train_samples].std()
    seed = int(rng.integers(1_000))
    w_in, w = expect_reservoir(submission.make_reservoir(1, size, seed=seed), 1, size)
    known = series[:train_samples, None]
    states = expect_array(Text("the states"), submission.reservoir_states(known[:-1], w_in, w), (len(known) - 1, size))
    readout = submission.fit_readout(states[settle:], known[settle + 1 :, 0])
    weights, intercept = expect_readout(readout, size)
    # The continuation is no business of the student's code: its states are computed here.
    forecasts = slow_states(series[:-1, None], w_in, w)[train_samples:] @ weights + intercept
    future = series[train_samples + 1 :]
    error = np.sqrt(np.mean((forecasts - future) ** 2))
    return float(error / np.sqrt(np.mean((series[train_samples:-1] - future) ** 2)))


@pytest.mark.function("fit_readout")
def test_fit_readout_forecast(submission, rng, origin, threshold):
    """Reservoir, states and readout together forecast a chaotic series clearly better than persistence."""
    expect_skill("fit_readout", readout_skill(submission, rng, origin), threshold)
