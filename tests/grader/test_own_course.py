"""A course of an instructor's own: data is edited in a clone, no code, and all goes on by the command line."""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import make_notebook
from grader.course import load_course, load_points, read_course, share_out
from grader.errors import GraderError

PARTS = ("grader", "solutions", "exercises", "tests/public", "tests/hidden", "pyproject.toml", "constraints.txt")
POINTS = {"windowing": 20, "baselines": 30, "parameters": 10}
HEAD, *EXERCISES = (Path(__file__).parents[2] / "grader" / "course.toml").read_text("utf-8").split("[[exercises]]")


def edited(*changes, exercises=EXERCISES):
    """The course's file with some exercises, after changes of the text."""
    text = "[[exercises]]".join([HEAD, *exercises])
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@given(weights=st.lists(st.integers(1, 9), min_size=1, max_size=20), more=st.integers(0, 200))
def test_points_are_shared_out_whole_and_in_proportion(weights, more):
    points, names = len(weights) + more, [str(number) for number in range(len(weights))]
    shares = share_out(points, dict(zip(names, weights, strict=True)))
    assert sum(shares.values()) == points
    assert min(shares.values()) >= 1
    quotas = [points * weight / sum(weights) for weight in weights]
    if min(quotas) >= 1:
        assert all(abs(share - quota) < 1 for share, quota in zip(shares.values(), quotas, strict=True))
    assert all(shares[a] >= shares[b] for a in names for b in names if weights[int(a)] > weights[int(b)])


@given(weights=st.dictionaries(st.text(), st.integers(1, 9), min_size=1))
def test_points_that_add_up_already_stay_as_they_are(weights):
    assert share_out(sum(weights.values()), weights) == weights


def test_the_course_as_it_is_published_has_a_hundred_points(root):
    course = load_course()
    for suite in ("public", "hidden"):
        points = load_points(root / "tests" / suite)
        bonus = sum(spec.points for spec in course.exercises if spec.bonus)
        assert (sum(points.values()) - bonus, bonus) == (100, 10)


