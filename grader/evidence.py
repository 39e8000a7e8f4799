"""What may come back from a student's code: plain data, and nothing that runs."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.contract import Outcome, Scalar, Text

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Stands for a value that may not cross the boundary; only the name of its type does."""

    type_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelData:
    """A Keras model as data: Keras's own configuration, the weights, and how it was compiled.

    `kind` is "Sequential" or "Functional"; `optimizer` and `loss` are Keras's serialised forms, or None.
    """

    kind: str
    config: Mapping[str, Any]
    weights: Sequence[Array]
    optimizer: Mapping[str, Any] | None
    loss: str | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve of a figure: the points that were drawn, `x` and `y` of shape `(n,)`."""

    x: Array
    y: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """What one pair of axes shows."""

    title: str
    xlabel: str
    ylabel: str
    legend: tuple[str, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class FigureEvidence:
    """The facts of a matplotlib figure."""

    axes: tuple[Axes, ...]


class Ending(enum.Enum):
    """How a call ended that gave no value."""

    RAISED = "raised"
    MISSING = "missing"
    DIED = "died"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    REFUSED = "refused"

    @property
    def outcome(self) -> Outcome:
        """The outcome of a check whose call ended so."""
        return _OUTCOMES[self]


_OUTCOMES = {
    Ending.RAISED: Outcome.ERROR,
    Ending.MISSING: Outcome.MISSING,
    Ending.DIED: Outcome.ERROR,
    Ending.TIMEOUT: Outcome.TIMEOUT,
    Ending.MEMORY: Outcome.MEMORY,
    Ending.REFUSED: Outcome.REFUSED,
}


UNWRITTEN = "unwritten"
"""The phase of a call of a function that is not there, or is a stub: it ends so whatever it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call that gave no value: how it ended, in which phase ("import", "call", "wire"...) and, if it raised, what.

    `bases` are the names of the exception's classes, itself first; `place` is "file.py:line" in the student's own
    code, or ""; `trace` is the traceback through the student's own code, which stays on the student's side. `used`
    says which limit was met and how much was used, in words with units.
    """

    ending: Ending
    phase: str = "call"
    bases: tuple[str, ...] = ()
    text: str = ""
    place: str = ""
    trace: str = ""
    used: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Returned:
    """A call that gave a value, and the names or positions of array arguments that it changed in place."""

    value: Any
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """What the worker saw of a call: its value, and the array arguments as the call left them.

    Whether they were changed is for the judge to say (`changed_arguments`), who still has what was sent.
    """

    value: Any
    left: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call that the judge asks for; `seed` is what the student's random generators start from.

    Without a `function` it asks for no more than the import of the module.
    """

    exercise: str
    function: str = ""
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0


def array_arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Array]:
    """The arguments that are arrays, by keyword or by "argument 1"."""
    named = {f"argument {number}": value for number, value in enumerate(args, start=1)} | dict(kwargs)
    return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}


def changed_arguments(request: Request, left: Mapping[str, Any]) -> tuple[str, ...]:
    """Which array arguments of the request are not what they were; one that is missing in `left` is not, either."""
    sent = array_arguments(request.args, request.kwargs)
    return tuple(name for name, array in sent.items() if not _is_same(array, left.get(name)))


def _is_same(sent: Array, left: Any) -> bool:
    # The answer is a stranger's: what is no array any more has been changed.
    if not isinstance(left, np.ndarray) or left.dtype.kind != sent.dtype.kind:
        return False
    # A NaN that was sent and is still there has not been changed.
    return np.array_equal(sent, left, equal_nan=sent.dtype.kind in "fc")


class CheckFailed(Exception):
    """A check did not hold: the sentence for the student, and the values behind it for the instructor."""

    def __init__(self, message: Text, detail: Text | None = None, outcome: Outcome = Outcome.FAILED) -> None:
        """Keep the sentence, the values and the outcome."""
        super().__init__(str(message))
        self.message = message
        self.detail = detail
        self.outcome = outcome


class StudentError(CheckFailed):
    """The student's code gave no value where one was due."""

    def __init__(self, failure: Failure, message: Text) -> None:
        """Keep the failure and its sentence, which is the message of the check."""
        super().__init__(message, outcome=failure.ending.outcome)
        self.failure = failure
