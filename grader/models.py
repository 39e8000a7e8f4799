"""A student's model in the judge's hands: rebuilt from plain data with the judge's own Keras, never run as it came."""

from __future__ import annotations

import contextlib
import copy
import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from grader import architecture
from grader.architecture import MAX_PARAMETERS, Layer
from grader.contract import Outcome, Text
from grader.evidence import Array, CheckFailed, ModelData

MAX_BATCHED = 32
"""How many samples at once a fixed batch may have of the largest model; a stateful one keeps a state for each."""
MAX_RANK = 8
MAX_MEASURED = 1000
"""How many architectures are remembered by their shapes. Most of a class's are the same, and one is asked for often."""
TRAINING_STEPS = 750
"""Steps over which a learning-rate schedule is looked at: the budget of a builder's training."""


def rebuild(data: ModelData) -> Any:
    """Build the Keras model that `data` describes, with its weights.

    The number of parameters and the size of what flows through the model are counted before anything is allocated.

    Raises:
        CheckFailed: With the outcome "refused", if the model may not come back or Keras cannot build it.
    """
    # First, since Keras would make weights of any size before they could be compared.
    outline = measure(data)
    if [weight.shape for weight in data.weights] != outline.weights:
        text = Text("the weights do not fit the model's layers (is the model built?)")
        raise CheckFailed(text, outcome=Outcome.REFUSED)
    with architecture.refusing():
        with undrawn():
            model = _from_config(data.kind, architecture.skeleton(architecture.rolled(data.config)))
        model.set_weights(list(data.weights))
    return model


def undrawn() -> contextlib.AbstractContextManager[None]:
    """For building a model whose weights are set next: on JAX none is drawn, since each new shape would be compiled."""
    # On TensorFlow a weight has to be drawn before it can be set.
    return _valueless() if _on_jax() else contextlib.nullcontext()


@contextlib.contextmanager
def _valueless() -> Iterator[None]:
    """In here no variable gets a value."""
    # Here and below in the functions: Keras takes seconds to import, and most who import this module build nothing.
    import keras

    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        if _on_jax():
            keras.utils.clear_session(free_memory=False)  # else Keras keeps them, and draws them all when it next can


def _on_jax() -> bool:
    import keras

    return bool(keras.backend.backend() == "jax")


def rebuild_fresh(data: ModelData, seed: int = 0) -> Any:
    """Build the stateless twin of the model that `data` describes, with weights of its own initializers."""
    if not measure(data).input_shape:
        raise _shapeless()
    return rebuild_measured(data, seed)


def rebuild_measured(data: ModelData, seed: int) -> Any:
    """The same of a model that was measured before. The seed is set here, since measuring draws random numbers too."""
    import keras

    keras.utils.set_random_seed(seed)
    with architecture.refusing():
        return _from_config(data.kind, architecture.stateless(architecture.rolled(data.config)))


def _from_config(kind: str, config: Mapping[str, Any]) -> Any:
    import keras

    cls = keras.Sequential if kind == "Sequential" else keras.Model
    return cls.from_config(copy.deepcopy(dict(config)))  # Keras takes the configuration apart


def _shapeless() -> CheckFailed:
    """For a model whose weights nobody can count: Keras would make them, of any size, when data first comes."""
    return CheckFailed(Text("the model does not know the shape of its input; begin it with a keras.Input"))


@dataclass(frozen=True, slots=True)
class Outline:
    """The shapes of a model: of its input and output, batch first, and of each weight in Keras's order."""

    input_shape: tuple[int | None, ...]
    output_shape: tuple[int | None, ...]
    weights: list[tuple[int, ...]]


_MEASURED: dict[tuple[str, int | None], Outline] = {}


@architecture.refusing()
def measure(data: ModelData) -> Outline:
    """The shapes of a model, from a build in which no weight gets a value; refuses one that is too large."""
    architecture.check(data)
    same = (architecture.fingerprint(data), architecture.batch_size(data.config))
    if same not in _MEASURED:
        if len(_MEASURED) >= MAX_MEASURED:
            _MEASURED.clear()
        _MEASURED[same] = _measure(data)
    return _MEASURED[same]


def _measure(data: ModelData) -> Outline:
    config = architecture.stateless(architecture.skeleton(architecture.rolled(data.config)))
    with _valueless(), _small_tensors():
        model = _from_config(data.kind, config)
        # Shapes are all that there is of a weight in here (hostile row 49).
        shapes = [tuple(variable.shape) for variable in model.weights]
        # Keras's public `layers` stops at a model inside of a model.
        flows = [_values_per_sample(layer) for layer in model._flatten_layers(include_self=False)]
    batch = architecture.batch_size(data.config)
    batched = (batch or 1) * sum(flows) // MAX_BATCHED
    count = max(sum(math.prod(shape) for shape in shapes), *flows, batched)
    if count > MAX_PARAMETERS:
        values = {"count": count, "limit": MAX_PARAMETERS}
        text = Text("the model is too large: {count} parameters or values; the limit is {limit}", values)
        raise CheckFailed(text, outcome=Outcome.REFUSED)
    if not model.built:
        return Outline((), (), shapes)
    return Outline((batch, *_shape(model.input_shape)[1:]), (batch, *_shape(model.output_shape)[1:]), shapes)


