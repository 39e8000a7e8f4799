"""From a time series to training data: split in time order, standardise, cut into windows.

NumPy only. A series is a float array `(T,)` or `(T, n_features)`; feature 0 is the one that is forecast.
"""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def _check_count(name: str, value: int) -> int:
    """Return `value` as an `int`; a worked example of how an exercise rejects a senseless argument.

    Raises:
        ValueError: `value` is no whole number or below 1. The message names the argument.

    Example:
        >>> _check_count("look_back", 0)
        Traceback (most recent call last):
        ValueError: look_back must be at least 1, got 0
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {value!r}") from None
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")
    return count


def _as_columns(name: str, series: ArrayLike) -> Array:
    """Return a series as floats with one column for each feature; worked, for you to use.

    Args:
        name: what the message calls the argument.
        series: `(T,)` or `(T, n_features)`.

    Returns:
        Shape `(T, n_features)`; a series `(T,)` becomes one column, `(T, 1)`.

    Raises:
        ValueError: the series is empty or has another number of dimensions.

    Example:
        >>> _as_columns("series", [1, 2, 3]).shape
        (3, 1)
    """
    values = np.asarray(series, dtype=float)
    if values.ndim not in (1, 2) or values.size == 0:
        raise ValueError(f"{name} must be (T,) or (T, n_features) and not empty, got shape {values.shape}")
    return values if values.ndim == 2 else values[:, np.newaxis]


def split_series(series: ArrayLike, train: float = 0.7, val: float = 0.15) -> tuple[Array, Array, Array]:
    """Cut a series into three contiguous pieces, in time order: training, validation, test.

    Time series are never shuffled before they are split: neighbours resemble one another, so a shuffled test
    set would be known beforehand. Training and validation hold their fraction of the `T` samples to within one
    sample; the test piece is all that remains. Joined end to end the pieces are the series again.

    Args:
        series: shape `(T,)` or `(T, n_features)`, not empty.
        train: fraction of the samples to learn from, in (0, 1).
        val: fraction of the samples to tune on, in (0, 1); `train + val` is below 1.

    Returns:
        `(train, val, test)`, each with as many dimensions as `series`. Of a very short series, a piece may be empty.

    Raises:
        ValueError: `series` is empty, `train` or `val` is not in (0, 1), or together they are not below 1.

    Example:
        >>> [len(piece) for piece in split_series(range(20), train=0.5, val=0.25)]
        [10, 5, 5]

    Hint:
        Turn the fractions into whole numbers of samples first; only then cut.

    Source:
        What the slides take for granted before `fit`; Hyndman & Athanasopoulos, Forecasting: Principles and Practice.
    """
    ### BEGIN SOLUTION
    if not 0 < train < 1:
        raise ValueError(f"train must be in (0, 1), got {train}")
    if not 0 < val < 1:
        raise ValueError(f"val must be in (0, 1), got {val}")
    if not train + val < 1:
        raise ValueError(f"train and val together must be below 1, got {train} + {val}")
    samples = len(_as_columns("series", series))
    start_val = int(train * samples)
    start_test = start_val + int(val * samples)
    values = np.asarray(series, dtype=float)
    return values[:start_val], values[start_val:start_test], values[start_test:]
    ### END SOLUTION


def fit_scaler(train: ArrayLike) -> tuple[float | Array, float | Array]:
    """Mean and standard deviation of each feature over time, to standardise with.

    They are measured on the training piece alone: what the future looks like is not known when a model learns.
    The deviation is that of the population, the square root of the mean squared distance from the mean.
    A feature whose samples are all equal has nothing to divide by; its `std` is 1.

    Args:
        train: the training piece, shape `(T,)` or `(T, n_features)`, not empty.

    Returns:
        `(mean, std)`: two floats for `(T,)`, two arrays `(n_features,)` for `(T, n_features)`.

    Raises:
        ValueError: `train` is empty.

    Example:
        >>> fit_scaler([1.0, 5.0, 1.0, 5.0])
        (3.0, 2.0)

    Hint:
        Which axis is time? And be careful how you find out that a feature is constant: the standard deviation of
        equal numbers may come out as a tiny number instead of 0, because their mean is rounded.

    Source:
        Standardisation; LeCun et al., Efficient BackProp, 1998, section 4.3.
    """
    ### BEGIN SOLUTION
    columns = _as_columns("train", train)
    mean = columns.mean(axis=0)
    constant = np.ptp(columns, axis=0) == 0
    std = np.where(constant, 1.0, columns.std(axis=0))
    if np.ndim(train) == 1:
        return float(mean[0]), float(std[0])
    return mean, std
    ### END SOLUTION


def scale(series: ArrayLike, mean: float | ArrayLike, std: float | ArrayLike) -> Array:
    """Standardise: subtract the mean and divide by the standard deviation.

    $z = (x - mean) / std$, feature by feature.

    Args:
        series: `(T,)` or `(T, n_features)`; anything else whose last axis is `n_features` works too. Not empty.
        mean: a float, or `(n_features,)`, as `fit_scaler` returns it.
        std: likewise, positive.

    Returns:
        A new array with the shape of `series`.

    Raises:
        ValueError: `series` is empty, or `std` is not positive.

    Example:
        >>> scale([1.0, 5.0, 7.0], 3.0, 2.0)
        array([-1.,  1.,  2.])

    Hint:
        Broadcasting does the features for you. An in-place operator (`-=`) would change the caller's array.

    Source:
        Standardisation; LeCun et al., Efficient BackProp, 1998, section 4.3.
    """
    ### BEGIN SOLUTION
    values, spread = np.asarray(series, dtype=float), np.asarray(std, dtype=float)
    if values.size == 0:
        raise ValueError("series is empty")
    if not np.all(spread > 0):
        raise ValueError(f"std must be positive, got {spread}")
    return np.asarray((values - np.asarray(mean, dtype=float)) / spread)
    ### END SOLUTION


def unscale(series: ArrayLike, mean: float | ArrayLike, std: float | ArrayLike) -> Array:
    """Undo `scale`: from standardised values back to the units of the series.

    `unscale(scale(series, mean, std), mean, std)` is `series` again. Forecasts of feature 0 go back to their own
    units with that feature's mean and std.

    Args:
        series: standardised values, any shape that `scale` returns. Not empty.
        mean: the mean that `scale` was given.
        std: the standard deviation that `scale` was given, positive.

    Returns:
        A new array with the shape of `series`.

    Raises:
        ValueError: `series` is empty, or `std` is not positive.

    Example:
        >>> unscale([-1.0, 1.0, 2.0], 3.0, 2.0)
        array([1., 5., 7.])

    Hint:
        The two steps of `scale`, each undone, and in the opposite order.

    Source:
        Standardisation; LeCun et al., Efficient BackProp, 1998, section 4.3.
    """
    ### BEGIN SOLUTION
    values, spread = np.asarray(series, dtype=float), np.asarray(std, dtype=float)
    if values.size == 0:
        raise ValueError("series is empty")
    if not np.all(spread > 0):
        raise ValueError(f"std must be positive, got {spread}")
    return np.asarray(values * spread + np.asarray(mean, dtype=float))
    ### END SOLUTION


def make_windows(series: ArrayLike, look_back: int, horizon: int = 1) -> tuple[Array, Array]:
    """Cut a series into overlapping windows and the value to forecast from each.

    Window `i` holds the `look_back` consecutive samples that begin at sample `i`, oldest first, with all their
    features. Its target is feature 0 of the sample that lies `horizon` steps after the window's last one:
    `horizon=1` is the very next sample. There are `T - look_back - horizon + 1` windows: as many as have a target.

    Args:
        series: shape `(T,)` or `(T, n_features)`, with `T >= look_back + horizon`.
        look_back: number of past samples in one window, at least 1.
        horizon: how many samples after the end of the window the target lies, at least 1.

    Returns:
        `(X, y)`: `X` of shape `(num_samples, look_back, n_features)`, also when there is one feature, and `y` of
        shape `(num_samples,)`.

    Raises:
        ValueError: `look_back` or `horizon` is below 1, or `series` is too short for one window.

    Example:
        >>> X, y = make_windows([10.0, 11.0, 12.0, 13.0, 14.0], look_back=3)
        >>> X[:, :, 0]
        array([[10., 11., 12.],
               [11., 12., 13.]])
        >>> y
        array([13., 14.])

    Hint:
        Find out on paper at which sample the first window's target lies, and how far the last window may start.

    Source:
        Slide "1) RNN Simple": the shape `[num_samples, look_back, n_features]`.
    """
    ### BEGIN SOLUTION
    look_back, horizon = _check_count("look_back", look_back), _check_count("horizon", horizon)
    columns = _as_columns("series", series)
    num_samples = len(columns) - look_back - horizon + 1
    if num_samples < 1:
        raise ValueError(f"series has {len(columns)} samples, too few for look_back={look_back}, horizon={horizon}")
    X = np.stack([columns[start : start + look_back] for start in range(num_samples)])
    y = columns[look_back + horizon - 1 :, 0].copy()
    return X, y
    ### END SOLUTION
