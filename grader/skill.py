"""What a forecast is measured against: repeating the last value, and the best linear model on the same window."""

from __future__ import annotations

import numpy as np

from grader.evidence import Array


def rmse(y_true: Array, y_pred: Array) -> float:
    """Root mean squared error of two arrays of shape `(n,)`, in the units of the series.

    Raises:
        ValueError: If the shapes differ, since broadcasting would give a wrong number and no error.
    """
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true has shape {y_true.shape} and y_pred {y_pred.shape}; expected the same shape")
    return float(np.sqrt(np.mean((y_true - y_pred) ** 2)))


def windows(series: Array, look_back: int) -> tuple[Array, Array]:
    """Windows `(n, look_back, 1)` of a series `(T,)` and the sample after each, `(n,)`; `n = T - look_back`."""
    # The last window has no sample after it.
    X = np.lib.stride_tricks.sliding_window_view(series, look_back)[:-1, :, None]
    return X, series[look_back:]


def continuation_windows(train: Array, test: Array, look_back: int) -> Array:
    """Windows `(len(test), look_back, 1)`, the last of which ends one sample before the end of `test`."""
    return windows(np.concatenate([train[len(train) - look_back :], test]), look_back)[0]


def persistence_rmse(train: Array, test: Array) -> float:
    """Error of repeating the last value, one step ahead over `test`."""
    return rmse(test, np.concatenate([train[-1:], test[:-1]]))


def linear_rmse(train: Array, test: Array, look_back: int) -> float:
    """Error over `test` of the best linear model with intercept on windows of `look_back`, fitted on `train`."""
    return rmse(test, linear_forecast(train, test, look_back))


def linear_forecast(train: Array, test: Array, look_back: int) -> Array:
    """What that model says of each sample of `test`, one step ahead, of its shape `(n,)`."""
    X, y = windows(train, look_back)
    weights = np.linalg.lstsq(_with_intercept(X), y, rcond=None)[0]
    forecast: Array = _with_intercept(continuation_windows(train, test, look_back)) @ weights
    return forecast


def _with_intercept(X: Array) -> Array:
    return np.column_stack([X.reshape(len(X), -1), np.ones(len(X))])
