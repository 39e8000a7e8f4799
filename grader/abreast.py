"""Judges side by side: independent exercises of one submission are graded at the same time, on several cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from grader.course import load_course
from grader.jobs import Facts, Job
from grader.judge import Findings, Judge, Progress
from grader.rungs import weakest

MOST = 2
"""More judges than this wait for the one exercise that takes longest, and each has TensorFlow in memory."""


def cores() -> int:
    """How many judges are of use on this machine."""
    return min(MOST, len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1)


class Abreast(Judge):
    """A judge that has others beside it, and shares its jobs with them."""

    def __init__(self, judges: int) -> None:
        """Start nothing yet; `judges` is how many there are in all."""
        super().__init__()
        self._others = [Judge() for _ in range(judges - 1)]

    def run(self, job: Job, suites: Sequence[Path], progress: Progress) -> Findings:
        """As `Judge.run`, but for the transcript, which is in pieces. What runs in-process is not shared."""
        runs = [super().run, *(judge.run for judge in self._others)]
        parts = share(job.exercises, len(runs))
        if len(parts) < 2 or job.in_process:
            return super().run(job, suites, progress)
        jobs = [_part(job, number, names) for number, names in enumerate(parts)]
        with ThreadPoolExecutor(len(jobs)) as pool:
            found = [pool.submit(run, part, suites, progress) for run, part in zip(runs, jobs, strict=False)]
            try:
                return _together(job, [each.result() for each in found])
            except BaseException:
                self.close()  # so that nobody waits for what the others still have to do
                raise

    def close(self) -> None:
        """End all processes, and all workers with them."""
        for judge in self._others:
            judge.close()
        super().close()


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
    for name in sorted(names, key=lambda name: -limits[name]):
        min(parts, key=lambda part: sum(limits[each] for each in part)).append(name)
    return [tuple(sorted(part, key=names.index)) for part in parts if part]


def _part(job: Job, number: int, exercises: tuple[str, ...]) -> Job:
    assert job.scratch is not None
    scratch = job.scratch / f"part-{number}"
    scratch.mkdir()
    return replace(job, exercises=exercises, scratch=scratch)


def _together(job: Job, found: Sequence[Findings]) -> Findings:
    tests = [test for each in found for test in each.tests]
    facts = Facts(
        student_s=sum(each.facts.student_s for each in found),
        isolation=weakest([each.facts.isolation for each in found if each.facts.isolation]),
        notes=tuple(note for each in found for note in each.facts.notes),
        noted=tuple(name for each in found for name in each.facts.noted),
    )
    return Findings(
        tests=sorted(tests, key=lambda test: job.exercises.index(test["metadata"]["exercise"])), facts=facts
    )
