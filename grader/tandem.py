"""Trains for a calibration in a process for each core: one run keeps one core busy, and its thousands are independent.

The processes share the folder that keeps what was computed, and nothing else: whoever reads it afterwards finds all
chunks there.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from grader.calibrate import Measurement, Runs, chunks, families_of, load_measurements
from grader.families import Group
from grader.series import load_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is trained and measured, with which seed, and the folder that keeps it: enough for a process to begin."""

    work: Path
    seed: int
    suite: Path
    solutions: Path
    exercises: tuple[str, ...]
    groups: tuple[Group, ...]

    def runs(self) -> Runs:
        """The runs in that folder."""
        return Runs(self.work, self.seed, load_origin(self.suite))

    def measurements(self) -> list[Measurement]:
        """What the suite wants measured beside the groups."""
        return load_measurements(self.suite, self.solutions, self.exercises)


def fill(plan: Plan, measurements: int, draws: int, processes: int) -> Iterator[str]:
    """Compute all chunks that are missing, and give the check and family of each as it is there.

    Args:
        plan: What is computed.
        measurements: How many there are, beside the groups.
        draws: How many series; rounded up to whole chunks.
        processes: How many at a time.
    """
    places = len(plan.groups) + measurements
    # Chunk by chunk, so that what is there when a run is stopped is of the same draws for all.
    parts = [(place, chunk) for chunk in chunks(draws) for place in range(places)]
    # Never forked: JAX and TensorFlow have threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(plan,)) as pool:
        futures = [pool.submit(_compute, *part) for part in parts]
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:  # interrupted, what has not begun does not begin
            pool.shutdown(wait=False, cancel_futures=True)


class _Bench:
    """What a process has at hand for all of its chunks."""

    def __init__(self, plan: Plan) -> None:
        self.runs = plan.runs()
        self.groups = plan.groups
        self.measurements = plan.measurements()


_BENCH: list[_Bench] = []


def _begin(plan: Plan) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _BENCH.append(_Bench(plan))


def _end_with_parent() -> None:
    """Whoever kills the command must not have to look for its processes."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _compute(place: int, chunk: int) -> list[str]:
    """Compute a chunk of a group or a measurement; gives the check and family of each part."""
    (bench,) = _BENCH
    if place < len(bench.groups):
        group = bench.groups[place]
        check, families = group.checks[0], list(group.families)
        for family in families:
            bench.runs.first(group, family, chunk)
    else:
        what = bench.measurements[place - len(bench.groups)]
        check, families = next(iter(what.checks)), families_of(what)
        for family in families:
            bench.runs.measured(what, family, chunk)
    return [f"{check} {family}" for family in families]
