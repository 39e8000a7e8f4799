"""Makes the report of one submission from what `pytest-json-report` wrote. Pure: takes values, returns values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

from grader.contract import SCHEMA, Check, Exercise, Isolation, Note, Outcome, Report, Scalar, Status, Suite, Text, View
from grader.course import ExerciseSpec, Ladder, load_course
from grader.errors import GraderError
from grader.jobs import PROPERTY, text_from_json
from grader.text import LANGUAGES, Translator

Hints = Mapping[str, Mapping[str, Ladder]]


def make_checks(
    tests: Iterable[Mapping[str, Any]],
    expected: Mapping[Suite, Mapping[str, int]],
    hints: Hints,
    cached: Container[str] = (),
) -> list[Check]:
    """The checks of a run, in the order in which they ran.

    Args:
        tests: What `pytest-json-report` wrote of each.
        expected: The points of every check that had to run, by suite and id.
        hints: The ladder of hints for each function of each exercise. A lost check shows the first rung, or the
            explanation of the mistake that its evidence looks like.
        cached: The exercises that were known from before.

    Raises:
        GraderError: If the checks that ran are not exactly those that had to, each with one outcome.
    """
    scored = Suite.HIDDEN if Suite.HIDDEN in expected else Suite.PUBLIC
    made = [_make_check(test, scored, hints) for test in tests]
    checks = [replace(check, cached=check.exercise in cached) for check in made]
    for suite, points in expected.items():
        came = sorted(check.id for check in checks if check.suite is suite)
        # As lists, so that a check that ran twice is seen as well (hostile row 71).
        if came != sorted(points):
            odd = sorted(set(came) ^ set(points)) or sorted(id for id in set(came) if came.count(id) > 1)
            raise GraderError(f"the {suite.value} suite did not run as a whole; look at {', '.join(odd[:5])}")
    return checks


def _make_check(test: Mapping[str, Any], scored: Suite, hints: Hints) -> Check:
    facts = test["metadata"]
    stages = {stage: test[stage] for stage in ("setup", "call", "teardown") if stage in test}
    verdict = _verdict(test, stages)
    outcome = Outcome(verdict["outcome"])
    suite = Suite(facts["suite"])
    points = int(facts["points"]) if suite is scored else 0
    sentence = str(facts["title"])
    title = Text(sentence)
    passed = outcome is Outcome.PASSED
    mistake = {} if passed else facts.get("misconception", {})
    ladder = {} if passed else hints.get(facts["exercise"], {}).get(facts["function"], {})
    hint = mistake.get("explanation") or {language: rungs[0] for language, rungs in ladder.items()}
    return Check(
        id=facts["id"],
        suite=suite,
        exercise=facts["exercise"],
        function=facts["function"],
        title=title,
        outcome=outcome,
        score=points if passed else 0,
        max_score=points,
        message=title if passed else text_from_json(verdict["message"]),
        detail=text_from_json(verdict["detail"]) if verdict.get("detail") else None,
        hint=hint or None,
        misconception=mistake.get("id"),
        duration_s=sum(stage.get("duration", 0.0) for stage in stages.values()),
    )


def _verdict(test: Mapping[str, Any], stages: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The plugin's word on a check, held against pytest's own; a check that broke by itself is the grader's fault."""
    words = [facts for entry in test.get("user_properties", ()) for key, facts in entry.items() if key == PROPERTY]
    passed = test["outcome"] == "passed" and set(stages) == {"setup", "call", "teardown"}
    # Skipped, xfailed and xpassed are none of these: the run gives no grade then (hostile row 6).
    if len(words) == 1 and (words[0]["outcome"] == "passed") is passed and test["outcome"] in _ENDED:
        return dict(words[0])
    crash = next((stage["crash"]["message"] for stage in stages.values() if "crash" in stage), test["outcome"])
    raise GraderError(f"the check {test['metadata']['id']} broke: {str(crash).splitlines()[0]}")


_ENDED = {"passed", "failed", "error"}


def make_exercises(checks: Iterable[Check], specs: Iterable[ExerciseSpec]) -> tuple[Exercise, ...]:
    """The points of each exercise, from its checks in the suite that is scored."""
    found = list(checks)
    return tuple(_make_exercise(spec, [c for c in found if c.exercise == spec.name and c.max_score]) for spec in specs)


def _make_exercise(spec: ExerciseSpec, checks: list[Check]) -> Exercise:
    score, max_score = sum(check.score for check in checks), sum(check.max_score for check in checks)
    if score == max_score:
        status = Status.PASSED
    elif score:
        status = Status.PARTIAL
    else:
        missing = all(check.outcome is Outcome.MISSING for check in checks)
        status = Status.MISSING if missing else Status.FAILED
    return Exercise(name=spec.name, score=score, max_score=max_score, bonus=spec.bonus, status=status)


# Hidden inputs are drawn as floats. Shapes, indices and other short integers stay, which explain an error.
FLOAT = re.compile(r"[-+]?(\d*\.\d+|\d+\.)([eE][-+]?\d+)?|[-+]?\d+[eE][-+]?\d+|\d{7,}")
# Paths, also relative ones and whatever a submission has put in front, down to the last name. Neither a fraction nor a
# closing tag is one.
PATH = re.compile(r"(?:[A-Za-z]:|[\w.~-]*)[/\\](?:[^\s/\\'\"<>]+[/\\])+(?=[^\s/\\'\"<>])")


