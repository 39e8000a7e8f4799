"""Grades on save at a student's desk, and hands out hints one rung at a time."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from grader.collect import modules_folder
from grader.contract import Check, Outcome, Report
from grader.course import load_course, load_hints
from grader.errors import GraderError, UsageError

POLL_MS = 200
SETTLE_MS = 300
"""How long a folder has to be quiet before a save is taken for done: editors write in several steps."""


@dataclass(frozen=True, slots=True)
class Saved:
    """These exercises have been written to."""

    exercises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key was pressed."""

    key: str


class Screen(Protocol):
    """Where a student reads what was found."""

    def show(self, report: Report, at_hand: Check | None) -> None:
        """Show how far the course is, and what was found in the function at hand."""

    def hint(self, check: Check, rung: Rung) -> None:
        """Show one hint for the function of a check."""

    def trouble(self, error: GraderError) -> None:
        """Say that the grader could not do its work this time."""


def watch(
    folder: Path,
    exercises: tuple[str, ...],
    graded: Callable[[tuple[str, ...]], Report],
    screen: Screen,
    language: str,
) -> None:
    """Grade these exercises, and then each that is saved, until somebody quits.

    Keys: h for the next hint, a to grade everything again, q to quit.
    """
    ladders, report = Ladders(language), None
    with pressed_keys() as keys, contextlib.suppress(KeyboardInterrupt):
        for event in events(folder, exercises, keys):
            check = at_hand(report) if report else None
            match event:
                case Pressed("q"):
                    return
                case Pressed("h") if check:
                    screen.hint(check, ladders.next(check.exercise, check.function))
                case Saved(names):
                    try:
                        report = merged(report, graded(names))
                        screen.show(report, at_hand(report))
                    except UsageError:
                        raise
                    except GraderError as error:  # the next save may be better
                        screen.trouble(error)


def folder_of(path: Path) -> Path:
    """The folder with the modules, in `path` or below it.

    Raises:
        UsageError: If there is no such folder.
    """
    if not path.is_dir():
        raise UsageError(f"{path} is no folder; name the one with your modules, such as exercises")
    return modules_folder(path, load_course().names)


def events(folder: Path, exercises: tuple[str, ...], keys: queue.SimpleQueue[str]) -> Iterator[Saved | Pressed]:
    """What happens, as it happens: modules of these exercises that are saved, and keys that are pressed.

    The first event is that all of them are to be graded; no save from then on is missed, however long that takes.
    """
    import watchfiles

    changes = watchfiles.watch(
        folder, recursive=False, debounce=SETTLE_MS, rust_timeout=POLL_MS, yield_on_timeout=True, raise_interrupt=True
    )
    # The first round sets the watcher up; from then on a save is kept until it is asked for.
    next(changes)
    yield Saved(exercises)
    for changed in changes:
        stems = {Path(path).stem for _, path in changed if path.endswith(".py")}
        if saved := tuple(name for name in exercises if name in stems):
            yield Saved(saved)
        while not keys.empty():
            key = keys.get()
            yield Saved(exercises) if key == "a" else Pressed(key)


@contextlib.contextmanager
def pressed_keys() -> Iterator[queue.SimpleQueue[str]]:
    """The keys that are pressed from now on; none where nobody sits at a terminal. The terminal is left as it was."""
    keys: queue.SimpleQueue[str] = queue.SimpleQueue()
    if not sys.stdin.isatty():
        yield keys
        return
    with _terminal_kept():
        # A thread that waits for a key can only be ended with the process.
        threading.Thread(target=_read_keys, args=(keys.put,), daemon=True).start()
        yield keys


def _read_keys(put: Callable[[str], None]) -> None:
    import readchar

    while True:
        put(readchar.readchar())


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """Put the terminal's settings back, which the thread that waits for a key has changed."""
    try:
        import termios
    except ImportError:  # Windows has no such settings
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def merged(before: Report | None, now: Report) -> Report:
    """The report on all that was graded so far: of each exercise the latest."""
    if before is None:
        return now
    fresh = {exercise.name for exercise in now.exercises}
    order = {name: number for number, name in enumerate(load_course().names)}
    exercises = [exercise for exercise in before.exercises if exercise.name not in fresh] + list(now.exercises)
    checks = [check for check in before.checks if check.exercise not in fresh] + list(now.checks)
    return replace(
        now,
        exercises=tuple(sorted(exercises, key=lambda exercise: order[exercise.name])),
        checks=tuple(sorted(checks, key=lambda check: order[check.exercise])),
    )


def at_hand(report: Report) -> Check | None:
    """The first check that a student would look at next: one that failed, else one that nothing is written for."""
    lost = [check for check in report.checks if check.outcome is not Outcome.PASSED]
    written = [check for check in lost if check.outcome is not Outcome.MISSING]
    return next(iter(written or lost), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One hint, and the how-manieth of how many it is."""

    text: str
    number: int
    total: int


class Ladders:
    """The hints for each function; each time it is asked for one, it gives the next."""

    def __init__(self, language: str) -> None:
        """Take the language of the hints."""
        self._language = language
        self._given: Counter[tuple[str, str]] = Counter()

    def next(self, exercise: str, function: str) -> Rung:
        """The next hint for a function; after the last one, the last again."""
        rungs = load_hints()[exercise][function][self._language]
        number = min(self._given[exercise, function] + 1, len(rungs))
        self._given[exercise, function] = number
        return Rung(text=rungs[number - 1], number=number, total=len(rungs))
