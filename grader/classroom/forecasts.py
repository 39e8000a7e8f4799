"""The forecasts of a class on one public series: each is made once from a transcript, and outlives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from grader.challenge import FUNCTION, Forecast
from grader.classroom.attempts import Attempt, Attempts, read, write
from grader.classroom.graders import Judges
from grader.classroom.grading import NotGraded, each
from grader.course import load_course
from grader.errors import GraderError

Tell = Callable[[int, int], None]


def forecasts(folder: Path, kept: Sequence[Attempt], judges: Judges, tell: Tell) -> dict[str, Forecast]:
    """The forecast of each attempt that has one, by student; what was made before is not made again.

    Args:
        folder: Of the assignment's attempts.
        kept: The attempts that count, at most one of a student's.
        judges: Who asks the forecasters.
        tell: Told how many are done, of how many.
    """
    attempts = Attempts(folder)
    exercise = load_course().owners.get(FUNCTION)  # a course may leave it out
    due = [attempt for attempt in kept if exercise in attempt.exercises and attempt.transcript]
    found: dict[str, Forecast] = {}

    def one(attempt: Attempt) -> tuple[str, Forecast]:
        return attempt.student, _forecast(folder / attempt.student / "forecast.json", attempt, attempts, judges)

    for number, result in enumerate(each(due, one, judges), start=1):
        tell(number, len(due))
        if not isinstance(result, NotGraded):  # a picture that lacks a line is better than none
            found |= dict([result])
    return {student: forecast for student, forecast in sorted(found.items()) if forecast.values}


def _forecast(path: Path, attempt: Attempt, attempts: Attempts, judges: Judges) -> Forecast:
    # The transcript may be gone by now; what was made from the one of this attempt is still right.
    if path.is_file() and (known := read(path, Forecast, "delete it")).source == attempt.transcript:
        return known
    transcript = attempts.transcript(attempt)
    if transcript is None:
        raise GraderError("its transcript is gone")
    made = replace(judges.forecast(transcript), source=attempt.transcript)
    write(path, made)
    return made
