"""The workers of one judge, kept from one submission to the next: importing TensorFlow is paid for once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.contract import Isolation
from grader.course import Limits
from grader.evidence import Failure, Request, Returned
from grader.rungs import Demand, weakest
from grader.sandbox import Worker

Warm = tuple[str, ...]


class Workers:
    """A worker for each set of modules that exercises want imported, so that a light one waits for no heavy one."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._workers: dict[Warm, Worker] = {}
        self._warm: Mapping[str, Warm] = {}
        self._terms: tuple[object, ...] = ()

    def __enter__(self) -> Workers:
        """The workers themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that was started."""
        self._close()

    def give(
        self, folder: Path, demand: Demand, limits: Limits, *, warm: Mapping[str, Warm], private: Sequence[Path] = ()
    ) -> None:
        """From now on work on this submission; whatever is missing is started, and not waited for.

        Args:
            folder: The clean copy of a submission.
            demand: Which rungs will do.
            limits: What the submission may use.
            warm: For each exercise that will be asked, the modules that it should find imported.
            private: What must be out of the submission's reach.

        Raises:
            GraderError: If no rung that will do can be had.
        """
        terms = (demand, limits, tuple(private))
        # Walls are settled when a zygote starts, and what must be out of reach is tried only then.
        if terms != self._terms:
            self._close()
        self._warm, self._terms = warm, terms
        for modules in sorted(set(warm.values()), key=len, reverse=True):  # what takes longest begins first
            if modules in self._workers:
                with contextlib.suppress(OSError):
                    self._workers[modules].give(folder)
                    continue
                self._workers.pop(modules).close()  # a submission without walls may have locked its own folder
            self._workers[modules] = Worker(folder, demand, limits, warm=modules, private=private)

    def ask(self, request: Request, deadline_s: float) -> Returned | Failure:
        """Send a request to the worker of its exercise, as `Worker.ask` does."""
        return self._workers[self._warm[request.exercise]].ask(request, deadline_s)

    def rest(self) -> None:
        """End what is left of the submission."""
        for worker in self._workers.values():
            worker.rest()

    @property
    def isolation(self) -> Isolation | None:
        """The weakest of the rungs that were reached."""
        return weakest(self._workers[modules].isolation for modules in set(self._warm.values()))

    def _close(self) -> None:
        while self._workers:
            self._workers.popitem()[1].close()
