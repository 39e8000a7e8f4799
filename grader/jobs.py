"""What the judge's process is told to do, and the small facts that travel between it and `grader grade`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.contract import Text
from grader.submission import Channel, InProcess

HEAVY = ("keras", "matplotlib.figure")
"""What a worker imports while the judge starts, if an exercise needs it."""

LIGHT_EXERCISES = frozenset({"windowing", "parameters"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of checks on the modules in `folder`.

    `scratch` is a folder of the judge's own for progress and times; without it, neither is written.
    """

    folder: Path
    seed: int
    exercises: tuple[str, ...] = ()
    in_process: bool = True
    trainer: str = "keras"
    scratch: Path | None = None

    def write(self, path: Path) -> None:
        """Write the job where the judge's process will read it."""
        path.write_bytes(msgspec.json.encode(msgspec.to_builtins(self, enc_hook=str)))

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read a job."""
        return msgspec.json.decode(path.read_bytes(), type=cls, dec_hook=lambda kind, value: kind(value))

    @property
    def progress(self) -> Path | None:
        """The file that gets a line for each check that is done."""
        return self.scratch / "progress.jsonl" if self.scratch else None

    def save_times(self, student_s: float) -> None:
        """Note how long the student's code ran in all."""
        if self.scratch:
            (self.scratch / "times.json").write_text(json.dumps({"student": student_s}), "utf-8")

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        """The way to the student's code that this job asks for."""
        if self.in_process:
            yield InProcess(self.folder)
            return
        from grader.sandbox import Worker

        heavy = not self.exercises or set(self.exercises) - LIGHT_EXERCISES
        with Worker(self.folder, HEAVY if heavy else ()) as worker:
            yield worker


def text_to_json(text: Text) -> dict[str, Any]:
    """A text as JSON, untranslated."""
    values = {key: text_to_json(value) if isinstance(value, Text) else value for key, value in text.values.items()}
    return {"template": text.template, "values": values}


def text_from_json(data: Mapping[str, Any]) -> Text:
    """The text that `text_to_json` wrote."""
    values = {
        key: text_from_json(value) if isinstance(value, Mapping) else value for key, value in data["values"].items()
    }
    return Text(str(data["template"]), values)
