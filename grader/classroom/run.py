"""One run of `grader class`, from the submissions to the gradebook and the table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.attempts import Attempt, Attempts
from grader.classroom.gradebook import Worth, open_gradebook, worth_of
from grader.classroom.graders import Graders
from grader.classroom.grading import Graded, NotGraded, Result, grade_class
from grader.classroom.standing import Scores, stand_of
from grader.classroom.submissions import Found
from grader.classroom.tables import Student, check_id, read_roster
from grader.course import load_course
from grader.errors import UsageError
from grader.grade import Options, round_seed
from grader.text import Translator

Tell = Callable[[int, int, Result], None]
"""Told how many submissions are done, of how many, and the newest result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """How a class is graded, and where its books are.

    `secret` and `round` give each student a seed, as `grader grade --student` has it; without a secret they are drawn.
    `graders` opens who will grade: the judges of this machine, or a cluster.
    """

    assignment: str
    gradebook: str
    attempts: Path
    options: Options
    secret: str
    round: str
    graders: Callable[[Options], AbstractContextManager[Graders]]
    translate: Translator

    @property
    def folder(self) -> Path:
        """Where the attempts at this assignment are kept."""
        return self.attempts / check_id(self.assignment, "--assignment")

    def seed(self, student: str) -> int | None:
        """The seed of a student; None if it is to be drawn."""
        return round_seed(self.secret, student, self.round) if self.secret else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended: what there is to say aloud, whose submissions were not graded, and all scores."""

    lines: Sequence[str]
    failed: Collection[str]
    scores: Scores


def run_class(found: Found, roster: Path | None, chosen: Class, tell: Tell) -> Summary:
    """Grade what is not graded yet, and bring the gradebook up to date with all that is.

    Raises:
        UsageError: If the roster, an exercise or the gradebook is not what it must be.
        GraderError: If the gradebook or an attempt cannot be written. A submission that fails stops nothing.
    """
    worth = worth_of(chosen.options.tests, chosen.options.exercises)
    students = read_roster(roster) if roster else ()
    attempts = Attempts(chosen.folder)
    results: list[Result] = []
    with (
        attempts.held(),
        chosen.graders(chosen.options) as graders,
        open_gradebook(chosen.gradebook, chosen.assignment, worth) as gradebook,
    ):
        kept = attempts.all_newest()
        _check_exercises(kept, worth, chosen.assignment)
        gradebook.enrol(students)
        for attempt in kept.values():  # the run before may have ended between keeping and entering one
            gradebook.enter(attempt)
        for result in grade_class(
            found.submissions,
            chosen.options,
            attempts,
            seeds=chosen.seed,
            translate=chosen.translate,
            graders=graders,
        ):
            results.append(result)
            if isinstance(result, Graded) and not result.known:
                gradebook.enter(result.attempt)
            tell(len(results), len(found.submissions), result)
        kept = attempts.all_newest()
    return _summary(found, results, students, kept, chosen.assignment, worth)


def _check_exercises(kept: Mapping[str, Attempt], exercises: Collection[str], assignment: str) -> None:
    """No exercise leaves an assignment that was graded: a part must not take the place of the whole."""
    before = {name for attempt in kept.values() for name in attempt.exercises}
    if lost := sorted(before - set(exercises)):
        raise UsageError(
            f"{assignment} was graded with {', '.join(lost)}; give the same exercises, or another name by --assignment"
        )


def _summary(
    found: Found,
    results: Sequence[Result],
    students: Sequence[Student],
    kept: Mapping[str, Attempt],
    assignment: str,
    worth: Worth,
) -> Summary:
    graded = {result.student for result in results if isinstance(result, Graded)}
    failed = [result.student for result in results if isinstance(result, NotGraded)]
    handed_in = graded.union(failed)
    rostered = {student.id for student in students}
    lines = [f"{len(results)} submissions: {len(graded)} graded, {len(failed)} not graded"]
    lines += _named("not a submission, and not taken", found.ignored)
    lines += _named("on the roster, without a submission", sorted(rostered - handed_in))
    strangers = sorted(handed_in - rostered) if students else []
    lines += _named("not on the roster; graded, and not in the table", strangers)
    lines += _named("not graded", sorted(failed))
    listed = students or [Student(id=id) for id in sorted(handed_in.union(kept))]
    scores = Scores(
        assignment=assignment,
        exercises=list(worth),
        max_score=sum(points for checks in worth.values() for points in checks.values()),
        has_bonus=any(spec.bonus for spec in load_course().exercises if spec.name in worth),
        standings=stand_of(listed, kept, graded=graded, failed=failed),
        strangers=strangers,
    )
    return Summary(lines=lines, failed=failed, scores=scores)


def _named(what: str, names: Sequence[str]) -> list[str]:
    """A line that names these, if there are any."""
    return [f"{what}: {', '.join(names)}"] if names else []
