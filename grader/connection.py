"""The judge's end of the line to one worker: requests and answers, what the worker prints, and how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import time
from collections.abc import Mapping
from typing import Any

from grader import wire
from grader.contract import Scalar, printable
from grader.course import MIB, Limits
from grader.evidence import Ending, Failure, Request, Returned, changed_arguments

HANG_UP_S = 1.0
"""For a worker that has hung up to end by itself."""

# In the words of a zygote, which can say nothing any more.
GONE = b'{"ended": "the sandbox ended", "memory_bytes": 0}'

END_S = 10.0
"""For everything that a worker started to be dead; a zygote that needs longer is killed with all below it."""

CHUNK_BYTES = 2**16
MESSAGE_BYTES = 2**16


class WorkerDied(Exception):
    """The worker ended, or broke the protocol, before it answered."""

    def __init__(self, ending: Ending, reason: str, used: Mapping[str, Scalar] | None = None) -> None:
        """Keep how it ended, in words, and what it had used."""
        super().__init__(reason)
        self.failure = Failure(ending=ending, text=reason, used=dict(used or {}))


class Connection:
    """The line to one worker, and to the zygote that watches it."""

    def __init__(self, channel: socket.socket, output: int, control: socket.socket, limits: Limits) -> None:
        """Take the line to the worker, what it prints, the line to its zygote, and the limits."""
        self._channel = channel
        self._output = output
        self._control = control
        self._limits = limits
        self._printed = 0
        self._silent = False
        self._ended: dict[str, Any] = {}

    def exchange(self, frame: bytes, deadline: float) -> dict[str, Any]:
        """Send a frame and read one, under one absolute deadline, which a slow drip does not extend."""
        self._send(frame, deadline)
        return wire.decode(lambda count: self._receive(count, deadline))

    def wait_for(self, word: bytes, deadline: float) -> None:
        """Read one word, or raise `WorkerDied`."""
        if self._receive(len(word), deadline) != word:
            raise WorkerDied(Ending.DIED, "an unexpected word")

    def read_all(self, deadline: float) -> bytes:
        """Everything that the worker says until it hangs up."""
        received = bytearray()
        while chunk := self._chunk(CHUNK_BYTES, deadline):
            received += chunk
        return bytes(received)

    def _send(self, frame: bytes, deadline: float) -> None:
        view = memoryview(frame)
        # A blocking `send` waits until all of it is taken, and knows no deadline.
        self._channel.setblocking(False)
        while view:
            self._wait(deadline, writing=True)
            try:
                view = view[self._channel.send(view[:CHUNK_BYTES]) :]
            except BlockingIOError:  # `select` may report what is not so (select(2))
                continue
            except OSError as error:
                raise self._death() from error

    def _receive(self, count: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < count:
            chunk = self._chunk(min(CHUNK_BYTES, count - len(received)), deadline)
            if not chunk:
                raise self._death()
            received += chunk
        return bytes(received)

    def _chunk(self, count: int, deadline: float) -> bytes:
        while True:
            self._wait(deadline)
            try:
                return self._channel.recv(count, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._death() from error

    def _wait(self, deadline: float, *, writing: bool = False) -> None:
        """Wait until the channel is ready; read away what the worker prints meanwhile, and hear of its end."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WorkerDied(Ending.TIMEOUT, "")
            # Not while writing: a worker that answers before it was asked would keep this awake until the deadline.
            sources: list[Any] = [] if writing else [self._channel]
            sources += [] if self._silent else [self._output]
            sources += [] if self._ended else [self._control]
            readable, writable, _ = select.select(sources, [self._channel] if writing else [], [], left)
            # First what is printed: a worker whose pipe is full never comes to its answer (hostile row 63).
            if self._output in readable:
                self._drain()
            if writable or self._channel in readable:
                return
            if self._control in readable or self._ended:
                self._hear_end(END_S)
                # What it said before it ended still counts.
                if not _is_readable(self._channel) or writing:
                    raise self._death()

    def _drain(self) -> None:
        printed = os.read(self._output, CHUNK_BYTES)
        # A closed pipe would be reported as readable for ever (hostile row 69).
        self._silent = not printed
        self._printed += len(printed)
        if self._printed > self._limits.output_mib * MIB:
            raise WorkerDied(Ending.DIED, "output", {"limit": f"{self._limits.output_mib:g} MiB"})

    def _hear_end(self, timeout_s: float) -> dict[str, Any]:
        """The zygote's word on how the worker ended, which it gives once; empty if it does not come in time."""
        if not self._ended:
            self._control.settimeout(timeout_s)
            try:
                # The next worker's word comes on the same socket: this one's is taken off it, and kept.
                self._ended = json.loads(self._control.recv(MESSAGE_BYTES) or GONE)
            except TimeoutError:
                return {}
            except OSError:
                self._ended = json.loads(GONE)
        return self._ended

    def _death(self) -> WorkerDied:
        """How the worker ended. One that has hung up and lives on is ended now."""
        ended = self._hear_end(HANG_UP_S)
        if not ended:
            # A worker that closes its line and stays would live on beside the next one (hostile row 69).
            self.end_worker()
            return WorkerDied(Ending.DIED, "hung up")
        how, used_mib = str(ended["ended"]), int(ended["memory_bytes"]) // MIB
        resources = self._limits.resources
        if how == "memory":
            used: dict[str, Scalar] = {"used": f"{used_mib} MiB", "limit": f"{resources.memory_bytes // MIB} MiB"}
            return WorkerDied(Ending.MEMORY, "", used)
        if how == "processes":
            return WorkerDied(Ending.DIED, how, {"limit": resources.children})
        if how == "disk":
            return WorkerDied(Ending.DIED, "disk", {"limit": f"{resources.scratch_bytes // MIB} MiB"})
        return WorkerDied(Ending.DIED, how)

    def end_worker(self) -> bool:
        """Have the zygote end the worker and all that it started; False if the zygote is no more."""
        if not self._ended:
            with contextlib.suppress(OSError):
                self._control.send(b'{"what": "end"}')
        return bool(self._hear_end(END_S)) and self._ended != json.loads(GONE)

    def close(self) -> bool:
        """End the worker, and hang up; False if the zygote is no more."""
        alive = self.end_worker()
        self._channel.close()
        os.close(self._output)
        return alive


