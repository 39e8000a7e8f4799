"""What a recurrent network has to beat: persistence, a linear model, a dense network.

A builder returns a compiled model: optimizer Adam, loss mean squared error.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import keras
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


def persistence_forecast(X: ArrayLike) -> Array:
    """Forecast that nothing changes: the last value seen of feature 0.

    The oldest of all baselines, and on a slowly varying series a strong one. A network that does not beat it has
    learned nothing about the dynamics.

    Args:
        X: windows, shape `(num_samples, look_back, n_features)`, oldest sample first. Not empty.

    Returns:
        Shape `(num_samples,)`.

    Raises:
        ValueError: `X` is empty or does not have three dimensions.

    Example:
        >>> persistence_forecast([[[1.0, 7.0], [2.0, 8.0]], [[2.0, 8.0], [3.0, 9.0]]])
        array([2., 3.])

    Hint:
        One index for each axis: every window, one time, one feature.

    Source:
        Slide "1) RNN Simple" for the shape of `X`.
    """
    ### BEGIN SOLUTION
    windows = np.asarray(X, dtype=float)
    if windows.ndim != 3 or windows.size == 0:
        raise ValueError(f"X must be (num_samples, look_back, n_features) and not empty, got shape {windows.shape}")
    return windows[:, -1, 0].copy()
    ### END SOLUTION


def build_linear(look_back: int, n_features: int) -> keras.Model:
    """Build the linear model: the forecast is a weighted sum of everything in the window, and a bias.

    Flatten, then Dense(1) without an activation: `look_back * n_features + 1` parameters.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.

    Returns:
        A compiled model, `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back` or `n_features` is below 1.

    Example:
        >>> build_linear(20, 3).count_params()
        61

    Hint:
        A Dense layer works on the last axis alone, so the window has to become one long row first.

    Source:
        Autoregression: Yule, 1927. Slide "RNNs en comparación a redes densas".
    """
    ### BEGIN SOLUTION
    look_back, n_features = _check_count("look_back", look_back), _check_count("n_features", n_features)
    model = keras.Sequential(
        [keras.Input((look_back, n_features)), keras.layers.Flatten(), keras.layers.Dense(1)],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION


def build_dense(look_back: int, n_features: int, units: Sequence[int] = (16,)) -> keras.Model:
    """Build a dense network on the flattened window.

    Flatten, one Dense layer with `relu` for each entry of `units` in that order, and Dense(1, linear).

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: sizes of the hidden layers, at least one, each at least 1.

    Returns:
        A compiled model, `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back`, `n_features` or an entry of `units` is below 1, or `units` is empty.

    Example:
        >>> build_dense(20, 3, units=(8, 4)).count_params()
        529

    Hint:
        `keras.Sequential` has a method that appends a layer, so a loop over `units` is all it takes.

    Source:
        Slide "RNNs en comparación a redes densas".
    """
    ### BEGIN SOLUTION
    look_back, n_features = _check_count("look_back", look_back), _check_count("n_features", n_features)
    sizes = [_check_count("units", size) for size in units]
    if not sizes:
        raise ValueError("units must have at least one entry, got an empty sequence")
    model = keras.Sequential([keras.Input((look_back, n_features)), keras.layers.Flatten()])
    for size in sizes:
        model.add(keras.layers.Dense(size, activation="relu"))
    model.add(keras.layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION
