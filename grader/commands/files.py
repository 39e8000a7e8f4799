"""Writes the files that a command was asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path

from grader.errors import GraderError


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as stream:
            stream.write(content)
        Path(stream.name).chmod(0o644)
        Path(stream.name).replace(path)
    except OSError as error:
        raise GraderError(f"{path} cannot be written: {error.strerror}") from error


def make_private(folder: Path) -> None:
    """A folder for the instructor alone: in these pages is what students must not see."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise GraderError(f"{folder} cannot be made: {error.strerror}") from error
