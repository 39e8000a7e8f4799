"""Whether two pieces of evidence are the same answer: what a mistake leaves behind, apart from chance and spelling.

Numbers agree when they are close. Models agree when their normalised layers, the shapes of their weights and inputs and
the way in which they are compiled do; what their weights were drawn as says nothing. Figures agree when their curves
and labels do. Failures agree when they are of one type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grader import architecture
from grader.compare import LEARNING_RATES, MEAN_SQUARED_ERRORS
from grader.evidence import Axes, CheckFailed, Failure, FigureEvidence, ModelData, Opaque, Request, Returned

Result = Returned | Failure

CLOSE = 1e-4
"""Of the largest value: single precision over many steps."""

TELLING = frozenset(
    """
    units activation recurrent_activation return_sequences go_backwards stateful use_bias reset_after rate cropping
    target_shape n pool_size filters kernel_size merge_mode
    """.split()
)
"""Entries of a layer's configuration in which mistakes show."""

PLAIN_ERRORS = frozenset({"ValueError", "TypeError", "Exception", "RuntimeError", "KeyError"})
"""Types that say so little that the message must agree as well."""


def alike(one: Result, other: Result, right: Result) -> bool:
    """Whether two answers to one request are the same; `right` is what the reference answered."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        if not (isinstance(one, Failure) and isinstance(other, Failure)):
            return False
        return _same_failure(one, other, right)
    return set(one.changed) == set(other.changed) and same_value(one.value, other.value)


def _same_failure(one: Failure, other: Failure, right: Result) -> bool:
    if (one.ending, one.bases[:1]) != (other.ending, other.bases[:1]):
        return False
    if isinstance(right, Failure):  # the arguments are senseless: what counts is whether the message names them
        return one.bases != right.bases or _named(one, right) == _named(other, right)
    return not PLAIN_ERRORS.intersection(one.bases[:1]) or _words(one.text) == _words(other.text)


def _named(failure: Failure, right: Failure) -> bool:
    """Whether a message names an argument that the reference's message names."""
    # The reference's messages begin with the argument: "look_back must be at least 1".
    wanted = set(re.findall(r"[a-z]+(?:_[a-z]+)*", right.text.lower().partition(" must ")[0]))
    words = set(re.findall(r"[a-z]+(?:_[a-z]+)*", failure.text.lower()))
    return bool(wanted & words)


def _words(text: str) -> str:
    """A message without the numbers and quoted names in it."""
    return re.sub(r"[\d\W_]+", " ", re.sub(r"'[^']*'|\"[^\"]*\"", "", text)).strip()


def same_value(one: Any, other: Any) -> bool:
    """Whether two values are the same answer."""
    match one, other:
        case (None, None):
            return True
        case (ModelData(), ModelData()):
            return model_facts(one) == model_facts(other)
        case (FigureEvidence(), FigureEvidence()):
            return len(one.axes) == len(other.axes) and all(map(_same_axes, one.axes, other.axes))
        case (Opaque(), Opaque()):
            return one.type_name == other.type_name
        case (Mapping(), Mapping()):
            return set(one) == set(other) and all(same_value(one[key], other[key]) for key in one)
        case (str(), str()):
            return one == other
    if isinstance(one, tuple) and isinstance(other, tuple):  # several values, each of a size of its own
        return len(one) == len(other) and all(map(same_value, one, other))
    numbers = _numbers(one), _numbers(other)
    if numbers[0] is not None and numbers[1] is not None:
        return _close(*numbers)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_value, one, other))
    return False


def _numbers(value: Any) -> Any:
    """A value as an array of floats; None if it is none."""
    if not isinstance(value, np.ndarray | list | tuple | int | float):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(float) if array.dtype.kind in "fiub" else None


def _close(one: Any, other: Any) -> bool:
    if one.shape != other.shape:
        return False
    # Small numbers are not the same because they are small: the tolerance shrinks with them.
    size = np.abs(other[np.isfinite(other)]).max(initial=1e-6)
    return bool(np.allclose(one, other, rtol=CLOSE, atol=CLOSE * min(size, 1.0), equal_nan=True))


def _same_axes(one: Axes, other: Axes) -> bool:
    """Titles and labels count by being there; the legend by its number of entries."""
    facts = [(bool(a.title), bool(a.xlabel), bool(a.ylabel), len(set(a.legend)), len(a.curves)) for a in (one, other)]
    same = facts[0] == facts[1]
    return same and all(
        same_value(mine.x, theirs.x) and same_value(mine.y, theirs.y)
        for mine, theirs in zip(one.curves, other.curves, strict=True)
    )


def model_facts(data: ModelData) -> tuple[object, ...]:
    """All of a model in which a mistake shows: layers, shapes, optimizer, learning rate, loss."""
    try:
        architecture.check(data)
        layers = architecture.layers(data)
    except CheckFailed as error:
        return ("refused", error.message.template)
    entries = tuple(
        (
            layer.kind,
            layer.is_frozen,
            tuple((key, str(layer.config[key])) for key in sorted(TELLING & set(layer.config))),
        )
        for layer in layers
    )
    shapes = tuple(weight.shape for weight in data.weights)
    return entries, shapes, _input_shape(data.config), *_compiled(data)


