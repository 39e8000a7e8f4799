"""Takes from a submission what is graded, and nothing else: a clean copy of its Python modules."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.cells import NotRead, read_cells, read_sources
from grader.contract import Note, Text, printable
from grader.course import load_course
from grader.errors import UsageError
from grader.gather import gather
from grader.unpack import ARCHIVES, IGNORED, unpack

MAX_FILE_BYTES = 2**20
MAX_NOTEBOOK_BYTES = 32 * 2**20
"""With its pictures."""

MAX_FILES = 200
MAX_DEPTH = 4
MAX_FOLDERS = 2000
MAX_NOTES = 20
FOLDER = "exercises"
MODULE, NOTEBOOK = ".py", ".ipynb"
FORMS = f"a folder, a module (.py), a notebook ({NOTEBOOK}) or an archive ({', '.join(ARCHIVES)})"
STATEMENTS = (".es.md", ".en.md")
HOOKS = ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.py")
"""Files at the top of a repository that Python or pytest would run by themselves."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A clean copy of a submission: `name` as given, the folder with the modules, and what was left out."""

    name: str
    folder: Path
    notes: tuple[Note, ...]
    exercise: str | None = None
    """The one exercise that was handed in, if the submission is a single module."""


@contextmanager
def collect(path: Path, exercises: tuple[str, ...]) -> Iterator[Collected]:
    """Copy the modules of the submission at `path` into a fresh folder, which is gone at the end.

    Args:
        path: A student's repository, a folder of modules, one module, an archive of either, or a notebook.
        exercises: The names of the course's exercises.

    Raises:
        UsageError: If there is no such path, or it is nothing that can be graded.
    """
    if not path.exists():
        raise UsageError(f"there is no {path}; give {FORMS}")
    with TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True) as scratch:
        target = Path(scratch) / "submission"
        _make_folder(target)
        copy = _Copy(target)
        if path.is_dir():
            copy.repository(path, exercises)
            yield Collected(path.resolve().name, target, copy.notes)
        elif path.suffix == ".py":
            if path.stem not in exercises:
                raise UsageError(f"{path.name} is not one of the course's modules: {', '.join(exercises)}")
            copy.module(path, target)
            yield Collected(path.name, target, copy.notes, exercise=path.stem)
        elif path.suffix == NOTEBOOK:
            copy.notebook(path, exercises)
            yield Collected(path.name, target, copy.notes)
        elif path.name.endswith(ARCHIVES):
            unpacked = Path(scratch) / "unpacked"
            unpacked.mkdir()
            # Modules go before a notebook: without any, the archive is read once more.
            for suffix, limit in ((MODULE, MAX_FILE_BYTES), (NOTEBOOK, MAX_NOTEBOOK_BYTES)):
                if _nearest(unpacked, exercises) is None:
                    for name, reason in unpack(path, unpacked, suffix, limit):
                        copy.leave_out(name, reason)
            copy.repository(unpacked, exercises)
            yield Collected(path.name, target, copy.notes)
        else:
            raise UsageError(f"{path.name} cannot be graded; give {FORMS}")


def modules_folder(root: Path, exercises: tuple[str, ...]) -> Path:
    """The folder below `root` that holds the modules: `exercises/`, the folder itself, or else the nearest one.

    Students wrap what they hand in into folders of their own.
    """
    return _nearest(root, exercises) or root


def _nearest(root: Path, exercises: tuple[str, ...]) -> Path | None:
    names = [f"{name}.py" for name in exercises]
    for count, folder in enumerate(_folders(root)):
        inner = folder / FOLDER
        for place in (inner, folder):
            # A link counts: it is named then, and not passed over for what lies deeper (hostile row 78).
            if _is_folder(place) and any(os.path.lexists(place / name) for name in names):
                return place
        if count > MAX_FOLDERS:
            break
    return None


def _folders(root: Path) -> Iterator[Path]:
    """The folders at and below `root`, the nearest first; links are not followed."""
    level = [root]
    for _ in range(MAX_DEPTH):
        yield from level
        level = [entry for folder in level for entry in _entries(folder) if _is_folder(entry)]


def _entries(folder: Path) -> list[Path]:
    try:
        # A file system has no order, and what is left out should be told in the same one everywhere.
        return sorted(entry for entry in folder.iterdir() if entry.name not in IGNORED)
    except OSError:
        return []


def _make_folder(path: Path) -> None:
    """A folder that the user behind the walls can read, whatever the caller's umask."""
    path.mkdir()
    path.chmod(0o755)


def _is_folder(path: Path) -> bool:
    # A link may lead to the solutions (hostile row 78).
    return path.is_dir() and not path.is_symlink()


def _lone_notebook(root: Path) -> Path | None:
    """The notebook at or below `root`, such as nbgrader makes for a student; None if the nearest is one of several."""
    for folder in itertools.islice(_folders(root), MAX_FOLDERS):
        if notebooks := [entry for entry in _entries(folder) if entry.suffix == NOTEBOOK]:
            return notebooks[0] if len(notebooks) == 1 else None
    return None


