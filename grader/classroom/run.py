"""One run of `grader class`, from the submissions to the gradebook and the table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from grader.classroom.attempts import Attempt, Attempts
from grader.classroom.gradebook import Gradebook, Worth, open_gradebook, worth_of
from grader.classroom.graders import Graders
from grader.classroom.grading import Graded, NotGraded, Result, grade_class
from grader.classroom.overrides import Overrides, apply, changes
from grader.classroom.standing import Scores, stand_of
from grader.classroom.submissions import Found, extend
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
    found = extend(found, students)
    attempts = Attempts(chosen.folder)
    by_hand = Overrides(chosen.folder)
    results: list[Result] = []
    with (
        # First: where another run is at work, no judge is started.
        attempts.held(),
        chosen.graders(chosen.options) as graders,
        open_gradebook(chosen.gradebook, chosen.assignment, worth) as gradebook,
    ):
        kept = attempts.all_newest()
        _check_exercises(kept, worth, chosen.assignment)
        enter_all(kept.values(), students, gradebook, by_hand)
        for result in grade_class(
            found.submissions,
            chosen.options,
            attempts,
            seeds=chosen.seed,
            translate=chosen.translate,
            graders=graders,
        ):
            if isinstance(result, Graded):
                if not result.known:
                    _enter(result.attempt, students, gradebook, by_hand)
                overrides = by_hand.of(result.student)
                # For what is told and posted alone; the attempt itself stays as the judge left it.
                result = replace(result, attempt=apply(result.attempt, overrides, chosen.translate))
            results.append(result)
            tell(len(results), len(found.submissions), result)
        kept = attempts.all_newest()
    concerned = [student for student in students if found.part.has(student.hands_in_as)]
    return _summary(found, results, concerned, kept, by_hand, chosen, worth)


def enter_all(kept: Iterable[Attempt], students: Sequence[Student], gradebook: Gradebook, by_hand: Overrides) -> None:
    """Bring the gradebook up to date: the run before may have ended between keeping an attempt and entering it."""
    gradebook.enrol(students)
    for attempt in kept:
        _enter(attempt, students, gradebook, by_hand)


def _enter(attempt: Attempt, students: Sequence[Student], gradebook: Gradebook, by_hand: Overrides) -> None:
    """Enter an attempt for everyone whose it is: the members of a group, or the student."""
    members = [student.id for student in students if student.hands_in_as == attempt.student]
    for id in members or [attempt.student]:
        gradebook.enter(attempt, id, changes(attempt, by_hand.of(attempt.student, id)))


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
    by_hand: Overrides,
    chosen: Class,
    worth: Worth,
) -> Summary:
    graded = {result.student for result in results if isinstance(result, Graded)}
    failed = [result.student for result in results if isinstance(result, NotGraded)]
    handed_in = graded.union(failed)
    rostered = {student.hands_in_as for student in students}
    alone = handed_in & ({student.id for student in students} - rostered)
    lines = [f"{len(results)} submissions: {len(graded)} graded, {len(failed)} not graded"]
    lines += _named("not a submission, and not taken", found.ignored)
    missing = [student.id for student in students if student.hands_in_as not in handed_in]
    lines += _named("on the roster, without a submission", sorted(missing))
    lines += _named("in a group, and handed in alone; not counted", sorted(alone))
    strangers = sorted(handed_in - rostered - alone) if students else []
    lines += _named("not on the roster; graded, and not in the table", strangers)
    lines += _named("not graded", sorted(failed))
    listed = students or [Student(id=id) for id in sorted(handed_in.union(kept))]
    overrides = {student.id: by_hand.of(student.hands_in_as, student.id) for student in listed}
    theirs = {student.id: kept[student.hands_in_as] for student in listed if student.hands_in_as in kept}
    scores = Scores(
        assignment=chosen.assignment,
        exercises=list(worth),
        max_score=sum(points for checks in worth.values() for points in checks.values()),
        has_bonus=any(spec.bonus for spec in load_course().exercises if spec.name in worth),
        standings=stand_of(
            listed,
            {id: apply(attempt, overrides[id], chosen.translate) for id, attempt in theirs.items()},
            graded={student.id for student in listed if student.hands_in_as in graded},
            failed={student.id for student in listed if student.hands_in_as in failed},
            by_hand={id: changes(attempt, overrides[id]) for id, attempt in theirs.items()},
        ),
        strangers=strangers,
    )
    return Summary(lines=lines, failed=failed, scores=scores)


def _named(what: str, names: Sequence[str]) -> list[str]:
    """A line that names these, if there are any."""
    return [f"{what}: {', '.join(names)}"] if names else []
