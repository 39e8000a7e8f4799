"""The parent of the workers: imports what is heavy once, runs none of it, and forks a worker whenever the judge asks.

Started by `grader.sandbox` behind the outer wall. It never touches a submission. It watches the worker's memory, and
when a worker ends, or the judge wants it to, it sees to it that everything the worker started is dead too.

A process that has run one operation of TensorFlow cannot be forked (every child hangs); one that has only imported it
can. So nothing here may use what it imports.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import psutil

from grader import preflight, walls, worker
from grader.course import Resources
from grader.rungs import Rung

# Of looks at the worker's memory: at 50 to 200 ms it was measured to overshoot its limit by 7 to 60 MiB.
POLL_S = 0.1
REAP_S = 0.002
ORDER_BYTES = 2**16
NO_WALLS = 70
"""Exit status of a worker whose walls could not be built (EX_SOFTWARE)."""

MAX_FILES = 10_000
BLOCK_BYTES = 512  # the unit of `st_blocks`, whatever blocks the file system has
MAX_ARGUMENTS = 500  # of one `rm`: the kernel bounds a command line


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the judge tells a zygote when it starts it. `seccomp` is the program; `readable` is for Landlock.

    `alone`: every process that this one could signal belongs to the submission.
    """

    rung: Rung
    alone: bool
    submission: str
    scratch: str
    readable: tuple[str, ...]
    seccomp: bytes
    resources: Resources
    warm: tuple[str, ...] = ()


