"""The submission as a check sees it: an object whose functions read like plain calls, wherever they run."""

from __future__ import annotations

import dataclasses
import hashlib
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from grader import importing, observe, wire, worker
from grader.contract import Note, Scalar, Text
from grader.course import Limits
from grader.evidence import UNWRITTEN, Ending, Failure, ModelData, Request, Returned, StudentError, changed_arguments
from grader.models import ModelEvidence

Exchange = tuple[Request, Returned | Failure]
"""What the judge asked, and what came."""


class Source(Protocol):
    """Answers the judge's requests: the student's code behind its limits, or a transcript of what it once said."""

    def ask(self, request: Request) -> Returned | Failure:
        """Call one function and say what came of it."""


class Channel(Protocol):
    """A way to the student's code that keeps a deadline."""

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

    def ask(self, request: Request) -> Returned | Failure:
        """Call one function; there is no deadline, so that a debugger has all the time it needs."""
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a warning in the student's code is no error, whatever pytest is told
            result = worker.answer(request, self._folder)
        if isinstance(result, Failure):
            return result
        try:
            return Returned(_through_the_wire(result.value), changed_arguments(request, result.left))
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


class Rationed:
    """The student's code under the course's limits on time: for one call, for one function, and in all."""

    def __init__(self, channel: Channel, limits: Limits) -> None:
        """Take the way to the student's code, and the limits."""
        self._channel = channel
        self._limits = limits
        self._spent_s = 0.0
        self._hung_s: dict[tuple[str, str], float] = {}

    def ask(self, request: Request) -> Returned | Failure:
        """Call one function, unless its time, or that of the submission, is used up."""
        limits, name = self._limits, (request.exercise, request.function)
        hung_s, deadline_s = self._hung_s.get(name, 0.0), limits.of(request.function)
        if self._spent_s >= limits.submission_s:
            return Failure(ending=Ending.TIMEOUT, phase="budget", used={"limit": f"{limits.submission_s:g} s"})
        # Each check of a function that hangs would otherwise wait for its whole deadline again.
        if hung_s >= limits.hung_s:
            return Failure(ending=Ending.TIMEOUT, phase="hung", used={"used": f"{hung_s:g} s"})
        start = time.monotonic()
        result = self._channel.ask(request, deadline_s)
        self._spent_s += time.monotonic() - start
        if isinstance(result, Failure) and result.ending is Ending.TIMEOUT:
            limit_s = limits.import_s if result.phase == "import" else deadline_s
            self._hung_s[name] = hung_s + limit_s
            return dataclasses.replace(result, used={"limit": f"{limit_s:g} s"})
        return result