def _input_shape(config: Any) -> object:
    """The shape in the first place of a configuration that tells one."""
    if isinstance(config, Mapping):
        for key in ("batch_shape", "build_input_shape"):
            if isinstance(config.get(key), list | tuple):
                return tuple(config[key])
    inner = config.values() if isinstance(config, Mapping) else config if isinstance(config, list | tuple) else ()
    return next((shape for shape in map(_input_shape, inner) if shape is not None), None)


def _compiled(data: ModelData) -> tuple[object, ...]:
    if data.optimizer is None:
        return ("not compiled",)
    config = data.optimizer.get("config")
    rate = config.get("learning_rate") if isinstance(config, Mapping) else None
    low, high = LEARNING_RATES
    # A rate in single precision may lie a little beyond the bound that it is.
    speed = 0 if not isinstance(rate, int | float) else (rate > high * 1.001) - (rate < low * 0.999)
    loss = str(data.loss).lower()
    return data.optimizer.get("class_name"), speed, "mse" if loss in MEAN_SQUARED_ERRORS else loss


def telling(requests: Sequence[Request], results: Iterable[Result]) -> Iterator[Result]:
    """The answers of one function as they are compared: of what it draws or rounds as it likes, only the facts.

    Other answers are passed on one by one, so that no more are asked for than are needed to see a difference.
    """
    view = _VIEWS.get(requests[0].function) if requests else None
    if view is None:
        yield from results
        return
    whole = list(results)
    for number, request, result in zip(_repeats(whole), requests, whole, strict=True):
        if isinstance(result, Returned):
            result = Returned((number, view(request, result.value)), result.changed)
        yield result


def _repeats(results: Sequence[Result]) -> list[int]:
    """For each answer the number of the first one that is equal to it: what chance makes must repeat with its seed."""
    return [next(n for n, first in enumerate(results) if alike(first, result, first)) for result in results]


def _reservoir_view(request: Request, value: Any) -> Any:
    """Of random matrices `(w_in, w)` their shapes, and how `w` was scaled."""
    arrays = [_numbers(part) for part in value] if isinstance(value, tuple) else []
    if len(arrays) != 2 or any(array is None for array in arrays):
        return value
    names = ("n_features", "size", "spectral_radius", "seed")
    given = dict(zip(names, request.args, strict=False)) | dict(request.kwargs)
    scaling = _scaling(arrays[1], float(given.get("spectral_radius", 0.9)))
    return [*(list(map(float, array.shape)) for array in arrays), scaling]


def _scaling(w: Any, asked: float) -> str:
    if w.ndim != 2 or w.shape[0] != w.shape[1] or not np.isfinite(w).all():
        return "no square matrix"
    radius = float(np.max(np.abs(np.linalg.eigvals(w))))
    norm, frobenius = float(np.linalg.norm(w, 2)), float(np.linalg.norm(w))
    measures = {"radius": radius / asked, "one": radius, "norm": norm / asked, "frobenius": frobenius / asked}
    return next((name for name, value in measures.items() if abs(value - 1) < 1e-3), "other")


def _pieces_view(request: Request, value: Any) -> Any:
    """Of the three pieces of a series where each begins and how long it is; a sample more or less is no difference."""
    given = dict(zip(("series", "train", "val"), request.args, strict=False)) | dict(request.kwargs)
    series = _numbers(given["series"])
    pieces: list[Any] = [_numbers(piece) for piece in value] if isinstance(value, tuple | list) else [None]
    if any(piece is None or piece.ndim != series.ndim for piece in pieces):
        return value
    train, val = float(given.get("train", 0.7)), float(given.get("val", 0.15))
    sizes = {"train": train, "val": val, "test": 1 - train - val, "val of rest": val * (1 - train)}
    facts: list[str] = []
    end = 0
    for piece in pieces:
        start = _start(series, piece)
        place = "mixed" if start is None else f"{start - end:+d} from the end before"
        # 1.5: a sample more or less, and the fraction that no length can have.
        size = next((name for name, part in sizes.items() if abs(len(piece) - part * len(series)) <= 1.5), "other")
        facts += [place if abs((start or end) - end) <= 2 else "elsewhere", size]
        end = (end if start is None else start) + len(piece)
    return [*facts, f"{len(series) - end} left"]


def _start(series: Any, piece: Any) -> int | None:
    """Where in a series a piece begins; None if it is no contiguous part of it."""
    starts = range(len(series) - len(piece) + 1)
    return next((start for start in starts if np.array_equal(series[start : start + len(piece)], piece)), None)


_VIEWS = {"make_reservoir": _reservoir_view, "split_series": _pieces_view}
"""Functions that draw at random, or may round as they like: what is compared instead of the numbers."""