def _no_file_of(source: Path, limit: int) -> Text | None:
    """Why a path is not read: it is a pipe, a link, or larger than `limit` bytes."""
    status = source.lstat()  # opens neither a pipe nor what a link leads to (hostile rows 78, 82)
    if not stat.S_ISREG(status.st_mode):
        return Text("not a regular file")
    if status.st_size > limit:
        return Text("larger than {limit} MiB", {"limit": limit // 2**20})
    return None


@dataclass(slots=True)
class _Copy:
    """Copies modules to a target, and keeps account of what it leaves out."""

    target: Path
    _left_out: dict[str, Text] = field(default_factory=dict)
    _taken: int = 0

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was left out, and why; a long list is cut, and says so."""
        shown = list(self._left_out.items())[:MAX_NOTES]
        details = [Text("{file}: {reason}", {"file": name, "reason": reason}) for name, reason in shown]
        if more := len(self._left_out) - len(shown):
            details.append(Text("{count} more files were not taken", {"count": more}))
        return tuple(Note(kind="left-out", detail=detail) for detail in details)

    def leave_out(self, name: str, reason: Text) -> None:
        """Note a file that is not taken, under a name that can be shown."""
        # Bytes that are no text come as halves of surrogate pairs, which cannot be written out (hostile row 81).
        shown = name.encode("utf-8", "replace").decode()
        self._left_out.setdefault(printable(shown, "?")[:100], reason)

    def repository(self, root: Path, exercises: tuple[str, ...]) -> None:
        """Copy the modules of a student's repository."""
        source = _nearest(root, exercises)
        if source is None and (lone := _lone_notebook(root)):
            self.notebook(lone, exercises)
            return
        source = source or root
        if (root / FOLDER).is_symlink():
            self.leave_out(FOLDER, Text("a link"))
        # In the folder of the modules itself `_folder` names them.
        for name in HOOKS if source != root else ():
            if os.path.lexists(root / name):
                self.leave_out(name, Text("tests and configuration are the grader's own"))
        self._folder(source, self.target, depth=1)

    def _folder(self, source: Path, target: Path, depth: int) -> None:
        """Copy the Python modules in `source`, and the packages of helpers beside them."""
        for entry in _entries(source):
            if _is_folder(entry):
                if (entry / "__init__.py").is_file() and entry.name != "tests" and depth < MAX_DEPTH:
                    _make_folder(target / entry.name)
                    self._folder(entry, target / entry.name, depth + 1)
                else:
                    self.leave_out(f"{entry.name}/", Text("not a package of modules"))
            elif entry.suffix == ".py":
                self.module(entry, target)
            elif not entry.name.endswith(STATEMENTS):
                self.leave_out(entry.name, Text("a link") if entry.is_symlink() else Text("not a module"))

    def module(self, source: Path, target: Path) -> None:
        """Copy one module, if it is a regular file of a sensible size that is no test configuration."""
        if reason := self._objection(source):
            self.leave_out(source.name, reason)
            return
        self._taken += 1
        # A link that has taken the module's place since it was looked at is not followed.
        copied = target / source.name
        shutil.copyfile(source, copied, follow_symlinks=False)
        if not copied.is_symlink():
            copied.chmod(0o644)  # whatever it had: another user has to read it behind the wall

    def notebook(self, source: Path, exercises: tuple[str, ...]) -> None:
        """Write a module for each exercise that has a function in a notebook."""
        if reason := _no_file_of(source, MAX_NOTEBOOK_BYTES):
            self.leave_out(source.name, reason)
            return
        owners = {function: name for function, name in load_course().owners.items() if name in exercises}
        try:
            cells, left_out = read_cells(read_sources(source.read_bytes()))
        except NotRead as error:
            self.leave_out(source.name, error.reason)
            return
        for number, reason in left_out:
            self.leave_out(f"{source.name} [{number}]", reason)
        modules = gather(cells, owners)
        for exercise, text in modules.items():
            (self.target / f"{exercise}.py").write_text(text, "utf-8")
            (self.target / f"{exercise}.py").chmod(0o644)
        if lacking := [name for name in exercises if name not in modules]:
            values = {"exercises": ", ".join(lacking)}
            self.leave_out(source.name, Text("no function of these exercises is in it: {exercises}", values))

    def _objection(self, source: Path) -> Text | None:
        if reason := _no_file_of(source, MAX_FILE_BYTES):
            return reason
        if source.name in HOOKS or source.name == "setup.py" or source.name.startswith("test_"):
            return Text("tests and configuration are the grader's own")
        if not source.stem.isidentifier():
            return Text("no module can be imported by this name")
        if self._taken >= MAX_FILES:
            return Text("more than {limit} modules", {"limit": MAX_FILES})
        return None
