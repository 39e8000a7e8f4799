"""The wire carries evidence unchanged, and believes nothing of what it reads."""

import io
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader import wire
from grader.evidence import Axes, Curve, FigureEvidence, ModelData, Opaque
from grader.wire import WireError


def reader(raw):
    stream = io.BytesIO(raw)

    def read(count):
        data = stream.read(count)
        if len(data) < count:
            raise WireError("cut short")
        return data

    return read


def through(value):
    return wire.decode(reader(wire.encode({"value": value})))["value"]


def frame(header, *buffers):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + b"".join(buffers)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    back = through(value)
    assert back == value
    assert type(back) is type(value)


@given(hnp.arrays(st.sampled_from(["<f4", "<f8", "<i4", "<i8", "?", "u1"]), hnp.array_shapes(min_dims=0, min_side=0)))
def test_arrays_come_back_bit_by_bit(array):
    back = through((array, "beside"))[0]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable


def test_a_number_that_is_not_finite_comes_back_as_itself():
    assert math.isnan(through(math.nan))
    assert through(-math.inf) == -math.inf


def test_models_and_figures_come_back():
    model = ModelData(kind="Sequential", config={"layers": [1]}, weights=[np.ones((2, 3))], optimizer=None, loss="mse")
    back = through(model)
    assert (back.kind, back.config, back.loss) == ("Sequential", {"layers": [1]}, "mse")
    assert np.array_equal(back.weights[0], model.weights[0])
    axes = Axes(title="t", xlabel="x", ylabel="y", legend=("a",), curves=(Curve(np.arange(3.0), np.ones(3)),))
    assert through(FigureEvidence((axes,))).axes[0].curves[0].x.tolist() == [0, 1, 2]
    assert through(Opaque("module")) == Opaque("module")


ONE_ARRAY = {"$": "array", "dtype": "<f8", "shape": [1], "buffer": 0}
A_MODEL = {"$": "model", "kind": "Sequential", "config": {"a": "deep"}, "weights": [], "optimizer": None, "loss": None}


@pytest.mark.parametrize(
    "raw",
    [
        (2**62).to_bytes(8, "little"),
        frame(b"[1]"),
        frame(b'{"a": NaN, "buffers": []}'),
        frame(b'{"a": 1, "a": 2, "buffers": []}'),
        frame(b"[" * 100_000),
        frame(b'{"a":' + b"1" * 5000 + b', "buffers": []}'),
        frame({"buffers": [2**60]}),
        frame({"buffers": [True]}),
        frame({"value": [1], "buffers": []}),
        frame({"value": {"$": "pickle"}, "buffers": []}),
        frame({"value": {"$": "array", "dtype": "<f8", "shape": [10**14], "buffer": 0}, "buffers": [8]}, bytes(8)),
        frame({"value": {"$": "array", "dtype": "|O8", "shape": [1], "buffer": 0}, "buffers": [8]}, bytes(8)),
        frame({"value": {"$": "array", "dtype": "<f8", "shape": [-1], "buffer": 0}, "buffers": [8]}, bytes(8)),
        frame({"value": {"$": "array", "dtype": "<f8", "shape": [1], "buffer": 7}, "buffers": [8]}, bytes(8)),
        frame({"value": {"$": "model", "kind": 1, "config": {}, "weights": [], "optimizer": None, "loss": None}}),
        frame({"value": {"$": "list", "items": [ONE_ARRAY, ONE_ARRAY]}, "buffers": [8]}, bytes(8)),
        frame({"value": 2**63, "buffers": []}),
        frame(b'{"buffers": [' + b"9" * 4300 + b"," + b"9" * 4300 + b"]}"),
        frame(b'{"value": 1e999, "buffers": []}'),
        frame(b'{"value": "\\ud800", "buffers": []}'),
        frame({"value": {"$": [[]]}, "buffers": []}),
        frame(json.dumps({"value": A_MODEL, "buffers": []}).replace('"deep"', "[" * 70 + "]" * 70).encode()),
        b"\xff" * 7,
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_no_frame_within_the_limits_is_refused(raw):
    with pytest.raises(WireError):
        wire.decode(reader(raw))


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_do_anything_but_refuse(noise):
    with pytest.raises(WireError):
        wire.decode(reader(len(noise).to_bytes(8, "little") + noise))


@given(st.data())
def test_a_changed_byte_is_refused_or_gives_plain_data(data):
    raw = bytearray(wire.encode({"id": "n", "value": {"a": [np.arange(3.0), 1.5], "b": "text"}}))
    raw[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = wire.decode(reader(bytes(raw)))
    except WireError:
        return
    assert isinstance(message, dict)


@pytest.mark.parametrize("array", [np.ones(2, "c16"), np.array([object()]), np.ones(2, "f2"), np.array(["a"])])
def test_other_dtypes_cannot_be_sent(array):
    with pytest.raises(WireError, match="dtype"):
        wire.encode({"value": array})
