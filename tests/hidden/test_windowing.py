"""Hidden checks of `windowing`: splitting a series, standardising it, and cutting it into windows and targets."""

import numpy as np
import pytest

from grader.compare import (
    expect,
    expect_array,
    expect_close,
    expect_inputs_kept,
    expect_number,
    expect_rejects,
    expect_tuple,
)
from grader.contract import Text

pytestmark = pytest.mark.exercise("windowing")

PIECES = ("train", "val", "test")
WINDOW_AXES = ("num_samples", "look_back", "n_features")


def draw_series(rng, *shape):
    """A series whose features have means of their own, well away from 0."""
    return rng.normal(size=shape) + rng.choice([-1.0, 1.0], size=shape[1:]) * rng.uniform(2.0, 4.0, size=shape[1:])


def slow_windows(series, look_back, horizon):
    """Windows and targets, one at a time."""
    columns = series.reshape(len(series), -1)
    starts = range(len(series) - look_back - horizon + 1)
    X = [[columns[start + step] for step in range(look_back)] for start in starts]
    y = [columns[start + look_back + horizon - 1, 0] for start in starts]
    return np.array(X), np.array(y)


def window_cases(rng):
    """Series with look_back and horizon: without a feature axis, with one, with several, and with just one window."""
    look_back = int(rng.integers(5, 9))
    horizon = int(rng.integers(2, 5))
    return [
        (draw_series(rng, 41), look_back, 1),
        (draw_series(rng, 53, 1), look_back + 5, horizon),
        (draw_series(rng, 67, 3), look_back + 2, horizon + 1),
        (draw_series(rng, 29, 2), 1, horizon),
        (draw_series(rng, look_back + horizon, 4), look_back, horizon),
    ]


def split(submission, series, *fractions):
    """The three pieces of a series, as arrays."""
    pieces = expect_tuple("split_series", submission.split_series(series, *fractions), PIECES)
    shape = (None, *series.shape[1:])
    return [expect_array(name, piece, shape) for name, piece in zip(PIECES, pieces, strict=True)]


@pytest.mark.function("split_series")
def test_split_series_pieces(submission, rng):
    """The three pieces follow one another in time: nothing is lost, repeated or mixed with what comes later."""
    for shape, fractions in (((120,), ()), ((97, 3), (0.5, 0.3)), ((83, 1), (0.62, 0.21))):
        series = rng.normal(size=shape)
        later = series.copy()
        later[round(0.8 * len(series)) :] += rng.uniform(1.0, 2.0)
        pieces = split(submission, series, *fractions)
        train = split(submission, later, *fractions)[0]
        expect(
            np.array_equal(train, pieces[0]),
            Text("train changes when only samples near the end of the series do; it must not know the future"),
        )
        stops = np.cumsum([len(piece) for piece in pieces])
        values = {"came": int(stops[-1]), "expected": len(series)}
        text = Text("train, val and test hold {came} samples together; the series has {expected}", values)
        expect(stops[-1] == len(series), text)
        for name, piece, due in zip(PIECES, pieces, np.split(series, stops[:-1]), strict=True):
            expect_close(name, piece, due)


@pytest.mark.function("split_series")
def test_split_series_fractions(submission, rng):
    """`train` and `val` are fractions of the whole series, 0.7 and 0.15 by default, met to within one sample."""
    longest = int(rng.integers(300, 400))
    for length, fractions in ((longest, ()), (longest - 97, (0.5, 0.3)), (211, (0.8, 0.06)), (101, (0.1, 0.57))):
        pieces = split(submission, rng.normal(size=(length, 2)), *fractions)
        for name, piece, fraction in zip(PIECES, pieces[:2], fractions or (0.7, 0.15), strict=False):
            values = {"name": name, "came": len(piece), "total": length, "expected": f"{fraction * length:.1f}"}
            text = Text("{name} has {came} of {total} samples; expected {expected}, give or take one", values)
            expect(abs(len(piece) - fraction * length) <= 1 + 1e-9, text)


