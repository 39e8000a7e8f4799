"""Whatever arrives is a value or a refusal, soon and in little memory: frames on the wire, and models in the judge.

`make test` tries a few hundred inputs. `make fuzz INPUTS=20000` tries that many frames, and a tenth as many models,
which take longer.
"""

import contextlib
import copy
import functools
import json
import sys
import time
import tracemalloc
import warnings
from collections import Counter

import keras
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from grader import architecture, models, wire
from grader.connection import read_answer
from grader.evidence import Axes, CheckFailed, Curve, FigureEvidence, ModelData, Opaque, Request
from grader.models import ModelEvidence
from grader.observe import model_data
from grader.wire import LENGTH_BYTES, MAX_BUFFER_BYTES, MAX_HEADER_BYTES, WireError

MIB = 2**20
MODELS_PER_INPUT = 10
HEADER_FACTOR = 64  # an object `{},` of three bytes is a dict of 64 and a place in a list
BUFFER_FACTOR = 4  # what was read, its copy, and the reader's own two
FRAME_ROOM_BYTES = 256 * 2**10
MODEL_ROOM_BYTES = 1024 * MIB  # of resident memory: the largest model, its states, and what Keras compiles for it
MODEL_TIME_S = 20.0  # of the processor; most need a tenth of one, and what makes Keras import more needs some

NONCE = "nonce"

resource = pytest.importorskip("resource", reason="the peak of memory is not told on Windows")


class Raw(str):
    """JSON that no Python value stands for."""


RAW = [
    Raw(text) for text in ("NaN", "-Infinity", "1e999", "1" * 19 + "9" * 5000, '"\\ud800"', '{"a": 1, "a": 2}', "[,]")
]
ODD = [
    None,
    True,
    False,
    0,
    1,
    -1,
    3,
    7,
    4096,
    4097,
    2**31,
    2**62,
    2**63 - 1,
    -(2**63),
    0.0,
    -0.5,
    1e-30,
    1e300,
    "",
    "a",
]
ODD += [
    "x" * 20_000,
    "../../etc/passwd",
    "/dev/zero",
    "\x1b[31m\n",
    "{came}",
    [],
    {},
    [[]],
    [None],
    [0],
    [-1],
    [1, 2, 3],
]
ODD += [{"$": "array"}, {"$": "list", "items": [1]}, {"a": {"b": [1, {"c": None}]}}]


FRAME_CHANGES = ["value"] * 3 + ["delete", "graft", "repeat", "nest", "again"]
MODEL_CHANGES = ["value"] * 6 + ["resize"] * 4 + ["delete", "graft", "graft", "repeat", "nest", "wrap", "wrap"]


def text_of(tree):
    """A tree as JSON, with `Raw` as it is."""
    match tree:
        case Raw():
            return str(tree)
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {text_of(item)}" for key, item in tree.items()) + "}"
        case list():
            return "[" + ", ".join(map(text_of, tree)) + "]"
    return json.dumps(tree)


