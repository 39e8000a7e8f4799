"""Looks for answers in what is handed out: in its files, in the archives among them, and in its whole git history."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader import git

REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
TELLING_CHARACTERS = 16
"""Shorter lines, such as `return model`, are anybody's."""

IMPORT = re.compile(r"(from|import) ")
ANYBODY_S = {
    'model.compile(optimizer="adam", loss="mse")',
    "for _ in range(steps):",
    "super().__init__()",
    '@pytest.fixture(scope="module")',
}
"""Longer lines of an answer that the grader's own code happens to have too."""

NO_CHECKS = {"calibration.py"}
"""Beside the hidden checks, and made of the grader's own parts: nothing in it tells what they ask."""

KEPT_NAMES = {"calibration.py", "solutions", "hidden", "thresholds.toml", "misconceptions"}
ARCHIVES = (".whl", ".zip")


def leaks(folder: Path, root: Path) -> list[str]:
    """Every answer found, as "place: line"; empty if nothing has leaked.

    Args:
        folder: What is handed out.
        root: The course's repository, with the solutions and the hidden suite.
    """
    telling = secrets(root)
    found = []
    for place, content in _contents(folder):
        found += [f"{place}: its name" for part in PurePosixPath(place).parts if part in KEPT_NAMES]
        found += [f"{place}: {line}" for line in sorted(telling & _lines(content.decode("utf-8", "replace")))]
    return found


def secrets(root: Path) -> frozenset[str]:
    """The lines that give something away: of the solution regions and of the hidden suite, less what students have."""
    solutions = [path.read_text("utf-8") for path in root.glob("solutions/*.py")]
    regions = [region for text in solutions for region in REGION.findall(text)]
    checks = [path for path in _texts(root / "tests" / "hidden") if path.name not in NO_CHECKS]
    hidden = [path.read_text("utf-8") for path in checks]
    public = [path.read_text("utf-8") for name in ("exercises", "tests/public") for path in _texts(root / name)]
    stubs = [REGION.sub("", text) for text in solutions]  # also of exercises that a course leaves out
    lines = {line for text in (*regions, *hidden) for line in _lines(text)}
    given = {line for text in (*stubs, *public) for line in _lines(text)} | ANYBODY_S
    return frozenset(line for line in lines - given if len(line) >= TELLING_CHARACTERS and not IMPORT.match(line))


def _texts(folder: Path) -> Iterator[Path]:
    suffixes = {".py", ".toml", ".po", ".md", ".csv"}
    yield from (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes and path.is_file())


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines()}


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that can be read in a folder: files, members of archives, and the objects of its history."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        place = path.relative_to(folder)
        if ".git" not in place.parts:
            yield from _unpacked(place.as_posix(), path.read_bytes())
    if (folder / ".git").is_dir():
        for name, content in git.objects(folder):
            yield from _unpacked(f".git {name[:12]}", content)


def _unpacked(place: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield place, content
    # An object of git's has no name, but a zip has a beginning.
    if place.endswith(ARCHIVES) or content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _unpacked(f"{place}/{member}", archive.read(member))
