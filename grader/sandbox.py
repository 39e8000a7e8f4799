"""Starts, asks and ends the process that runs a submission's code. The only module that does."""

from __future__ import annotations

import dataclasses
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader import wire
from grader.contract import Isolation, Text
from grader.evidence import Ending, Failure, Request, Returned

START_S = 60.0
"""For starting a worker and for importing a module of the submission, TensorFlow included."""

OUTPUT_LIMIT_BYTES = 2**20
CHUNK_BYTES = 2**16

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
"""All that a worker finds in its environment, its own temporary folder apart: nothing of the judge's."""


class WorkerDied(Exception):
    """The worker ended, or broke the protocol, before it answered."""

    def __init__(self, ending: Ending, reason: str) -> None:
        """Keep how it ended, in words."""
        super().__init__(reason)
        self.failure = Failure(ending=ending, text=reason)


class Worker:
    """One worker process for the submission in a folder; it is started anew after it died."""

    isolation = Isolation(
        rung="subprocess",
        detail=Text("a process of its own, without walls: it can read what its user can read"),
    )

    def __init__(self, folder: Path, warm: tuple[str, ...] = ()) -> None:
        """Start a worker at once, so that its imports of `warm` run while the judge makes itself ready."""
        self._folder = folder
        self._warm = warm
        self._scratch = tempfile.TemporaryDirectory(prefix="grader-worker-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    def __enter__(self) -> Worker:
        """The worker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker and all that it started."""
        self._stop()
        self._scratch.cleanup()

    def ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        """Send a request and wait for its answer, at most `deadline_s` seconds in all."""
        if self._process is None:
            self._start()
        if request.exercise not in self._imported:
            result = self._ask(Request(exercise=request.exercise), START_S)
            if isinstance(result, Failure):
                return dataclasses.replace(result, phase="import")
            self._imported.add(request.exercise)
        return self._ask(request, deadline_s)

    def _ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        nonce = secrets.token_hex(16)
        message = {"id": nonce, "exercise": request.exercise, "function": request.function}
        frame = wire.encode(message | {"args": request.args, "kwargs": dict(request.kwargs), "seed": request.seed})
        try:
            return _result(self._exchange(frame, time.monotonic() + deadline_s), nonce)
        except wire.WireError as error:
            self._stop()
            return Failure(ending=Ending.REFUSED, phase="wire", text=str(error))
        except WorkerDied as error:
            self._stop()
            return error.failure

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        scratch = self._scratch.name
        environment = ENVIRONMENT | dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR", "KERAS_HOME"), scratch)
        # -P and -s keep the working directory and the user's site off the path; -I would drop PYTHONHASHSEED as well.
        command = [sys.executable, "-P", "-s", "-m", "grader.worker", str(theirs.fileno()), str(self._folder)]
        command += self._warm
        self._process = subprocess.Popen(
            command,
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        self._channel = ours
        self._output = _Output(self._process)
        self._imported: set[str] = set()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self._channel.close()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
        process.wait()
        self._output.close()

    def _exchange(self, frame: bytes, deadline: float) -> dict[str, Any]:
        """Send and receive under one absolute deadline, which a slow drip does not extend."""
        try:
            self._channel.settimeout(max(0.001, deadline - time.monotonic()))
            self._channel.sendall(frame)
            return wire.decode(lambda count: self._receive(count, deadline))
        except TimeoutError as error:
            raise WorkerDied(Ending.TIMEOUT, "") from error
        except OSError as error:
            raise self._death() from error

    def _receive(self, count: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < count:
            self._channel.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = self._channel.recv(min(CHUNK_BYTES, count - len(received)))
            if not chunk:
                raise self._death()
            received += chunk
            if time.monotonic() > deadline:
                raise TimeoutError
        return bytes(received)

    def _death(self) -> WorkerDied:
        assert self._process is not None
        if self._output.exceeded:
            return WorkerDied(Ending.DIED, f"output limit of {OUTPUT_LIMIT_BYTES // 2**20} MiB")
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return WorkerDied(Ending.DIED, "hung up")
        return WorkerDied(Ending.DIED, f"exit {status}" if status >= 0 else signal.Signals(-status).name)


def _result(message: Mapping[str, Any], nonce: str) -> Returned | Failure:
    """Read an answer; anything but the expected fields with the expected types is refused."""
    if message.get("id") != nonce:
        raise wire.WireError("the answer has another id than the request")
    if message.get("ok") is True:
        changed = message.get("changed")
        names = tuple(name for name in changed if isinstance(name, str)) if isinstance(changed, tuple) else ()
        return Returned(message.get("value"), names)
    bases, ending = message.get("bases"), message.get("ending")
    texts = [message.get(key) for key in ("phase", "text", "place")]
    known = ending in {"raised", "missing", "refused"} and message.get("ok") is False
    if not known or not all(isinstance(text, str) for text in texts) or not isinstance(bases, tuple):
        raise wire.WireError("the answer is neither a value nor a failure")
    phase, text, place = (str(item) for item in texts)
    names = tuple(str(base)[:100] for base in bases)
    return Failure(ending=Ending(ending), phase=phase, bases=names, text=text[:200], place=place[:100])


class _Output:
    """Reads away what a worker prints, and kills it when that is too much."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.exceeded = False
        self._process = process
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        count = 0
        while chunk := os.read(stream.fileno(), CHUNK_BYTES):
            count += len(chunk)
            if count > OUTPUT_LIMIT_BYTES:
                self.exceeded = True
                self._process.kill()
                return

    def close(self) -> None:
        self._thread.join(timeout=1)
        if self._process.stdout is not None and not self._thread.is_alive():
            self._process.stdout.close()
