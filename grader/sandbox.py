"""Starts, asks and ends the processes that run a submission's code. The only module that does.

A zygote (`grader.zygote`) is started behind the outer wall; it forks a worker for each exercise, and a fresh one after
a worker has died. Before the first worker, one is forked that only tries what is forbidden (`grader.preflight`): if
anything succeeds, the rung is not what it claims to be, and the next lower one is tried.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil

import grader
from grader import bubblewrap, preflight, walls, wire
from grader.connection import END_S, MESSAGE_BYTES, Connection, WorkerDied, read_answer
from grader.contract import Isolation, Scalar, Text
from grader.course import Limits
from grader.errors import GraderError
from grader.evidence import Ending, Failure, Request, Returned
from grader.rungs import Demand, Rung
from grader.walls import WallError
from grader.worker import READY
from grader.zygote import Settings, end_processes

# "Hostile row n", here and in other modules: a row of tests/grader/samples/hostile/catalogue.toml.

START_S = 60.0
"""For a zygote to be up, TensorFlow included."""

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",  # what students have; the judge rebuilds their models on JAX
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its sums have another order, and other last bits, on other processors
    "CUDA_VISIBLE_DEVICES": "-1",
    # Networks of this size gain nothing from threads, and lose a fifth of a core to their switching.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",  # there is no display behind a wall
    "PYTHONHASHSEED": "0",  # a set of a student's has one order in every run
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
"""All that a worker finds in its environment, its own temporary folder apart: nothing of the judge's."""

# Where libraries write as soon as they are imported (fonts, settings): into the scratch folder.
HOMES = ("HOME", "TMPDIR", "MPLCONFIGDIR", "KERAS_HOME")
# bubblewrap sets PWD by itself, and Python may set LC_CTYPE (PEP 538).
MEANT_TO_BE_THERE = frozenset({*ENVIRONMENT, *HOMES, "PWD", "LC_CTYPE"})

BOOT = "import sys; sys.path += sys.argv[1].split(':'); from grader import zygote; zygote.main(*sys.argv[2:])"
"""The zygote's first line. Without `site`, no `.pth` file and no `sitecustomize` runs."""


class RungMissing(Exception):
    """A rung cannot be had here, or does not hold what it promises; the message says why."""


