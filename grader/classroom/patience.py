"""Patience with a server: what may pass is tried again, after as long as the server asks for, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from grader.classroom.github import Unreachable

Answer = TypeVar("Answer")

TRIES = 7
TOTAL_S = 2 * 3600
"""GitHub's limits are counted by the hour: a sweep outlasts one of them, and no more than that."""

BACKOFF = wait_exponential(multiplier=1, max=60)
WORTH_SAYING_S = 10


class Patience:
    """How long one sweep waits, all its requests together."""

    def __init__(
        self, say: Callable[[str], None], *, total_s: float = TOTAL_S, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Take who is told of a long wait, how many seconds there are in all, and what waits."""
        self._say = say
        self._left_s = total_s
        self._sleep = sleep

    def __call__(self, action: Callable[[], Answer]) -> Answer:
        """Do something that can be done again without harm.

        Raises:
            Unreachable: If it did not work as often as there is patience.
        """
        again = Retrying(
            retry=retry_if_exception_type(Unreachable),
            wait=_wait_s,
            # Also when the next wait is longer than what is left: to wait in vain helps nobody.
            stop=lambda state: state.attempt_number >= TRIES or state.upcoming_sleep > self._left_s,
            before_sleep=self._tell,
            sleep=self._wait,
            reraise=True,
        )
        return again(action)

    def _wait(self, wait_s: float) -> None:
        self._left_s -= wait_s
        self._sleep(wait_s)

    def _tell(self, state: RetryCallState) -> None:
        if state.upcoming_sleep >= WORTH_SAYING_S:
            self._say(f"{_error(state)}; waiting {round(state.upcoming_sleep)} s")


def _wait_s(state: RetryCallState) -> float:
    return max(_error(state).wait_s, BACKOFF(state))


def _error(state: RetryCallState) -> Unreachable:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Unreachable)
    return error
