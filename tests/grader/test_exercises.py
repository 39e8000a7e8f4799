"""What an exercise needs to be whole: `make exercise NAME=lstm` says what of it is still missing.

The steps are in `docs/adding-an-exercise.md`. That every known mistake loses points is the audit's to say.
"""

import shutil
from pathlib import Path

import pytest

from grader.contract import Outcome, Suite
from grader.course import load_course, load_hints, load_points, suite_folder
from grader.grade import Options, find_tests, grade
from grader.misconceptions import FOLDER, load_catalogue

ROOT = Path(__file__).parents[2]
HIDDEN, PUBLIC = (suite_folder(find_tests(), suite) for suite in (Suite.HIDDEN, Suite.PUBLIC))
EXERCISES = pytest.mark.parametrize("exercise", load_course().exercises, ids=lambda exercise: exercise.name)


@EXERCISES
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_statement_names_every_function(exercise, language):
    path = ROOT / "solutions" / f"{exercise.name}.{language}.md"
    assert path.is_file(), "write the statement"
    text = path.read_text("utf-8")
    assert [function for function in exercise.functions if f"`{function}" not in text] == []


@EXERCISES
@pytest.mark.parametrize("folder", [PUBLIC, HIDDEN], ids=["public", "hidden"])
def test_every_function_has_a_check_that_is_worth_points(exercise, folder):
    points = {id: worth for id, worth in load_points(folder).items() if id.startswith(f"{exercise.name}.")}
    assert {id.split(".")[1] for id in points} == set(exercise.functions)
    assert min(points.values()) >= 1


@EXERCISES
def test_every_function_has_three_hints_in_each_language(exercise):
    ladders = load_hints().get(exercise.name, {})
    for function in exercise.functions:
        assert {language: len(rungs) for language, rungs in ladders.get(function, {}).items()} == {"en": 3, "es": 3}


@EXERCISES
def test_every_function_has_known_mistakes(exercise):
    known = {each.function for each in load_catalogue(HIDDEN / FOLDER).values() if each.exercise == exercise.name}
    assert set(exercise.functions) - known == set()


@EXERCISES
def test_there_is_a_right_module_in_another_style(exercise):
    assert list((Path(__file__).parent / "samples" / "correct").glob(f"{exercise.name}.*.py"))


def graded(module, folder, exercise):
    """The outcome of each check of both suites on one module, without walls: it is ours."""
    shutil.copy(module, folder)
    options = Options(
        tests=find_tests(), suite=Suite.ALL, exercises=(exercise.name,), seed=7, in_process=True, trainer="keras"
    )
    return {check.id: check.outcome for check in grade(folder, options).checks}


@pytest.mark.full
@EXERCISES
def test_the_stub_fails_every_check_because_nothing_is_written(exercise, tmp_path):
    found = graded(ROOT / "exercises" / f"{exercise.name}.py", tmp_path, exercise)
    assert {id: outcome for id, outcome in found.items() if outcome is not Outcome.MISSING} == {}


@pytest.mark.full
@EXERCISES
def test_the_solution_passes_every_check(exercise, tmp_path):
    found = graded(ROOT / "solutions" / f"{exercise.name}.py", tmp_path, exercise)
    assert {id: outcome for id, outcome in found.items() if outcome is not Outcome.PASSED} == {}
