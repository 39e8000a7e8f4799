"""The outer wall: the command line of bubblewrap. Pure, but for looking which paths there are.

What the sandbox sees is an allow-list: the system's libraries, Python, its packages, the grader's own code, and the
clean copy of the submission; all of it read-only. `/tmp` is a small file system of its own.

Run by root, bubblewrap is no sandbox. So root only makes the allow-list reachable (Python may lie below a folder that
others cannot enter), changes to a user that owns nothing, and that user builds the wall.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import site
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

SUBMISSION = Path("/submission")
CODE = Path("/grader")
HOME = Path("/tmp")

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
# Of /etc what the linker and the C library ask for; Debian's links to some libraries lead through alternatives.
CONFIGURATION = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
NEEDED = ("numpy", "psutil", "msgspec", "keras", "tensorflow", "matplotlib")
"""Packages that a worker imports, wherever they are installed."""

PROCESSORS = ("/sys/devices/system/cpu",)
FREE_USERS = range(61184, 65519)
"""Ids that no account has: systemd keeps them for services of the moment."""


def python() -> Path:
    """The interpreter itself, behind whatever links a virtual environment has put before it."""
    return Path(sys.executable).resolve()


def package_paths() -> tuple[Path, ...]:
    """The folders with installed packages, and never a repository that happens to be on the path."""
    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    found = [Path(folder) for folder in folders]
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        found += [Path(spec.origin).parents[1]] if spec is not None and spec.origin else []
    return tuple(dict.fromkeys(path for path in found if path.is_dir()))


def code_paths() -> tuple[Path, ...]:
    """What holds Python and its packages."""
    return tuple(dict.fromkeys([Path(sys.base_prefix).resolve(), python().parent, *package_paths()]))


def system_paths() -> tuple[Path, ...]:
    """What the system gives to read: libraries, programs, the number of processors."""
    return tuple(Path(path) for path in (*SYSTEM, *CONFIGURATION, *PROCESSORS))


def readable(submission: Path, grader: Path) -> dict[Path, Path]:
    """Everything that a worker may read: where it stands inside, and where it comes from."""
    same = {path: path for path in (*system_paths(), *code_paths()) if path.exists()}
    return same | {CODE / "grader": grader, SUBMISSION: submission}


def find(name: str) -> str | None:
    """The program of that name on the path."""
    return shutil.which(name)


def command(
    inside: Sequence[str], *, binds: Mapping[Path, Path], environment: Mapping[str, str], scratch_bytes: int
) -> list[str]:
    """The command that runs `inside` behind the wall, as the user who runs it.

    Args:
        inside: The command to run.
        binds: Where each readable path stands inside, and where it comes from.
        environment: All of the environment inside.
        scratch_bytes: How much may be written to `/tmp`, and to `/dev/shm`.
    """
    # --disable-userns: no further namespace in which it is root again (hostile row 28). --new-session: no terminal to
    # type into. --die-with-parent: a judge that is killed leaves nothing behind.
    words = [str(find("bwrap")), "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    # A name that says nothing of the machine (hostile row 44), and no token of the judge's (hostile row 27).
    words += ["--hostname", "worker", "--clearenv"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    # /dev and / are in memory, without a limit of their own: read-only once all is in them (hostile row 52).
    words += ["--proc", "/proc", "--dev", "/dev", "--size", str(scratch_bytes), "--tmpfs", "/dev/shm"]
    words += ["--remount-ro", "/dev", "--size", str(scratch_bytes), "--tmpfs", str(HOME)]
    words += _binds(binds)  # after /tmp, below which Python may lie
    return [*words, "--remount-ro", "/", "--chdir", str(HOME), "--", *inside]


def as_another_user(inside: Sequence[str], *, binds: Mapping[Path, Path]) -> list[str]:
    """The command by which root lets a user who owns nothing run `inside`, with `binds` in reach of that user."""
    words = [str(find("bwrap")), "--die-with-parent", *_binds({path: path for path in binds.values()})]
    # No process namespace: the inner wall makes one, and in a /proc that counts otherwise it would not find itself.
    words += ["--bind", "/proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--"]
    return [*words, *drop_user(free_user()), "--bounding-set=-all", "--no-new-privs", "--", *inside]


def free_user() -> int:
    """An id that no account has."""
    return FREE_USERS[secrets.randbelow(len(FREE_USERS))]  # judges side by side hardly ever share one


def drop_user(user: int) -> list[str]:
    """The start of a command that runs as that user and in no group but its own; more options may follow."""
    return [str(find("setpriv")), f"--reuid={user}", f"--regid={user}", "--clear-groups"]


def _binds(binds: Mapping[Path, Path]) -> list[str]:
    """Binds in an order in which no folder covers what lies below it; the way to each is open to every user."""
    words: list[str] = []
    for inside in sorted(binds, key=lambda path: len(path.parts)):
        for parent in reversed(inside.parents[:-1]):
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", str(binds[inside]), str(inside)]
    return words


def is_root() -> bool:
    """Whether this process may do anything."""
    return os.geteuid() == 0
