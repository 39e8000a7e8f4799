"""The student's side of the boundary: answers requests by calling the student's functions, and knows no answer.

Runs in a process that `grader.zygote` has forked and walled in. Imports NumPy and nothing heavier, until a submission
does.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from grader import importing, wire
from grader.contract import printable, shortened
from grader.evidence import UNWRITTEN, Ending, Failure, ModelData, Observed, Request, array_arguments
from grader.observe import observe
from grader.seeding import seed_everything

MAX_MESSAGE = 300
OUT_OF_MEMORY = {"MemoryError", "ResourceExhaustedError"}
"""What Python and TensorFlow raise when the address space is used up."""

READY = b"ready"
"""What a worker says before it touches the submission: its walls stand."""


def answer(request: Request, folder: Path) -> Observed | Failure:
    """Call one function of the submission in `folder` and describe what came of it.

    A value that was returned is described by `observe`. Whatever the student's code raises is a failure, and data.
    """
    phase = "import"
    try:
        module = importing.load(request.exercise)
        if not request.function:
            return Observed(None, {})
        phase = "call"
        function = getattr(module, request.function, None)
        if not callable(function) or _is_stub(function):
            return Failure(ending=Ending.MISSING, phase=UNWRITTEN)
        args, kwargs = _revive(request.args, request.function), _revive(request.kwargs, request.function)
        # Last, since building a model has drawn random numbers.
        seed_everything(request.seed)
        # The arrays themselves and no copies: they are sent as the call leaves them, and the judge compares.
        left = array_arguments(args, kwargs)
        return Observed(observe(function(*args, **kwargs)), left)
    except KeyboardInterrupt:
        # At a student's desk this runs in pytest's own process, and Ctrl-C is the student's.
        raise
    except ModuleNotFoundError as error:
        # The module itself is not there; a library or a helper that it imports is a fault in it.
        gone = phase == "import" and error.name == f"{importing.PACKAGE}.{request.exercise}"
        return Failure(ending=Ending.MISSING, phase=phase) if gone else _failure(error, phase, folder)
    except BaseException as error:  # the student's call: SystemExit and pytest's own outcomes are errors like any other
        return _failure(error, phase, folder)


def _is_stub(function: Any) -> bool:
    """Whether a function does nothing, whatever it is given, but raise NotImplementedError as the stubs do."""
    code = getattr(function, "__code__", None)
    return isinstance(code, CodeType) and (code.co_code, code.co_names) == (_STUB.co_code, _STUB.co_names)


def _unwritten() -> None:
    raise NotImplementedError


_STUB = _unwritten.__code__


def _failure(error: BaseException, phase: str, folder: Path) -> Failure:
    # Names of classes are a submission's to choose, of any length and with anything in them (hostile row 31).
    bases = tuple(base.__name__[:100] for base in type(error).__mro__ if base is not object)
    ending = Ending.MISSING if isinstance(error, NotImplementedError) else Ending.RAISED  # a stub's
    return Failure(
        ending=Ending.MEMORY if OUT_OF_MEMORY & set(bases) else ending,
        phase=phase,
        bases=bases,
        text=_message(error),
        place=importing.place(error, folder),
        trace=importing.trace(error, folder),
    )


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # the student's own __str__
        return ""
    return shortened(printable(text), MAX_MESSAGE)


def _revive(value: Any, function: str) -> Any:
    """Models travel as data; the student's function gets a Keras model, and arrays of its own."""
    match value:
        case np.ndarray():
            return value.copy()
        case ModelData():
            return _model(value, function)
        case tuple() | list():
            return type(value)(_revive(item, function) for item in value)
        case dict():
            return {key: _revive(item, function) for key, item in value.items()}
    return value


def _model(data: ModelData, function: str) -> Any:
    """The Keras model of `data`; the very same object if it was the last one, and of the same function.

    So a second call with a model finds it as the first call left it: its state, if the student did not reset it.
    """
    digest = wire.digest({"model": data, "function": function})
    if digest not in _LAST_MODEL:
        _LAST_MODEL.clear()
        _LAST_MODEL[digest] = _build(data)
    return _LAST_MODEL[digest]


_LAST_MODEL: dict[str, Any] = {}


def _build(data: ModelData) -> Any:
    import keras

    cls = keras.Sequential if data.kind == "Sequential" else keras.Model
    model = cls.from_config(dict(data.config))
    model.set_weights(list(data.weights))
    model.compile(optimizer="adam", loss="mse")
    return model


def serve(channel: socket.socket, folder: Path) -> None:
    """Answer requests on an open connection until the judge hangs up."""
    importing.open_package(folder)
    with channel.makefile("rb") as stream:

        def read(count: int) -> bytes:
            data = stream.read(count)
            if len(data) < count:  # the judge has hung up
                raise EOFError
            return data

        with contextlib.suppress(EOFError):
            while True:
                channel.sendall(reply(wire.decode(read), folder))


def reply(message: Mapping[str, Any], folder: Path) -> bytes:
    """The frame that answers one request frame."""
    fields = ("exercise", "function", "args", "kwargs", "seed")
    result = answer(Request(**{name: message[name] for name in fields}), folder)
    try:
        return wire.encode({"id": message["id"], **_facts(result)})
    except (wire.WireError, TypeError) as error:
        refused = Failure(ending=Ending.REFUSED, phase="wire", text=_message(error))
        return wire.encode({"id": message["id"], **_facts(refused)})


def _facts(result: Observed | Failure) -> dict[str, Any]:
    if isinstance(result, Observed):
        return {"ok": True, "value": result.value, "left": result.left}
    # Not the trace: the student's own lines are shown at the desk alone.
    return {"ok": False, "ending": result.ending.value, "phase": result.phase, "bases": result.bases} | {
        "text": result.text,
        "place": result.place,
    }
