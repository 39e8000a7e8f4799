"""Measure a forecast, let a model run free, draw the outcome, and the open challenge: train a forecaster."""

from __future__ import annotations

import math
import operator

import keras
import numpy as np
from matplotlib.figure import Figure
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


def _as_array(name: str, value: ArrayLike, shape: tuple[int | None, ...]) -> Array:
    """Return `value` as an array of floats of the given shape; worked, for you to use.

    Args:
        name: what the message calls the argument.
        value: array, or nested lists of numbers.
        shape: one entry for each dimension; `None` stands for any size but 0.

    Raises:
        ValueError: `value` is empty or its shape does not fit. The message names the argument.

    Example:
        >>> _as_array("x", [[1, 2, 3]], (None, 3)).shape
        (1, 3)
    """
    array = np.asarray(value, dtype=float)
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits or array.size == 0:
        raise ValueError(f"{name} must be a non-empty array of shape {shape}, got shape {array.shape}")
    return array


def forecast_errors(y_true: ArrayLike, y_pred: ArrayLike) -> dict[str, float]:
    """Measure how far a forecast is off, in three ways.

    `mae` is the mean absolute error; `rmse` is the root of the mean squared error; `nrmse` is `rmse` over the
    standard deviation (of the population) of `y_true`: 0 is perfect, 1 is as bad as forecasting the mean.

    A model returns a column `(n, 1)` while targets are `(n,)`: NumPy would subtract them into a table `(n, n)`
    without a word. Both shapes are taken here, in any combination.

    Args:
        y_true: what came, shape `(n,)` or `(n, 1)`, not empty.
        y_pred: what was forecast, shape `(n,)` or `(n, 1)`, the same `n`.

    Returns:
        A dictionary with the keys `mae`, `rmse` and `nrmse`, each a float. If all of `y_true` is one and the same
        value, `nrmse` has no meaning and is `nan`.

    Raises:
        ValueError: an array is empty or of another shape, or their lengths differ.

    Example:
        >>> forecast_errors([1.0, 3.0, 1.0, 3.0], [[2.0], [4.0], [2.0], [4.0]])
        {'mae': 1.0, 'rmse': 1.0, 'nrmse': 1.0}

    Hint:
        Bring both arrays to one shape before anything is subtracted, and check their lengths.

    Source:
        Hyndman & Koehler, Another look at measures of forecast accuracy, 2006. Slides: "evaluar las predicciones".
    """
    ### BEGIN SOLUTION
    columns = {}
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        columns[name] = _as_array(name, values, (None,) if np.ndim(values) == 1 else (None, 1)).ravel()
    true, pred = columns["y_true"], columns["y_pred"]
    if len(true) != len(pred):
        raise ValueError(f"y_pred must have as many values as y_true, {len(true)}, got {len(pred)}")
    rmse = math.sqrt(np.mean((pred - true) ** 2))
    nrmse = rmse / float(np.std(true)) if np.ptp(true) > 0 else math.nan
    return {"mae": float(np.mean(np.abs(pred - true))), "rmse": rmse, "nrmse": nrmse}
    ### END SOLUTION


def forecast_recursive(model: keras.Model, window: ArrayLike, steps: int) -> Array:
    """Let a one-feature model run free: each forecast is fed back as if it had been observed.

    The window moves on by one sample with every step: the oldest one leaves, the forecast comes in as the newest.
    After `look_back` steps the model sees nothing but its own forecasts. Errors add up, and a chaotic series
    makes them grow exponentially.

    Args:
        model: a model `(batch, look_back, 1)` to `(batch, 1)`.
        window: the last known samples in the model's (standardised) units, shape `(look_back, 1)`, oldest first.
        steps: how many samples to forecast, at least 1.

    Returns:
        The forecasts in time order, shape `(steps,)`. `window` itself stays as it is.

    Raises:
        ValueError: `steps` is below 1, or `window` is empty or not of shape `(look_back, 1)`.

    Example:
        >>> adds_up = keras.Sequential([keras.Input((2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
        >>> adds_up.set_weights([np.ones((2, 1)), np.zeros(1)])
        >>> forecast_recursive(adds_up, [[1.0], [1.0]], steps=5).tolist()
        [2.0, 3.0, 5.0, 8.0, 13.0]

    Hint:
        A model wants a batch, so one window needs another axis in front. For one window at a time
        `model.predict_on_batch` is far quicker than `model.predict`.

    Source:
        Slide "Redes Recurrentes": an output that becomes the next input. Jaeger & Haas, Science, 2004.
    """
    ### BEGIN SOLUTION
    steps = _check_count("steps", steps)
    recent = _as_array("window", window, (None, 1))
    forecasts = np.zeros(steps)
    for step in range(steps):
        forecasts[step] = np.ravel(model.predict_on_batch(recent[np.newaxis]))[-1]
        recent = np.vstack([recent[1:], [[forecasts[step]]]])
    return forecasts
    ### END SOLUTION


