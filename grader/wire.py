"""Evidence to bytes and back. The reader believes nothing of what it reads.

What a reader allocates is bounded by the header's length, by `MAX_BUFFER_BYTES`, and by nothing that a header claims.

A frame is the length of a header (8 bytes, little-endian), the header (strict JSON), and the raw little-endian buffers
of the arrays that the header describes. No pickle, no archive, nothing that expands.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from grader.evidence import Array, Axes, Curve, FigureEvidence, ModelData, Opaque

MAX_HEADER_BYTES = 4 * 2**20
MAX_BUFFER_BYTES = 64 * 2**20
MAX_BUFFERS = 4096
MAX_DEPTH = 64
MAX_TEXT = 10_000
DTYPES = {"<f4", "<f8", "<i4", "<i8", "|b1", "|u1"}
MAX_INT = 2**63
LENGTH_BYTES = 8
TAG = "$"

Read = Callable[[int], bytes]
Buffers = dict[int, bytes]
"""The buffers of a frame by their number, those apart that an array has taken already."""


class WireError(ValueError):
    """What arrived is not a frame of this protocol, or is larger than one may be."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A header, with arrays replaced by references, and the buffers that it refers to."""

    header: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()


def digest(message: Mapping[str, Any]) -> str:
    """A hash of a message: the same for equal ones, as far as they can be told apart when they have crossed.

    Raises:
        WireError: As `encode`.
    """
    return hashlib.sha256(encode(message)).hexdigest()


def encode(message: Mapping[str, Any]) -> bytes:
    """Turn a message, a dict of evidence, into the bytes of one frame.

    Raises:
        WireError: For a value that no frame can carry, or one that is too large.
    """
    buffers: list[bytes] = []
    header = {key: _encode(value, buffers) for key, value in message.items()}
    header["buffers"] = [len(buffer) for buffer in buffers]
    # Half of a surrogate pair has no UTF-8. Escaped it can be sent, and is the reader's to refuse (hostile row 67).
    raw = json.dumps(header, allow_nan=False, ensure_ascii=True).encode()
    if len(raw) > MAX_HEADER_BYTES or sum(header["buffers"]) > MAX_BUFFER_BYTES or len(buffers) > MAX_BUFFERS:
        raise WireError("the message is too large for one frame")
    return len(raw).to_bytes(LENGTH_BYTES, "little") + raw + b"".join(buffers)


def decode(read: Read) -> dict[str, Any]:
    """Read one frame and return its message.

    Args:
        read: Returns exactly as many bytes as asked for, or raises.

    Raises:
        WireError: For anything that is not a frame within the limits.
    """
    frame = read_frame(read)
    buffers = dict(enumerate(frame.buffers))
    return {key: _decode(value, buffers, 0) for key, value in frame.header.items() if key != "buffers"}


def read_frame(read: Read) -> Frame:
    """Read one frame without looking into it: sizes are checked before anything is read or allocated."""
    length = int.from_bytes(read(LENGTH_BYTES), "little")
    if length > MAX_HEADER_BYTES:
        raise WireError(f"a header of {length} bytes; at most {MAX_HEADER_BYTES} are allowed")
    header = _strict_json(read(length))
    # `type`, since for `isinstance` True is an int as well.
    sizes = header.get("buffers")
    if not isinstance(sizes, list) or len(sizes) > MAX_BUFFERS or not all(type(n) is int and n >= 0 for n in sizes):
        raise WireError("the header's list of buffers is not one")
    if sum(sizes) > MAX_BUFFER_BYTES:
        raise WireError(f"{sum(sizes)} bytes of arrays; at most {MAX_BUFFER_BYTES} are allowed")
    return Frame(header, tuple(read(size) for size in sizes))


def _strict_json(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_short_int
        )
        json.dumps(header, allow_nan=False, ensure_ascii=False).encode()  # no 1e999, and no half of a surrogate pair
    except WireError:
        raise
    except (ValueError, RecursionError) as error:
        # RecursionError: a thousand brackets (hostile row 65).
        raise WireError(f"the header is not strict JSON: {type(error).__name__}") from error
    if not isinstance(header, dict):
        raise WireError("the header is not an object")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Python's reader would keep the last of two equal keys, and say nothing.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise WireError("the header names a key twice")
    return result


def _short_int(digits: str) -> int:
    number = int(digits)
    if not -MAX_INT <= number < MAX_INT:
        raise WireError("the header holds an integer of more than 64 bits")
    return number


def _no_constant(name: str) -> NoReturn:
    raise WireError(f"the header holds {name}")


def _encode(value: Any, buffers: list[bytes]) -> Any:
    match value:
        case None | bool():  # before int, which a bool is too
            return value
        case str():
            return value[:MAX_TEXT]
        case int():
            return value if -MAX_INT <= value < MAX_INT else _encode(Opaque("int of more than 64 bits"), buffers)
        case float():
            # JSON has neither NaN nor infinity, and this reader refuses Python's own spelling of them.
            return value if math.isfinite(value) else {TAG: "float", "value": str(value)}
        case np.ndarray():
            return _encode_array(value, buffers)
        case tuple() | list():
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {TAG: kind, "items": [_encode(item, buffers) for item in value]}
        case dict():
            # As pairs: no key of a student's can then be taken for the tag.
            return {TAG: "dict", "items": [[str(key), _encode(item, buffers)] for key, item in value.items()]}
        case Opaque():
            return {TAG: "opaque", "type": value.type_name}
        case ModelData():
            return _encode_model(value, buffers)
        case FigureEvidence():
            return {TAG: "figure", "axes": [_encode_axes(axes, buffers) for axes in value.axes]}
    raise WireError(f"a value of type {type(value).__name__} cannot be sent")