class Worker:
    """The workers for the submission in a folder, on the best rung that this machine has and the demand allows."""

    def __init__(
        self,
        folder: Path,
        demand: Demand,
        limits: Limits,
        *,
        warm: tuple[str, ...] = (),
        private: Sequence[Path] = (),
    ) -> None:
        """Start at once, so that the imports of `warm` run while the judge makes itself ready.

        Args:
            folder: A submission, as `give` takes it.
            demand: Which rungs will do.
            limits: What the submission may use.
            warm: Modules that are worth importing before they are asked for.
            private: Files and folders that must be out of reach, for the preflight to try.

        Raises:
            GraderError: If no rung that will do can be had.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="grader-submission-", ignore_cleanup_errors=True)
        Path(self._folder.name).chmod(0o755)  # read by a user who owns nothing
        self._limits = limits
        self._warm = warm
        self._private = private
        self._ladder = list(demand.ladder())
        self._missing: list[str] = []
        self._zygote: _Zygote | None = None
        self._rung: Rung | None = None
        self._worker: Connection | None = None
        self._exercise = ""
        self._imported = False
        try:
            self.give(folder)
            self._open_next()
        except BaseException:
            # `__exit__` is never called of what was not made, and Ctrl-C leaves no folder behind either.
            self._folder.cleanup()
            raise

    def give(self, folder: Path) -> None:
        """From now on work on another submission: the modules in `folder`, of which a copy is taken.

        What was started for the one before is dead when this returns, and what it wrote is gone.
        """
        self._end_worker()
        # One folder for all submissions: what a wall shows was settled when its zygote was started.
        own = Path(self._folder.name)
        for entry in own.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(folder, own, dirs_exist_ok=True)
        # `copytree` has given the folder the mode of the one that was copied.
        own.chmod(0o755)

    def __enter__(self) -> Worker:
        """The worker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that was started."""
        self.close()

    @property
    def isolation(self) -> Isolation:
        """The rung that was reached, and what stood in the way of a better one."""
        rung = self._ready().rung
        reasons = list(self._missing)
        if rung.namespaces and not walls.landlock_abi():
            reasons.append("inside there is no Landlock: the kernel has none")
        if not reasons:
            return Isolation(rung=rung.value, detail=DETAILS[rung])
        values: dict[str, Scalar | Text] = {"what": DETAILS[rung], "reasons": "; ".join(reasons)}
        return Isolation(rung=rung.value, detail=Text("{what}; nothing better, for {reasons}", values))

    def ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        """Send a request and wait for its answer, at most `deadline_s` seconds in all.

        Raises:
            GraderError: If the walls or the zygote failed; that is no answer of the submission.
        """
        worker = self._worker_for(request.exercise)
        # A request of its own: an import may take longer than a call, and its failure is told as one of the module.
        if not self._imported:
            result = self._ask(worker, Request(exercise=request.exercise), self._limits.import_s)
            if isinstance(result, Failure):
                return dataclasses.replace(result, phase="import")
            self._imported = True
        return self._ask(worker, request, deadline_s)

    def _ask(self, worker: Connection, request: Request, deadline_s: float) -> Returned | Failure:
        # 128 bits, new for each request: neither a guess nor the id of the request before will do (hostile row 19).
        nonce = secrets.token_hex(16)
        message = {"id": nonce, "exercise": request.exercise, "function": request.function}
        frame = wire.encode(message | {"args": request.args, "kwargs": dict(request.kwargs), "seed": request.seed})
        try:
            return read_answer(worker.exchange(frame, time.monotonic() + deadline_s), request, nonce)
        except wire.WireError as error:
            # What follows on this line may be the rest of a forged frame: nobody reads on (hostile row 18).
            self._end_worker()
            return Failure(ending=Ending.REFUSED, phase="wire", text=str(error))
        except WorkerDied as error:
            self._end_worker()
            return error.failure

    def _worker_for(self, exercise: str) -> Connection:
        """A worker that has seen no other exercise, so that what one does to Python does not reach another."""
        if self._worker is None or self._exercise != exercise:
            self._end_worker()
            self._worker = self._fork()
            self._exercise, self._imported = exercise, False
        return self._worker

    def _fork(self) -> Connection:
        """A fresh worker; once more from a fresh zygote, if the old one did not live through what it was asked."""
        zygote = self._ready()
        try:
            return zygote.fork(self._limits)
        except RungMissing:
            zygote.close()
            self._zygote = None
        try:
            return self._ready().fork(self._limits)
        except RungMissing as error:
            raise GraderError(f"no worker can be started: {error}") from error

    def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        # Without the zygote's word that all is dead, only its own end makes sure of it.
        if worker is not None and not worker.close() and self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _ready(self) -> _Zygote:
        """A zygote whose walls have been tried; lower rungs are taken when they have not held."""
        while self._zygote is None or self._rung is None:
            if self._zygote is None:
                self._open_again_or_next()
            assert self._zygote is not None
            try:
                self._zygote.prove(self._private, self._limits)
                self._rung = self._zygote.rung
            except RungMissing as error:
                self._missing.append(f"{self._zygote.rung.value}: {error}")
                self._zygote.close()
                self._zygote = None
        return self._zygote

    def _open_again_or_next(self) -> None:
        if self._rung is not None:
            # The same rung or none: killing its zygote must not get a submission behind lower walls.
            self._ladder, self._rung = [self._rung], None
        self._open_next()

    def _open_next(self) -> None:
        """Start a zygote on the best rung left for which everything is there."""
        while self._ladder:
            rung = self._ladder.pop(0)
            try:
                self._zygote = _Zygote(rung, Path(self._folder.name), self._limits, self._warm)
                return
            except RungMissing as error:
                self._missing.append(f"{rung.value}: {error}")
        raise GraderError(
            f"nothing isolates the submission well enough ({'; '.join(self._missing)}); install bubblewrap, or name "
            "what will do with --isolation"
        )

    def rest(self) -> None:
        """End the process that runs the submission's code; the next request starts another."""
        self._end_worker()

    def close(self) -> None:
        """End everything that was started."""
        self._end_worker()
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
        self._rung = None
        self._folder.cleanup()


DETAILS = {
    Rung.BWRAP_USER: Text("behind bubblewrap as a user who owns nothing; no network, no file but its own"),
    Rung.BWRAP: Text("behind bubblewrap; no network, no file but its own"),
    Rung.LANDLOCK: Text("behind Landlock and seccomp; no network, no file but its own, processes are visible"),
    Rung.LANDLOCK_WEAK: Text("behind an old Landlock; no file but its own, but it can signal the judge"),
    Rung.SUBPROCESS: Text("a process of its own, without walls: it can read what its user can read"),
}


