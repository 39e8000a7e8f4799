"""Takes from a submission what is graded, and nothing else: a clean copy of its Python modules."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.contract import Note, Text
from grader.errors import UsageError

MAX_FILE_BYTES = 2**20
MAX_ARCHIVE_BYTES = 64 * 2**20
MAX_MEMBERS = 20_000
MAX_NOTES = 20
ARCHIVES = (".zip", ".tar.gz", ".tgz")
IGNORED = {".git", ".venv", "venv", "__pycache__", ".pytest_cache", ".ipynb_checkpoints", "node_modules"}
FOLDER = "exercises"


class _TooLarge(Exception):
    """An archive that would unpack to more than is allowed."""


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
        path: A student's repository, a folder of modules, one module, or an archive of either.
        exercises: The names of the course's exercises.

    Raises:
        UsageError: If there is no such path, or it is nothing that can be graded.
    """
    if not path.exists():
        raise UsageError(f"there is no {path}; give a folder, a module (.py) or an archive ({', '.join(ARCHIVES)})")
    with TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True) as scratch:
        target = Path(scratch) / "submission"
        target.mkdir()
        if path.is_dir():
            notes = _copy_folder(_modules_folder(path, exercises), target)
            yield Collected(path.resolve().name, target, notes)
        elif path.suffix == ".py":
            yield _collect_module(path, exercises, target)
        elif path.name.endswith(ARCHIVES):
            unpacked = Path(scratch) / "unpacked"
            unpacked.mkdir()
            notes = _unpack(path, unpacked)
            notes += _copy_folder(_modules_folder(_only_folder(unpacked), exercises), target)
            yield Collected(path.name, target, notes)
        else:
            raise UsageError(f"{path.name} is no folder, no module (.py) and no archive (.zip, .tar.gz)")


def _collect_module(path: Path, exercises: tuple[str, ...], target: Path) -> Collected:
    if path.stem not in exercises:
        raise UsageError(f"{path.name} is not one of the course's modules: {', '.join(exercises)}")
    note = _copy_file(path, target / path.name)
    return Collected(path.name, target, (note,) if note else (), exercise=path.stem)


def _modules_folder(path: Path, exercises: tuple[str, ...]) -> Path:
    """The folder that holds the modules: `exercises/` in it, or itself."""
    inner = path / FOLDER
    if inner.is_dir() and not inner.is_symlink():
        return inner
    return path


def _only_folder(path: Path) -> Path:
    """An archive often holds everything in one folder; that folder, or the path itself."""
    entries = [entry for entry in path.iterdir() if entry.name not in {"__MACOSX"} | IGNORED]
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name != FOLDER:
        return entries[0]
    return path


def _left_out(name: str, reason: Text) -> Note:
    shown = name.encode("utf-8", "replace").decode()
    shown = "".join(c if c.isprintable() else "?" for c in shown)[:100]
    return Note(kind="left-out", detail=Text("{file}: {reason}", {"file": shown, "reason": reason}))


def _copy_folder(source: Path, target: Path) -> tuple[Note, ...]:
    """Copy the Python modules in `source`, and the packages of helpers beside them."""
    notes: list[Note] = []
    for entry in sorted(source.iterdir()):
        if entry.name in IGNORED or entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            if (entry / "__init__.py").is_file() and entry.name != "tests":
                (target / entry.name).mkdir()
                notes += _copy_folder(entry, target / entry.name)
        elif entry.suffix == ".py":
            note = _copy_file(entry, target / entry.name)
            notes += [note] if note else []
    return tuple(notes[:MAX_NOTES])


def _copy_file(source: Path, target: Path) -> Note | None:
    """Copy one module, if it is a regular file of a sensible size that is no test configuration."""
    status = source.lstat()
    if not stat.S_ISREG(status.st_mode):
        return _left_out(source.name, Text("not a regular file"))
    if status.st_size > MAX_FILE_BYTES:
        return _left_out(source.name, Text("larger than {limit} MiB", {"limit": MAX_FILE_BYTES // 2**20}))
    if source.name in {"conftest.py", "setup.py"} or source.name.startswith("test_"):
        return _left_out(source.name, Text("tests and configuration are the grader's own"))
    shutil.copyfile(source, target, follow_symlinks=False)
    return None


def _unpack(path: Path, target: Path) -> tuple[Note, ...]:
    try:
        if path.suffix == ".zip":
            return _unpack_zip(path, target)
        return _unpack_tar(path, target)
    except _TooLarge:
        values = {"size": MAX_ARCHIVE_BYTES // 2**20, "files": MAX_MEMBERS}
        reason = Text("it unpacks to more than {size} MiB or {files} files; hand in exercises/ alone", values)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError):
        reason = Text("it cannot be unpacked; pack the folder again")
    return (_left_out(path.name, reason),)


def _unpack_zip(path: Path, target: Path) -> tuple[Note, ...]:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if m.filename.endswith(".py")]
        _check_sizes([m.file_size for m in members], len(archive.infolist()))
        notes = []
        for member in members:
            if not _is_inside(member.filename):
                notes.append(_left_out(member.filename, Text("its path leads out of the archive")))
                continue
            with archive.open(member) as stream:
                _write(target / member.filename, stream.read(MAX_FILE_BYTES + 1))
        return tuple(notes)


def _unpack_tar(path: Path, target: Path) -> tuple[Note, ...]:
    with tarfile.open(path, "r:gz") as archive:
        notes: list[Note] = []
        total = 0
        for number, member in enumerate(archive):
            total += member.size
            _check_sizes([total], number)
            if not member.name.endswith(".py"):
                continue
            if not member.isreg() or not _is_inside(member.name):
                notes.append(_left_out(member.name, Text("not a regular file inside the archive")))
                continue
            stream = archive.extractfile(member)
            _write(target / member.name, stream.read(MAX_FILE_BYTES + 1) if stream else b"")
        return tuple(notes)


def _check_sizes(sizes: list[int], members: int) -> None:
    if sum(sizes) > MAX_ARCHIVE_BYTES or members > MAX_MEMBERS:
        raise _TooLarge


def _is_inside(name: str) -> bool:
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts and "\\" not in name


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