def places(tree):
    """Every place in a tree: what it is in, and under which key or index."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from places(tree[key])


def nested(value, depth):
    if depth > 100:
        return Raw("[" * depth + text_of(value) + "]" * depth)
    return functools.reduce(lambda inner, _: [inner], range(depth), value)


def again(value):
    """The same object with its first key named twice."""
    pairs = list(value.items()) if isinstance(value, dict) else []
    return Raw("{" + ", ".join(f"{json.dumps(key)}: {text_of(item)}" for key, item in pairs + pairs[:1]) + "}")


def mutate(draw, tree, values, changes):
    """Change a tree at a place or some: another value, none, one from elsewhere, many, one more level."""
    for _ in range(draw(st.integers(0, 4))):
        found = list(places(tree))
        if not found:
            break
        parent, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(changes)):
            case "value":
                parent[key] = copy.deepcopy(draw(st.sampled_from(values)))
            case "delete":
                del parent[key]
            case "graft":
                donor, name = draw(st.sampled_from(found))
                if name in donor if isinstance(donor, dict) else name < len(donor):
                    parent[key] = copy.deepcopy(donor[name])
            case "repeat" if isinstance(parent, list):
                parent[key:key] = [copy.deepcopy(parent[key]) for _ in range(draw(st.sampled_from([1, 3, 200])))]
            case "nest":
                parent[key] = nested(parent[key], draw(st.sampled_from([1, 1, 1, 60, 70, 900])))
            case "again":
                parent[key] = again(parent[key])
            case "wrap" if isinstance(parent[key], dict):
                parent[key] = wrapped(
                    parent[key], draw(st.sampled_from(WRAPPERS)), draw(st.sampled_from([1, 2, 8, 15]))
                )
            case "resize" if isinstance(parent[key], int) or parent[key] is None:
                parent[key] = draw(st.sampled_from([0, 1, -1, 10, 1000, 10**5, 10**6, 10**9, 2**40, 2**62]))


def tries(request, share=1):
    return max(1, request.config.getoption("--inputs") // share)


def fuzz(strategy, attempt, count):
    """Try `count` inputs, and say how many were tried and how they ended."""
    endings = Counter()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(case):
        endings[attempt(case)] += 1

    run()
    print(f"{attempt.__name__}: {endings.total()} inputs tried: {dict(endings.most_common())}")
    assert endings.total() >= count


# Frames

ARRAY = np.arange(6, dtype="<f8").reshape(2, 3)
VALUES = [
    None,
    1.5,
    float("nan"),
    "text",
    [1, (2.0, "three")],
    {"a": ARRAY, "b": [ARRAY.astype("<f4"), ARRAY > 2, ARRAY.astype("u1")]},
    np.zeros((0, 4), "<i8"),
    Opaque("module"),
    ModelData(
        kind="Sequential", config={"name": "s", "layers": [{"a": [1]}]}, weights=[ARRAY], optimizer={"c": 1}, loss="mse"
    ),
    FigureEvidence((Axes(title="t", xlabel="x", ylabel="y", legend=("a",), curves=(Curve(ARRAY[0], ARRAY[1]),)),)),
]
RAISED = {"ok": False, "ending": "raised", "bases": ("ValueError",), "phase": "call", "text": "t", "place": "a.py:1"}
ASKED = Request(exercise="windowing", function="scale", kwargs={"x": ARRAY})
MESSAGES = [{"id": NONCE, "ok": True, "value": value, "left": {"x": ARRAY}} for value in VALUES]
MESSAGES += [{"id": NONCE, **RAISED}] * 5


TAGGED = [{"$": kind, "items": [["a", 1]]} for kind in wire._DECODERS]
TAGGED += [{"$": "array", "dtype": "<f4", "shape": [n], "buffer": 0} for n in (0, 1, 2, 12)]


def parts_of(raw):
    """Header and buffers of a good frame."""
    length = int.from_bytes(raw[:LENGTH_BYTES], "little")
    header = json.loads(raw[LENGTH_BYTES : LENGTH_BYTES + length])
    return header, raw[LENGTH_BYTES + length :]


@st.composite
def frames(draw):
    """A good frame of any kind, changed at some places of its header, and then perhaps among its bytes."""
    header, buffers = parts_of(wire.encode(draw(st.sampled_from(MESSAGES))))
    mutate(draw, header, ODD + RAW + TAGGED, FRAME_CHANGES)
    raw = text_of(header).encode()
    length = draw(st.sampled_from([len(raw)] * 9 + [0, len(raw) - 1, len(raw) + 1, 2**31, 2**64 - 1]))
    frame = bytearray(length.to_bytes(LENGTH_BYTES, "little") + raw + buffers)
    match draw(st.sampled_from(["as it is"] * 6 + ["cut", "flip", "more"])):
        case "cut":
            del frame[draw(st.integers(0, len(frame))) :]
        case "flip":
            frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
        case "more":
            frame += draw(st.binary(max_size=40))
    return bytes(frame)


class Reader:
    """Hands out the bytes of a frame, and keeps what was asked for."""

    def __init__(self, raw):
        self.raw = raw
        self.asked = []
        self.position = 0

    def __call__(self, count):
        assert count >= 0
        self.asked.append(count)
        data = self.raw[self.position : self.position + count]
        self.position += len(data)
        if len(data) < count:
            raise WireError("cut short")
        return data

    def check(self, *, whole):
        """No more is asked for than the header promises, nor than the limits allow."""
        size, *rest = self.asked
        assert size == LENGTH_BYTES
        assert sum(rest[:1]) <= MAX_HEADER_BYTES
        assert sum(rest[1:]) <= MAX_BUFFER_BYTES
        if whole or len(rest) > 1:
            header, _ = parts_of(self.raw)
            assert rest[1:] == header["buffers"][: len(rest) - 1]
            assert not whole or len(rest) - 1 == len(header["buffers"])


def bounded(read, decode):
    """What `decode` gives, in memory bounded by what it read, whatever the header claims."""
    tracemalloc.start()
    try:
        return decode(read)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        header_bytes = read.asked[1] if len(read.asked) > 1 and read.asked[1] <= MAX_HEADER_BYTES else 0
        room = HEADER_FACTOR * min(header_bytes, len(read.raw)) + BUFFER_FACTOR * len(read.raw) + FRAME_ROOM_BYTES
        assert peak <= room, (peak, room)


def a_frame(raw):
    read = Reader(raw)
    try:
        message = bounded(read, wire.decode)
    except WireError:
        read.check(whole=False)
        return "refused"
    read.check(whole=True)
    assert isinstance(message, dict)
    return "value"


def an_answer(raw):
    try:
        return type(read_answer(wire.decode(Reader(raw)), ASKED, NONCE)).__name__
    except WireError:
        return "refused"


def test_a_frame_is_read_or_refused_in_memory_bounded_by_its_length(request):
    fuzz(frames() | st.binary(max_size=200), a_frame, tries(request))


def test_an_answer_is_a_value_or_a_failure_or_refused(request):
    fuzz(frames(), an_answer, tries(request))


@pytest.mark.parametrize("fault", [{"id": np.arange(2.0)}, {"ending": []}, {"ending": {}}, {"ending": np.arange(2.0)}])
def test_an_answer_with_a_field_of_another_kind_is_refused(fault):
    with pytest.raises(WireError):
        read_answer({"id": NONCE, **RAISED, **fault}, ASKED, NONCE)


@pytest.mark.parametrize(
    "item", ["{}", "[]", '{"":0}', "0", '""', '{"$":"list","items":[]}', '{"$":"float","value":"nan"}']
)
@pytest.mark.parametrize(
    "place",
    [
        '{"$":"list","items":[%s]}',
        '{"$":"model","kind":"","config":{"a":[%s]},"weights":[],"optimizer":null,"loss":null}',
    ],
)
def test_a_long_header_of_small_things_stays_within_the_bound(item, place):
    raw = b'{"value": %s, "buffers": []}' % (place % ",".join([item] * (MIB // 4 // len(item)))).encode()
    read = Reader(len(raw).to_bytes(LENGTH_BYTES, "little") + raw)
    with contextlib.suppress(WireError):
        bounded(read, wire.decode)


# Models


def stacked(*stack, shape=(12, 3)):
    inputs = outputs = keras.Input(shape)
    for layer in stack:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def attending():
    inputs = keras.Input((12, 4))
    attended = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    summed = layers.LayerNormalization()(layers.Add()([inputs, attended]))
    return keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([summed, layers.Attention()([summed, inputs])])))


def stateful():
    inputs = keras.Input(batch_shape=(2, None, 2))
    return keras.Model(inputs, layers.Dense(1)(layers.LSTM(4, stateful=True, return_sequences=True)(inputs)))


MAKERS = [
    lambda: keras.Sequential([keras.Input((12, 3)), layers.LSTM(5), layers.Dense(1)]),
    lambda: keras.Sequential([layers.GRU(5), layers.Dense(1)]),
    lambda: stacked(layers.RNN(layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(3)])), layers.Dense(1)),
    lambda: stacked(
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.TimeDistributed(layers.Dense(1))
    ),
    lambda: stacked(keras.Sequential([layers.SimpleRNN(5, dropout=0.1)]), layers.Dropout(0.2, seed=3), layers.Dense(1)),
    lambda: stacked(
        layers.Conv1D(4, 3, padding="causal"), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling1D(2)
    ),
    lambda: stacked(
        layers.Embedding(20, 4), layers.Flatten(), layers.RepeatVector(3), layers.UpSampling1D(2), shape=(9,)
    ),
    lambda: stacked(
        layers.Reshape((3, 12)),
        layers.Permute((2, 1)),
        layers.Dense(2, kernel_regularizer="l2", kernel_initializer="orthogonal"),
    ),
    lambda: stacked(
        layers.EinsumDense("abc,cd->abd", output_shape=(None, 4)), layers.ZeroPadding1D(1), layers.Flatten()
    ),
    lambda: stacked(layers.ConvLSTM1D(2, 3), shape=(4, 6, 1)),
    attending,
    stateful,
]
SHAPELESS = 1  # a model that was never given its input; no weight of it is there yet
schedules = keras.optimizers.schedules
RATES = [
    1e-3,
    schedules.ExponentialDecay(0.02, 100, 0.9),
    schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001]),
    schedules.CosineDecayRestarts(0.01, 50),
    schedules.PolynomialDecay(0.01, 100),
]


@functools.cache
def honest():
    """Keras's own models of many kinds, as they cross, with a rate of every kind among them."""
    made = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras on JAX warns of itself
        for number, make in enumerate(MAKERS):
            model = make()
            model.compile(optimizer=keras.optimizers.Adam(RATES[number % len(RATES)]), loss="mse")
            made.append(model_data(model))
    return made