class Submission:
    """A student's functions, by name: `submission.make_windows(series, 12)`.

    Raises `StudentError` when the student's code gives no value. `notes` says what limits it met on the way, and
    `exchanges` what was asked since that list was last emptied.
    """

    def __init__(self, source: Source, owners: Mapping[str, str], seed: int) -> None:
        """Take a source of answers, the exercise of each function, and the seed of this grading."""
        self._source = source
        self._owners = owners
        self._seed = seed
        self._hopeless: dict[tuple[str, str], Failure] = {}
        self._notes: dict[tuple[str, str], Note] = {}
        self.spent_s = 0.0
        self.exchanges: list[Exchange] = []

    @property
    def notes(self) -> tuple[Note, ...]:
        """Each limit, death or forbidden act once for each function."""
        return tuple(self._notes.values())

    @property
    def noted(self) -> tuple[str, ...]:
        """The exercises that gave rise to a note."""
        return tuple(dict.fromkeys(self._owners.get(place, place) for _, place in self._notes))

    def __getattr__(self, name: str) -> Function:
        """The function of that name."""
        if name.startswith("_") or name not in self._owners:
            raise AttributeError(name)
        return Function(self, name)

    def call(self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Returned:
        """Call one function of the submission and return its evidence."""
        exercise = self._owners[function]
        request = Request(
            exercise=exercise,
            function=function,
            args=tuple(_sendable(arg) for arg in args),
            kwargs={key: _sendable(value) for key, value in kwargs.items()},
            # Of the function, not of the call: an equal request must have an equal answer (hostile row 43).
            seed=_call_seed(self._seed, f"{exercise}.{function}"),
        )
        result = self._known(function) or self._ask(request)
        self.exchanges.append((request, result))
        if isinstance(result, Failure):
            if result.phase in ("import", UNWRITTEN):
                self._hopeless[exercise, function if result.phase == UNWRITTEN else ""] = result
            sentence = explain(result, exercise, function)
            if kind := _kind_of_note(result):
                place = exercise if result.phase == "import" else function
                # A fault at import is the module's, whichever function was asked for.
                self._notes.setdefault((kind, place), Note(kind=kind, detail=sentence))
            raise StudentError(result, sentence)
        return Returned(_with_models(result.value), result.changed)

    def expect_answers(self, function: str) -> None:
        """Raise what a call of a function would, if that is known: making what it would be given takes long."""
        if known := self._known(function):
            raise StudentError(known, explain(known, self._owners[function], function))

    def _known(self, function: str) -> Failure | None:
        """How every call of a function ends, if that is known.

        What cannot be imported, hangs at import or is not written would be so again for each check.
        """
        exercise = self._owners[function]
        return self._hopeless.get((exercise, "")) or self._hopeless.get((exercise, function))

    def _ask(self, request: Request) -> Returned | Failure:
        start = time.monotonic()
        try:
            return self._source.ask(request)
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
        # A student's function may work in place, and the check still needs what it has sent.
        return value.copy()
    return observe.observe(value)


def _with_models(value: Any) -> Any:
    """A model inside a tuple, as `train_forecaster` returns it, is evidence too."""
    if isinstance(value, ModelData):
        return ModelEvidence(value)
    if isinstance(value, tuple | list):
        return type(value)(_with_models(item) for item in value)
    return value


def _kind_of_note(failure: Failure) -> str | None:
    """What a failure is called among the notes of a report; None if it is an ordinary one."""
    if failure.ending in (Ending.TIMEOUT, Ending.MEMORY) or failure.text in ("output", "disk", "processes"):
        return "limit"
    if failure.ending is Ending.DIED:
        return "died"
    if failure.ending is Ending.REFUSED and failure.phase == "wire":
        return "wire"
    return "forbidden" if "PermissionError" in failure.bases else None


def explain(failure: Failure, exercise: str, function: str) -> Text:
    """The sentence that a student reads about a call that gave no value."""
    module = f"{exercise}.py"
    where = Text("while {module} was imported", {"module": module})
    if failure.phase != "import":
        where = Text("while {function} ran", {"function": function})
    values: dict[str, Scalar | Text] = {"function": function, "module": module, "where": where, "text": failure.text}
    values |= {"type": failure.bases[0] if failure.bases else "", "place": failure.place or exercise}
    values |= failure.used
    match failure.ending:
        case Ending.MISSING if failure.phase == "import":
            return Text("{module} is not there, or not written yet", values)
        case Ending.MISSING:
            return Text("{function} is not written yet", values)
        case Ending.TIMEOUT:
            return dataclasses.replace(_TIMEOUTS.get(failure.phase, _TIMEOUTS["call"]), values=values)
        case Ending.MEMORY if "used" in values:
            return Text("memory ran out {where}: {used} in use; the limit is {limit} (all windows at once?)", values)
        case Ending.MEMORY:
            return Text("memory ran out {where} ({type}: {text}); is an array much larger than it need be?", values)
        case Ending.DIED if failure.text in _DEATHS:
            return dataclasses.replace(_DEATHS[failure.text], values=values)
        case Ending.DIED:
            return Text("the process ended {where} ({text}): an exit(), or a crash in native code?", values)
        case Ending.REFUSED:
            return Text("what {function} returned cannot be taken: {text}", values)
    if failure.phase == "import":
        return Text("{module} cannot be imported: {type}: {text} ({place})", values)
    return Text("{function} raised {type}: {text} ({place})", values)


_TIMEOUTS = {
    "import": Text("{module} was not imported within {limit} (a loop, or training, outside of the functions?)"),
    "call": Text("{function} gave no answer within {limit} (an endless loop? too many epochs?)"),
    "hung": Text("{function} is not called again: it has hung for {used} already"),
    "budget": Text("{function} is not called: the submission has used up its {limit}"),
}
_DEATHS = {
    "output": Text("more than {limit} was printed {where} (a print inside a loop? `verbose=1`?)"),
    "disk": Text("more than {limit} was written to files {where}"),
    "processes": Text("more than {limit} processes were started {where}"),
    "hung up": Text("the process closed its connection {where}"),
}
