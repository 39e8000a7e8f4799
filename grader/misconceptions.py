"""The catalogue of known mistakes: wrong variants of the contract's functions, and what a student reads about each.

It lies in `tests/hidden/misconceptions` and never leaves the instructor's side: `<exercise>.toml` has the texts,
simpler mistakes first, and `<exercise>/<function>.<slug>.py` the variant that makes the mistake. The id of a
misconception is `<function>.<slug>`.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader import variants
from grader.course import load_course, read_toml
from grader.errors import GraderError
from grader.evidence import Request
from grader.text import LANGUAGES

FOLDER = "misconceptions"

OPENING = {"en": "This looks like a known mistake.", "es": "Esto se parece a un error conocido."}
"""Another mistake may give the same numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said of a misconception in one language: what it is, how one sees it, where it belongs in the course."""

    what: str
    seen: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTexts:
    """The misconceptions of one function; `where` is said of those that name no place of their own."""

    where: Mapping[str, str]
    mistakes: Mapping[str, Mapping[str, Words]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconception:
    """One known mistake in one function of the contract."""

    id: str
    exercise: str
    function: str
    source: Path
    words: Mapping[str, Words]

    def explain(self, language: str) -> str:
        """The explanation that a student reads."""
        words = self.words[language]
        return f"{OPENING[language]} {words.what} {words.seen} ({words.where})"


@functools.cache
def load_catalogue(folder: Path) -> Mapping[str, Misconception]:
    """Every misconception by its id, simpler ones of a function first; none if there is no such folder.

    Raises:
        GraderError: If a variant has no text, a text no variant, or a text is not there in every language.
    """
    found = [entry for name in load_course().names for entry in _of_exercise(folder, name)] if folder.is_dir() else []
    return {entry.id: entry for entry in found}


def _of_exercise(folder: Path, exercise: str) -> list[Misconception]:
    texts = read_toml(folder / f"{exercise}.toml", dict[str, FunctionTexts])
    found = [
        Misconception(
            id=f"{function}.{slug}",
            exercise=exercise,
            function=function,
            source=folder / exercise / f"{function}.{slug}.py",
            words={language: _placed(words[language], entry.where[language]) for language in words},
        )
        for function, entry in texts.items()
        for slug, words in entry.mistakes.items()
    ]
    # A text without a variant explains nothing, a variant without one cannot be explained.
    odd = {entry.source.name for entry in found} ^ {path.name for path in (folder / exercise).glob("*.py")}
    odd |= {entry.id for entry in found if set(entry.words) != set(LANGUAGES)}
    if odd:
        raise GraderError(f"{exercise}.toml and the variants beside it are out of step; look at {sorted(odd)[0]}")
    return found


def _placed(words: Words, where: str) -> Words:
    return words if words.where else Words(what=words.what, seen=words.seen, where=where)


def lay_out(catalogue: Path, solutions: Path, exercises: Sequence[str], target: Path) -> None:
    """Write a folder whose one module answers as the variants do (`grader.variants`)."""
    shutil.copy(Path(variants.__file__), target / f"{variants.MODULE}.py")
    for exercise in exercises:
        inner = target / variants.FOLDER / exercise
        shutil.copytree(catalogue / exercise, inner)
        shutil.copy(solutions / f"{exercise}.py", inner / f"{variants.SOLUTION}.py")


def of_variants(request: Request) -> Request:
    """A request to a function, or a variant of one, as the module that `lay_out` wrote is asked it."""
    return replace(request, exercise=variants.MODULE, function=f"{request.exercise}.{request.function}")
