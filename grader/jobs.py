"""What the judge's process is told to do, and the small facts that travel between it and `grader grade`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from grader import variants
from grader.contract import Isolation, Note, Text, printable
from grader.course import Limits, load_course
from grader.diagnose import Ask
from grader.kept import Kept
from grader.misconceptions import lay_out, of_variants
from grader.rungs import Demand
from grader.submission import InProcess, Rationed, Source
from grader.transcript import Recorder, Replay

if TYPE_CHECKING:
    from grader.workers import Warm, Workers

PROPERTY = "grader"
"""What pytest's report calls the facts of a check that the judge adds."""

HEAVY = ("keras", "matplotlib.figure")
"""What the worker of an exercise finds imported, unless its module makes no use of it, and need not wait for it."""

# No "\s": it takes ends of lines too, and time that grows with the square of a file of them.
_USES_HEAVY = re.compile(rb"^[ \t]*(?:from|import)\b.*\b(?:keras|tensorflow|matplotlib)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """Where the known mistakes and the right answers are: the catalogue of misconceptions, and the solutions."""

    catalogue: Path
    solutions: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of checks on the modules in `folder`.

    `scratch` is a folder of the judge's own for progress, facts and the transcript; without it, none is written.
    `private` must be out of the submission's reach; with `mistakes`, failed checks are diagnosed. With `replay`, a
    transcript answers instead of the submission. With `recipes`, nothing is trained: what would be is written to that
    file.
    """

    folder: Path
    seed: int
    exercises: tuple[str, ...] = ()
    in_process: bool = True
    trainer: str = "keras"
    scratch: Path | None = None
    demand: Demand = field(default_factory=Demand)
    limits: Limits | None = None
    private: tuple[Path, ...] = ()
    mistakes: Mistakes | None = None
    replay: Path | None = None
    recipes: Path | None = None

    def write(self, path: Path) -> None:
        """Write the job where the judge's process will read it."""
        path.write_bytes(msgspec.json.encode(self, enc_hook=str))  # paths

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read a job."""
        return msgspec.json.decode(path.read_bytes(), type=cls, dec_hook=lambda kind, value: kind(value))

    @property
    def progress(self) -> Path | None:
        """The file that gets a line for each check that is done."""
        return self.scratch / "progress.jsonl" if self.scratch else None

    @property
    def transcript(self) -> Path:
        """The file that every request and answer is written to."""
        assert self.scratch is not None
        return self.scratch / "transcript"

    @property
    def failure(self) -> Path:
        """The file that says, in one sentence, why the judge could not do its work."""
        assert self.scratch is not None
        return self.scratch / "failure.txt"

    def save_facts(self, facts: Facts) -> None:
        """Note what is known of the run beside the checks."""
        if self.scratch:
            (self.scratch / "facts.json").write_bytes(msgspec.json.encode(facts.to_json()))

    def read_facts(self) -> Facts:
        """What `save_facts` wrote."""
        assert self.scratch is not None
        return Facts.from_json(json.loads((self.scratch / "facts.json").read_text("utf-8")))

    @contextmanager
    def source(self, kept: Kept) -> Iterator[tuple[Source, Callable[[], Isolation | None]]]:
        """Who answers the requests of this job, and around whom stands which wall, once it is known."""
        if self.replay:
            yield Replay(self.replay), lambda: None
        elif self.in_process:
            yield self._recorded(InProcess(self.folder)), lambda: NOT_ISOLATED
        else:
            names = load_course().names
            heavy = _heavy(self.folder, names)
            warm = {name: HEAVY if name in heavy else () for name in self.exercises or names}
            with self._workers(kept, self.folder, warm) as (workers, limits):
                yield self._recorded(Rationed(workers, limits)), lambda: workers.isolation

    @contextmanager
    def _workers(self, kept: Kept, folder: Path, warm: Mapping[str, Warm]) -> Iterator[tuple[Workers, Limits]]:
        """The workers, at work on the modules in a folder, and the limits that they keep."""
        limits = self.limits or load_course().limits
        # Before Keras is imported here, so that both import at the same time.
        kept.workers.give(folder, self.demand, limits, warm=warm, private=self.private)
        if HEAVY in warm.values():
            kept.import_keras()
        try:
            yield kept.workers, limits
        finally:
            # A submission ends with its job, and not only when the next one comes.
            kept.workers.rest()

    @contextmanager
    def variants(self, kept: Kept, exercises: Sequence[str]) -> Iterator[Ask]:
        """Who answers as the known mistakes of these exercises do: a process of their own, after the submission's end.

        A zygote that forked the submission's worker forks theirs too, as it does for the submission after this one; so
        a diagnosis need not wait for another import of TensorFlow.
        """
        assert self.mistakes is not None
        with TemporaryDirectory(prefix="grader-variants-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            lay_out(self.mistakes.catalogue, self.mistakes.solutions, exercises, folder)
            if self.in_process:
                source = InProcess(folder)
                yield lambda request: source.ask(of_variants(request))
                return
            # One worker for all of them, as they are our own: to begin one takes longer than most variants need.
            warm = {variants.MODULE: HEAVY if _users_of_heavy(folder) else ()}
            with self._workers(kept, folder, warm) as (workers, limits):
                yield lambda request: workers.ask(of_variants(request), limits.of(request.function.partition(".")[0]))

    def _recorded(self, source: Source) -> Source:
        return Recorder(source, self.transcript) if self.scratch else source


def _heavy(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """The exercises whose modules import what is heavy: by their text, since a wrong guess costs no more than time."""
    modules = {name: folder / f"{name}.py" for name in names}
    users = _users_of_heavy(folder)
    if users.difference(modules.values()):  # a helper, which any of them may import
        return frozenset(modules)
    return frozenset(name for name, path in modules.items() if path in users)


def _users_of_heavy(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*.py") if path.is_file() and _USES_HEAVY.search(path.read_bytes())}


NOT_ISOLATED = Isolation(
    rung="in-process", detail=Text("nothing was isolated: the code ran in the judge's own process")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the judge's process tells of a run beside the checks; a replayed run knows of no walls.

    `noted` are the exercises that gave rise to `notes`.
    """

    student_s: float
    isolation: Isolation | None
    notes: tuple[Note, ...]
    noted: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON, texts untranslated."""
        walls = self.isolation and {"rung": self.isolation.rung, "detail": text_to_json(self.isolation.detail)}
        notes = [{"kind": note.kind, "detail": text_to_json(note.detail)} for note in self.notes]
        return {"student_s": self.student_s, "isolation": walls, "notes": notes, "noted": self.noted}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """What `to_json` gave."""
        walls = data["isolation"]
        return cls(
            student_s=data["student_s"],
            isolation=walls and Isolation(rung=walls["rung"], detail=text_from_json(walls["detail"])),
            notes=tuple(Note(kind=note["kind"], detail=text_from_json(note["detail"])) for note in data["notes"]),
            noted=tuple(data["noted"]),
        )


def text_to_json(text: Text) -> dict[str, Any]:
    """A text as JSON, untranslated."""
    values = {key: text_to_json(value) if isinstance(value, Text) else value for key, value in text.values.items()}
    return {"template": text.template, "values": values}


def text_from_json(data: Mapping[str, Any]) -> Text:
    """The text that `text_to_json` wrote."""
    return Text(str(data["template"]), {key: _value_from_json(value) for key, value in data["values"].items()})


def _value_from_json(value: Any) -> Any:
    """A value of a text; nothing that commands a terminal, a log or a page is in it, whoever wrote it."""
    if isinstance(value, Mapping):
        return text_from_json(value)
    return printable(value) if isinstance(value, str) else value