class Zygote:
    """Takes orders on the control socket: one worker at a time."""

    def __init__(self, control: socket.socket, settings: Settings) -> None:
        """Become the parent of every orphan, and be woken when a child ends."""
        self._control = control
        self._settings = settings
        walls.adopt_orphans()
        self._found = frozenset(os.environ)
        self._wake, self._waker = os.pipe()
        # Python's handler of signals must not wait for room in the pipe, and nobody here for something in it.
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        # Python writes to the pipe only for signals that have a handler of its own.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Fork workers until the judge hangs up."""
        for module in self._settings.warm:
            importlib.import_module(module)
        gc.freeze()  # what is there now stays shared between the workers
        self._tell(ready=True)
        while True:
            raw, descriptors, _, _ = socket.recv_fds(self._control, ORDER_BYTES, 2)
            if not raw:
                return
            order = json.loads(raw)
            if order["what"] == "end":  # the worker ended by itself when this was on its way
                continue
            child = os.fork()
            if child == 0:
                self._become_worker(order, *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            self._watch(child)

    def _tell(self, **facts: object) -> None:
        self._control.send(json.dumps(facts).encode())

    def _become_worker(self, order: dict[str, Any], channel: int, output: int) -> NoReturn:
        status = NO_WALLS
        try:
            # The pipe is shared with the parent, which a signal to the child must not wake.
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for stream in (1, 2):
                os.dup2(output, stream)
            for descriptor in (output, self._wake, self._waker, self._control.detach()):
                os.close(descriptor)
            # What the imports have left open; the preflight counts what is left after that (hostile row 26).
            os.closerange(channel + 1, 1024)
            # `kill(0, ...)` in a submission then stays among its own processes.
            os.setpgid(0, 0)
            self._build_walls()
            with socket.socket(fileno=channel) as connection:
                if order["what"] == "preflight":
                    beyond = self._found - set(order["environment"])  # what TensorFlow sets when imported is its own
                    holes = preflight.attempt(order["targets"], frozenset({0, 1, 2, channel}), beyond)
                    connection.sendall(json.dumps(holes).encode())
                else:
                    os.listdir(self._settings.submission)  # noqa: PTH208 - there, and within reach
                    connection.sendall(worker.READY)
                    worker.serve(connection, Path(self._settings.submission))
            status = 0
        except BaseException as error:  # nothing of the judge's may be reported by way of a traceback in a worker
            with contextlib.suppress(OSError):
                os.write(2, f"{type(error).__name__}: {error}\n".encode()[-500:])
        finally:
            os._exit(status)  # nothing that the parent has to do at its end happens in the child

    def _build_walls(self) -> None:
        settings = self._settings
        # RLIMIT_NPROC counts all processes of a user, but in a user namespace those of the namespace (Linux 5.14).
        walls.limit_resources(settings.resources, already_running=0 if settings.rung.namespaces else _running())
        # Before the other two, which an ordinary user may not set up without it.
        walls.forbid_new_privileges()
        abi = walls.landlock_abi() if settings.rung is not Rung.SUBPROCESS else 0
        if abi:
            # Of processes only its own entry (hostile row 25): the link is resolved now, for this process alone.
            own = ["/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/proc/filesystems"]
            devices = [f"/dev/{name}" for name in ("zero", "full", "random", "urandom")]
            readable = [*settings.readable, *own, *devices]
            # Without namespaces /dev/shm is the machine's own, shared with everybody.
            writable = [settings.scratch, "/dev/null", *(["/dev/shm"] if settings.rung.namespaces else [])]
            walls.restrict_files(abi, map(Path, readable), map(Path, writable))
        if settings.seccomp:
            walls.load_seccomp(settings.seccomp)

    def _watch(self, child: int) -> None:
        """Wait until the worker ends, uses too much, or is to be ended; then end all that it started."""
        resources, peak = self._settings.resources, 0
        while True:
            sources: list[Any] = [self._control, self._wake]
            readable, _, _ = select.select(sources, [], [], POLL_S)
            if self._wake in readable:
                os.read(self._wake, ORDER_BYTES)
            # Before the judge's order to end it: a worker that died by itself is told by how it died.
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                how = _describe(os.waitstatus_to_exitcode(status))
                break
            if self._control in readable:
                # An empty message: the judge has hung up, or is dead.
                if not self._control.recv(ORDER_BYTES):
                    self._end_all()
                    raise SystemExit(0)
                how = "ended"
                break
            below = psutil.Process().children(recursive=True)
            # RLIMIT_NPROC bounds a storm; this ends it, before it starves the judge (hostile row 50).
            if len(below) > resources.children:
                how = "processes"
                break
            used = _memory_bytes(below, resources.memory_bytes)
            peak = max(peak, used)
            if used > resources.memory_bytes:
                how = "memory"
                break
            # Behind bubblewrap the folder is a file system of that size (hostile row 52).
            if not self._settings.rung.namespaces and _is_full(self._settings.scratch, resources.scratch_bytes):
                how = "disk"
                break
        # The word goes out last: the judge goes on with another submission as soon as it hears it.
        self._end_all()
        self._empty_scratch()
        self._tell(ended=how, memory_bytes=peak)

    def _empty_scratch(self) -> None:
        """Leave the next worker an empty folder: one exercise must not fill another's.

        By `rm`, since Python's own way gives up on a tree that is thousands of folders deep; and not into what is
        mounted there, such as Python itself.
        """
        for folder in (self._settings.scratch, *(["/dev/shm"] if self._settings.rung.namespaces else [])):
            with contextlib.suppress(PermissionError):  # root's own /dev/shm
                Path(folder).chmod(0o755)  # a submission may have closed it
            found = [entry.path for entry in os.scandir(folder)]
            for start in range(0, len(found), MAX_ARGUMENTS):
                names = found[start : start + MAX_ARGUMENTS]
                subprocess.run(["rm", "-rf", "--one-file-system", "--", *names], capture_output=True)

    def _end_all(self) -> None:
        """Kill every process below this one, until there is none.

        Where no process of this user is anybody else's, one system call reaches them all at once, however fast they
        multiply.
        """
        with contextlib.suppress(ChildProcessError):
            while True:
                if self._settings.alone:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(-1, signal.SIGKILL)
                else:
                    end_processes(lambda: set(psutil.Process().children(recursive=True)))
                # Raises ChildProcessError when there is no child left, which is the only way out of the loop.
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
                time.sleep(REAP_S)


def end_processes(find: Callable[[], set[psutil.Process]]) -> None:
    """Kill all processes that `find` finds, also when they multiply.

    They are stopped before they are killed: what is stopped keeps its place within the limit on processes, so that the
    rest runs out of places.
    """
    stopped: set[psutil.Process] = set()
    while more := find() - stopped:
        for process in more:
            with contextlib.suppress(psutil.Error):
                process.suspend()
        stopped |= more
    for process in stopped:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _describe(status: int) -> str:
    return f"exit {status}" if status >= 0 else signal.Signals(-status).name


def _running() -> int:
    """How many processes and threads the user has already, where the limit counts them too."""
    count = 0
    for process in psutil.process_iter(["uids", "num_threads"]):
        uids = process.info["uids"]
        count += process.info["num_threads"] or 1 if uids and uids.real == os.getuid() else 0
    return count


def _memory_bytes(below: list[psutil.Process], limit: int) -> int:
    """Resident memory of all these processes; what they share is counted once if it comes near the limit."""
    used = sum(_of(process, "memory_info", "rss") for process in below)
    if used <= limit:
        return used
    # The kernel takes long to work out shares; it is asked only where the plain sum is too much.
    return sum(_of(process, "memory_full_info", "pss") or _of(process, "memory_info", "rss") for process in below)


def _of(process: psutil.Process, method: str, field: str) -> int:
    with contextlib.suppress(psutil.Error, OSError):
        return int(getattr(getattr(process, method)(), field))
    return 0


def _is_full(folder: str, limit: int) -> bool:
    """Whether more was written below a folder than is allowed, in bytes, files or depth."""
    used = files = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    used += entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES  # a sparse file takes no room
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # deeper than a path can say (hostile row 53)
                return True
        if used > limit or files > MAX_FILES:
            return True
    return False


def main(control: str, settings: str) -> None:
    """Serve on the inherited socket with that number; the settings are JSON."""
    with socket.socket(fileno=int(control)) as connection:
        Zygote(connection, msgspec.json.decode(settings, type=Settings)).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
