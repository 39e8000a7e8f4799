"""The rungs of isolation, best first: which walls may stand around a submission, and which of them will do."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from grader.contract import Isolation
from grader.errors import UsageError


class Rung(enum.Enum):
    """One kind of wall. The values are what reports and options call it; the order is from strong to none."""

    BWRAP_USER = "bwrap-user"
    """bubblewrap, run as a user that owns nothing on this machine; Landlock and seccomp inside."""
    BWRAP = "bwrap"
    """bubblewrap as the same user; Landlock, where the kernel has it, and seccomp inside."""
    LANDLOCK = "landlock"
    """Landlock that also keeps signals and TCP in (ABI 6), and seccomp; no namespaces."""
    LANDLOCK_WEAK = "landlock-weak"
    """An older Landlock: files are safe, but the judge can be signalled."""
    SUBPROCESS = "subprocess"
    """A process of its own with limits, and no walls."""
    IN_PROCESS = "in-process"
    """The judge's own process."""

    @property
    def namespaces(self) -> bool:
        """Whether the worker sees processes, a network and files of its own."""
        return self in (Rung.BWRAP_USER, Rung.BWRAP)

    @property
    def landlock(self) -> bool:
        """Whether Landlock is what the rung stands on."""
        return self in (Rung.LANDLOCK, Rung.LANDLOCK_WEAK)

    def at_least(self, other: Rung) -> bool:
        """Whether this rung is as strong as another one, or stronger."""
        order = list(Rung)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Which rungs will do: exactly `exact`, or `least` and better. `hidden`: the hidden suite is to be run."""

    exact: Rung | None = None
    least: Rung | None = None
    hidden: bool = False

    def ladder(self) -> tuple[Rung, ...]:
        """The rungs to try, best first; a plain process sees hidden checks only when it was asked for by name.

        Raises:
            UsageError: If what is demanded contradicts itself.
        """
        if self.exact and self.least and not self.exact.at_least(self.least):
            raise UsageError(f"isolation {self.exact.value} was asked for, but {self.least.value} is required")
        if self.exact:
            return (self.exact,)
        weakest = self.least or (Rung.LANDLOCK_WEAK if self.hidden else Rung.SUBPROCESS)
        # In-process is never fallen back to: it has to be asked for.
        return tuple(rung for rung in Rung if rung.at_least(weakest) and rung is not Rung.IN_PROCESS)


def weakest(walls: Iterable[Isolation]) -> Isolation | None:
    """The one of several walls that is on the lowest rung; None if there is none."""
    order = [rung.value for rung in Rung]
    return max(walls, key=lambda isolation: order.index(isolation.rung), default=None)
