"""Unpacks the files of one kind of an archive, believing none of its headers."""

from __future__ import annotations

import gzip
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from grader.contract import Text

MAX_BYTES = 64 * 2**20
"""Of all that is wanted together."""

MAX_FILES = 20_000
MAX_MEMBERS = 500_000
MAX_STREAM_BYTES = 2 * 2**30
"""Of everything in a compressed tar, which can only be read from the start."""

MAX_READ_BYTES = 16 * 2**20  # at once
ARCHIVES = (".zip", ".tar.gz", ".tgz")
IGNORED = {
    ".git",
    ".venv",
    "venv",
    ".tox",
    ".pytest_cache",
    ".ipynb_checkpoints",
    "node_modules",
    "__MACOSX",
    ".DS_Store",
    ".gitignore",
    ".gitkeep",
}
"""What every repository has, and nobody asks about."""

LeftOut = tuple[str, Text]


class _TooLarge(Exception):
    """An archive that would unpack to more than is allowed."""


def unpack(path: Path, target: Path, suffix: str, max_file_bytes: int) -> list[LeftOut]:
    """Write the files of an archive that end in `suffix` below `target`; returns what was left out, and why.

    An archive that is too large, or that cannot be read, is left out itself.
    """
    try:
        members = _zip(path, suffix) if path.suffix == ".zip" else _tar(path, suffix)
        return list(_write_all(members, target, max_file_bytes))
    except _TooLarge:
        values = {"size": MAX_BYTES // 2**20, "files": MAX_FILES}
        reason = Text("it unpacks to more than {size} MiB or {files} files; hand in exercises/ alone", values)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        # RuntimeError: a password, or a compression that `zipfile` lacks.
        reason = Text("it cannot be unpacked; pack the folder again")
    # Half of it would be graded as if it were all.
    shutil.rmtree(target)
    target.mkdir()
    return [(path.name, reason)]


Member = tuple[str, int, IO[bytes] | None]
"""The name of a file, its size as the header has it, and its content; None for what is no regular file."""


def _zip(path: Path, suffix: str) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise _TooLarge
        for member in members:
            if not _is_wanted(member.filename, suffix):
                continue
            if stat.S_ISLNK(member.external_attr >> 16):  # where Unix keeps the mode of a file
                yield member.filename, 0, None
                continue
            with archive.open(member) as stream:
                yield member.filename, member.file_size, stream


def _tar(path: Path, suffix: str) -> Iterator[Member]:
    # `r:` leaves unpacking to `_Bounded`, which counts; a list of all members would read a bomb to its end.
    with _Bounded(path) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
        for number, member in enumerate(archive):
            if number > MAX_MEMBERS:
                raise _TooLarge
            if _is_wanted(member.name, suffix):
                yield member.name, member.size, archive.extractfile(member) if member.isreg() else None


class _Bounded(gzip.GzipFile):
    """A stream that gives no more at once, and leads no further, than an honest archive needs."""

    def read(self, size: int | None = -1) -> bytes:
        # `tarfile` reads a member's long name or PAX header in one piece, as large as the archive says it is.
        if size is None or not 0 <= size <= MAX_READ_BYTES:
            raise _TooLarge
        return super().read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > MAX_STREAM_BYTES:
            raise _TooLarge
        return super().seek(offset, whence)


def _is_wanted(name: str, suffix: str) -> bool:
    return name.endswith(suffix) and not IGNORED & set(PurePosixPath(name).parts)


def _write_all(members: Iterator[Member], target: Path, max_file_bytes: int) -> Iterator[LeftOut]:
    total = 0
    seen: set[str] = set()
    for name, size, stream in members:
        # By the headers, so that a bomb is mostly known before it is written; the read below bounds the others.
        total += size
        if total > MAX_BYTES or len(seen) >= MAX_FILES:
            raise _TooLarge
        path = target / name
        if stream is None:
            yield name, Text("not a regular file")
        elif not _is_inside(name):
            yield name, Text("its path leads out of the archive")
        elif name in seen:
            # Of two members of one name Python and other programs take different ones.
            yield name, Text("it is in the archive more than once; the first one was taken")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            # One byte more than is allowed lets the collector see that it is too large, whatever its header said.
            path.write_bytes(stream.read(max_file_bytes + 1))
        seen.add(name)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name
