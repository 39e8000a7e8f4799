"""Turns what a student's function returned into evidence: plain data, described on the student's side."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.evidence import Array, Axes, Curve, FigureEvidence, ModelData, Opaque

MAX_DEPTH = 8
LONG_SEQUENCE = 16
"""A list that is at least this long, and all numbers, is an array that was not converted."""


def observe(value: Any, depth: int = 0) -> Any:
    """Describe a value as evidence; what is not data becomes `Opaque`."""
    if value is None or isinstance(value, bool | np.bool_):
        return value if value is None else bool(value)
    if isinstance(value, int | np.integer):
        # Here and below made plain: a subclass may be equal to everything (hostile row 8).
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if depth >= MAX_DEPTH:  # a list may hold itself
        return _opaque(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Mapping):
        return {str(key): observe(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return _sequence(value, depth)
    return _library_object(value, depth)


def _opaque(value: Any) -> Opaque:
    return Opaque(type(value).__name__[:100])


def _array(value: Array) -> Array | Opaque:
    # Drops a subclass of ndarray, and with it comparisons of its own (hostile row 8).
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array.astype("<i8")
    if array.dtype.kind == "b":
        return array
    # Neither half floats nor long doubles (hostile row 47).
    if array.dtype.kind == "f" and array.dtype.itemsize in (4, 8):
        return array.astype(array.dtype.newbyteorder("<"))
    return Opaque(f"array of dtype {array.dtype}"[:100])


def _sequence(value: list[Any] | tuple[Any, ...], depth: int) -> Any:
    if len(value) >= LONG_SEQUENCE:
        try:
            array = np.asarray(value)
        except ValueError:  # lists of different lengths
            array = np.empty(0, dtype=object)
        if array.dtype.kind in "fiub":
            return _array(array)
    items = [observe(item, depth + 1) for item in value]
    return tuple(items) if isinstance(value, tuple) else items


def _library_object(value: Any, depth: int) -> Any:
    # Whoever returns a model has imported Keras; nobody else is made to wait for it.
    keras = sys.modules.get("keras")
    if keras is not None and isinstance(value, keras.Model):
        return model_data(value)
    figure = sys.modules.get("matplotlib.figure")
    if figure is not None and isinstance(value, figure.Figure):
        return _figure(value)
    if hasattr(value, "__array__"):
        # `[()]` makes a number of a tensor without dimensions; deeper, since an array of objects may hold itself.
        return observe(np.asarray(value)[()], depth + 1)
    return _opaque(value)


def model_data(model: Any) -> ModelData | Opaque:
    """Describe a Keras model: its configuration, its weights, and how it was compiled."""
    import keras

    # A subclass may compute what its configuration does not say (hostile row 21). Keras exports no name for this class.
    functional = type(model).__name__ == "Functional" and type(model).__module__.startswith("keras.")
    if type(model) is not keras.Sequential and not functional:
        return Opaque(f"{type(model).__name__}, a subclass of keras.Model"[:100])
    config = _plain(model.get_config())
    optimizer = _plain(keras.optimizers.serialize(model.optimizer)) if model.compiled and model.optimizer else None
    if not isinstance(config, dict) or not isinstance(optimizer, dict | None):
        return Opaque("keras.Model with a part that Keras cannot describe")
    return ModelData(
        kind=type(model).__name__,
        config=config,
        weights=[np.asarray(weight) for weight in model.get_weights()],
        optimizer=optimizer,
        loss=_loss_name(model.loss) if optimizer else None,
    )


def _plain(config: Any) -> Any:
    """Keras's configuration as JSON gives it; None where it holds something that JSON cannot say."""
    try:
        return json.loads(json.dumps(config, allow_nan=False, default=_plain_scalar))
    except (TypeError, ValueError):
        return None


def _plain_scalar(value: Any) -> Any:
    return np.asarray(value).tolist()


def _loss_name(loss: Any) -> str:
    """Keras's name of a loss, however it was spelled; "custom ..." for one that is not Keras's own."""
    import keras

    # `compile` takes one loss for each output, in a list or by name.
    if isinstance(loss, list | tuple) and len(loss) == 1:
        return _loss_name(loss[0])
    if isinstance(loss, dict) and len(loss) == 1:
        return _loss_name(next(iter(loss.values())))
    if loss is None or isinstance(loss, str):
        return str(loss)
    own = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    name = str(getattr(own, "__name__", type(loss).__name__))
    return name if str(getattr(own, "__module__", "")).startswith("keras.") else f"custom {name}"


def _figure(figure: Any) -> FigureEvidence:
    suptitle = figure.get_suptitle()
    return FigureEvidence(tuple(_axes(axes, suptitle, figure) for axes in figure.axes))


def _axes(axes: Any, suptitle: str, figure: Any) -> Axes:
    legend = axes.get_legend() or next(iter(figure.legends), None)
    # A title may stand in the middle, left, right or above all axes: each is a title.
    titles = (axes.get_title(), axes.get_title("left"), axes.get_title("right"), suptitle)
    return Axes(
        title=next((title for title in titles if title), ""),
        xlabel=axes.get_xlabel() or figure.get_supxlabel(),
        ylabel=axes.get_ylabel() or figure.get_supylabel(),
        legend=tuple(text.get_text() for text in legend.get_texts()) if legend else (),
        curves=tuple(_curves(axes)),
    )


def _curves(axes: Any) -> list[Curve]:
    # Without `orig=False` it gives what was passed in, dates and categories too, and not the numbers that are drawn.
    pairs = [(line.get_xdata(orig=False), line.get_ydata(orig=False)) for line in axes.get_lines()]
    # `scatter` draws no line.
    for collection in axes.collections:
        offsets = np.ma.getdata(collection.get_offsets())  # a masked array
        if len(offsets):
            pairs.append((offsets[:, 0], offsets[:, 1]))
    return [Curve(np.asarray(x, dtype="<f8").ravel(), np.asarray(y, dtype="<f8").ravel()) for x, y in pairs]
