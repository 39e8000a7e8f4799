"""Imports a student's modules from a folder, one by one, as the package `exercises`."""

from __future__ import annotations

import importlib
import sys
import traceback
import types
from pathlib import Path

PACKAGE = "exercises"


class _Package(types.ModuleType):
    """The package of a submission. Its `__init__.py` runs only when something in it is asked for.

    So a fault in it costs those exercises that need it, and no other.
    """

    def __getattr__(self, name: str) -> object:
        source = Path(self.__path__[0]) / "__init__.py"
        # Python's own machinery asks for names with underscores, and asks on every import: no reason to run anything.
        if name.startswith("__") or self.__dict__.get("_initialised") or not source.is_file():
            raise AttributeError(f"module {PACKAGE!r} has no attribute {name!r}")
        # Before it runs: what it imports from the package would start it again.
        self._initialised = True
        exec(compile(source.read_bytes(), str(source), "exec"), self.__dict__)  # the student's own package code
        return getattr(self, name)


def open_package(folder: Path) -> None:
    """Make `exercises` the package in `folder`, whatever was imported under that name before.

    Helpers beside the exercises import as `from .helper import ...`, and as `import helper` too: the folder stands
    at the end of the path, where it shadows nothing.
    """
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = _Package(PACKAGE)
    package.__path__ = [str(folder)]
    package.__file__ = None
    sys.modules[PACKAGE] = package
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def load(exercise: str) -> types.ModuleType:
    """Import one module of the open package."""
    return importlib.import_module(f"{PACKAGE}.{exercise}")


def place(error: BaseException, folder: Path) -> str:
    """Where in the student's own code an exception came from, as "file.py:line"; "" if nowhere there."""
    own = _own_frames(error, folder)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""


def trace(error: BaseException, folder: Path) -> str:
    """The lines of the student's own code through which an exception came."""
    return "".join(traceback.format_list(_own_frames(error, folder)))


def _own_frames(error: BaseException, folder: Path) -> list[traceback.FrameSummary]:
    frames = list(traceback.extract_tb(error.__traceback__))
    if isinstance(error, SyntaxError) and error.filename and error.lineno:  # no frame stands for what was never run
        line = (error.text or "").strip()
        frames.append(traceback.FrameSummary(error.filename, error.lineno, "<module>", lookup_line=False, line=line))
    return [frame for frame in frames if folder in Path(frame.filename).parents]
