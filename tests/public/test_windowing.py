"""Public checks of `windowing`: a split in time order, a scaler and its inverse, and windows with their targets."""

import numpy as np
import pytest

from grader.compare import expect_array, expect_close, expect_number, expect_rejects, expect_tuple
from grader.contract import Text

pytestmark = pytest.mark.exercise("windowing")


def draw_series(rng, *shape):
    """A series `(T,)` or `(T, n_features)` in some units of its own."""
    return rng.normal(loc=20.0, scale=4.0, size=shape)


@pytest.mark.function("split_series")
def test_split_series_example(submission, rng):
    """Of 200 samples, the first 70 % go to train, the next 15 % to val and the rest to test, in time order."""
    series = draw_series(rng, 200)
    pieces = expect_tuple("split_series", submission.split_series(series), ("train", "val", "test"))
    train, val, test = (
        expect_array(name, piece, (None,)) for name, piece in zip(("train", "val", "test"), pieces, strict=True)
    )
    expect_close(Text("train, val and test put together"), np.concatenate([train, val, test]), series)
    expect_number(Text("the length of train, as a fraction"), len(train) / 200, 0.7, tolerance=0.003)
    expect_number(Text("the length of val, as a fraction"), len(val) / 200, 0.15, tolerance=0.0045)


@pytest.mark.function("fit_scaler")
def test_fit_scaler_example(submission, rng):
    """One number each for a series `(T,)`; one for each feature of a series `(T, n_features)`."""
    series = draw_series(rng, 30)
    mean, std = expect_tuple("fit_scaler", submission.fit_scaler(series), ("mean", "std"))
    expect_number("mean", mean, np.mean(series))
    expect_number("std", std, np.std(series))
    series = draw_series(rng, 30, 4)
    mean, std = expect_tuple("fit_scaler", submission.fit_scaler(series), ("mean", "std"))
    expect_close("mean", mean, np.mean(series, axis=0), axes=("n_features",))
    expect_close("std", std, np.std(series, axis=0), axes=("n_features",))


@pytest.mark.function("scale")
def test_scale_example(submission, rng):
    """A series that is scaled with its own mean and std has mean 0 and std 1, feature by feature."""
    series = draw_series(rng, 25, 3)
    scaled = submission.scale(series, series.mean(axis=0), series.std(axis=0))
    scaled = expect_array(Text("the scaled series"), scaled, (25, 3), axes=("T", "n_features"))
    expect_close(Text("the mean of the scaled series"), scaled.mean(axis=0), np.zeros(3))
    expect_close(Text("the std of the scaled series"), scaled.std(axis=0), np.ones(3))


@pytest.mark.function("unscale")
def test_unscale_example(submission, rng):
    """A standardised series comes back to its own units: 0 becomes the mean, 1 lies one std above it."""
    mean, std = rng.uniform(10.0, 20.0), rng.uniform(2.0, 5.0)
    unscaled = submission.unscale(np.array([0.0, 1.0, -2.0]), mean, std)
    expect_close(Text("the unscaled series"), unscaled, [mean, mean + std, mean - 2 * std], axes=("T",))


@pytest.mark.function("make_windows")
def test_make_windows_example(submission, rng):
    """Windows of 4 samples of a series of 3 features, each with the sample that follows as its target."""
    series = draw_series(rng, 10, 3)
    X, y = expect_tuple("make_windows", submission.make_windows(series, 4), ("X", "y"))
    X = expect_array("X", X, (6, 4, 3), axes=("num_samples", "look_back", "n_features"))
    y = expect_array("y", y, (6,), axes=("num_samples",))
    expect_close("X[0]", X[0], series[0:4])
    expect_close("X[1]", X[1], series[1:5])
    expect_close("X[5]", X[5], series[5:9])
    expect_close("y", y, series[4:, 0])


@pytest.mark.function("make_windows")
def test_make_windows_one_feature(submission, rng):
    """`X` has three dimensions for a series `(T,)` too, and with `horizon=3` the target lies three samples ahead."""
    series = draw_series(rng, 12)
    X, y = expect_tuple("make_windows", submission.make_windows(series, look_back=5, horizon=3), ("X", "y"))
    X = expect_array("X", X, (5, 5, 1), axes=("num_samples", "look_back", "n_features"))
    expect_close("X[0, :, 0]", X[0, :, 0], series[0:5])
    expect_close("y", y, series[7:12], axes=("num_samples",))


@pytest.mark.function("make_windows")
def test_make_windows_senseless(submission, rng):
    """A `look_back` of 0 makes no sense: a ValueError says so and names the argument."""
    expect_rejects(submission.make_windows, draw_series(rng, 10), 0, names="look_back")
