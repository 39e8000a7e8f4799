"""Reads the configuration of a model that it does not trust: what may come back, and which layers it has.

Nothing is built here, and Keras is not imported. The layers that a check sees are normalised, so that two ways to
write the same network read the same: an `Activation` layer is folded into the linear layer before it, `RNN(LSTMCell)`
reads as `LSTM`, `TimeDistributed(Dense)` as `Dense`, a `Reshape` to a flat vector as `Flatten`, a model inside a model
as its layers.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from grader.contract import Outcome, Text
from grader.evidence import CheckFailed, ModelData

MAX_LAYERS = 100
MAX_PARAMETERS = 2_000_000
MAX_BATCH_SIZE = 4096
MAX_PARTS = 5 * MAX_LAYERS
"""Layers with what is inside of them, and the tensors between them: Keras builds each, and takes its time."""
MAX_VALUES = 50_000
"""All that a configuration lists. A hundred bidirectional layers need half of it."""
MAX_SCHEDULE_VALUES = 5_000
JUDGES_OWN = frozenset({"keras", "jax", "jaxlib", "tensorflow", "numpy"})
"""Packages without which the judge, and not the model, is broken."""
MAX_NESTING = 12
"""Objects inside objects: the time that Keras needs for cells within cells doubles with each."""

# None that holds code (Lambda), reads a file (TFSMLayer, StringLookup) or wraps another library's module.
LAYERS = frozenset(
    """
    InputLayer Dense EinsumDense Embedding Identity Masking Activation ReLU LeakyReLU PReLU ELU Softmax
    SimpleRNN LSTM GRU RNN SimpleRNNCell LSTMCell GRUCell StackedRNNCells ConvLSTM1D Bidirectional TimeDistributed
    Conv1D SeparableConv1D DepthwiseConv1D Conv1DTranspose Conv2D
    MaxPooling1D AveragePooling1D GlobalAveragePooling1D GlobalMaxPooling1D
    Flatten Reshape Permute RepeatVector Cropping1D ZeroPadding1D UpSampling1D
    BatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization
    Dropout SpatialDropout1D GaussianDropout AlphaDropout GaussianNoise ActivityRegularization
    Add Average Concatenate Dot Maximum Minimum Multiply Subtract
    Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
    """.split()
)
# Keras knows some of them by two names.
INITIALIZERS = frozenset(
    """
    Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal GlorotNormal GlorotUniform HeNormal HeUniform
    LecunNormal LecunUniform Orthogonal OrthogonalInitializer Identity IdentityInitializer VarianceScaling
    """.split()
)
REGULARIZERS = frozenset({"L1", "L2", "L1L2", "OrthogonalRegularizer"})
CONSTRAINTS = frozenset({"MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"})
SCHEDULES = frozenset(
    {
        "CosineDecay",
        "CosineDecayRestarts",
        "ExponentialDecay",
        "InverseTimeDecay",
        "PiecewiseConstantDecay",
        "PolynomialDecay",
    }
)
ALLOWED = {
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
    "keras.optimizers.schedules": SCHEDULES,
    "keras": frozenset({"DTypePolicy", "Sequential", "Functional", "Model"}),
    "keras.models": frozenset({"Sequential", "Functional", "Model"}),
    # Keras writes the private place of a class that it does not export.
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.src.models.sequential": frozenset({"Sequential"}),
}
MODEL_KINDS = frozenset({"Sequential", "Functional", "Model"})
BUILT = LAYERS | MODEL_KINDS | {"__keras_tensor__"}
FREE_SHAPES = frozenset({"shape", "input_shape", "batch_size", "batch_input_shape"})
"""Other ways to say the shape of an input, which Keras reads but never writes."""
DTYPES = frozenset({"float32", "float64", "int32", "int64", "bool"})
ACTIVATIONS = frozenset(
    """
    linear relu relu6 tanh sigmoid hard_sigmoid softmax softplus softsign elu selu gelu silu swish mish exponential
    leaky_relu log_sigmoid hard_silu hard_tanh celu
    """.split()
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a student's model: Keras's class name and its configuration."""

    kind: str
    config: Mapping[str, Any]
    trainable: bool = True

    @property
    def is_frozen(self) -> bool:
        """Whether the layer has weights and may not change them."""
        return not self.trainable and "kernel_initializer" in self.config


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Refuse a configuration that cannot be read, or that Keras cannot build, whatever is raised on the way.

    Keras checks little of a configuration, and raises anything; that is a fault of the model and not of the judge.
    """
    try:
        yield
    except CheckFailed:
        raise
    except Exception as error:
        if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in JUDGES_OWN:
            raise  # nothing in a configuration that was let through can name these
        text = Text("Keras cannot build the model again: {type}", {"type": type(error).__name__})
        raise CheckFailed(text, outcome=Outcome.REFUSED) from error


@refusing()
def check(data: ModelData) -> None:
    """Refuse a configuration with anything in it that is not Keras's own plain layer.

    Raises:
        CheckFailed: With the outcome "refused" and what stands in the way.
    """
    if data.kind not in MODEL_KINDS:
        _refuse(Text("the model is a subclass ({type}); expected Sequential or functional", {"type": data.kind[:60]}))
    _check_size(data.config, MAX_VALUES)
    _check_size(data.optimizer, MAX_SCHEDULE_VALUES)
    for entry in _walk(data.config):
        _check_entry(entry)
    if len(list(_raw_layers(data.config))) > MAX_LAYERS:
        _refuse(Text("the model has more than {limit} layers", {"limit": MAX_LAYERS}))


def _refuse(text: Text) -> None:
    raise CheckFailed(text, outcome=Outcome.REFUSED)


def _check_size(config: Any, limit: int) -> None:
    """Refuse a configuration that would keep Keras busy for long, however small the model that it describes."""
    parts = 0
    for number, (value, nesting) in enumerate(_values(config)):
        parts += isinstance(value, Mapping) and value.get("class_name") in BUILT
        if number >= limit or parts > MAX_PARTS or nesting > MAX_NESTING:
            _refuse(Text("the model's configuration is too large, or too deeply nested"))


def _values(value: Any, nesting: int = 0) -> Iterator[tuple[Any, int]]:
    """Every value in a configuration, and how many objects it is inside of; the wire has bounded the depth already."""
    yield value, nesting
    if isinstance(value, Mapping):
        nesting += "class_name" in value
        for item in value.values():
            yield from _values(item, nesting)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _values(item, nesting)


def _walk(config: Any) -> Iterator[Mapping[str, Any]]:
    """Every dict in a configuration."""
    return (value for value, _ in _values(config) if isinstance(value, Mapping))


def _check_entry(entry: Mapping[str, Any]) -> None:
    kind = entry.get("class_name")
    if kind is None:
        _check_arguments(entry)
        return
    if kind == "__keras_tensor__":  # between two layers, in the wiring of a functional model
        return
    module = str(entry.get("module"))
    # A function goes by its name alone: any other may be one of the student's.
    if kind == "function" and entry.get("config") in ACTIVATIONS:
        return
    # By module and name together: a student can register a layer under a name of Keras's (hostile row 38).
    if kind not in ALLOWED.get(module, frozenset()):
        _refuse(Text("the model holds {type}; only Keras's own plain layers may come back", {"type": str(kind)[:60]}))
    if kind == "InputLayer" and not FREE_SHAPES.isdisjoint(entry.get("config", {})):
        _refuse(Text("the model does not know the shape of its input; begin it with a keras.Input"))
    if kind == "DTypePolicy" and entry.get("config", {}).get("name") not in DTYPES:
        _refuse(Text("the model has the dtype {type}", {"type": str(entry.get("config"))[:60]}))


def _check_arguments(config: Mapping[str, Any]) -> None:
    if (_batch_size(config) or 0) > MAX_BATCH_SIZE:
        _refuse(Text("the model has a batch size of more than {limit}", {"limit": MAX_BATCH_SIZE}))
    if config.get("quantization_config") is not None:
        _refuse(Text("the model has a quantized layer"))


def _raw_layers(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in config.get("layers", ()):
        if entry.get("class_name") in MODEL_KINDS:
            yield from _raw_layers(entry["config"])
        else:
            yield entry


@refusing()
def layers(data: ModelData) -> tuple[Layer, ...]:
    """The layers of a checked model in order, normalised, without inputs."""
    found: list[Layer] = []
    for entry in _raw_layers(data.config):
        layer = _layer(entry)
        if layer.kind in {"InputLayer", "Identity"} or (layer.kind == "Activation" and _is_linear(layer)):
            continue
        if found and layer.kind == "Activation" and _is_linear(found[-1]):
            config = {**found[-1].config, "activation": layer.config["activation"]}
            found[-1] = replace(found[-1], config=config)
        else:
            found.append(layer)
    return tuple(found)


def _is_linear(layer: Layer) -> bool:
    return layer.config.get("activation") == "linear"


def _layer(entry: Mapping[str, Any]) -> Layer:
    kind, config = str(entry["class_name"]), dict(entry["config"])
    trainable = config.get("trainable", True) is not False
    if kind == "RNN" and isinstance(config.get("cell"), Mapping):
        cell = config.pop("cell")
        # The cell has the weights; how they run over time is said by the layer around it.
        kind, config = str(cell["class_name"]).removesuffix("Cell"), {**cell["config"], **_outer(config)}
    elif kind == "TimeDistributed":
        inner = _layer(config["layer"])
        return replace(inner, trainable=inner.trainable and trainable)
    elif kind == "Reshape" and len(config.get("target_shape", ())) == 1:
        kind = "Flatten"
    elif kind == "ReLU" and _is_unbounded(config):
        kind, config["activation"] = "Activation", "relu"
    if "activation" in config:
        config["activation"] = _activation(config["activation"])
    return Layer(kind, config, trainable)


def _outer(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: config.get(key) for key in ("return_sequences", "return_state", "go_backwards", "stateful")}


def _is_unbounded(config: Mapping[str, Any]) -> bool:
    """Whether a layer `ReLU` is the plain function of that name."""
    return not (config.get("max_value") or config.get("negative_slope") or config.get("threshold"))


def _activation(value: Any) -> str:
    if value is None:
        return "linear"
    if isinstance(value, Mapping):
        # A layer may stand where an activation does: `Dense(8, activation=ReLU())`.
        if value.get("class_name") == "ReLU" and _is_unbounded(value["config"]):
            return "relu"
        name = value.get("config") if value.get("class_name") == "function" else value.get("class_name")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).lower()
    return str(value)


def batch_size(config: Mapping[str, Any]) -> int | None:
    """The fixed batch size of a model's input; None if it takes any."""
    return next((size for size in map(_batch_size, _walk(config)) if size is not None), None)


