"""Judges side by side: independent exercises of one submission are graded at the same time, on several cores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from grader.course import load_course
from grader.jobs import Job
from grader.judge import Findings, Judge, Progress, own_cores

MOST = 2
"""More judges than this wait for the one exercise that takes longest, and each has TensorFlow in memory."""


def cores() -> int:
    """How many judges are of use on this machine."""
    # Where there are none to be known, submissions run in-process, and are not shared.
    return min(MOST, len(own_cores()) or 1)


class Abreast:
    """Judges that share their jobs. What is asked of one alone goes to the `first`."""

    def __init__(self, judges: int) -> None:
        """Start nothing yet; `judges` is how many there are."""
        self._judges = [Judge() for _ in range(judges)]

    def __enter__(self) -> Abreast:
        """The judges themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes, and all workers with them."""
        self.close()

    @property
    def first(self) -> Judge:
        """One of them."""
        return self._judges[0]

    def run(self, job: Job, suites: Sequence[Path], progress: Progress) -> Findings:
        """As `Judge.run`, but for the transcript, which is in pieces. What runs in-process is not shared."""
        parts = share(job.exercises, len(self._judges))
        if len(parts) < 2 or job.in_process:
            return self.first.run(job, suites, progress)
        jobs = [_part(job, number, names) for number, names in enumerate(parts)]
        with ThreadPoolExecutor(len(jobs)) as pool:
            pairs = zip(self._judges, jobs, strict=False)
            found = [pool.submit(judge.run, part, suites, progress) for judge, part in pairs]
            try:
                return Findings.together(job.exercises, [each.result() for each in found])
            except BaseException:
                self.close()  # so that nobody waits for what the others still have to do
                raise

    def close(self) -> None:
        """End all processes, and all workers with them."""
        for judge in self._judges:
            judge.close()


def share(exercises: Iterable[str], judges: int) -> list[tuple[str, ...]]:
    """Deal out exercises so that the parts take about as long, by what their functions may take at most.

    Example:
        >>> share(["windowing", "lstm", "forecasting", "stacked"], 2)
        [('forecasting',), ('windowing', 'lstm', 'stacked')]
    """
    course = load_course()
    names = list(exercises)
    limits = {spec.name: sum(map(course.limits.of, spec.functions)) for spec in course.exercises}
    parts: list[list[str]] = [[] for _ in range(judges)]
    # The longest first, each to whoever has least so far: no part is then much longer than it need be.
    for name in sorted(names, key=lambda name: -limits[name]):
        min(parts, key=lambda part: sum(limits[each] for each in part)).append(name)
    return [tuple(sorted(part, key=names.index)) for part in parts if part]


def _part(job: Job, number: int, exercises: tuple[str, ...]) -> Job:
    assert job.scratch is not None
    scratch = job.scratch / f"part-{number}"
    # Progress, facts and reports have fixed names in it.
    scratch.mkdir()
    return replace(job, exercises=exercises, scratch=scratch)