@pytest.mark.function("split_series")
def test_split_series_arguments(submission, rng):
    """Fractions outside (0, 1), fractions that leave no test piece and an empty series are rejected."""
    series = rng.normal(size=90)
    call = submission.split_series
    for train, val, names in (
        (0.0, 0.2, "train"),
        (1.0, 0.2, ("train", "val")),
        (1.4, 0.2, ("train", "val")),
        (-0.3, 0.2, "train"),
        (0.6, 0.0, "val"),
        (0.6, 1.0, ("val", "train")),
        (0.6, -0.1, "val"),
        (0.75, 0.25, ("train", "val")),
        (0.7, 0.6, ("train", "val")),
    ):
        expect_rejects(call, series, train=train, val=val, names=names)
    expect_rejects(call, np.empty(0), names="series")
    expect_inputs_kept(call, series)


@pytest.mark.function("fit_scaler")
def test_fit_scaler_values(submission, rng):
    """Mean and population standard deviation over time: numbers for one series, one entry for each feature else."""
    series = rng.normal(loc=3.0, scale=0.4, size=int(rng.integers(5, 9)))
    mean, std = expect_tuple("fit_scaler", expect_inputs_kept(submission.fit_scaler, series), ("mean", "std"))
    expect_number("mean", mean, series.mean())
    expect_number("std", std, series.std())
    for length, n_features in ((9, 4), (6, 1), (3, 7)):
        train = rng.permutation(np.geomspace(0.2, 5.0, n_features)) * draw_series(rng, length, n_features)
        mean, std = expect_tuple("fit_scaler", submission.fit_scaler(train), ("mean", "std"))
        expect_close("mean", mean, train.mean(axis=0), axes=("n_features",))
        expect_close("std", std, train.std(axis=0), axes=("n_features",))


@pytest.mark.function("fit_scaler")
def test_fit_scaler_constant(submission, rng):
    """A feature whose samples are all equal gets `std = 1`, whatever its value; the other features keep theirs."""
    level = float(rng.integers(2, 9))
    mean, std = expect_tuple("fit_scaler", submission.fit_scaler(np.full(11, level)), ("mean", "std"))
    expect_number("mean", mean, level)
    expect_number("std", std, 1.0)
    constant = np.concatenate([[0.0, level], rng.uniform(-9.0, 9.0, size=34)])
    train = np.tile(constant, (19, 1))
    varying = rng.choice(np.arange(2, len(constant)), size=3, replace=False)
    train[:, varying] = rng.permuted(np.tile(np.linspace(-5.0, 5.0, 19), (3, 1)), axis=1).T
    _, std = expect_tuple("fit_scaler", submission.fit_scaler(train), ("mean", "std"))
    std = expect_array("std", std, (len(constant),), axes=("n_features",))
    wrong = np.abs(np.delete(std - 1.0, varying)) > 1e-6
    values = {"wrong": int(wrong.sum()), "total": len(wrong)}
    text = Text("std is not 1 for {wrong} of {total} features whose samples are all equal (rounding?)", values)
    expect(not wrong.any(), text)
    expect((std[varying] > 2.0).all(), Text("std is too small for a feature whose samples differ from one another"))


@pytest.mark.function("fit_scaler")
def test_fit_scaler_arguments(submission):
    """An empty array is rejected with a ValueError: by `fit_scaler`, and by `scale` and `unscale` too."""
    expect_rejects(submission.fit_scaler, np.empty(0), names="train")
    expect_rejects(submission.fit_scaler, np.empty((0, 3)), names="train")
    for call in (submission.scale, submission.unscale):
        expect_rejects(call, np.empty(0), 0.5, 2.0, names="series")
        expect_rejects(call, np.empty((0, 3)), np.zeros(3), np.ones(3), names="series")


def scaler_cases(rng):
    """Series with a mean and a std that are not their own, as a test piece has them; a std may be below 1."""
    cases = [
        (draw_series(rng, length), float(rng.uniform(1, 3)), float(rng.uniform(low, 2 * low)))
        for length, low in ((17, 2.0), (1, 2.0), (19, 0.3))
    ]
    for length, n_features in ((13, 4), (23, 1), (1, 5)):
        mean, std = rng.uniform(1.0, 3.0, size=n_features), rng.uniform(2.0, 4.0, size=n_features)
        cases.append((draw_series(rng, length, n_features), mean, std))
    return cases


