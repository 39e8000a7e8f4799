"""Makes up a class: reports on the whole course whose outcomes come from a seed, as `grader class` keeps them."""

import datetime
import random

import numpy as np

from grader.challenge import SHOWN_SAMPLES, Forecast, persistence, public
from grader.classroom.attempts import Attempt
from grader.classroom.standing import Scores, stand_of
from grader.classroom.tables import Student
from grader.contract import Check, Isolation, Note, Outcome, Report, Suite, Text, View
from grader.course import load_course, load_points, load_titles, suite_folder
from grader.grade import find_tests
from grader.misconceptions import FOLDER, load_catalogue
from grader.report import make_exercises, to_json
from grader.text import Translator

HIDDEN = suite_folder(find_tests(), Suite.HIDDEN)
MISTAKES = load_catalogue(HIDDEN / FOLDER)
ENGLISH = Translator("en")


def report(outcomes, *, mistakes=None, notes=(), message="it is wrong", duration_s=2.5, exercises=None):
    """A report on the hidden suite.

    Args:
        outcomes: How each check ended, by id; all others passed.
        mistakes: The known mistake that a check shows, by id.
        notes: Kinds and sentences.
        message: What every lost check says.
        duration_s: What the grading took.
        exercises: Which there are; all if there are none.
    """
    names = exercises or load_course().names
    titles = load_titles(HIDDEN)
    checks = []
    for id, points in load_points(HIDDEN).items():
        exercise, function, _ = id.split(".")
        if exercise not in names:
            continue
        outcome = outcomes.get(id, Outcome.PASSED)
        passed = outcome is Outcome.PASSED
        check = Check(
            id=id,
            suite=Suite.HIDDEN,
            exercise=exercise,
            function=function,
            title=Text(titles[id]),
            outcome=outcome,
            score=points if passed else 0,
            max_score=points,
            message=Text(titles[id]) if passed else Text("{text}", {"text": message}),
            hint=None if passed else {"en": "Look again.", "es": "Hay que volver a mirar."},
            misconception=(mistakes or {}).get(id),
        )
        checks.append(check)
    return Report(
        submission="handed-in",
        suite=Suite.HIDDEN,
        seed=7,
        exercises=make_exercises(checks, [spec for spec in load_course().exercises if spec.name in names]),
        checks=tuple(checks),
        isolation=Isolation(rung="bwrap", detail=Text("a namespace of its own")),
        notes=tuple(Note(kind=kind, detail=Text("{text}", {"text": sentence})) for kind, sentence in notes),
        environment={"python": "3.11"},
        duration_s=duration_s,
    )


def attempt(student, graded):
    """What is kept of a report."""
    return Attempt(
        student=student,
        code="c",
        suite="s",
        seed=7,
        graded=datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC),
        report=to_json(graded, View.INSTRUCTOR, ENGLISH),
    )


def scores(students, reports, *, failed=(), strangers=(), exercises=None):
    """A class of these students, with the reports of those who have one, by id."""
    specs = [spec for spec in load_course().exercises if not exercises or spec.name in exercises]
    kept = {student: attempt(student, graded) for student, graded in reports.items()}
    return Scores(
        assignment="rnn",
        exercises=[spec.name for spec in specs],
        max_score=sum(spec.points for spec in specs if not spec.bonus),
        has_bonus=any(spec.bonus for spec in specs),
        standings=stand_of(students, kept, graded=kept, failed=failed),
        strangers=strangers,
    )


def drawn(count, seed=7):
    """A class of so many students, of very different strength; a few without a score."""
    chance = random.Random(seed)
    students = [
        Student(id=f"u{number:03}", first_name=f"Ana {number}", last_name=f"Núñez {number}") for number in range(count)
    ]
    reports = {}
    for student in students[: count * 9 // 10]:
        strength, outcomes, mistakes = chance.betavariate(3, 1), {}, {}
        for id in load_points(HIDDEN):
            if chance.random() > strength:
                outcomes[id] = chance.choice([Outcome.FAILED, Outcome.ERROR, Outcome.MISSING])
                known = [each for each in MISTAKES.values() if id.startswith(f"{each.exercise}.{each.function}.")]
                if known and outcomes[id] is Outcome.FAILED:
                    mistakes[id] = known[min(int(chance.expovariate(1)), len(known) - 1)].id
        notes = [("limit", "lstm_forward took longer than 10 s")] * chance.choice([0, 0, 0, 0, 1, 2])
        reports[student.id] = report(outcomes, mistakes=mistakes, notes=notes, duration_s=chance.lognormvariate(2, 0.8))
    return scores(students, reports, failed=[student.id for student in students[-2:]])


def forecasts(found, seed=7):
    """Forecasts of everyone who has a score, nearly right or nearly persistence; that of the last is a constant."""
    chance = np.random.default_rng(seed)
    truth, late = public().test[:SHOWN_SAMPLES], np.array(persistence().values)
    made = {}
    for student in [each.student.id for each in found.standings if each.attempt]:
        part = chance.beta(1, 8)
        made[student] = Forecast(values=list(truth + part * (late - truth)), nrmse=part * persistence().nrmse)
    return made | {student: Forecast(values=[3.0] * SHOWN_SAMPLES, nrmse=3.0)}
