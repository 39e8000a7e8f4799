"""Tries from inside what the walls forbid. What succeeds is a hole, and takes the rung away.

`attempt` runs where a submission would run, behind the same walls; `lay_out` prepares, in the judge, the things that
must stay out of reach.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CLONE_NEWUSER = 0x10000000
MNT_DETACH = 2
READ_SEARCH = 1 << 2
"""CAP_DAC_READ_SEARCH: where Landlock is the wall, it is the way to a Python below a folder of root's."""

SIGNALS_AND_TCP = frozenset({"signal", "tcp", "abstract socket"})
"""What Landlock does not keep in before ABI 6 (signals, abstract sockets) and ABI 4 (TCP); seccomp still forbids the
sockets."""


@contextmanager
def lay_out(private: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Prepare what a worker must not reach; gives the targets for `attempt`.

    Args:
        private: Files and folders that must not be read, such as the hidden suite.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="grader-canary-")))
        canary = folder / "canary"
        canary.write_text("a secret of the judge", "utf-8")
        # Listeners of its own: where nothing listens, a refusal would say nothing about a wall.
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        by_path, abstract = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        # Abstract names are the whole machine's: a fixed one could be taken.
        name = f"\0grader-{secrets.token_hex(8)}"
        for listener, address in ((by_path, str(folder / "socket")), (abstract, name)):
            listener.bind(address)
            listener.listen()
        yield {
            "files": [str(canary), *map(str, private)],
            "folder": str(folder),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "socket": str(folder / "socket"),
            "abstract": name,
            "judge": os.getpid(),
            # The judge's number may be another process's inside: it counts only in the same namespace.
            "processes": str(Path("/proc/self/ns/pid").readlink()),
        }


def attempt(targets: Mapping[str, Any], descriptors: frozenset[int], environment: frozenset[str]) -> dict[str, str]:
    """Try everything; returns what succeeded, by kind, and on what.

    Args:
        targets: As `lay_out` gives them.
        descriptors: The open files that a worker is meant to have.
        environment: The names that were found in the environment beside those that a worker is meant to have.
    """
    tries: dict[str, Callable[[], str]] = {
        "read": lambda: _first(_read, [*targets["files"], *_of_judge(targets, "/proc/{}/environ")]),
        "write": lambda: _first(_write, [targets["folder"], "/usr", "/"]),
        "tcp": lambda: _connect(socket.AF_INET, ("127.0.0.1", targets["tcp"])),
        "udp": lambda: _send(("127.0.0.1", targets["udp"])),
        "socket": lambda: _connect(socket.AF_UNIX, targets["socket"]),
        "abstract socket": lambda: _connect(socket.AF_UNIX, targets["abstract"]),
        "signal": lambda: _first(_signal, _of_judge(targets, "{}")),
        "descriptors": lambda: ", ".join(sorted(map(_descriptor, _open_files() - descriptors))),
        "environment": lambda: ", ".join(sorted(environment)),
        "rights": _rights,
        "mount": _mount,
    }
    return {kind: reached for kind, reached in ((kind, _safely(one)) for kind, one in tries.items()) if reached}


def _safely(one: Callable[[], str]) -> str:
    try:
        return one()
    except OSError:
        return ""


def _first(one: Callable[[str], str], paths: Sequence[str]) -> str:
    return next((reached for reached in (_safely(functools.partial(one, path)) for path in paths) if reached), "")


def _read(path: str) -> str:
    if Path(path).is_dir():
        return path if os.listdir(path) else ""  # noqa: PTH208 - as a submission would
    return path if Path(path).read_bytes() else ""


def _write(folder: str) -> str:
    path = Path(folder) / f"planted-{os.getpid()}"
    path.write_text("planted", "utf-8")
    path.unlink()
    return folder


def _connect(family: int, address: Any) -> str:
    with socket.socket(family) as client:
        client.settimeout(1)  # a wall may swallow packets instead of refusing them
        client.connect(address)
        return str(address)


def _send(address: tuple[str, int]) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"planted", address)
        return str(address)


def _of_judge(targets: Mapping[str, Any], name: str) -> list[str]:
    """What belongs to the judge's process; nothing where its number names another process, and the judge has none."""
    seen = str(Path("/proc/self/ns/pid").readlink()) == targets["processes"]
    return [name.format(targets["judge"])] if seen else []


def _signal(judge: str) -> str:
    os.kill(int(judge), 0)
    return judge


def _open_files() -> frozenset[int]:
    found = set()
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 - numbers, not paths
        with contextlib.suppress(OSError):  # the one that listed the folder is closed again
            os.fstat(number)
            found.add(number)
    return frozenset(found)


def _descriptor(number: int) -> str:
    try:
        return f"{number} ({Path(f'/proc/self/fd/{number}').readlink()})"
    except OSError:
        return str(number)


def _rights() -> str:
    lines = (line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    status = {key: value.split() for key, value in lines}
    found = []
    if os.getuid() == 0 or "0" in status["Uid"]:
        found.append("root")
    if int(status["CapEff"][0], 16) & ~READ_SEARCH:
        found.append(f"capabilities {status['CapEff'][0]}")
    found += ["new privileges"] if status["NoNewPrivs"] != ["1"] else []
    found += ["system calls unfiltered"] if status["Seccomp"] != ["2"] else []  # 2: a filter
    return ", ".join(found)


def _mount() -> str:
    libc = ctypes.CDLL(None)
    if libc.umount2(b"/tmp", MNT_DETACH) == 0:
        return "umount"
    return "unshare" if libc.unshare(CLONE_NEWUSER) == 0 else ""
