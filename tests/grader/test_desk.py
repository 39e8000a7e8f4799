"""Plain `pytest` at a student's desk: what is printed, and in which language."""

import shutil
import subprocess
import sys
import threading

import pytest

from tests.grader.conftest import known_mistake

PATIENCE_S = 60
KEY_ERROR = """

def gru_params(n_features, units):
    return {}["gates"]
"""


@pytest.fixture
def folder(tmp_path, root):
    """A student's folder."""
    shutil.copytree(root / "tests" / "public", tmp_path / "tests" / "public")
    shutil.copytree(root / "exercises", tmp_path / "exercises")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:randomly\n")
    return tmp_path


@pytest.fixture
def desk(folder):
    """Runs pytest in a student's folder on some exercises, and gives what it printed."""

    def run(modules, chosen, *options):
        for exercise, source in modules.items():
            (folder / "exercises" / f"{exercise}.py").write_text(source, "utf-8")
        command = [sys.executable, "-m", "pytest", "tests/public", "-k", chosen, "--lang", "en", *options]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout

    return run


def solution(root, exercise):
    return (root / "solutions" / f"{exercise}.py").read_text("utf-8")


def test_what_is_not_written_yet_is_named_once_and_is_no_list_of_failures(desk):
    status, printed = desk({}, "windowing")
    assert status == 1
    assert "not written yet: split_series, fit_scaler, scale, unscale, make_windows" in printed
    for noise in ("FAILED", "Traceback", "NotImplementedError", "expected:"):
        assert noise not in printed


def test_a_wrong_answer_is_told_in_sentences_without_a_traceback(desk, root):
    wrong = known_mistake("windowing.make_windows.horizon_ignored")
    status, printed = desk({"windowing": solution(root, "windowing") + wrong}, "windowing")
    assert status == 1
    told = printed.partition("test_make_windows_one_feature ___")[2].splitlines()[1:]
    assert [line.partition(":")[0] for line in told if line and line[0].isalpha()][:3] == [
        "expected",
        "what came",
        "hint",
    ]
    assert "windowing     6 of 7 checks" in printed
    for noise in ("FAILED", "Traceback", "test_windowing.py:", "CheckFailed", "expect_close"):
        assert noise not in printed


def test_an_exception_of_the_student_s_shows_the_student_s_own_line_and_no_other(desk, root):
    _, printed = desk({"parameters": solution(root, "parameters") + KEY_ERROR}, "parameters")
    assert "gru_params raised KeyError: 'gates' (parameters.py:" in printed
    assert 'return {}["gates"]' in printed
    for file in ("worker.py", "submission.py", "test_parameters.py:"):
        assert file not in printed


def test_a_wrong_network_is_told_without_what_tensorflow_logs_when_it_starts(desk, root, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    wrong = known_mistake("simple_rnn.build_simple_rnn.returns_sequences")
    status, printed = desk({"simple_rnn": solution(root, "simple_rnn") + wrong}, "build_simple_rnn_network")
    assert status == 1
    assert "what came:" in printed
    for noise in ("Captured stderr", "oneDNN", "absl"):
        assert noise not in printed


def test_a_module_that_cannot_be_imported_is_told_once_with_its_line(desk):
    _, printed = desk({"parameters": "def gru_params(:\n"}, "parameters")
    assert printed.count("cannot be imported") == 1
    assert "def gru_params(:" in printed
    assert "1 failed" in printed
    assert "5 not reached" in printed


def test_everything_right_is_an_exit_status_of_zero(desk, root):
    status, printed = desk({"parameters": solution(root, "parameters")}, "parameters")
    assert status == 0
    assert "parameters    6 of 6 checks" in printed


def test_it_speaks_spanish_if_asked_to(desk, root):
    _, printed = desk({"parameters": solution(root, "parameters") + KEY_ERROR}, "parameters", "--lang", "es")
    for words in ("se esperaba:", "gru_params lanzó KeyError", "pista:", "parameters    5 de 6 pruebas"):
        assert words in printed


def test_pytest_s_own_short_summary_comes_to_whoever_asks_for_it(desk, root):
    _, printed = desk({"parameters": solution(root, "parameters") + KEY_ERROR}, "parameters", "-rf")
    assert "FAILED tests/public/test_parameters.py::test_gru_params_example" in printed


LOOP = """

def make_windows(series, look_back, horizon=1):
    import time
    while True:
        time.sleep(0.1)
"""


def test_a_loop_without_an_end_is_spoken_of_while_it_runs(folder, root):
    (folder / "exercises" / "windowing.py").write_text(solution(root, "windowing") + LOOP, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/public",
        "-k",
        "make_windows",
        "--lang",
        "es",
        "-p",
        "no:randomly",
    ]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        watch = threading.Timer(PATIENCE_S, process.kill)
        watch.start()
        told = next((line for line in process.stdout if "sin respuesta" in line), "nothing")
        process.kill()
        watch.cancel()
    assert told.startswith("make_windows: sin respuesta desde hace 5 s. ¿Hay un bucle sin fin?")