def _encode_array(array: Array, buffers: list[bytes]) -> dict[str, Any]:
    dtype = array.dtype.newbyteorder("<") if array.dtype.byteorder == ">" else array.dtype
    if dtype.str not in DTYPES:
        raise WireError(f"an array of dtype {array.dtype} cannot be sent")
    buffers.append(np.ascontiguousarray(array, dtype=dtype).tobytes())
    return {TAG: "array", "dtype": dtype.str, "shape": list(array.shape), "buffer": len(buffers) - 1}


def _encode_model(model: ModelData, buffers: list[bytes]) -> dict[str, Any]:
    weights = [_encode_array(weight, buffers) for weight in model.weights]
    return {TAG: "model", "kind": model.kind, "config": model.config, "weights": weights} | {
        "optimizer": model.optimizer,
        "loss": model.loss,
    }


def _encode_axes(axes: Axes, buffers: list[bytes]) -> dict[str, Any]:
    curves = [[_encode_array(curve.x, buffers), _encode_array(curve.y, buffers)] for curve in axes.curves]
    words = {key: getattr(axes, key)[:MAX_TEXT] for key in ("title", "xlabel", "ylabel")}
    return words | {"legend": list(axes.legend), "curves": curves}


def _decode(value: Any, buffers: Buffers, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise WireError("values are nested too deeply")
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, dict):
        raise WireError("a bare JSON list is no value")
    tag = value.get(TAG)
    # A list in the place of the tag cannot be looked up.
    decoder = _DECODERS.get(tag) if isinstance(tag, str) else None
    if decoder is None:
        raise WireError("a value of an unknown kind")
    try:
        return decoder(value, buffers, depth + 1)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        # A submission can write any header: what a decoder stumbles over is a fault of the frame.
        raise error if isinstance(error, WireError) else WireError(f"a malformed {tag}") from error


def _decode_float(value: dict[str, Any], _buffers: Buffers, _depth: int) -> float:
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[value["value"]]


def _decode_items(value: dict[str, Any], buffers: Buffers, depth: int) -> list[Any]:
    return [_decode(item, buffers, depth) for item in _list(value["items"])]


def _decode_tuple(value: dict[str, Any], buffers: Buffers, depth: int) -> tuple[Any, ...]:
    return tuple(_decode_items(value, buffers, depth))


def _decode_dict(value: dict[str, Any], buffers: Buffers, depth: int) -> dict[str, Any]:
    return {_text(key): _decode(item, buffers, depth) for key, item in _list(value["items"])}


def _decode_array(value: dict[str, Any], buffers: Buffers, _depth: int) -> Array:
    """The array of one buffer; each buffer is one array's, or a short header would ask for any number of copies."""
    shape, dtype, number = _list(value["shape"]), value["dtype"], value["buffer"]
    if dtype not in DTYPES or type(number) is not int or number < 0 or len(shape) > 8:
        raise WireError("an array of an unknown dtype, buffer or rank")
    # Python's integers, unlike NumPy's, do not overflow in the product below (hostile row 64).
    if not all(type(n) is int and 0 <= n <= MAX_BUFFER_BYTES for n in shape):
        raise WireError("an array of an impossible shape")
    kind, buffer = np.dtype(dtype), buffers.pop(number)
    if math.prod(shape) * kind.itemsize != len(buffer):
        raise WireError("an array whose buffer does not fit its shape")
    return np.frombuffer(buffer, dtype=kind).reshape(shape).copy()  # the buffer itself is read-only


def _decode_opaque(value: dict[str, Any], _buffers: Buffers, _depth: int) -> Opaque:
    return Opaque(_text(value["type"])[:100])


def _decode_model(value: dict[str, Any], buffers: Buffers, depth: int) -> ModelData:
    optimizer, loss = value["optimizer"], value["loss"]
    if not (isinstance(value["config"], dict) and (optimizer is None or isinstance(optimizer, dict))):
        raise WireError("a model without a configuration")
    _limit_depth([value["config"], optimizer])
    return ModelData(
        kind=_text(value["kind"]),
        config=value["config"],
        weights=[_decode_array(weight, buffers, depth) for weight in _list(value["weights"])],
        optimizer=optimizer,
        loss=None if loss is None else _text(loss),
    )


def _limit_depth(value: Any, depth: int = 0) -> None:
    """Refuse Keras's own configuration, which crosses as it is, where it is nested deeper than other values may be."""
    if depth > MAX_DEPTH:
        raise WireError("a configuration is nested too deeply")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _limit_depth(item, depth + 1)


def _decode_figure(value: dict[str, Any], buffers: Buffers, depth: int) -> FigureEvidence:
    return FigureEvidence(tuple(_decode_axes(axes, buffers, depth) for axes in _list(value["axes"])))


def _decode_axes(value: dict[str, Any], buffers: Buffers, depth: int) -> Axes:
    curves = [Curve(*(_decode_array(side, buffers, depth) for side in pair)) for pair in _list(value["curves"])]
    return Axes(
        title=_text(value["title"]),
        xlabel=_text(value["xlabel"]),
        ylabel=_text(value["ylabel"]),
        legend=tuple(_text(label) for label in _list(value["legend"])),
        curves=tuple(curves),
    )


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WireError("a list was due")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WireError("a text was due")
    return value[:MAX_TEXT]


_DECODERS: dict[str, Callable[[dict[str, Any], Buffers, int], Any]] = {
    "float": _decode_float,
    "list": _decode_items,
    "tuple": _decode_tuple,
    "dict": _decode_dict,
    "array": _decode_array,
    "opaque": _decode_opaque,
    "model": _decode_model,
    "figure": _decode_figure,
}