WRAPPERS = ["TimeDistributed", "Bidirectional", "RNN", "StackedRNNCells", "Sequential", "Functional"]
CLASSES = sorted(
    architecture.LAYERS | architecture.INITIALIZERS | architecture.SCHEDULES | {"DTypePolicy", "Sequential"}
)
CLASSES += ["Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "Hashing", "StringLookup", "system", "function"]
CLASSES += ["__numpy__", "__tensor__", "__lambda__", "__keras_tensor__", "__typespec__", "__slice__", "__ellipsis__"]
MODULES = [
    "keras.layers",
    "keras",
    "keras.models",
    "keras.initializers",
    "keras.optimizers.schedules",
    "builtins",
    "os",
]
MODULES += ["keras.src.layers.core.lambda_layer", "keras.src.backend.torch", "keras.utils", "subprocess", None, ""]
NAMES = [
    "tanh",
    "relu",
    "orthogonal",
    "glorot_uniform",
    "l2",
    "float64",
    "float16",
    "bfloat16",
    "int8",
    "complex64",
    "string",
]
NAMES += [
    "mixed_float16",
    "int8_from_float32",
    "same",
    "valid",
    "causal",
    "channels_first",
    "ave",
    "lambda x: x",
    "dense",
]
NAMES += ["ab...c,cd->ab...d", "a" * 300 + ",b->a"]
SHAPES = [
    [None, 12, 3],
    [4096, 12, 3],
    [10**9, 12, 3],
    [None, 10**6, 10**6],
    [None] + [1] * 60,
    [None, None, None],
    [0, 0],
]
NODES = [
    ["lstm", 0, 0],
    ["dense", 0, 0],
    ["dense", 5, 7],
    ["dense", -1, -1],
    ["nothing", 0, 0],
    ["input_layer", 2**40, 0],
]
PIECES = [
    {"module": m, "class_name": c, "config": {}, "registered_name": None} for m in MODULES[:5] for c in CLASSES[::9]
]
MODEL_VALUES = ODD + CLASSES + MODULES + NAMES + SHAPES + NODES + PIECES


def wrapped(entry, kind, times):
    """A layer inside another, so many times."""
    for number in range(times):
        inner = {"layer": entry, "cell": entry, "cells": [entry] * 2 if number < 3 else [entry], "layers": [entry]}
        config = {"name": f"w{number}", **{key: inner[key] for key in _inside(kind)}}
        entry = {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}
        if kind in architecture.MODEL_KINDS:
            entry["module"] = "keras"
    return entry


def _inside(kind):
    return {"RNN": ["cell"], "StackedRNNCells": ["cells"], "Sequential": ["layers"], "Functional": ["layers"]}.get(
        kind, ["layer"]
    )


WEIGHTS = [
    np.zeros((0,)),
    np.ones((3,), "<i8"),
    np.array(1.0),
    np.full((5, 20), np.nan, "<f4"),
    np.zeros((0, 10**7)),
    np.ones(7, "?"),
]


def tree_of(data):
    fields = {"kind": data.kind, "config": data.config, "optimizer": data.optimizer, "loss": data.loss}
    return copy.deepcopy(fields)


@st.composite
def hostile_models(draw, models):
    """An honest model as it crosses, changed at some places of its configuration, its optimizer and its weights."""
    number = draw(st.integers(0, len(models) - 1))
    tree = tree_of(models[number])
    mutate(draw, tree, MODEL_VALUES, MODEL_CHANGES)
    return tree, number, draw(st.integers(0, 9)), draw(st.integers(0, 99))


def changed(weights, how, seed):
    """The weights as they are, mostly; or with one that does not fit, is not finite, of another dtype, or missing."""
    weights = list(weights)
    place = seed % max(1, len(weights))
    match how if weights else 9:
        case 0:
            weights[place] = WEIGHTS[seed % len(WEIGHTS)]
        case 1:
            weights[place] = weights[place] * np.nan
        case 2:
            weights[place] = weights[place].astype(("<i8", "<f8", "?", "u1")[seed % 4])
        case 3:
            del weights[place]
    return weights


def crossed(tree, weights):
    """The model as the wire gives it to the judge."""
    header, buffers = parts_of(
        wire.encode({"value": ModelData(kind="", config={}, weights=weights, optimizer=None, loss=None)})
    )
    header["value"] |= tree
    raw = text_of(header).encode()
    return wire.decode(Reader(len(raw).to_bytes(LENGTH_BYTES, "little") + raw + buffers))["value"]


def questions(data):
    """All that the judge does with a model, short of training it."""
    yield lambda: architecture.check(data)
    yield lambda: architecture.layers(data)
    yield lambda: models.measure(data)
    for name in ("layers", "input_shape", "output_shape", "parameters", "optimizer", "loss", "largest_learning_rate"):
        yield lambda name=name: getattr(ModelEvidence(data), name)
    yield lambda: models.rebuild(data)
    yield lambda: models.rebuild_fresh(data)


def peak_bytes():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def a_model(case):
    tree, number, how, seed = case
    try:
        data = crossed(tree, changed(honest()[number].weights, how, seed))
    except WireError:
        return "refused by the wire"
    if not isinstance(data, ModelData):
        return "no model"
    start, before = time.process_time(), max(peak_bytes(), psutil.Process().memory_info().rss)
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the judge does
        for question in questions(data):
            try:
                question()
            except CheckFailed as failed:
                refused += bool(str(failed.message))
    assert time.process_time() - start <= MODEL_TIME_S
    assert peak_bytes() - before <= MODEL_ROOM_BYTES
    return "refused" if refused else "built"


def test_a_model_is_built_or_refused_soon_and_in_little_memory(request):
    fuzz(hostile_models(honest()), a_model, tries(request, MODELS_PER_INPUT))


def test_an_honest_model_of_every_kind_is_built():
    ends = [a_model((tree_of(data), number, 9, 0)) for number, data in enumerate(honest())]
    assert [number for number, end in enumerate(ends) if end != "built"] == [SHAPELESS]
