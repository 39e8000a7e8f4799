"""One submission, graded end to end: real worker, real judge, real pytest."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.contract import Outcome, Suite, View
from grader.errors import GraderError
from grader.grade import Options, find_tests, grade, round_seed
from grader.report import to_json
from grader.text import Translator

ROOT = Path(__file__).parents[2]
LIGHT = ("windowing", "parameters")
"""Exercises that need no TensorFlow, so that a test takes seconds."""


def graded(path, seed=7, exercises=LIGHT, suite=Suite.HIDDEN, **options):
    return grade(path, Options(tests=find_tests(), seed=seed, exercises=exercises, suite=suite, **options))


def outcomes(report, function):
    return {check.outcome for check in report.checks if check.function == function}


def scores(report):
    return {exercise.name: exercise.score for exercise in report.exercises}


def command(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_the_reference_has_every_point_in_the_worker_and_in_process_alike():
    for in_process in (False, True):
        report = graded(ROOT / "solutions", in_process=in_process)
        assert scores(report) == {"windowing": 12, "parameters": 8}
    assert report.isolation.rung == "in-process"


def test_the_stubs_have_none_and_every_exercise_is_missing(tmp_path):
    result = command("grade", "exercises", "--json", tmp_path / "report.json", "--seed", 3)
    assert result.returncode == 0, result.stderr
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (document["score"], document["max_score"], document["bonus"], document["max_bonus"]) == (0, 100, 0, 10)
    assert {exercise["status"] for exercise in document["exercises"]} == {"missing"}
    assert {check["outcome"] for check in document["checks"]} == {"missing"}


def test_the_same_seed_gives_the_same_report_and_another_seed_other_inputs():
    def document(seed):
        report = graded(ROOT / "solutions", seed=seed, suite=Suite.ALL)
        facts = to_json(report, View.INSTRUCTOR, Translator("en"))
        checks = [{key: value for key, value in check.items() if key != "duration_s"} for check in facts["checks"]]
        return {**facts, "checks": checks, "duration_s": 0}

    assert document(5) == document(5)


def test_all_runs_both_suites_and_scores_the_hidden_one():
    report = graded(ROOT / "solutions", suite=Suite.ALL)
    assert {check.suite for check in report.checks} == {Suite.PUBLIC, Suite.HIDDEN}
    assert sum(check.max_score for check in report.checks) == report.max_score == 20


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("def make_windows(:\n", Outcome.ERROR),
        ("import sys; sys.exit(0)\n", Outcome.ERROR),
        ("import os; os._exit(0)\n", Outcome.ERROR),
        ("import pytest; pytest.skip('all is well', allow_module_level=True)\n", Outcome.ERROR),
        ("raise NotImplementedError\n", Outcome.MISSING),
        ("", Outcome.MISSING),
    ],
    ids=["syntax", "exit", "death", "skip", "stub", "empty"],
)
def test_a_module_that_cannot_be_imported_costs_only_itself(compose, source, outcome):
    report = graded(compose({"windowing": source}))
    assert scores(report) == {"windowing": 0, "parameters": 8}
    assert outcomes(report, "make_windows") == {outcome}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("import os; os._exit(0)", Outcome.ERROR),
        ("raise KeyError('truth')", Outcome.ERROR),
        ("import pytest; pytest.xfail('please')", Outcome.ERROR),
        ("return object()", Outcome.REFUSED),
        ("return float('nan'), float('nan')", Outcome.REFUSED),
        ("return None", Outcome.FAILED),
        ("return np.array([1 + 2j]), 1.0", Outcome.REFUSED),
        ("raise NotImplementedError", Outcome.MISSING),
    ],
)
def test_a_fault_in_one_function_costs_that_function_alone(compose, body, outcome):
    source = (ROOT / "solutions" / "windowing.py").read_text("utf-8")
    report = graded(compose({"windowing": f"{source}\n\ndef fit_scaler(train):\n    {body}\n"}))
    assert outcome in outcomes(report, "fit_scaler")
    assert Outcome.PASSED not in outcomes(report, "fit_scaler")
    lost = {check.function for check in report.checks if check.outcome is not Outcome.PASSED}
    assert lost == {"fit_scaler"}


def test_an_endless_loop_is_a_timeout_that_names_the_limit(compose):
    source = (ROOT / "solutions" / "parameters.py").read_text("utf-8")
    report = graded(compose({"parameters": f"{source}\n\ndef gru_params(n_features, units):\n    while True: pass\n"}))
    assert outcomes(report, "gru_params") == {Outcome.TIMEOUT}
    assert all("5 s" in str(check.message) for check in report.checks if check.function == "gru_params")
    assert outcomes(report, "lstm_params") == {Outcome.PASSED}


def test_helpers_and_an_init_of_the_student_s_own_are_there(tmp_path):
    folder = tmp_path / "repo" / "exercises"
    folder.mkdir(parents=True)
    source = (ROOT / "solutions" / "windowing.py").read_text("utf-8")
    (folder / "__init__.py").write_text("FACTOR = 1\n")
    (folder / "utils.py").write_text("ONE = 1\n")
    (folder / "random.py").write_text("raise RuntimeError('the standard library is shadowed')\n")
    (folder / "windowing.py").write_text(
        "from __future__ import annotations\nimport random, utils\nfrom . import FACTOR\nfrom .utils import ONE\n"
        + source.replace("from __future__ import annotations", "")
    )
    assert graded(folder.parent, exercises=("windowing",)).score == 12


def test_a_module_and_an_archive_are_graded_as_a_folder_is(tmp_path):
    packed = shutil.make_archive(str(tmp_path / "hand-in"), "zip", ROOT, "solutions")
    assert scores(graded(Path(packed))) == {"windowing": 12, "parameters": 8}
    report = graded(ROOT / "solutions" / "parameters.py", exercises=())
    assert scores(report) == {"parameters": 8}


WRONG = """