class _Zygote:
    """The process from which workers are forked, on one rung."""

    def __init__(self, rung: Rung, folder: Path, limits: Limits, warm: tuple[str, ...]) -> None:
        """Start it; raises `RungMissing` where something that the rung needs is not there."""
        _require(rung)
        self.rung = rung
        self._user: int | None = None
        # Before anything is started: what a killed zygote leaves then falls to this process, which can find and end it.
        if sys.platform == "linux":
            walls.adopt_orphans()
        self._scratch = tempfile.TemporaryDirectory(prefix="grader-worker-", ignore_cleanup_errors=True)
        # Also before: other children of the judge's are none of the submission's, and live on.
        self._strangers_before = _below()
        # Each message is whole and apart from the next, with the descriptors that belong to it.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command, environment = self._command(folder, limits, warm, theirs.fileno())
        self._process = subprocess.Popen(
            command,
            cwd=self._scratch.name,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,  # what `_reason` quotes
            pass_fds=(theirs.fileno(),),
            # No terminal: neither its Ctrl-C, which the judge answers, nor a way to type into it.
            start_new_session=True,
        )
        # A copy that stayed open here would hide that the zygote has hung up; below, that the worker has.
        theirs.close()
        self._control = ours
        self._up = False
        _LIVE.add(self._process.pid)

    def _command(
        self, folder: Path, limits: Limits, warm: tuple[str, ...], control: int
    ) -> tuple[list[str], dict[str, str]]:
        package = Path(grader.__file__).parent
        binds = bubblewrap.readable(folder, package)
        inside = self.rung.namespaces
        scratch = str(bubblewrap.HOME) if inside else self._scratch.name
        # Paths as the worker sees them, since it builds the inner wall from inside the outer one.
        settings = Settings(
            rung=self.rung,
            alone=inside or (self.rung.landlock and bubblewrap.is_root()),
            submission=str(bubblewrap.SUBMISSION if inside else folder),
            scratch=scratch,
            readable=tuple(str(path) for path in (binds if inside else binds.values())),
            seccomp=b"" if self.rung is Rung.SUBPROCESS else walls.seccomp_program(own_files=inside),
            resources=limits.resources,
            warm=warm,
        )
        environment = ENVIRONMENT | dict.fromkeys(HOMES, scratch)
        paths = ":".join(map(str, [bubblewrap.CODE if inside else package.parent, *bubblewrap.package_paths()]))
        # -P and -s keep the working directory and the user's site off the path; -I would drop PYTHONHASHSEED as well.
        command = [str(bubblewrap.python()), "-P", "-s", "-S", "-c", BOOT, paths, str(control)]
        command.append(msgspec.json.encode(settings).decode())
        if inside:
            size = limits.resources.scratch_bytes
            command = bubblewrap.command(command, binds=binds, environment=environment, scratch_bytes=size)
        if self.rung is Rung.BWRAP_USER:
            command = bubblewrap.as_another_user(command, binds=binds)
        elif self.rung.landlock and bubblewrap.is_root():
            command = self._as_another_user(command)
        return command, environment

    def _as_another_user(self, command: list[str]) -> list[str]:
        """Without namespaces, a Python below a folder of root's is reached by the one right that is left."""
        user = self._user = bubblewrap.free_user()
        os.chown(self._scratch.name, user, user)
        right = "-all,+dac_read_search"
        kept = [f"--{kind}={right}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
        return [*bubblewrap.drop_user(user), *kept, "--no-new-privs", "--", *command]

    def prove(self, private: Sequence[Path], limits: Limits) -> None:
        """Try from inside what is forbidden; raises `RungMissing` if any of it succeeds."""
        with preflight.lay_out(private) as targets:
            order = {"what": "preflight", "targets": targets, "environment": sorted(MEANT_TO_BE_THERE)}
            connection = self.fork(limits, order)
            try:
                holes = json.loads(connection.read_all(time.monotonic() + START_S))
            except (WorkerDied, ValueError) as error:
                raise RungMissing(f"the preflight gave no answer ({error})") from error
            finally:
                connection.close()
        allowed = preflight.SIGNALS_AND_TCP if self.rung is Rung.LANDLOCK_WEAK else frozenset()
        breached = {kind: what for kind, what in holes.items() if kind not in allowed}
        # A plain process promises nothing of what is tried, and its holes are known.
        if breached and self.rung is not Rung.SUBPROCESS:
            reached = ", ".join(f"{kind}: {what}" for kind, what in breached.items())
            raise RungMissing(f"a wall does not hold: {reached}")

    def fork(self, limits: Limits, order: Mapping[str, Any] | None = None) -> Connection:
        """A fresh worker behind its walls."""
        self._wait_until_up()
        ours, theirs = socket.socketpair()
        output, output_of_worker = os.pipe()
        try:
            raw = json.dumps(order or {"what": "work"}).encode()
            socket.send_fds(self._control, [raw], [theirs.fileno(), output_of_worker])
        except OSError as error:
            ours.close()
            os.close(output)
            raise RungMissing(self._reason()) from error
        finally:
            theirs.close()
            os.close(output_of_worker)
        connection = Connection(ours, output, self._control, limits)
        # The word comes before anything of the submission runs: a worker that dies earlier is the grader's fault.
        if order is None:
            try:
                connection.wait_for(READY, time.monotonic() + START_S)
            except WorkerDied as error:
                connection.close()
                raise RungMissing(f"its walls cannot be built ({error})") from error
        return connection

    def _wait_until_up(self) -> None:
        if self._up:
            return
        self._control.settimeout(START_S)
        try:
            # An empty message is a zygote that has hung up.
            self._up = bool(self._control.recv(MESSAGE_BYTES))
        except OSError as error:
            raise RungMissing(f"it did not start within {START_S:g} s") from error
        if not self._up:
            raise RungMissing(self._reason())

    def _reason(self) -> str:
        """What the zygote, or the wall around it, said before it ended."""
        assert self._process.stderr is not None
        # First, since the read would wait as long as the process lives.
        self._process.kill()
        said = self._process.stderr.read(MESSAGE_BYTES).decode("utf-8", "replace").strip().splitlines()
        return said[-1][:200] if said else f"it ended with status {self._process.wait()}"

    def close(self) -> None:
        """End the zygote and all below it."""
        # Hanging up is the order to end.
        self._control.close()
        if not self.rung.namespaces and self._up:  # it kills what it has started, and then ends
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
        # Behind bubblewrap its end takes the whole namespace along, orphans too (hostile row 57).
        self._process.kill()
        self._process.wait()
        _LIVE.discard(self._process.pid)
        self._end_orphans()
        if self._process.stderr is not None:
            self._process.stderr.close()
        # Python's own way to delete a tree gives up on one that is thousands of folders deep.
        with contextlib.suppress(OSError):
            subprocess.run(["rm", "-rf", "--", self._scratch.name], capture_output=True)
        self._scratch.cleanup()

    def _end_orphans(self) -> None:
        """Kill what a submission has left, if it killed its zygote: orphans have become children of this process."""
        if self._user is not None:
            # By that user, whose processes are all the submission's: one signal reaches them, however fast they fork.
            # By Python's own call, since small images have no program `kill`.
            kill = [sys.executable, "-I", "-S", "-c", "import os, signal; os.kill(-1, signal.SIGKILL)"]
            subprocess.run([*bubblewrap.drop_user(self._user), "--", *kill], capture_output=True)
        else:
            end_processes(self._orphans)
        for orphan in self._orphans():
            with contextlib.suppress(psutil.Error):
                orphan.wait(END_S)  # a zombie would stay as long as the judge

    def _orphans(self) -> set[psutil.Process]:
        """All below this process, but for what was there before and for the other zygotes with all below them."""
        others = {process for process in _below() if process.pid in _LIVE}
        return _below().difference(self._strangers_before, others, *map(_all_below, others))


_LIVE: set[int] = set()
"""The zygotes of this process."""


def _below() -> set[psutil.Process]:
    return _all_below(psutil.Process())


def _all_below(process: psutil.Process) -> set[psutil.Process]:
    try:
        return set(process.children(recursive=True))
    except psutil.Error:  # it has ended
        return set()


def _require(rung: Rung) -> None:
    """Raise `RungMissing` where something that a rung needs is not on this machine."""
    if sys.platform != "linux" and rung is not Rung.SUBPROCESS:
        raise RungMissing("there are walls on Linux only")
    # The zygote finds what it has to watch and end by its number in /proc.
    if sys.platform == "linux" and not rung.namespaces and Path("/proc/self").readlink().name != str(os.getpid()):
        raise RungMissing("/proc is another namespace's, so that what a submission started cannot be found")
    if rung.namespaces and not bubblewrap.find("bwrap"):
        raise RungMissing("bubblewrap is not installed")
    if rung is Rung.BWRAP_USER and not bubblewrap.is_root():
        raise RungMissing("only root can change to another user")
    if rung is Rung.BWRAP and bubblewrap.is_root():
        raise RungMissing("run by root, bubblewrap is no sandbox")
    if (rung is Rung.BWRAP_USER or (rung.landlock and bubblewrap.is_root())) and not bubblewrap.find("setpriv"):
        raise RungMissing("setpriv (util-linux) is not installed")
    if rung.landlock and walls.landlock_abi() < (walls.SIGNALS_SINCE_ABI if rung is Rung.LANDLOCK else 1):
        raise RungMissing(f"the kernel has Landlock ABI {walls.landlock_abi()}")
    if rung is not Rung.SUBPROCESS:
        try:
            walls.seccomp_program(own_files=rung.namespaces)
        except WallError as error:
            raise RungMissing(f"seccomp is not to be had ({error.strerror})") from error
