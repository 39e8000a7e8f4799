"""What a judge keeps from one submission to the next, since it takes long to make: workers, and compiled training."""

from __future__ import annotations

import importlib
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.training import Trainer
    from grader.workers import Workers


class Kept:
    """Makes each thing when it is first asked for: a student's own `pytest` needs none of them, nor could start any."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._open = ExitStack()
        self._workers: Workers | None = None
        self._trainers: dict[str, Trainer] = {}

    def __enter__(self) -> Kept:
        """The keeper itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every worker."""
        self.close()

    @property
    def workers(self) -> Workers:
        """The workers of this judge."""
        if self._workers is None:
            from grader.workers import Workers  # needs Linux

            self._workers = self._open.enter_context(Workers())
        return self._workers

    def import_keras(self) -> None:
        """Begin to import the judge's own Keras, while the workers import theirs on another core."""
        # Whoever needs Keras before the import is done waits for the rest of it: Python imports a module once.
        threading.Thread(target=importlib.import_module, args=("keras",), daemon=True).start()

    def trainer(self, kind: str) -> Trainer:
        """The trusted trainer of this kind, "fused" or "keras"."""
        if kind not in self._trainers:
            # It imports what the judge alone has use for.
            from grader.training import make_trainer

            self._trainers[kind] = make_trainer(kind)
        return self._trainers[kind]

    def close(self) -> None:
        """End every worker."""
        self._open.close()
        self._workers = None