def _shape(shape: Any) -> tuple[int | None, ...]:
    """A shape as Keras gives it; one of several inputs or outputs is nothing that a check knows."""
    return tuple(shape) if all(isinstance(n, int | None) for n in shape) else ()


@contextlib.contextmanager
def _small_tensors() -> Iterator[None]:
    """Refuse a tensor as soon as a layer gives it, far above what is too large: each further layer may square it."""
    import keras

    start = keras.KerasTensor.__init__

    def limited(tensor: Any, *args: Any, **kwargs: Any) -> None:
        start(tensor, *args, **kwargs)
        if len(tensor.shape) > MAX_RANK or _values(tensor.shape[1:]) > MAX_PARAMETERS**2:
            raise ValueError("a tensor of an impossible shape")

    with mock.patch.object(keras.KerasTensor, "__init__", limited):
        yield


def _values(shape: Iterable[int | None]) -> int:
    return math.prod(n for n in shape if n)  # None is a length that is left open


def _values_per_sample(layer: Any) -> int:
    """Values of the layer's largest output; of an attention, the scores of every step for every other count as well."""
    largest = 0
    for node in getattr(layer, "_inbound_nodes", ()):
        largest = max(largest, *(_values(tensor.shape[1:]) for tensor in node.output_tensors))
        if "Attention" in type(layer).__name__:
            steps = math.prod(_values(tensor.shape[1:-1]) for tensor in node.input_tensors[:2])
            heads = getattr(layer, "num_heads", getattr(layer, "num_query_heads", 1))
            largest = max(largest, steps * heads)
    return largest


class ModelEvidence:
    """What a builder returned, as a check sees it; `predict` is the judge's own forward pass."""

    def __init__(self, data: ModelData) -> None:
        """Take a model as it crossed the boundary; refuse one that may not come back."""
        architecture.check(data)
        self.data = data

    @functools.cached_property
    def _keras_model(self) -> Any:
        return rebuild(self.data)

    @functools.cached_property
    def _outline(self) -> Outline:
        outline = measure(self.data)
        if not outline.input_shape:
            raise _shapeless()
        return outline

    @functools.cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order, normalised (see `grader.architecture`)."""
        return architecture.layers(self.data)

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the input, batch first."""
        return self._outline.input_shape

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the output, batch first."""
        return self._outline.output_shape

    @property
    def parameters(self) -> int:
        """The number of weights, trainable or not."""
        return sum(int(weight.size) for weight in self.data.weights)

    @property
    def weights(self) -> list[Array]:
        """The student's weights in Keras's order."""
        return list(self.data.weights)

    @property
    def optimizer(self) -> str | None:
        """Class name of the optimizer; None for a model that is not compiled."""
        return None if self.data.optimizer is None else str(self.data.optimizer.get("class_name"))

    @property
    def loss(self) -> str | None:
        """Name of the loss."""
        return self.data.loss

    @functools.cached_property
    @architecture.refusing()
    def largest_learning_rate(self) -> float:
        """The learning rate; of a schedule the largest within the training budget, NaN if it is NaN anywhere."""
        config = (self.data.optimizer or {}).get("config")
        rate = config.get("learning_rate", math.nan) if isinstance(config, Mapping) else math.nan
        if isinstance(rate, Mapping):
            schedule = make_schedule(rate)
            steps = np.linspace(0, TRAINING_STEPS, 16).astype(int)
            # `max` passes over a NaN, `np.max` does not.
            return float(np.max([float(schedule(step)) for step in steps]))
        return float(rate) if isinstance(rate, int | float) else math.nan

    def predict(self, x: Array) -> Array:
        """The judge's forecast for windows `x`."""
        _ = self._outline  # refuses a model whose weights nobody can count
        return np.asarray(self._keras_model.predict(np.asarray(x, dtype="float32"), verbose=0, batch_size=256))


def make_schedule(serialised: Mapping[str, Any]) -> Any:
    """Build Keras's own learning-rate schedule from its configuration; refuse any other."""
    import keras

    kind = serialised.get("class_name")
    # The name is looked up in a module of Keras's below: only names that are listed get there.
    known = serialised.get("module") == "keras.optimizers.schedules" and str(kind) in architecture.SCHEDULES
    if not known:
        text = Text("the optimizer has a schedule that is not Keras's own: {type}", {"type": str(kind)[:60]})
        raise CheckFailed(text, outcome=Outcome.REFUSED)
    try:
        return getattr(keras.optimizers.schedules, str(kind)).from_config(dict(serialised["config"]))
    except (TypeError, ValueError, KeyError) as error:
        text = Text("the optimizer's schedule cannot be built: {type}", {"type": type(error).__name__})
        raise CheckFailed(text, outcome=Outcome.REFUSED) from error