def make_windows(series, look_back, horizon=1):
    print("a line of my own")
    if look_back == 0:
        raise ValueError(f"no {series} in {__file__}")
    X = np.stack([np.asarray(series, float)[i : i + look_back] for i in range(3)])
    return X, X[:, 0]
"""


def test_a_student_s_view_has_no_path_no_source_and_no_hidden_number(compose):
    source = (ROOT / "solutions" / "windowing.py").read_text("utf-8") + WRONG
    report = graded(compose({"windowing": source}), exercises=("windowing",), seed=123456789)
    document = to_json(report, View.STUDENT, Translator("en"))
    text = json.dumps(document["checks"], ensure_ascii=False) + json.dumps(document["notes"])
    assert document["score"] < 12
    assert not re.search(r"/tmp|/home|site-packages|tests/hidden", text)
    assert "123456789" not in json.dumps(document)
    messages = " ".join(check["message"] for check in document["checks"] if check["outcome"] != "passed")
    assert not re.search(r"\d\.\d", messages)
    hidden = (ROOT / "tests" / "hidden" / "test_windowing.py").read_text("utf-8")
    lines = [line.strip() for line in hidden.splitlines() if len(line.strip()) > 20 and '"""' not in line]
    assert not [line for line in lines if line in text]


def test_wrong_usage_is_one_sentence_and_exit_status_2(tmp_path):
    for arguments in (["grade", tmp_path / "nowhere"], ["grade", "solutions", "--exercise", "windoing"]):
        result = command(*arguments)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert result.stderr.strip()


def test_a_judge_that_cannot_do_its_work_gives_no_grade(tmp_path):
    tests = tmp_path / "tests"
    shutil.copytree(ROOT / "tests" / "public", tests / "public")
    (tests / "public" / "test_windowing.py").write_text("import nothing_like_this\n")
    with pytest.raises(GraderError, match="judge ended"):
        grade(ROOT / "solutions", Options(tests=tests, seed=1, exercises=("windowing",)))


def test_a_check_that_is_not_in_the_suite_any_more_leaves_no_grade(tmp_path):
    tests = tmp_path / "tests"
    shutil.copytree(ROOT / "tests" / "public", tests / "public")
    path = tests / "public" / "test_windowing.py"
    path.write_text(path.read_text("utf-8").replace("def test_scale_", "def no_test_scale_"))
    with pytest.raises(GraderError, match=r"windowing\.scale"):
        grade(ROOT / "solutions", Options(tests=tests, seed=1, exercises=("windowing",)))


def test_the_caller_s_pytest_options_do_not_reach_the_judge(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only -k none")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -k none\n")
    monkeypatch.chdir(tmp_path)
    assert scores(graded(ROOT / "solutions")) == {"windowing": 12, "parameters": 8}


def test_a_seed_of_a_round_is_a_student_s_own_and_nobody_s_to_guess():
    seeds = {
        round_seed(secret, student, round)
        for secret in ("one", "two")
        for student in ("ana", "bruno")
        for round in ("tp1", "tp2")
    }
    assert len(seeds) == 8
    assert all(0 <= seed < 2**53 for seed in seeds)
    assert round_seed("one", "ana", "tp1") == round_seed("one", "ana", "tp1")


def test_the_seed_of_a_student_needs_the_secret_of_the_course(monkeypatch, tmp_path):
    words = ["grade", "solutions", "--exercise", "parameters", "--student", "ana", "--round", "tp1"]
    monkeypatch.delenv("GRADER_SECRET", raising=False)
    refused = command(*words)
    assert refused.returncode == 2
    assert "GRADER_SECRET" in refused.stderr
    monkeypatch.setenv("GRADER_SECRET", "between us")
    assert command(*words, "--json", tmp_path / "report.json", "--view", "instructor").returncode == 0
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert document["seed"] == round_seed("between us", "ana", "tp1")
