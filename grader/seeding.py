"""Makes a student's random numbers repeatable: Python's, NumPy's and, where they are, Keras's and TensorFlow's."""

from __future__ import annotations

import contextlib
import importlib
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def seed_everything(seed: int) -> None:
    """From here on all numbers are drawn as after any other call with this seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # NumPy takes no larger one
    # Importing it takes seconds, and an exercise that has not done so needs no seed in it.
    keras = sys.modules.get("keras")
    if keras is None:
        return
    tensorflow = sys.modules.get("tensorflow")
    with _keeping_kernels() if tensorflow else contextlib.nullcontext():
        keras.utils.set_random_seed(seed % 2**32)
    if tensorflow is not None:
        # Without it some kernels sum in any order, and the same seed gives other bits.
        tensorflow.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def _keeping_kernels() -> Iterator[None]:
    """In here a new seed leaves TensorFlow its kernels, as long as none of them has random numbers of its own.

    For the sake of those it throws all away, and to make them again takes as long as to build a model. What Keras draws
    with has none; TensorFlow's own functions, before they make one, ask for its seed.
    """
    try:
        kernels: Any = importlib.import_module("tensorflow.python.pywrap_tfe")
        random_seed: Any = importlib.import_module("tensorflow.python.framework.random_seed")
        clear = kernels.TFE_ContextClearCaches
        if not isinstance(random_seed.get_seed, _Watched):
            random_seed.get_seed = _Watched(random_seed.get_seed)
    except (ImportError, AttributeError):  # they are TensorFlow's own affair, and may move
        yield
        return
    if not random_seed.get_seed.was_called:
        kernels.TFE_ContextClearCaches = lambda context: None
    try:
        yield
    finally:
        kernels.TFE_ContextClearCaches = clear


class _Watched:
    """A function that knows whether it was ever called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.was_called = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.was_called = True
        return self._function(*args, **kwargs)
