"""What a check demands of evidence, and the sentence that a student reads when it does not hold.

Order matters: first the fact that explains the rest. Shape, then dtype and finiteness, then values. A message for
students has shapes, types and the index of the first difference; values go into the detail, for instructors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from grader.contract import Outcome, Scalar, Text
from grader.evidence import Array, CheckFailed, Ending, FigureEvidence, ModelData, Opaque, StudentError

LEARNING_RATES = (1e-4, 1e-1)
MEAN_SQUARED_ERRORS = frozenset({"mse", "mean_squared_error", "meansquarederror"})  # as a word, a function or a class

Shape = tuple[int | None, ...]
Values = dict[str, Scalar | Text]
Name = str | Text
"""What a value is called: a name of the contract, or words to be translated."""


class Layer(Protocol):
    """One layer of a model, as a check sees it."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - a protocol's member is described by its class
    @property
    def config(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def is_frozen(self) -> bool: ...  # noqa: D102


class Model(Protocol):
    """A student's model, as a check sees it."""

    @property
    def layers(self) -> Sequence[Layer]: ...  # noqa: D102
    @property
    def input_shape(self) -> Shape: ...  # noqa: D102
    @property
    def output_shape(self) -> Shape: ...  # noqa: D102
    @property
    def parameters(self) -> int: ...  # noqa: D102
    @property
    def loss(self) -> str | None: ...  # noqa: D102
    @property
    def optimizer(self) -> str | None: ...  # noqa: D102
    @property
    def largest_learning_rate(self) -> float: ...  # noqa: D102


def expect(condition: object, message: Text, detail: Text | None = None) -> None:
    """Fail with `message` unless `condition` is true."""
    if not condition:
        raise CheckFailed(message, detail)


def describe(value: object) -> Text:
    """Say what a piece of evidence is: its type and shape, never its values."""
    match value:
        case None:
            return Text("None (is a `return` missing?)")
        case np.ndarray():
            return Text("an array of shape {shape}", {"shape": str(value.shape)})
        case list() | tuple():
            return Text("a {type} of length {length}", {"type": type(value).__name__, "length": len(value)})
        case dict():
            return Text("a dict with the keys {keys}", {"keys": ", ".join(map(str, value)) or "-"})
        case FigureEvidence():
            return Text("a matplotlib figure")
        case Opaque():
            return Text("an object of type {type}", {"type": value.type_name})
        case _ if is_model(value):
            return Text("a Keras model")
    return Text("a value of type {type}", {"type": type(value).__name__})


def is_model(value: object) -> bool:
    """Tell whether a piece of evidence is a model."""
    return isinstance(value, ModelData) or hasattr(value, "largest_learning_rate")


def _refuse_opaque(name: Name, value: object) -> None:
    if isinstance(value, Opaque):
        text = Text("{name}: it is {came}, which is not plain data", {"name": name, "came": describe(value)})
        raise CheckFailed(text, outcome=Outcome.REFUSED)


def expect_tuple(function: str, value: object, names: Sequence[str]) -> tuple[Any, ...]:
    """Demand as many values as there are names, in a tuple or a list."""
    _refuse_opaque(function, value)
    if isinstance(value, tuple | list) and len(value) == len(names):
        return tuple(value)
    values: Values = {"function": function, "came": describe(value), "count": len(names), "names": ", ".join(names)}
    raise CheckFailed(Text("{function} returned {came}; expected {count} values: {names}", values))


def expect_mapping(function: str, value: object, keys: Iterable[str]) -> dict[str, Any]:
    """Demand a dict that has at least these keys."""
    _refuse_opaque(function, value)
    wanted = list(keys)
    if isinstance(value, dict) and all(key in value for key in wanted):
        return value
    values: Values = {"function": function, "came": describe(value), "keys": ", ".join(wanted)}
    raise CheckFailed(Text("{function} returned {came}; expected a dict with the keys {keys}", values))


def _as_numbers(name: Name, value: object, shape: Shape) -> Array:
    _refuse_opaque(name, value)
    numeric = isinstance(value, np.ndarray | list | tuple | int | float)
    try:
        array = np.asarray(value) if numeric else None
    except ValueError:
        # Lists of different lengths.
        array = None
    if array is None or array.dtype.kind not in "fiub":
        values: Values = {"name": name, "came": describe(value), "shape": str(shape)}
        raise CheckFailed(Text("{name}: it is {came}; expected an array of numbers of shape {shape}", values))
    return array


def expect_array(name: Name, value: object, shape: Shape, axes: Sequence[str] | None = None) -> Array:
    """Demand an array of finite numbers of this shape; `None` in `shape` takes any length.

    Args:
        name: What the array is called in the contract.
        value: The evidence; nested lists of numbers are taken as well.
        shape: The shape that is due.
        axes: What the dimensions are called, for the message.

    Returns:
        The array as float64.

    Raises:
        CheckFailed: On another shape, another kind of dtype, or a number that is not finite, in this order.
    """
    # Everything about the shape comes before arithmetic, in which (n, 1) and (n,) broadcast (hostile row 46).
    array = _as_numbers(name, value, shape)
    fits = len(array.shape) == len(shape) and all(
        due is None or came == due for came, due in zip(array.shape, shape, strict=True)
    )
    if not fits:
        values: Values = {"name": name, "came": str(array.shape), "shape": _shape_text(shape)}
        if axes is None:
            raise CheckFailed(Text("{name}: the shape is {came}; expected {shape}", values))
        values["axes"] = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
        raise CheckFailed(Text("{name}: the shape is {came}; expected {shape} = {axes}", values))
    if array.dtype.kind not in "fiu":
        values = {"name": name, "came": str(array.dtype)}
        raise CheckFailed(Text("{name}: the dtype is {came}; expected real numbers, such as float64", values))
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        values = {"name": name, "count": len(wrong), "index": _index(wrong[0])}
        raise CheckFailed(
            Text("{name}: {count} values are not finite (NaN or infinite), the first at index {index}", values)
        )
    return array.astype(np.float64)


def _shape_text(shape: Shape) -> str:
    return str(shape).replace("None", "n")


def _index(index: Iterable[int]) -> str:
    return "[" + ", ".join(str(int(i)) for i in index) + "]"


def expect_close(
    name: Name,
    value: object,
    expected: object,
    axes: Sequence[str] | None = None,
    tolerance: float = 1e-5,
) -> Array:
    """Demand an array close to `expected`: `|value - expected| <= tolerance * (1 + |expected|)` everywhere.

    Returns:
        The array as float64.

    Raises:
        CheckFailed: As `expect_array`, or with the index of the first difference and the number of them.
    """
    due = np.asarray(expected, dtype=np.float64)
    array = expect_array(name, value, due.shape, axes)
    # "Not within" instead of "beyond": a NaN is never within (hostile row 45).
    wrong = np.argwhere(~(np.abs(array - due) <= tolerance * (1 + np.abs(due))))
    if not len(wrong):
        return array
    first = tuple(wrong[0])
    detail = Text(
        "there it is {came}; expected {expected}", {"came": f"{array[first]:.6g}", "expected": f"{due[first]:.6g}"}
    )
    # Without dimensions there is no index to tell.
    if not first:
        raise CheckFailed(Text("{name}: not the expected value", {"name": name}), detail)
    values: Values = {"name": name, "wrong": len(wrong), "total": due.size, "index": _index(first)}
    raise CheckFailed(Text("{name}: wrong at {wrong} of {total} places, the first at index {index}", values), detail)


def expect_number(name: Name, value: object, expected: float | None = None, tolerance: float = 1e-5) -> float:
    """Demand one finite number, close to `expected` if that is given. Arrays of one element are no numbers."""
    _refuse_opaque(name, value)
    # NumPy gives some numbers as arrays without dimensions.
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value.item()
    # For Python, True is an int.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CheckFailed(Text("{name}: it is {came}; expected one number", {"name": name, "came": describe(value)}))
    if not np.isfinite(value):
        text = Text("{name}: not a finite number (NaN or infinite)", {"name": name})
        raise CheckFailed(text, outcome=Outcome.REFUSED)
    if expected is not None and not abs(value - expected) <= tolerance * (1 + abs(expected)):
        detail = Text("it is {came}; expected {expected}", {"came": f"{value:.6g}", "expected": f"{expected:.6g}"})
        raise CheckFailed(Text("{name}: not the expected value", {"name": name}), detail)
    return float(value)


def expect_count(name: Name, value: object, expected: int) -> None:
    """Demand a whole number."""
    number = expect_number(name, value)
    if number != int(number):
        raise CheckFailed(Text("{name}: not a whole number", {"name": name}))
    detail = Text("it is {came}; expected {expected}", {"came": int(number), "expected": expected})
    expect(number == expected, Text("{name}: not the expected value", {"name": name}), detail)


class Call(Protocol):
    """A function of the submission, as `submission.make_windows` gives it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: D102
    def changed_inputs(self, *args: Any, **kwargs: Any) -> tuple[Any, tuple[str, ...]]: ...  # noqa: D102


def expect_inputs_kept(call: Call, *args: Any, **kwargs: Any) -> Any:
    """Call, and demand that no array among the arguments was changed in place; returns what the call returned."""
    value, changed = call.changed_inputs(*args, **kwargs)
    if changed:
        values = {"function": call.name, "names": ", ".join(changed)}
        raise CheckFailed(Text("{function} changes its input in place ({names}); work on a copy", values))
    return value


def expect_rejects(call: Call, *args: Any, names: str | Sequence[str], **kwargs: Any) -> None:
    """Demand a `ValueError` whose message names one of `names`, for a call with a senseless argument."""
    wanted = (names,) if isinstance(names, str) else tuple(names)
    values: Values = {"function": call.name, "names": " / ".join(f"`{name}`" for name in wanted)}
    detail = Text("called with {arguments}", {"arguments": _arguments(args, kwargs)})
    try:
        call(*args, **kwargs)
    except StudentError as error:
        failure = error.failure
        # A stub, a hang or a module that is broken says nothing about the argument.
        if failure.ending is not Ending.RAISED or failure.phase == "import":
            raise
        values["type"] = failure.bases[0]
        if "ValueError" not in failure.bases:
            text = Text("{function} raised {type} for a senseless {names}; expected a ValueError", values)
            raise CheckFailed(text, detail) from error
        if not any(_names(name, failure.text) for name in wanted):
            text = Text("{function} rejects a senseless {names}, but its message does not name the argument", values)
            raise CheckFailed(text, detail) from error
        return
    text = Text("{function} accepts a senseless {names}; expected a ValueError that names the argument", values)
    raise CheckFailed(text, detail)


def _names(argument: str, message: str) -> bool:
    # `look_back` may be called "look back", "look-back" or "lookback" in a sentence.
    pattern = r"[\W_]*".join(re.escape(part) for part in argument.split("_"))
    return re.search(rf"(?<![^\W_]){pattern}(?![^\W_])", message, re.IGNORECASE) is not None


def _arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    shown = [_argument(value) for value in args]
    return ", ".join(shown + [f"{name}={_argument(value)}" for name, value in kwargs.items()])


def _argument(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    return repr(value) if isinstance(value, str | int | float | tuple | list) else type(value).__name__


def expect_layers(function: str, model: Model, expected: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Demand these layers, by Keras's class name, with these entries in their configuration."""
    came = [layer.kind for layer in model.layers]
    due = [kind for kind, _ in expected]
    if came != due:
        values: Values = {"function": function, "came": ", ".join(came), "expected": ", ".join(due)}
        raise CheckFailed(Text("{function} has the layers {came}; expected {expected}", values))
    for number, (layer, (kind, entries)) in enumerate(zip(model.layers, expected, strict=True), start=1):
        for key, value in entries.items():
            values = {"number": number, "kind": kind, "key": key, "came": str(layer.config.get(key))}
            values |= {"expected": str(value), "function": function}
            text = Text("{function}: layer {number} ({kind}) has {key} = {came}; expected {expected}", values)
            expect(layer.config.get(key) == value, text)
        values = {"number": number, "kind": kind, "function": function}
        text = Text("{function}: layer {number} ({kind}) is frozen (`trainable=False`), so it learns nothing", values)
        expect(not layer.is_frozen, text)


def expect_shapes(function: str, model: Model, input_shape: Shape, output_shape: Shape) -> None:
    """Demand the shapes of the model's input and output, batch first."""
    values: Values = {"function": function, "came": str(model.input_shape), "expected": str(input_shape)}
    text = Text("{function}: the input has shape {came}; expected {expected}", values)
    expect(model.input_shape == input_shape, text)
    values = {"function": function, "came": str(model.output_shape), "expected": str(output_shape)}
    text = Text("{function}: the output has shape {came}; expected {expected}", values)
    expect(model.output_shape == output_shape, text)


def expect_parameters(function: str, model: Model, expected: int) -> None:
    """Demand the number of parameters, counted by the judge."""
    values: Values = {"function": function, "came": model.parameters, "expected": expected}
    expect(model.parameters == expected, Text("{function} has {came} parameters; expected {expected}", values))


def expect_compiled(function: str, model: Model) -> None:
    """Demand a compiled model: Adam with a rate that can learn, and the mean squared error in any spelling."""
    values: Values = {"function": function, "came": str(model.optimizer)}
    expect(model.optimizer is not None, Text("{function} returns a model that is not compiled", values))
    expect(model.optimizer == "Adam", Text("{function} uses the optimizer {came}; expected Adam", values))
    low, high = LEARNING_RATES
    rate = model.largest_learning_rate
    values = {"function": function, "came": f"{rate:.3g}", "low": f"{low:g}", "high": f"{high:g}"}
    text = Text("{function} has the learning rate {came}; expected one between {low} and {high}", values)
    # Keras keeps a rate in single precision: 0.1 comes back as 0.10000000149.
    expect(low * (1 - 1e-6) <= rate <= high * (1 + 1e-6), text)
    values = {"function": function, "came": str(model.loss)}
    known = str(model.loss).lower() in MEAN_SQUARED_ERRORS
    expect(known, Text("{function} has the loss {came}; expected the mean squared error", values))


def expect_model(function: str, value: object) -> Any:
    """Demand a Keras model."""
    _refuse_opaque(function, value)
    values: Values = {"function": function, "came": describe(value)}
    expect(is_model(value), Text("{function} returned {came}; expected a Keras model", values))
    return value


def expect_figure(function: str, value: object) -> FigureEvidence:
    """Demand a matplotlib figure."""
    if isinstance(value, FigureEvidence):
        return value
    _refuse_opaque(function, value)
    values: Values = {"function": function, "came": describe(value)}
    raise CheckFailed(Text("{function} returned {came}; expected a matplotlib figure", values))


def expect_skill(function: str, skill: float, threshold: float) -> None:
    """Demand that a trained model's error is at most `threshold` times that of repeating the last value."""
    detail = Text(
        "its error is {came} times that of repeating the last value; the threshold is {threshold}",
        {"came": f"{skill:.2g}", "threshold": f"{threshold:g}"},
    )
    text = Text(
        "{function}: after the judge's training the model does not forecast an unseen series well enough, "
        "measured against repeating the last value",
        {"function": function},
    )
    # Infinite, for a run that diverged, and NaN pass no threshold (hostile row 45).
    ok = np.isfinite(skill) and skill <= threshold
    expect(ok, text, detail)
