"""Runs a command as a user who has no rights, on a machine where the tests are run by root.

`python -m tests.grader.ordinary_user COMMAND ...`; what is written to `build/` is kept.
"""

import os
import sys
from pathlib import Path

from grader import bubblewrap

ROOT = Path(__file__).parents[2]


def as_an_ordinary_user(command):
    """The command behind a bubblewrap of root's in which it runs as a user who has no rights; as it is, if not root."""
    if not bubblewrap.is_root():
        return command
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    build.chmod(0o777)
    paths = {*bubblewrap.code_paths(), *bubblewrap.system_paths(), ROOT, Path(sys.prefix)}
    words = [bubblewrap.find("bwrap"), "--die-with-parent", "--perms", "1777", "--tmpfs", "/tmp"]
    for path in sorted((path for path in paths if path.exists()), key=lambda path: len(path.parts)):
        for parent in reversed(path.parents[:-1]):
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", str(path), str(path)]
    words += ["--bind", str(build), str(build), "--bind", "/proc", "/proc", "--dev", "/dev"]
    words += ["--perms", "1777", "--dir", "/var/tmp"]
    words += ["--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/tmp", "--chdir", str(ROOT), "--"]
    return [*words, *bubblewrap.drop_user(bubblewrap.free_user()), "--bounding-set=-all", "--", *command]


if __name__ == "__main__":
    words = as_an_ordinary_user(sys.argv[1:])
    os.execvp(words[0], words)
