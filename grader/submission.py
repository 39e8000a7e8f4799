"""The submission as a check sees it: an object whose functions read like plain calls, wherever they run."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from grader import importing, observe, wire, worker
from grader.contract import Text
from grader.evidence import Ending, Failure, ModelData, Request, Returned, StudentError
from grader.models import ModelEvidence


class Channel(Protocol):
    """A way to the student's code: a worker behind the boundary, or this very process."""

    def ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        """Call one function and say what came of it."""


class InProcess:
    """Runs the student's code in this process, where breakpoints and tracebacks work. Nothing is isolated.

    What is returned goes over the wire all the same, in memory, so that a check sees what it would see of a worker.
    """

    def __init__(self, folder: Path) -> None:
        """Take the modules in `folder`."""
        self._folder = folder
        importing.open_package(folder)

    def ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        """Call one function; there is no deadline, so that a debugger has all the time it needs."""
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a warning in the student's code is no error, whatever pytest is told
            result = worker.answer(request, self._folder)
        if isinstance(result, Failure):
            return result
        try:
            return Returned(_through_the_wire(result.value), result.changed)
        except (wire.WireError, TypeError) as error:
            return Failure(ending=Ending.REFUSED, phase="wire", text=str(error))


def _through_the_wire(value: Any) -> Any:
    raw = memoryview(wire.encode({"value": value}))
    position = 0

    def read(count: int) -> bytes:
        nonlocal position
        position += count
        return bytes(raw[position - count : position])

    return wire.decode(read)["value"]


class Deadlines(Protocol):
    """How long a call may take, in seconds."""

    def of(self, function: str) -> float:
        """The deadline of one function."""


class Submission:
    """A student's functions, by name: `submission.make_windows(series, 12)`.

    Raises `StudentError` when the student's code gives no value. After `budget_s` seconds of calls, every further
    one is a timeout.
    """

    def __init__(
        self, channel: Channel, owners: Mapping[str, str], seed: int, deadlines: Deadlines, budget_s: float
    ) -> None:
        """Take a channel, the exercise of each function, the seed of this grading and the limits."""
        self._channel = channel
        self._owners = owners
        self._seed = seed
        self._deadlines = deadlines
        self._budget_s = budget_s
        self._import_failures: dict[str, Failure] = {}
        self.spent_s = 0.0

    def __getattr__(self, name: str) -> Function:
        """The function of that name."""
        if name.startswith("_") or name not in self._owners:
            raise AttributeError(name)
        return Function(self, name)

    def call(self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Returned:
        """Call one function of the submission and return its evidence."""
        exercise = self._owners[function]
        deadline_s = self._deadlines.of(function)
        request = Request(
            exercise=exercise,
            function=function,
            args=tuple(_sendable(arg) for arg in args),
            kwargs={key: _sendable(value) for key, value in kwargs.items()},
            seed=_call_seed(self._seed, f"{exercise}.{function}"),
        )
        result = self._import_failures.get(exercise) or self._ask(request, deadline_s)
        if isinstance(result, Failure):
            if result.phase == "import":
                self._import_failures[exercise] = result
            raise StudentError(result, explain(result, exercise, function, deadline_s))
        return Returned(_with_models(result.value), result.changed)

    def _ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        if self.spent_s >= self._budget_s:
            failure = Failure(ending=Ending.TIMEOUT)
            raise StudentError(failure, _out_of_budget(self._budget_s))
        start = time.monotonic()
        try:
            return self._channel.ask(request, deadline_s)
        finally:
            self.spent_s += time.monotonic() - start


class Function:
    """One function of the submission."""

    def __init__(self, submission: Submission, name: str) -> None:
        """Bind a name to a submission."""
        self._submission = submission
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function."""
        return self._submission.call(self.name, args, kwargs).value

    def changed_inputs(self, *args: Any, **kwargs: Any) -> tuple[Any, tuple[str, ...]]:
        """Call the student's function; returns its value and which arguments it changed in place."""
        returned = self._submission.call(self.name, args, kwargs)
        return returned.value, returned.changed


def _call_seed(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:4], "little")


def _sendable(value: Any) -> Any:
    """An argument as evidence: arrays and numbers as they are, models as data."""
    if isinstance(value, ModelEvidence):
        return value.data
    if isinstance(value, np.ndarray):
        return value.copy()
    return observe.observe(value)


def _with_models(value: Any) -> Any:
    """A model inside a tuple, as `train_forecaster` returns it, is evidence too."""
    if isinstance(value, ModelData):
        return ModelEvidence(value)
    if isinstance(value, tuple | list):
        return type(value)(_with_models(item) for item in value)
    return value


def _out_of_budget(budget_s: float) -> Text:
    return Text("not called: the submission has used up its {limit} s", {"limit": f"{budget_s:g}"})


def explain(failure: Failure, exercise: str, function: str, deadline_s: float) -> Text:
    """The sentence that a student reads about a call that gave no value."""
    values = {"function": function, "module": f"{exercise}.py", "limit": f"{deadline_s:g}", "text": failure.text}
    values |= {"type": failure.bases[0] if failure.bases else "", "place": failure.place or exercise}
    match failure.ending:
        case Ending.MISSING if failure.phase == "import":
            return Text("{module} is not there, or not written yet", values)
        case Ending.TIMEOUT if failure.phase == "import":
            return Text("{module} took too long to import (a loop, or training, outside of the functions?)", values)
        case Ending.DIED if failure.phase == "import":
            return Text("the process ended while {module} was imported ({text})", values)
        case Ending.MISSING:
            return Text("{function} is not written yet", values)
        case Ending.TIMEOUT:
            return Text("{function} gave no answer in {limit} s (an endless loop? too many epochs?)", values)
        case Ending.DIED:
            return Text("the process ended while {function} ran ({text})", values)
        case Ending.REFUSED:
            return Text("what {function} returned cannot be taken: {text}", values)
    if failure.phase == "import":
        return Text("{module} cannot be imported: {type}: {text} ({place})", values)
    return Text("{function} raised {type}: {text} ({place})", values)