def _is_readable(channel: socket.socket) -> bool:
    return bool(select.select([channel], [], [], 0)[0])


def read_answer(message: Mapping[str, Any], request: Request, nonce: str) -> Returned | Failure:
    """Read an answer; anything but the expected fields with the expected types is refused."""
    came = message.get("id")
    # A submission can write on this line too; what it cannot know is the id of a request that is still to come.
    if not isinstance(came, str) or came != nonce:
        raise wire.WireError("the answer has another id than the request")
    if message.get("ok") is True:  # 1 is equal to it, and is refused (hostile row 20)
        left = message.get("left")
        if not isinstance(left, Mapping):
            raise wire.WireError("the answer does not say what became of the arguments")
        return Returned(message.get("value"), changed_arguments(request, left))
    bases, ending = message.get("bases"), message.get("ending")
    texts = [message.get(key) for key in ("phase", "text", "place")]
    known = (
        # What a worker can tell of itself; "died" and "timeout" are for the judge to say (hostile row 20).
        isinstance(ending, str) and ending in {"raised", "missing", "refused", "memory"} and message.get("ok") is False
    )
    if not known or not all(isinstance(text, str) for text in texts) or not isinstance(bases, tuple):
        raise wire.WireError("the answer is neither a value nor a failure")
    # Cleaned and cut here as well, since a submission can write past the worker that has done so (hostile row 67).
    phase, text, place = (_printable(item, 200) for item in texts)
    names = tuple(_printable(base, 100) for base in bases)
    return Failure(ending=Ending(ending), phase=phase, bases=names, text=text, place=place[:100])


def _printable(value: object, length: int) -> str:
    """What a worker says in words; it may have been written by anybody, so that no command may be in it."""
    return printable(str(value))[:length]
