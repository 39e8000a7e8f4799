"""The report: what counts, what a student may see, and when there is none."""

import json
from dataclasses import replace

import pytest

from grader.contract import Check, Isolation, Note, Outcome, Report, Status, Suite, Text, View, printable
from grader.course import ExerciseSpec
from grader.errors import GraderError
from grader.report import make_checks, make_exercises, redact, to_json
from grader.text import Translator

POINTS = {"lstm.build_lstm.layers": 2, "lstm.build_lstm.forecast": 1}
ENGLISH = Translator("en")


def ran(id, outcome="passed", suite="hidden", template="it is wrong", **values):
    exercise, function, _ = id.split(".")
    metadata = {"id": id, "suite": suite, "exercise": exercise, "function": function, "points": POINTS.get(id, 1)}
    word = {"outcome": outcome, "message": {"template": template, "values": values}, "detail": None}
    ended = "passed" if outcome == "passed" else "failed"
    stages = {stage: {"duration": 0.5, "outcome": ended} for stage in ("setup", "call", "teardown")}
    return {
        "outcome": ended,
        "metadata": {**metadata, "title": "A title."},
        "user_properties": [{"grader": word}],
        **stages,
    }


def checks(*tests, points=POINTS):
    return make_checks(tests, {Suite.HIDDEN: points}, {})


def test_points_are_those_of_the_checks_that_passed():
    found = checks(ran("lstm.build_lstm.layers"), ran("lstm.build_lstm.forecast", "failed"))
    exercise = make_exercises(found, [ExerciseSpec(name="lstm", points=3, functions=("build_lstm",))])[0]
    assert (exercise.score, exercise.max_score, exercise.status) == (2, 3, Status.PARTIAL)


def test_an_exercise_is_missing_only_if_nothing_of_it_is_there():
    spec = [ExerciseSpec(name="lstm", points=3, functions=("build_lstm",))]
    missing = checks(ran("lstm.build_lstm.layers", "missing"), ran("lstm.build_lstm.forecast", "missing"))
    wrong = checks(ran("lstm.build_lstm.layers", "missing"), ran("lstm.build_lstm.forecast", "failed"))
    assert make_exercises(missing, spec)[0].status is Status.MISSING
    assert make_exercises(wrong, spec)[0].status is Status.FAILED


def test_a_check_that_did_not_run_or_ran_twice_leaves_no_grade():
    one = ran("lstm.build_lstm.layers")
    for tests in ([one], [one, one, ran("lstm.build_lstm.forecast")], []):
        with pytest.raises(GraderError, match="did not run as a whole"):
            checks(*tests)


@pytest.mark.parametrize("outcome", ["skipped", "xfailed", "xpassed", "rerun"])
def test_an_outcome_that_is_none_of_ours_leaves_no_grade(outcome):
    odd = {**ran("lstm.build_lstm.layers"), "outcome": outcome}
    with pytest.raises(GraderError, match="broke"):
        checks(odd, ran("lstm.build_lstm.forecast"))


def test_the_plugin_s_word_must_agree_with_pytest_s():
    lie = {**ran("lstm.build_lstm.layers", "failed"), "user_properties": [{"grader": {"outcome": "passed"}}]}
    with pytest.raises(GraderError, match="broke"):
        checks(lie, ran("lstm.build_lstm.forecast"))


def report(*found):
    return Report(
        submission="ana",
        suite=Suite.ALL,
        seed=4711,
        exercises=(),
        checks=found,
        isolation=Isolation(rung="subprocess", detail=Text("walls")),
        notes=(Note(kind="left-out", detail=Text("a file")),),
        environment={"python": "3.11"},
        duration_s=1.0,
    )


def lost(suite, text="bad value 0.123456 in /home/ana/exercises/lstm.py"):
    return Check(
        id="lstm.build_lstm.layers",
        suite=suite,
        exercise="lstm",
        function="build_lstm",
        title=Text("A title."),
        outcome=Outcome.ERROR,
        score=0,
        max_score=2,
        message=Text(
            "{function} raised {type}: {text}", {"function": "build_lstm", "type": "ValueError", "text": text}
        ),
        detail=Text("expected {expected}", {"expected": "0.777"}),
        hint={"en": "Look at the units.", "es": "Mira las unidades."},
    )


def test_a_student_sees_of_a_hidden_check_no_value_no_path_and_no_seed():
    document = json.dumps(to_json(report(lost(Suite.HIDDEN)), View.STUDENT, ENGLISH))
    for secret in ("0.777", "0.123456", "/home", "4711"):
        assert secret not in document
    assert "lstm.py" in document


def test_a_student_s_notes_are_as_bare_as_the_messages():
    text = Text(
        "{function} raised {type}: {text}", {"function": "scale", "type": "E", "text": "0.123456 in /home/x/y.py"}
    )
    noted = replace(report(lost(Suite.HIDDEN)), notes=(Note(kind="forbidden", detail=text),))
    assert to_json(noted, View.STUDENT, ENGLISH)["notes"][0]["detail"] == "scale raised E: … in y.py"
    assert "0.123456" in to_json(noted, View.INSTRUCTOR, ENGLISH)["notes"][0]["detail"]


def test_a_student_sees_the_values_of_a_public_check():
    document = json.dumps(to_json(report(lost(Suite.PUBLIC)), View.STUDENT, ENGLISH))
    assert "0.777" in document
    assert "0.123456" in document
    assert "/home" not in document


def test_an_instructor_sees_everything():
    document = to_json(report(lost(Suite.HIDDEN)), View.INSTRUCTOR, ENGLISH)
    assert document["seed"] == 4711
    assert "0.777" in document["checks"][0]["message"]


def test_the_document_has_the_keys_of_the_contract():
    document = to_json(report(lost(Suite.HIDDEN)), View.STUDENT, Translator("es"))
    assert document["schema"] == "grader/report/v1"
    keys = (
        "schema submission view score max_score bonus max_bonus seed suite exercises checks isolation notes environment"
    )
    assert list(document) == [*keys.split(), "duration_s"]
    keys = "id exercise function outcome score max_score message hint misconception cached duration_s"
    assert list(document["checks"][0]) == keys.split()
    assert document["checks"][0]["hint"] == "Mira las unidades."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("could not broadcast (20,1) into (20,)", "could not broadcast (20,1) into (20,)"),
        ("x = [-1.5 2e-07]", "x = […  …]".replace("  ", " ")),
        ("no file /tmp/a/b/data.csv", "no file data.csv"),
        (r"no file C:\Users\ana\data.csv", "no file data.csv"),
        ("{'/root/secret/points.toml'}", "{'points.toml'}"),
        ("x/root/secret/points.toml, ./root/secret/points.toml", "points.toml, points.toml"),
        ("no file src/own/data.csv", "no file data.csv"),
        ("[m]/s, 1 /2, </b></details>", "[m]/s, 1 /2, </b></details>"),
        ("12345678901234", "…"),
    ],
)
def test_numbers_of_hidden_inputs_and_paths_are_taken_out_of_a_student_s_own_message(text, shown):
    assert str(redact(Text("{text}", {"text": text}))) == shown


def test_what_is_said_in_colour_is_said_without_it_and_nothing_commands():
    assert printable("\x1b[1mInput 0\x1b[0m\x1b]0;title\x07") == "Input 0 ]0;title "


def test_what_a_submission_says_inside_of_another_sentence_is_bare_too():
    inner = Text("a dict with the keys {keys}", {"keys": "0.123456, mae"})
    assert str(redact(Text("returned {came}", {"came": inner}))) == "returned a dict with the keys …, mae"
