"""Grades a class: several submissions at a time, and what comes of each is kept before it is told."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from grader.classroom.attempts import Attempt, Attempts
from grader.classroom.graders import Graders
from grader.classroom.submissions import Submission
from grader.collect import collect
from grader.contract import View
from grader.course import load_course
from grader.errors import GraderError
from grader.grade import Options, code_fingerprint, code_of, environment
from grader.report import to_json
from grader.text import Translator


class OfStudent(Protocol):
    """What there is one of for each student: a submission, an attempt."""

    @property
    def student(self) -> str:
        """The student's id."""


Thing = TypeVar("Thing", bound=OfStudent)
Done = TypeVar("Done")

Seeds = Callable[[str], int | None]
"""The seed of a student; None if one is to be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """An attempt of a student that counts now; `known` if it was kept from an earlier run.

    `commit` is the one that was handed in now; the code of an earlier attempt may have been that of another.
    """

    student: str
    attempt: Attempt
    known: bool
    commit: str | None

    def __str__(self) -> str:
        took = "as before" if self.known else f"{self.attempt.report['duration_s']:.1f} s"
        return f"{self.student}: {self.attempt.points} ({took})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotGraded:
    """Why a submission could not be graded; what the student had before is untouched."""

    student: str
    reason: str

    def __str__(self) -> str:
        return f"{self.student}: not graded: {self.reason}"


Result = Graded | NotGraded


def grade_class(
    submissions: Sequence[Submission],
    options: Options,
    attempts: Attempts,
    *,
    seeds: Seeds,
    translate: Translator,
    graders: Graders,
) -> Iterator[Result]:
    """Grade submissions, several at a time, and give each result as it is there.

    A submission that is graded already, of the same code with the same seed by the same suite, is not graded again.

    Args:
        submissions: At most one of each student's.
        options: How to grade; the seed is the student's.
        attempts: Where every attempt is kept before it is given.
        seeds: Whose seed is which.
        translate: Into the language of the reports.
        graders: Who grades what was not graded before.
    """
    suite = suite_of(options)

    def one(submission: Submission) -> Graded:
        return _grade_one(submission, options, attempts, suite, seeds(submission.student), translate, graders)

    yield from each(submissions, one, graders)


def each(things: Sequence[Thing], one: Callable[[Thing], Done], graders: Graders) -> Iterator[Done | NotGraded]:
    """Do one thing after another, as many at a time as the graders can, and give what is done as it is there."""

    def try_one(thing: Thing) -> Done | NotGraded:
        try:
            return one(thing)
        except GraderError as error:
            return NotGraded(student=thing.student, reason=str(error))
        except Exception as error:  # a fault of ours that one student brings to light must not stop the others
            return NotGraded(student=thing.student, reason=f"{type(error).__name__}: {error}")

    with ThreadPoolExecutor(graders.at_once) as pool:
        futures = [pool.submit(try_one, thing) for thing in things]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:  # interrupted, what has not begun does not begin
            pool.shutdown(wait=False, cancel_futures=True)
            graders.stop()


def _grade_one(
    submission: Submission,
    options: Options,
    attempts: Attempts,
    suite: str,
    seed: int | None,
    translate: Translator,
    graders: Graders,
) -> Graded:
    with submission.at_hand() as handed, collect(handed.path, load_course().names) as collected:
        code = code_of(collected)
        known = attempts.newest(submission.student)
        if known and known.is_of(code, suite, seed):
            return Graded(student=submission.student, attempt=known, known=True, commit=handed.commit)
        transcript = attempts.unfinished(submission.student)
        report = graders.grade(collected, replace(options, seed=seed, transcript=transcript))
        attempt = Attempt(
            student=submission.student,
            code=code,
            suite=suite,
            seed=report.seed,
            graded=datetime.datetime.now(datetime.UTC),
            report=to_json(report, View.INSTRUCTOR, translate),
            for_student=to_json(report, View.STUDENT, translate),
            submitted=handed.submitted,
            commit=handed.commit,
        )
        attempts.keep(attempt, transcript)
    return Graded(student=submission.student, attempt=attempt, known=False, commit=handed.commit)


def suite_of(options: Options) -> str:
    """A hash of all that a grade depends on beside the submission and its seed."""
    code = code_fingerprint(options.tests)
    facts = [code, dict(environment()), options.trainer, sorted(options.exercises or load_course().names)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
