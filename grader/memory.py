"""A judge with a memory: an exercise that was graded before, of the same files with the same seed, is not graded again.

What met a limit or reached for something forbidden is never remembered: a busy machine must not cost a point for good.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from grader.jobs import Facts, Job
from grader.judge import Findings, Progress, Runs
from grader.rungs import Rung

if TYPE_CHECKING:
    from diskcache import Cache

MAX_BYTES = 2**28


def memory_folder() -> Path:
    """Where the memory of this user is kept."""
    return Path(platformdirs.user_cache_dir("rnn-grader", appauthor=False)) / "graded"


class Memory:
    """Asks a judge only for what it does not know."""

    def __init__(self, judge: Runs, folder: Path, circumstances: object) -> None:
        """Take the judge, where the memory is kept, and all that a verdict depends on beside the submission."""
        self._judge = judge
        self._folder = folder
        self._circumstances = circumstances

    def run(self, job: Job, suites: Sequence[Path], progress: Progress) -> Findings:
        """As `Judge.run`."""
        keys = self._keys(job, suites)
        known = self._recall(keys)
        for entry in known.values():
            for test in entry["tests"]:
                progress(test["metadata"]["id"], test["outcome"])
        rest = tuple(name for name in job.exercises if name not in known)
        parts = [
            Findings(tests=entry["tests"], facts=Facts.from_json(entry["facts"]), cached=frozenset([name]))
            for name, entry in known.items()
        ]
        if rest:
            parts.append(self._judge.run(replace(job, exercises=rest), suites, progress))
            self._remember({name: keys[name] for name in rest}, parts[-1])
        return Findings.together(job.exercises, parts)

    def _recall(self, keys: Mapping[str, str]) -> dict[str, Any]:
        try:
            with self._open() as cache:
                return {name: entry for name, key in keys.items() if (entry := cache.get(key)) is not None}
        # A memory that is damaged is worth nothing, and costs nothing.
        except (OSError, sqlite3.Error, zlib.error, ValueError):
            shutil.rmtree(self._folder, ignore_errors=True)
            return {}

    def _remember(self, keys: Mapping[str, str], found: Findings) -> None:
        # What is remembered took no time now; and what gave rise to a note is not remembered at all.
        facts = replace(found.facts, student_s=0.0, notes=(), noted=())
        if facts.isolation is None or not Rung(facts.isolation.rung).at_least(Rung.LANDLOCK_WEAK):
            return  # without walls, what runs here can write to the memory itself
        with contextlib.suppress(OSError, sqlite3.Error), self._open() as cache:
            for name, key in keys.items():
                if name not in found.facts.noted:
                    cache.set(key, {"tests": _of(found.tests, name), "facts": facts.to_json()})

    def _open(self) -> Cache:
        import diskcache

        # Its usual disk unpickles what it finds, and so would run what somebody else has put there.
        return diskcache.Cache(self._folder, disk=diskcache.JSONDisk, size_limit=MAX_BYTES)

    def _keys(self, job: Job, suites: Sequence[Path]) -> dict[str, str]:
        files = hashlib.sha256()
        for path in sorted(path for path in job.folder.rglob("*") if path.is_file()):
            files.update(f"{path.relative_to(job.folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        names = [folder.name for folder in suites]
        # Everything that a verdict depends on; what is not in here would be taken from memory wrongly.
        how = [files.hexdigest(), names, job.seed, job.trainer, job.demand, job.limits, self._circumstances]
        return {
            name: hashlib.sha256(json.dumps([name, how], default=str).encode()).hexdigest() for name in job.exercises
        }


def _of(tests: Sequence[Any], exercise: str) -> list[Any]:
    return [test for test in tests if test["metadata"]["exercise"] == exercise]
