"""Symptoms of a forecaster that came back: what `train_forecaster` did wrong, told without training anything.

The judge's own forward pass over the series that the forecaster was trained on shows what it has learned: the next
sample, the last one, the change between them, windows in another order, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from grader.evidence import Array, CheckFailed, Failure, ModelData, Opaque, Request, Returned
from grader.models import ModelEvidence

MIN_SAMPLES = 100
"""A shorter series is one that had to be rejected."""
MAX_WINDOWS = 500
SAME = 0.1
"""Of the spread of what is compared: errors below it are no difference."""
LEARNED = 0.5


def symptoms(request: Request, result: Returned | Failure) -> Iterator[str]:
    """The mistakes, by their slugs, that a forecaster shows; the first is the one that explains the others.

    Args:
        request: The call, with the series that was trained on, `(T,)` or `(T, 1)`.
        result: What came of it.
    """
    train = np.ravel(request.args[0]) if request.args else np.empty(0)
    if isinstance(result, Failure):
        return
    if not len(train):
        yield "empty_accepted"
    if len(train) < MIN_SAMPLES:
        return
    value = result.value if isinstance(result.value, tuple | list) else (result.value,)
    if isinstance(value[0], Opaque) and value[0].type_name == "History":
        yield "history_returned"
    elif len(value) == 3 and isinstance(value[0], ModelData):
        yield "look_back_not_returned"
    elif len(value) == 4 and isinstance(value[0], ModelData):
        try:
            yield from _of_parts(train, ModelEvidence(value[0]), *(_number(part) for part in value[1:]))
        except CheckFailed:  # a model that may not come back, which is said already
            return


def _number(value: Any) -> float:
    array = np.asarray(value) if isinstance(value, int | float | np.ndarray) else np.empty(0)
    return float(array.reshape(())) if array.size == 1 and array.dtype.kind in "fiu" else float("nan")


def _of_parts(train: Array, model: ModelEvidence, look_back: float, mean: float, std: float) -> Iterator[str]:
    steps = model.input_shape[1] if len(model.input_shape) == 3 else None
    if not all(np.isfinite(weight).all() for weight in model.weights):
        yield "diverged"
    elif steps is not None and look_back == steps + 1:
        yield "look_back_mismatch"
    elif _near(mean, train.std()) and _near(std, train.mean()):
        yield "scaler_swapped"
    elif np.isfinite([look_back, mean, std]).all() and std > 0 and 1 <= look_back <= len(train) - MIN_SAMPLES // 2:
        yield from _of_forecasts(train, model, int(look_back), mean, std)


def _near(one: float, other: float) -> bool:
    return bool(abs(one - other) <= SAME * abs(other))


def _of_forecasts(train: Array, model: ModelEvidence, look_back: int, mean: float, std: float) -> Iterator[str]:
    windows = np.lib.stride_tricks.sliding_window_view(train, look_back + 1)[-MAX_WINDOWS:]
    raw, due = windows[:, :look_back], (windows[:, look_back] - mean) / std
    X = (raw - mean) / std
    last, forecast = X[:, -1], _predict(model, X)
    error, change = _rms(forecast - due), due - last
    # By the numbers that should have come back, for a forecaster whose own are others.
    scaled = (raw - train.mean()) / train.std()
    if _rms(forecast - last) < SAME * _rms(change):
        # Both repeat the last value: exactly, if made to; nearly, if that is what was learned.
        yield "persistence_in_disguise" if np.allclose(forecast, last, atol=1e-4) else "target_inside_window"
    elif _untrained(model):
        yield "untrained"
    elif _rms(_predict(model, raw) - windows[:, look_back]) / train.std() < LEARNED * error * std / train.std():
        yield "trained_on_raw_series"
    elif _rms(_predict(model, scaled) * train.std() + train.mean() - windows[:, look_back]) < LEARNED * error * std:
        yield "scaler_not_returned"
    elif forecast.std() < SAME * due.std():
        yield "constant"
    elif _rms(_predict(model, X[:, ::-1]) - due) < LEARNED * error:
        yield "windows_reversed"
    elif _rms(forecast - change) < LEARNED * min(error, _rms(change)):
        yield "differences_learned"
    elif all(layer.kind in ("Flatten", "Dense") and _is_linear(layer) for layer in model.layers):
        yield "linear_only"
    elif error > _linear_error(X, due):
        # Last: worse than a linear model, and for none of the reasons above.
        yield "one_epoch"


def _predict(model: ModelEvidence, X: Array) -> Array:
    return model.predict(np.ascontiguousarray(X)[..., np.newaxis]).reshape(len(X), -1)[:, -1]


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _is_linear(layer: Any) -> bool:
    return bool(layer.config.get("activation", "linear") == "linear")


def _untrained(model: ModelEvidence) -> bool:
    """Biases are still the zeros, or the ones of a forget gate, that Keras begins with."""
    biases = [weight for weight in model.weights if weight.ndim == 1]
    return bool(biases) and all(np.isin(bias, (0.0, 1.0)).all() for bias in biases)


def _linear_error(X: Array, due: Array) -> float:
    """What the best linear model leaves of these windows."""
    design = np.column_stack([X, np.ones(len(X))])
    return _rms(due - design @ np.linalg.lstsq(design, due, rcond=None)[0])