OF_THE_STUDENT = {"text", "type", "place", "keys", "names"}
"""Values of a text in which a submission can say whatever it likes."""


def redact(text: Text) -> Text:
    """What a submission says, without the numbers of a hidden input and without paths."""
    values: dict[str, Scalar | Text] = {}
    for key, value in text.values.items():
        values[key] = redact(value) if isinstance(value, Text) else value
        if key in OF_THE_STUDENT and isinstance(value, str):
            values[key] = PATH.sub("", FLOAT.sub("…", value))
        elif key == "file" and isinstance(value, str):
            values[key] = PATH.sub("", value)
    return Text(text.template, values)


def as_seen_by(report: Report, view: View) -> Report:
    """The report as a student or an instructor may see it."""
    if view is View.INSTRUCTOR:
        return report
    # An exception may be worth a note, and its text is the submission's to choose (hostile row 31).
    notes = tuple(replace(note, detail=redact(note.detail)) for note in report.notes)
    return replace(report, checks=tuple(_for_student(check) for check in report.checks), notes=notes)


def _for_student(check: Check) -> Check:
    if check.suite is Suite.PUBLIC:
        # The public suite is in every student's hands: its values are no secret.
        return replace(check, message=_without_paths(check.message))
    return replace(check, message=redact(check.message), detail=None)


def _without_paths(text: Text) -> Text:
    values = {key: PATH.sub("", value) if isinstance(value, str) else value for key, value in text.values.items()}
    return Text(text.template, values)


def seed_hash(seed: int) -> str:
    """What a student sees of the seed until the round closes."""
    return hashlib.sha256(f"grader seed {seed}".encode()).hexdigest()


def message_of(check: Check, translate: Translator) -> str:
    """The message of a check with the values behind it, if the view has them."""
    message = translate(check.message)
    return f"{message} ({translate(check.detail)})" if check.detail else message


def to_json(report: Report, view: View, translate: Translator) -> dict[str, Any]:
    """The document of `--json`, schema `grader/report/v1`, in one view and one language."""
    seen = as_seen_by(report, view)
    return {
        "schema": SCHEMA,
        "submission": seen.submission,
        "view": view.value,
        "score": seen.score,
        "max_score": seen.max_score,
        "bonus": seen.bonus,
        "max_bonus": seen.max_bonus,
        "seed": seed_hash(seen.seed) if view is View.STUDENT else seen.seed,
        "suite": seen.suite.value,
        "exercises": [
            {"name": e.name, "score": e.score, "max_score": e.max_score, "status": e.status.value}
            for e in seen.exercises
        ],
        "checks": [_check_to_json(check, translate) for check in seen.checks],
        "isolation": {"rung": seen.isolation.rung, "detail": translate(seen.isolation.detail)},
        "notes": [{"kind": note.kind, "detail": translate(note.detail)} for note in seen.notes],
        "environment": dict(seen.environment),
        "duration_s": round(seen.duration_s, 3),
    }


def _check_to_json(check: Check, translate: Translator) -> dict[str, Any]:
    return {
        "id": check.id,
        "exercise": check.exercise,
        "function": check.function,
        "outcome": check.outcome.value,
        "score": check.score,
        "max_score": check.max_score,
        "message": message_of(check, translate),
        "hint": check.hint.get(translate.language) if check.hint else None,
        "misconception": check.misconception,
        "cached": check.cached,
        "duration_s": round(check.duration_s, 3),
    }


def from_json(document: Mapping[str, Any], titles: Mapping[str, str]) -> Report:
    """The report in a document of the instructor's view; its sentences stay in the language in which they are there.

    Args:
        document: What `to_json` gave.
        titles: What each check expects, by its id, which a document does not say of a check that was lost.

    Raises:
        GraderError: If it is no such document.
    """
    try:
        return Report(
            submission=document["submission"],
            suite=Suite(document["suite"]),
            seed=document["seed"],
            exercises=tuple(_exercise_from_json(data) for data in document["exercises"]),
            checks=tuple(_check_from_json(data, Suite(document["suite"]), titles) for data in document["checks"]),
            isolation=Isolation(rung=document["isolation"]["rung"], detail=_as_it_is(document["isolation"]["detail"])),
            notes=tuple(Note(kind=note["kind"], detail=_as_it_is(note["detail"])) for note in document["notes"]),
            environment=document["environment"],
            duration_s=document["duration_s"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GraderError(f"this is no report of ours: {type(error).__name__} {error}") from error


def _exercise_from_json(data: Mapping[str, Any]) -> Exercise:
    bonus = any(spec.bonus for spec in load_course().exercises if spec.name == data["name"])
    points = {"score": data["score"], "max_score": data["max_score"]}
    return Exercise(name=data["name"], bonus=bonus, status=Status(data["status"]), **points)


def _check_from_json(data: Mapping[str, Any], suite: Suite, titles: Mapping[str, str]) -> Check:
    same = "id exercise function score max_score misconception cached duration_s".split()
    scored = Suite.HIDDEN if data["max_score"] else Suite.PUBLIC
    return Check(
        suite=scored if suite is Suite.ALL else suite,
        title=Text(titles.get(data["id"], data["function"])),
        outcome=Outcome(data["outcome"]),
        message=_as_it_is(data["message"]),
        hint=dict.fromkeys(LANGUAGES, data["hint"]) if data["hint"] else None,
        **{name: data[name] for name in same},
    )


def _as_it_is(sentence: str) -> Text:
    """A sentence that has its language and its values already."""
    return Text("{text}", {"text": sentence})