def plot_forecast(t: ArrayLike, y_true: ArrayLike, y_pred: ArrayLike) -> Figure:
    """Draw what came and what was forecast, over time.

    Both curves in one pair of axes, over `t`; a legend that tells them apart, a label on each axis, a title. No
    window is opened: the figure is returned, and whoever called decides whether to show it or to save it.

    Args:
        t: the times, shape `(n,)`, not empty.
        y_true: what came, shape `(n,)` or `(n, 1)`.
        y_pred: what was forecast, shape `(n,)` or `(n, 1)`.

    Returns:
        A `matplotlib.figure.Figure` with one pair of axes and two curves.

    Raises:
        ValueError: an array is empty or of another shape, or their lengths differ.

    Example:
        >>> axes = plot_forecast([0, 1, 2], [1.0, 2.0, 1.5], [1.1, 1.8, 1.6]).axes[0]
        >>> len(axes.lines), len(axes.get_legend().get_texts())
        (2, 2)

    Hint:
        `Figure` can be made by itself, without `pyplot`, which would keep every figure in memory. A curve needs
        its `label` before there can be a legend.

    Source:
        Slide "Objetivos de la práctica de hoy": to see the forecasts of a recurrent network.
    """
    ### BEGIN SOLUTION
    curves = {}
    for name, values in (("t", t), ("y_true", y_true), ("y_pred", y_pred)):
        curves[name] = _as_array(name, values, (None,) if np.ndim(values) == 1 else (None, 1)).ravel()
        if len(curves[name]) != len(curves["t"]):
            raise ValueError(f"{name} must have as many values as t, {len(curves['t'])}, got {len(curves[name])}")
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(curves["t"], curves["y_true"], label="observed")
    axes.plot(curves["t"], curves["y_pred"], "--", label="forecast")
    axes.set(xlabel="time", ylabel="value", title="Forecast and observation")
    axes.legend()
    return figure
    ### END SOLUTION


def train_forecaster(train: ArrayLike) -> tuple[keras.Model, int, float, float]:
    """Train the best forecaster you can in the time there is: the open challenge.

    You get a raw series of one feature in units of its own, and you decide everything: the window, the network, how
    it is trained. What you return is used like this, on a continuation of the series that you never see: every
    window of `look_back` samples is standardised with `mean` and `std`, the model forecasts the next sample, and
    the forecast goes back to the units of the series with the same two numbers. The error is measured there, one
    step ahead. At most 120 seconds; aim for far less, since another machine may be slower.

    Args:
        train: the samples to learn from, shape `(T,)` or `(T, 1)`; about 2,000 of a chaotic series.

    Returns:
        `(model, look_back, mean, std)`: a trained, compiled model of Keras's own layers, `(batch, look_back, 1)`
        to `(batch, 1)`, for standardised windows; the length of its windows; the two numbers to standardise with,
        measured on samples of `train` alone.

    Raises:
        ValueError: `train` is empty, has more than one feature, or is too short for your window.

    Example:
        >>> train_forecaster([])  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        ValueError: train is empty

    Hint:
        Keep the last part of `train` aside and compare your choices on it, in time order. Then ask: how many past
        samples does the next one depend on? Does the error still fall when training stops? Would it fall further if
        the learning rate did? Does the outcome depend on the initial weights?

    Source:
        All of the slides; Mackey & Glass, 1977; Loshchilov & Hutter, SGDR, 2017, for the shape of a learning rate.
    """
    ### BEGIN SOLUTION
    look_back, units, batch_size, updates = 12, 16, 32, 2_000
    series = _as_array("train", train, (None,) if np.ndim(train) == 1 else (None, 1)).ravel()
    num_samples = len(series) - look_back
    if num_samples < 2:
        raise ValueError(f"train has {len(series)} samples, too few for look_back={look_back} and a validation window")
    num_val = max(1, num_samples // 10)
    num_fit = num_samples - num_val

    # The scaler sees nothing of the validation targets, as it will see nothing of the continuation.
    seen = series[: look_back + num_fit]
    mean, std = float(seen.mean()), float(seen.std()) if np.ptp(seen) > 0 else 1.0
    windows = np.lib.stride_tricks.sliding_window_view((series - mean) / std, look_back + 1)[..., np.newaxis]
    X, y = windows[:, :look_back].astype("float32"), windows[:, look_back].astype("float32")

    model = keras.Sequential([keras.Input((look_back, 1)), keras.layers.LSTM(units), keras.layers.Dense(1)])
    # A budget of updates rather than of epochs: the time does not depend on the length of the series. The rate
    # begins high and falls along a cosine; clipping the gradient forgives the high beginning.
    steps = math.ceil(num_fit / batch_size)
    epochs = math.ceil(updates / steps)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, decay_steps=steps * epochs, alpha=1e-2)
    # A whole epoch in one compiled call: it saves the way through Python after each batch.
    adam = keras.optimizers.Adam(rate, clipnorm=1.0)
    model.compile(optimizer=adam, loss="mse", steps_per_execution=steps)
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    model.fit(
        X[:num_fit], y[:num_fit], batch_size=batch_size, epochs=epochs,
        validation_data=(X[num_fit:], y[num_fit:]), callbacks=[best], verbose=0,
    )  # fmt: skip
    return model, look_back, mean, std
    ### END SOLUTION
