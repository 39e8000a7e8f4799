"""Who grades the submissions of a class: the judges of this machine, or whatever else can take a clean copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Protocol

from grader.challenge import Forecast
from grader.collect import Collected
from grader.contract import Report
from grader.grade import Options, forecast, grade_collected, regrade
from grader.judge import Judge, one_core_each


class Graders(Protocol):
    """Grades several submissions at a time, each for a thread that waits for it."""

    @property
    def at_once(self) -> int:
        """How many threads it can keep busy."""

    def grade(self, collected: Collected, options: Options) -> Report:
        """Grade a clean copy of a submission, as `grade_collected` does.

        Raises:
            GraderError: If that could not be done.
        """

    def stop(self) -> None:
        """Nobody waits any more for what is being graded."""


class Judges:
    """Judges of this machine, one for each thread that grades, kept from one submission to the next."""

    def __init__(self, at_once: int) -> None:
        """Take how many threads there will be; no judge is started before it is needed."""
        self.at_once = at_once
        self._cores = iter(one_core_each(at_once))
        # The judge that was used last comes first: a class that needs fewer starts no more.
        self._idle: LifoQueue[Judge] = LifoQueue()
        self._closed = False

    def __enter__(self) -> Judges:
        """The judges themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self.close()

    def grade(self, collected: Collected, options: Options) -> Report:
        """Grade by a judge that is free."""
        with self._lent() as judge:
            return grade_collected(collected, options, judge=judge)

    def regrade(self, transcript: Path, tests: Path) -> Report:
        """Judge a transcript again, as `grader.grade.regrade` does, by a judge that is free."""
        with self._lent() as judge:
            return regrade(transcript, tests, judge=judge)

    def forecast(self, transcript: Path) -> Forecast:
        """Ask the forecaster in a transcript, as `grader.grade.forecast` does, by a judge that is free."""
        with self._lent() as judge:
            return forecast(transcript, judge)

    @contextmanager
    def _lent(self) -> Iterator[Judge]:
        try:
            judge = self._idle.get_nowait()
        except Empty:
            judge = Judge(next(self._cores, None))
        try:
            yield judge
        finally:
            self._idle.put(judge)
            # It was lent while the others were closed.
            if self._closed:
                self.close()

    def stop(self) -> None:
        """Nothing: an interrupt reaches the judges by itself."""

    def close(self) -> None:
        """End the judges that are idle, and each other one when it has done its work."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return