MISTAKES = {
    "TOML": (edited(('"windowing"', '"windowing')), "line"),
    "kind": (edited(("points = 12", 'points = "12"')), "windowing: Expected `int`, got `str` - at `$.points`"),
    "half a point": (edited(("points = 12", "points = 12.5")), "windowing: Expected `int`, got `float`"),
    "no points": (edited(("points = 12", "points = 0")), "windowing: points is 0; expected a whole number above 0"),
    "no functions": (edited(('functions = ["input_gradient_norms"]', "")), "gradients: Object missing required field"),
    "language": (edited(('# language = "es"', 'language = "fr"')), "language is 'fr'; expected one of en, es"),
    "key": (edited(("bonus = true", "bonsu = true")), "beyond: there is no setting bonsu; expected only name, points"),
    "limit": (edited(("call_s = 5", "cal_s = 5\ncall_s = 5")), "limits: there is no setting cal_s; expected only"),
    "no time": (edited(("call_s = 5", "call_s = 0")), "the limit call_s is 0; expected a number above 0"),
    "twice": (edited(exercises=EXERCISES[:1] * 2), "the exercise windowing is there 2 times; expected once"),
    "borrowed": (edited(('"fit_scaler"', '"build_lstm"')), "the function build_lstm is there 2 times"),
    "empty": ("exercises = []\n" + edited(exercises=[]), "expected at least one that counts"),
    "all bonus": (edited(exercises=EXERCISES[-1:]), "every exercise is a bonus, or left out"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_course_is_one_sentence_with_its_place(mistake, tmp_path):
    text, reason = MISTAKES[mistake]
    (tmp_path / "course.toml").write_text(text, "utf-8")
    with pytest.raises(GraderError, match=rf"^course\.toml: .*{re.escape(reason)}"):
        read_course(tmp_path / "course.toml")


class Clone:
    """An instructor's clone of the repository, with an environment in which its own grader is installed."""

    def __init__(self, root, folder):
        self.root = folder / "course"
        for part in PARTS:
            source, target = root / part, self.root / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        for name in ("README.md", "LICENSE"):
            shutil.copy(root / name, self.root)
        venv.create(folder / "venv", symlinks=True)
        self.python = folder / "venv" / "bin" / "python"
        (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
        (packages / "course.pth").write_text(f"{self.root}\n{sysconfig.get_path('purelib')}\n")

    def write(self, name, text):
        (self.root / name).write_text(text, "utf-8")

    def run(self, *words, cwd=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "LANG"))}
        command = [str(self.python), "-m", *map(str, words)]
        return subprocess.run(
            command, cwd=cwd or self.root, env=environment | {"LC_ALL": "C.UTF-8"}, capture_output=True, text=True
        )

    def said(self, *words):
        """What a command of the grader says; it ends well."""
        done = self.run("grader", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def graded(self, path, *options):
        """The report of the command line on a submission."""
        file = self.root / "report.json"
        self.said("grade", path, "--seed", 1, "--json", file, *options)
        return json.loads(file.read_text("utf-8"))


@pytest.fixture(scope="module")
def clone(root, tmp_path_factory):
    return Clone(root, tmp_path_factory.mktemp("own"))


HAS = "tests/public/points.toml has"
REFUSED = {
    "exercise": (
        edited(('"windowing"', '"windoing"')),
        "the exercise windoing has no checks in tests/public/points.toml",
    ),
    "function": (
        edited(('"scale"', '"scael"')),
        f"the exercise windowing has the function scael; {HAS} checks of split",
    ),
    "lost": (
        edited(('"scale", ', "")),
        f"the exercise windowing lacks the function scale, of which {HAS} checks; add it",
    ),
    "points": (
        edited(("points = 12", "points = 3")),
        "the exercise windowing has 3 points for 7 checks of tests/public",
    ),
    "limit": (
        edited(("plot_forecast = 30", "plot = 30")),
        f"function_s has plot; expected functions that {HAS} checks of",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_course_that_does_not_fit_its_suites_is_not_graded(mistake, clone):
    text, reason = REFUSED[mistake]
    clone.write("grader/course.toml", text)
    done = clone.run("grader", "grade", "solutions")
    assert done.returncode == 3
    assert unwrapped(done.stderr).startswith(f"grader: course.toml: {reason}")


def unwrapped(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """Three exercises with other points, in Spanish, on a series of her own."""
    clone = Clone(root, tmp_path_factory.mktemp("three"))
    kept = [text for text in EXERCISES if any(f'name = "{name}"' in text for name in POINTS)]
    changes = [('"recurrent-networks"\n', '"short"\nlanguage = "es"\n')]
    changes += [(f"points = {old}", f"points = {new}") for old, new in ((12, 20), (8, 30), (8, 10))]
    clone.write("grader/course.toml", edited(*changes, exercises=kept))
    t, noise = np.arange(4_000), np.random.default_rng(0).normal(scale=0.1, size=4_000)
    tides = 300.0 + 40.0 * (np.sin(0.5 * t) + 0.5 * np.sin(0.23 * t) + noise)
    clone.write("tests/hidden/tides.csv", "level\n" + "".join(f"{level:.3f}\n" for level in tides))
    clone.write("tests/hidden/series.toml", 'file = "tides.csv"\n')
    clone.said("stubs")
    return clone


def test_what_is_left_out_has_no_stub_and_no_place_in_a_release(course, tmp_path):
    modules = {f"{name}.py" for name in POINTS} | {"__init__.py"}
    assert {path.name for path in (course.root / "exercises").glob("*.py")} == modules
    out = tmp_path / "student"
    course.said("release", out)
    names = {path.name for path in (out / "exercises").iterdir()}
    assert names == modules | {f"{name}.es.md" for name in POINTS}
    assert {path.name for path in (out / "tests" / "public").glob("*.py")} == {f"test_{name}.py" for name in POINTS}
    assert "--lang es" in (out / ".github" / "workflows" / "grade.yml").read_text("utf-8")
    assert "| `baselines` | 30 |" in (out / "README.md").read_text("utf-8")
    assert not list(out.rglob("tides.csv"))
    asked = course.run("pytest", "-k", "windowing", "-p", "no:randomly", "-p", "no:cacheprovider", cwd=out)
    assert "7 sin escribir todavía" in asked.stdout, asked.stdout


def test_its_notebook_has_its_exercises_alone(course, tmp_path):
    course.said("notebook", tmp_path / "rnn")
    cells = json.loads((tmp_path / "rnn" / "short.ipynb").read_text("utf-8"))["cells"]
    ids = [cell["id"] for cell in cells]
    assert {id.removesuffix("-points") for id in ids if id.endswith("-points")} == set(POINTS)
    assert "Prepara lo necesario" in "".join(cells[1]["source"])


def test_a_picture_of_functions_that_are_left_out_is_left_out_too(root):
    course = load_course()
    alone = replace(course, exercises=course.chosen(["forecasting"]))
    both = replace(course, exercises=course.chosen(["windowing", "forecasting"]))
    for some, there in ((alone, False), (both, True)):
        ids = {cell["id"] for cell in make_notebook(root / "solutions", some, "en", solved=False).cells}
        assert ("forecasting-picture" in ids) is there


@pytest.mark.full
def test_thresholds_of_another_series_stop_the_grading_until_they_are_calibrated(course, tmp_path):
    before = (course.root / "tests/hidden/thresholds.toml").read_text("utf-8")
    stopped = course.run("grader", "grade", "solutions")
    assert stopped.returncode == 3
    assert "is for the series mackey-glass; expected one for the series sha256-" in unwrapped(stopped.stderr)
    assert "run `grader calibrate` first" in unwrapped(stopped.stderr)
    assert "or `grader calibrate --exercise baselines` for this one alone" in unwrapped(stopped.stderr)

    idle = course.run("grader", "calibrate", "--exercise", "windowing")
    assert (idle.returncode, "nothing to calibrate" in unwrapped(idle.stderr)) == (2, True)
    course.said("calibrate", "--draws", 100, "--exercise", "baselines", "--work", tmp_path)
    after = (course.root / "tests/hidden/thresholds.toml").read_text("utf-8")
    for name in ("reference_loses_any_point", 'checks."lstm.build_lstm.forecast"'):
        assert section(after, name) == section(before, name)
    assert 'series = "sha256-' in section(after, 'checks."baselines.build_linear.forecast"')

    report = course.graded("solutions")
    assert (report["score"], report["max_score"], report["max_bonus"]) == (60, 60, 0)
    assert {one["name"]: one["max_score"] for one in report["exercises"]} == POINTS
    assert {check["exercise"] for check in report["checks"]} == set(POINTS)
    assert any(check["message"].startswith("De 200 muestras") for check in report["checks"])

    wrong = shutil.copytree(course.root / "solutions", tmp_path / "wrong")
    with (wrong / "parameters.py").open("a", encoding="utf-8") as stream:
        stream.write(ONE_TOO_MANY)
    report = course.graded(wrong, "--lang", "en")
    lost = [check for check in report["checks"] if check["score"] < check["max_score"]]
    assert {check["function"] for check in lost} == {"gru_params"}
    assert report["score"] == 60 - sum(check["max_score"] for check in lost) < 60
    assert any(check["message"].startswith("Of 200 samples") for check in report["checks"])


ONE_TOO_MANY = """

right = gru_params


def gru_params(n_features, units):
    return right(n_features, units) + 1
"""


def section(text, name):
    """A table of the file of thresholds, as text."""
    return text.split(f"{name}]\n")[1].split("\n[")[0]


def test_a_series_that_cannot_be_used_is_one_sentence(clone):
    clone.write("grader/course.toml", edited())
    clone.write("tests/hidden/series.toml", 'file = "tides.csv"\n')
    clone.write("tests/hidden/tides.csv", "level\n" + "12.5\n" * 20)
    done = clone.run("grader", "calibrate", "--exercise", "baselines")
    assert done.returncode == 3
    assert "grader: tides.csv has 20 numbers; expected at least 3000" in unwrapped(done.stderr)
