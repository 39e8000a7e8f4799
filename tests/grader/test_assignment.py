"""The course's notebook: it has every function and no answer, gives points in a kernel, and goes through nbgrader."""

import ast
import csv
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.assignment import make_notebook
from grader.contract import Suite
from grader.course import load_course
from grader.grade import Options, find_tests, grade
from grader.handout import release_notebook
from grader.leaks import leaks, secrets
from grader.notebook import latest
from grader.text import LANGUAGES

ROOT = Path(__file__).parents[2]
COURSE = load_course()
LIGHT = ("windowing", "parameters")
MISTAKE = ROOT / "tests/hidden/misconceptions/windowing/make_windows.horizon_ignored.py"
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "rnn"\nc.ExecutePreprocessor.timeout = 600\n'


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


def made(language="en", solved=True):
    return make_notebook(ROOT / "solutions", COURSE, language, solved=solved)


def cell(notebook, id):
    return next(cell for cell in notebook.cells if cell.id == id)


def points_shown(notebook):
    """What nbgrader takes for the score of each exercise."""
    shown = {}
    for name in COURSE.names:
        cells = [each for each in notebook.cells if each.id == f"{name}-points"]
        outputs = [output for each in cells for output in each.outputs]
        assert not [output for output in outputs if output.get("name") == "stderr"]
        results = [output for output in outputs if output.output_type == "execute_result"]
        if results:
            shown[name] = float(results[0].data["text/plain"])
    return shown


def test_the_notebook_has_every_function_and_every_point_in_both_languages(language):
    notebook = made(language)
    nbformat.validate(notebook)
    worth = {}
    for each in notebook.cells:
        facts = each.metadata.get("nbgrader", {})
        worth |= {each.id: facts["points"]} if facts.get("grade") else {}
    assert worth == {f"{spec.name}-points": spec.points for spec in COURSE.exercises}
    assert COURSE.owners.keys() <= {each.id for each in notebook.cells}
    assert "<%" not in nbformat.writes(notebook)


def test_the_students_version_has_stubs_and_no_line_of_an_answer():
    source = "\n".join(each.source for each in made(solved=False).cells)
    assert source.count("raise NotImplementedError") == len(COURSE.owners)
    assert secrets(ROOT).isdisjoint(line.strip() for line in source.splitlines())


def test_every_cell_is_python_and_the_same_each_time(language):
    notebook = made(language)
    for each in notebook.cells:
        if each.cell_type == "code":
            ast.parse(each.source)
    assert nbformat.writes(notebook) == nbformat.writes(made(language))


def test_the_notebook_as_it_is_made_can_be_graded(tmp_path):
    for solved, points in ((True, 20), (False, 0)):
        path = tmp_path / "course.ipynb"
        nbformat.write(made(solved=solved), path)
        report = grade(path, Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=LIGHT, seed=5))
        assert report.score == points


def test_in_a_kernel_each_exercise_shows_its_points_and_a_loop_without_end_costs_only_its_own(tmp_path):
    from nbclient import NotebookClient

    notebook = made()
    keep = {"setup", "windowing-given", "parameters-given"}
    keep |= {id for spec in COURSE.exercises if spec.name in LIGHT for id in (*spec.functions, f"{spec.name}-points")}
    notebook.cells = [each for each in notebook.cells if each.id in keep]
    cell(notebook, "unscale").source = "def unscale(series, mean, std):\n    while True:\n        pass\n"
    cell(notebook, "lstm_params").source = "!true\ndef lstm_params(:"
    NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert points_shown(notebook) == {"windowing": 11, "parameters": 5}
    printed = "".join(output.get("text", "") for output in cell(notebook, "windowing-points").outputs)
    assert "unscale gave no answer" in printed
    assert "provisional" in printed


def test_of_a_long_session_the_latest_code_is_graded():
    texts = [f"scale = {number}  #" + "x" * 2**16 for number in range(40)]
    kept = latest([*texts, *texts])
    assert kept == texts[-15:]


def nbgrader(folder, *arguments):
    """Run nbgrader as an instructor does. It asks the PATH for a program of its own."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def modules(notebook, folder):
    """The same code as a folder of modules: each exercise with everything that is above it in the notebook."""
    folder.mkdir()
    above = []
    for each in notebook.cells:
        name = each.id.removesuffix("-points")
        if name in COURSE.names and each.cell_type == "code":
            (folder / f"{name}.py").write_text("\n\n".join(above), "utf-8")
        elif each.cell_type == "code" and each.id != "setup" and not each.id.endswith("-picture"):
            above.append(each.source)
    return folder


def scores(path, suite):
    report = grade(path, Options(tests=find_tests(), suite=suite, seed=11))
    return {exercise.name: exercise.score for exercise in report.exercises}


@pytest.mark.full
def test_three_notebooks_go_through_nbgrader_from_end_to_end(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    release_notebook(tmp_path / "source" / "rnn", ROOT, "es", solved=True)
    nbgrader(tmp_path, "generate_assignment", "rnn", "--create")
    assert leaks(tmp_path / "release", ROOT) == []

    name = f"{COURSE.name}.ipynb"
    right = nbformat.read(tmp_path / "source" / "rnn" / name, 4)
    empty = nbformat.read(tmp_path / "release" / "rnn" / name, 4)
    partly = nbformat.read(tmp_path / "release" / "rnn" / name, 4)
    for spec in COURSE.exercises:
        for function in spec.functions if spec.name in LIGHT else ():
            cell(partly, function).source = cell(right, function).source
    cell(partly, "make_windows").source += "\n\n" + MISTAKE.read_text("utf-8")
    handed_in = {"right": right, "partly": partly, "empty": empty}
    for student, notebook in handed_in.items():
        path = tmp_path / "submitted" / student / "rnn" / name
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)

    nbgrader(tmp_path, "autograde", "rnn")
    nbgrader(tmp_path, "generate_feedback", "rnn")
    nbgrader(tmp_path, "export", "--to", "grades.csv")
    with (tmp_path / "grades.csv").open() as stream:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}
    assert exported["right"] == 110
    assert 0 == exported["empty"] < exported["partly"] < 20

    for student, notebook in handed_in.items():
        as_modules = modules(notebook, tmp_path / student)
        shown = points_shown(nbformat.read(tmp_path / "autograded" / student / "rnn" / name, 4))
        assert shown == scores(as_modules, Suite.PUBLIC)
        assert sum(shown.values()) == exported[student]
        assert list((tmp_path / "feedback" / student / "rnn").glob("*.html"))
    submitted = tmp_path / "submitted" / "partly" / "rnn"
    assert scores(submitted, Suite.HIDDEN) == scores(tmp_path / "partly", Suite.HIDDEN)
