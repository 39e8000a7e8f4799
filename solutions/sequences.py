"""What a recurrent network can do with the shape of its data: any length, every step, a state that lasts."""

from __future__ import annotations

import operator

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


def build_any_length(n_features: int, units: int = 5) -> keras.Model:
    """Build one LSTM network that takes windows of any length.

    LSTM(units), then Dense(1). Its weights do not depend on the number of steps, so the same model forecasts from 3
    samples or from 300.

    Args:
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, any, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `n_features` or `units` is below 1.

    Example:
        >>> build_any_length(2).input_shape
        (None, None, 2)

    Hint:
        How does Keras's `Input` say that a dimension is not known beforehand?

    Source:
        Slide "1) Forma de los Datos", first point.
    """
    ### BEGIN SOLUTION
    n_features, units = _check_count("n_features", n_features), _check_count("units", units)
    model = keras.Sequential(
        [keras.Input((None, n_features)), keras.layers.LSTM(units), keras.layers.Dense(1)],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION


def make_sequence_targets(series: ArrayLike, look_back: int) -> tuple[Array, Array]:
    """Cut a series into windows with a target at each step: the next value of feature 0.

    Window `i` holds the `look_back` samples that begin at sample `i`; its targets are feature 0 of the samples that
    begin one later. There are `n = T - look_back` windows.

    Args:
        series: shape `(T,)` or `(T, n_features)`, with `T >= look_back + 1`.
        look_back: number of samples in a window, at least 1.

    Returns:
        `(X, y)`: `X` of shape `(n, look_back, n_features)` and `y` of shape `(n, look_back, 1)`.

    Raises:
        ValueError: `look_back` is below 1, or `series` is too short for one window.

    Example:
        >>> X, y = make_sequence_targets([10.0, 11.0, 12.0, 13.0], look_back=3)
        >>> X[:, :, 0], y[:, :, 0]
        (array([[10., 11., 12.]]), array([[11., 12., 13.]]))

    Hint:
        The targets are themselves windows, of the same series one sample later; keep the last axis.

    Source:
        Slide "1) Forma de los Datos", third point.
    """
    ### BEGIN SOLUTION
    look_back = _check_count("look_back", look_back)
    columns = _as_columns("series", series)
    n = len(columns) - look_back
    if n < 1:
        raise ValueError(f"series has {len(columns)} samples, too few for look_back={look_back} and a target")
    X = np.stack([columns[start : start + look_back] for start in range(n)])
    y = np.stack([columns[start + 1 : start + look_back + 1, :1] for start in range(n)])
    return X, y
    ### END SOLUTION


def build_every_step(look_back: int, n_features: int, units: int = 5) -> keras.Model:
    """Build an LSTM network that forecasts at each step of the window, not at its end alone.

    LSTM(units) that returns the states of all steps, then Dense(1) on each of them, with the same weights.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, look_back, n_features)` to `(batch, look_back, 1)`.

    Raises:
        ValueError: `look_back`, `n_features` or `units` is below 1.

    Example:
        >>> build_every_step(20, 1).output_shape
        (None, 20, 1)

    Hint:
        The slide names the argument. A Dense layer works on the last axis and leaves the others as they are.

    Source:
        Slide "1) Forma de los Datos", the Keras code.
    """
    ### BEGIN SOLUTION
    look_back, n_features = _check_count("look_back", look_back), _check_count("n_features", n_features)
    units = _check_count("units", units)
    model = keras.Sequential(
        [
            keras.Input((look_back, n_features)),
            keras.layers.LSTM(units, return_sequences=True),
            keras.layers.Dense(1),
        ],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION


def build_stateful(n_features: int, units: int = 5, batch_size: int = 1) -> keras.Model:
    """Build an LSTM network that keeps its state from one call to the next.

    A stateful LSTM(units) that returns the states of all steps, then Dense(1): one output for each step. The state
    belongs to the rows of a batch, so the batch size is fixed; the number of steps is free.

    Args:
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.
        batch_size: how many series are fed side by side, at least 1.

    Returns:
        A compiled model (Adam, mean squared error), `(batch_size, any, n_features)` to `(batch_size, any, 1)`.

    Raises:
        ValueError: `n_features`, `units` or `batch_size` is below 1.

    Example:
        >>> build_stateful(2, batch_size=3).input_shape
        (3, None, 2)

    Hint:
        `keras.Input` has an argument for the whole shape, batch included.

    Source:
        Slide "1) Forma de los Datos", second point, with its warning about convergence.
    """
    ### BEGIN SOLUTION
    n_features, units = _check_count("n_features", n_features), _check_count("units", units)
    batch_size = _check_count("batch_size", batch_size)
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, None, n_features)),
            keras.layers.LSTM(units, stateful=True, return_sequences=True),
            keras.layers.Dense(1),
        ],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION


def predict_in_chunks(model: keras.Model, series: ArrayLike, chunk: int) -> Array:
    """Feed a long series to a stateful model, a chunk of samples at a time.

    The state is reset once, before the first chunk, and then carried over from chunk to chunk. So the result is the
    same as when the whole series is fed at once, whatever the size of the chunks, and whatever the model has seen
    before. The last chunk is shorter when `chunk` does not divide `T`.

    Args:
        model: a stateful model as `build_stateful` makes it with `batch_size=1`, of one recurrent layer or several;
            one output for each step.
        series: shape `(T, n_features)`, or `(T,)` for one feature. Not empty.
        chunk: number of samples fed at a time, at least 1.

    Returns:
        One forecast for each sample, shape `(T,)`.

    Raises:
        ValueError: `chunk` is below 1, or `series` is empty.

    Example:
        >>> predict_in_chunks(build_stateful(1), [0.1, 0.2, 0.3, 0.4, 0.5], chunk=2).shape
        (5,)

    Hint:
        Keras 3's models have no method that resets the state, its recurrent layers do. Calling the model itself,
        `model(batch)`, keeps the state on every backend; `keras.ops.convert_to_numpy` brings the outcome back.

    Source:
        Slide "1) Forma de los Datos", second point.
    """
    ### BEGIN SOLUTION
    chunk = _check_count("chunk", chunk)
    columns = _as_columns("series", series)

    def reset(layer: keras.Layer) -> None:
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()
        for inner in getattr(layer, "layers", ()):  # a model inside the model
            reset(inner)

    reset(model)
    pieces = [columns[start : start + chunk] for start in range(0, len(columns), chunk)]
    outputs = [keras.ops.convert_to_numpy(model(piece[np.newaxis], training=False)) for piece in pieces]
    return np.concatenate([output.reshape(-1) for output in outputs]).astype(float)
    ### END SOLUTION