def _batch_size(config: Mapping[str, Any]) -> int | None:
    # The latter is where a Sequential model has it that was built by its data, without an `Input`.
    for shape in (config.get("batch_shape"), config.get("build_input_shape")):
        if isinstance(shape, list | tuple) and shape and isinstance(shape[0], int):
            return shape[0]
    return None


def rolled(config: Any) -> Any:
    """The same network with every loop over time left to Keras: `unroll` changes the cost and not the answer."""
    return _rewrite(config, lambda key, value: False if key == "unroll" else value)


def stateless(config: Any) -> Any:
    """The same network without state and with a free batch size: a twin that can be trained on shuffled windows."""
    return _rewrite(config, _without_state)


def _without_state(key: str, value: Any) -> Any:
    if key == "stateful":
        return False
    if key in {"batch_shape", "build_input_shape", "shape"}:
        return [None, *value[1:]] if isinstance(value, list | tuple) else value
    return value


WIRING = frozenset({"inbound_nodes", "input_layers", "output_layers"})
"""Where a configuration says by their names which layers are connected."""


def fingerprint(data: ModelData) -> str:
    """A hash of the network that `data` describes, the same whatever its layers are called and weigh."""
    return digest([data.kind, nameless(stateless(rolled(data.config)))])


def nameless(config: Mapping[str, Any]) -> Any:
    """The same configuration with its layers numbered: Keras names them by how many a process has made before."""
    found = [entry["config"] for entry in _walk(config) if entry.get("class_name") in BUILT and "config" in entry]
    names = [inner.get("name") for inner in (config, *found) if isinstance(inner, Mapping)]
    numbers = {name: f"#{number}" for number, name in enumerate(dict.fromkeys(names)) if isinstance(name, str)}
    return _renamed(config, numbers, wiring=False)


def _renamed(value: Any, names: Mapping[str, str], *, wiring: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _renamed(value[key], names, wiring=wiring or key in WIRING or key == "name") for key in value}
    if isinstance(value, list | tuple):
        return [_renamed(item, names, wiring=wiring) for item in value]
    return names.get(value, value) if wiring and isinstance(value, str) else value


def digest(value: object) -> str:
    """A short hash of a value that JSON can say."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


ZEROS: dict[str, Any] = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}


def skeleton(config: Any) -> Any:
    """The same network with weights that start as zeros: what they are drawn from is of no use, and costs time."""
    return _rewrite(config, lambda key, value: ZEROS if key.endswith("_initializer") and value else value)


def _rewrite(value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, Mapping):
        kept = ((str(key), item) for key, item in value.items() if key != "build_config")
        return {key: _rewrite(change(key, item), change) for key, item in kept}
    if isinstance(value, list | tuple):
        return [_rewrite(item, change) for item in value]
    return value
