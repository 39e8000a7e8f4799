"""Every request and its evidence on disk, so that a disputed grade is judged again without running the student's code.

A transcript is a file of frames (`grader.wire`): first what was graded and how, then request and answer in turn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from grader import wire
from grader.architecture import nameless
from grader.errors import GraderError, UsageError
from grader.evidence import Ending, Failure, ModelData, Request, Returned
from grader.submission import Source

SCHEMA = "grader/transcript/v1"
MAX_BYTES = 256 * 2**20


class Recorder:
    """Passes requests on to a source, and writes down what was asked and what came."""

    def __init__(self, source: Source, path: Path) -> None:
        """Take the source, and the file to write."""
        self._source = source
        self._path = path
        self._left = MAX_BYTES
        path.touch()

    def ask(self, request: Request) -> Returned | Failure:
        """Ask the source."""
        result = self._source.ask(request)
        try:
            frames = wire.encode({"request": _request(request)}) + wire.encode({"answer": _answer(result)})
        except wire.WireError:
            frames = b""
        if not frames or len(frames) > self._left:
            frames, self._left = wire.encode({"incomplete": True}), 0
        self._left -= len(frames)
        with self._path.open("ab") as stream:
            stream.write(frames)
        return result


class Replay:
    """Answers requests from a transcript; the student's code is not run."""

    def __init__(self, path: Path) -> None:
        """Read the answers of a transcript."""
        self._answers: dict[str, deque[Returned | Failure]] = defaultdict(deque)
        key = ""
        for frame in frames(path):
            if "request" in frame:
                key = _key(frame["request"])
            elif "answer" in frame:
                self._answers[key].append(_result(frame["answer"]))

    def ask(self, request: Request) -> Returned | Failure:
        """The answer that was given to this very request, if it was made.

        Raises:
            GraderError: If it was not: the suite asks something else now.
        """
        answers = self._answers[_key(_request(request))]
        if not answers:
            raise GraderError(
                f"the transcript has no answer to a request of {request.exercise}.{request.function}: the suite asks "
                "something else now, or the transcript was too large to be kept whole; grade the submission again"
            )
        return answers.popleft() if len(answers) > 1 else answers[0]


def write(path: Path, meta: Mapping[str, Any], recorded: Path) -> None:
    """Write a transcript whole or not at all: what was graded, then what `Recorder` wrote."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as stream, recorded.open("rb") as source:
        stream.write(wire.encode({"schema": SCHEMA, "meta": meta}))
        while chunk := source.read(2**20):
            stream.write(chunk)
    partial.replace(path)


def read_meta(path: Path) -> dict[str, Any]:
    """What was graded and how.

    Raises:
        UsageError: If the file is not there, or is no transcript.
    """
    frame = next(frames(path), {})
    meta = frame.get("meta")
    if frame.get("schema") != SCHEMA or not isinstance(meta, dict):
        raise UsageError(f"{path.name} is no transcript of this grader; `grader grade --transcript FILE` writes one")
    return meta


def frames(path: Path) -> Iterator[dict[str, Any]]:
    """The messages of a file of frames, one after another.

    Raises:
        UsageError: If the file is not there, or holds something else.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            while stream.tell() < size:
                yield wire.decode(lambda count: _exactly(stream, count))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except wire.WireError as error:
        raise UsageError(f"{path.name} is no transcript, or a damaged one: {error}") from error


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise wire.WireError("it ends in the middle")
    return data


def _key(request: Mapping[str, Any]) -> str:
    """What a request is known by: all that is asked, but for the names that the judge's Keras gave to layers."""
    args = [_nameless(value) for value in request["args"]]
    kwargs = {name: _nameless(value) for name, value in request["kwargs"].items()}
    return wire.digest({"request": {**request, "args": args, "kwargs": kwargs}})


def _nameless(value: Any) -> Any:
    return replace(value, config=nameless(value.config)) if isinstance(value, ModelData) else value


def _request(request: Request) -> dict[str, Any]:
    facts = {"exercise": request.exercise, "function": request.function, "seed": request.seed}
    return facts | {"args": request.args, "kwargs": dict(request.kwargs)}


def _answer(result: Returned | Failure) -> dict[str, Any]:
    if isinstance(result, Returned):
        return {"value": result.value, "changed": result.changed}
    texts = {name: getattr(result, name) for name in ("phase", "text", "place", "trace")}
    return {"ending": result.ending.value, "bases": result.bases, "used": dict(result.used)} | texts


def _result(answer: Mapping[str, Any]) -> Returned | Failure:
    if "ending" not in answer:
        return Returned(answer["value"], tuple(answer["changed"]))
    return Failure(**{**answer, "ending": Ending(answer["ending"])})