@pytest.mark.function("scale")
def test_scale_values(submission, rng):
    """Every feature is standardised with the mean and std that are given, and the shape is kept."""
    for series, mean, std in scaler_cases(rng):
        half = (len(series) + 1) // 2
        past = expect_array(Text("the scaled series"), submission.scale(series[:half], mean, std), series[:half].shape)
        scaled = expect_array(Text("the scaled series"), submission.scale(series, mean, std), series.shape)
        text = Text("scaled samples change when later samples are added; use only the mean and std that are given")
        expect(np.allclose(past, scaled[:half], rtol=1e-4, atol=1e-4), text)
        expect_close(Text("the scaled series"), scaled, (series - mean) / std)


@pytest.mark.function("scale")
def test_scale_keeps_inputs(submission, rng):
    """`scale` and `unscale` give new arrays: the series that came in stays as it is."""
    for series, mean, std in scaler_cases(rng):
        for call in (submission.scale, submission.unscale):
            value = expect_inputs_kept(call, series, mean, std)
            whole = isinstance(value, list | tuple) or getattr(value, "ndim", 0) > 0
            text = Text("{function} does not return the whole series", {"function": call.name})
            expect(whole and len(value) == len(series), text)


@pytest.mark.function("unscale")
def test_unscale_inverse(submission, rng):
    """`unscale` brings a standardised series back to its own units, shape included."""
    for series, mean, std in scaler_cases(rng):
        standardised = (series - mean) / std
        expect_close(Text("the unscaled series"), submission.unscale(standardised, mean, std), series)


@pytest.mark.function("make_windows")
def test_make_windows_windows(submission, rng):
    """`X[i]` holds `look_back` consecutive samples of every feature from sample `i` on, and nothing of the future."""
    for series, look_back, horizon in window_cases(rng):
        due, _ = slow_windows(series, look_back, horizon)
        arguments = {} if horizon == 1 else {"horizon": horizon}
        X, _ = expect_tuple("make_windows", submission.make_windows(series, look_back, **arguments), ("X", "y"))
        X = expect_array("X", X, due.shape, WINDOW_AXES)
        first = len(series) // 2 if len(due) > 1 else look_back
        later = series.copy()
        later[first:] += rng.uniform(1.0, 2.0)
        changed, _ = expect_tuple("make_windows", submission.make_windows(later, look_back, **arguments), ("X", "y"))
        before = max(first - look_back + 1, 0)
        same = np.array_equal(X[:before], expect_array("X", changed, due.shape, WINDOW_AXES)[:before])
        expect(same, Text("a window of X changes when only samples after its end do; it must not know the future"))
        expect_close("X", X, due, WINDOW_AXES)


@pytest.mark.function("make_windows")
def test_make_windows_targets(submission, rng):
    """`y[i]` is the sample of feature 0 that lies `horizon` steps after the end of window `i`."""
    for series, look_back, horizon in window_cases(rng):
        _, due = slow_windows(series, look_back, horizon)
        value = expect_inputs_kept(submission.make_windows, series, look_back, horizon)
        _, y = expect_tuple("make_windows", value, ("X", "y"))
        expect_close("y", y, due, axes=("num_samples",))


@pytest.mark.function("make_windows")
def test_make_windows_arguments(submission, rng):
    """Counts below 1 and a series too short for one window are rejected with a ValueError."""
    call = submission.make_windows
    series = rng.normal(size=(30, 2))
    for look_back in (0, -2):
        expect_rejects(call, series, look_back, names="look_back")
    for horizon in (0, -1):
        expect_rejects(call, series, 4, horizon=horizon, names="horizon")
    too_short = ("series", "look_back", "horizon")
    expect_rejects(call, series[:9], 9, names=too_short)
    expect_rejects(call, series[:9, 0], 6, 4, names=too_short)
    expect_rejects(call, np.empty(0), 3, names=too_short)
