"""A transcript is enough to judge again; it is bounded, and it answers nothing that it was not asked before."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader import transcript
from grader.contract import Outcome, Suite, View
from grader.errors import GraderError, UsageError
from grader.evidence import Ending, Failure, ModelData, Request, Returned
from grader.grade import Options, find_tests, grade, regrade
from grader.judge import Judge
from grader.report import to_json
from grader.text import Translator
from grader.transcript import Recorder, Replay

ROOT = Path(__file__).parents[2]
LIGHT = ("windowing", "parameters")


class Answers:
    """A source that gives these answers in turn."""

    def __init__(self, *answers):
        self._answers = list(answers)

    def ask(self, request):
        return self._answers.pop(0)


def asked(function, *args):
    return Request(exercise="windowing", function=function, args=args, seed=3)


def document(report):
    facts = to_json(report, View.INSTRUCTOR, Translator("en"))
    for check in facts["checks"]:
        check["duration_s"] = check["cached"] = None
    return {**facts, "duration_s": None}


FAULTY = """

def fit_scaler(train):
    raise SystemExit("no")

def scale(series, mean, std):
    while True: pass

def unscale(series, mean, std):
    return object()
"""


def test_a_transcript_gives_the_same_report_and_the_submission_is_not_run(compose, tmp_path):
    source = (ROOT / "solutions" / "windowing.py").read_text("utf-8") + FAULTY
    folder = compose({"windowing": source})
    path = tmp_path / "kept.transcript"
    tests = find_tests()
    first = grade(folder, Options(tests=tests, suite=Suite.ALL, exercises=LIGHT, seed=11, transcript=path))
    assert {check.outcome for check in first.checks} >= {Outcome.ERROR, Outcome.TIMEOUT, Outcome.REFUSED}
    assert {note.kind for note in first.notes} >= {"limit"}
    shutil.rmtree(folder)
    assert document(regrade(path, tests)) == document(first)


def test_from_the_command_line_too(tmp_path):
    path, out = tmp_path / "kept.transcript", [tmp_path / "first.json", tmp_path / "second.json"]
    words = ["solutions", "--exercise", "parameters", "--suite", "hidden", "--transcript", path, "--json", out[0]]
    for command in (["grade", *words], ["regrade", path, "--json", out[1]]):
        result = subprocess.run([sys.executable, "-m", "grader", *map(str, command)], cwd=ROOT, capture_output=True)
        assert result.returncode == 0, result.stderr
    first, second = (json.loads(file.read_text("utf-8")) for file in out)
    assert (first["seed"], first["score"], second["score"]) == (second["seed"], 8, 8)


def test_what_was_asked_twice_is_answered_in_turn(tmp_path):
    failure = Failure(ending=Ending.DIED, text="SIGSEGV", used={"limit": "5 s"}, bases=("A", "B"))
    recorder = Recorder(Answers(Returned(np.arange(3.0), ("x",)), failure, Returned(2)), tmp_path / "frames")
    for request in (asked("scale", 1), asked("scale", 1), asked("unscale", np.ones(2))):
        recorder.ask(request)
    replay = Replay(tmp_path / "frames")
    assert replay.ask(asked("unscale", np.ones(2))) == Returned(2)
    assert replay.ask(asked("scale", 1)).value.tolist() == [0, 1, 2]
    assert replay.ask(asked("scale", 1)) == failure


def linear(name):
    layers = [{"module": "keras.layers", "class_name": "Dense", "config": {"name": f"dense{name}", "units": 1}}]
    config = {"name": f"sequential{name}", "layers": layers}
    weights = [np.ones((2, 1)), np.zeros(1)]
    return ModelData(kind="Sequential", config=config, weights=weights, optimizer=None, loss=None)


def test_a_model_is_the_same_model_however_many_were_made_before_it(tmp_path):
    Recorder(Answers(Returned(1)), tmp_path / "frames").ask(asked("forecast_recursive", linear("")))
    replay = Replay(tmp_path / "frames")
    assert replay.ask(asked("forecast_recursive", linear("_7"))) == Returned(1)
    other = replace(linear(""), weights=[np.ones((2, 1)), np.ones(1)])
    with pytest.raises(GraderError):
        replay.ask(asked("forecast_recursive", other))


def test_a_judge_that_has_judged_others_draws_the_same_models_from_the_same_transcript(compose, tmp_path):
    path, tests = tmp_path / "kept.transcript", find_tests()
    options = Options(tests=tests, exercises=("gradients",), seed=11, transcript=path)
    with Judge() as judge:
        first = grade(compose({}), options, judge=judge)
        assert document(regrade(path, tests, judge=judge)) == document(first)


def test_a_request_that_was_never_made_has_no_answer(tmp_path):
    Recorder(Answers(Returned(1)), tmp_path / "frames").ask(asked("scale", 1))
    with pytest.raises(GraderError, match=r"windowing\.scale"):
        Replay(tmp_path / "frames").ask(asked("scale", 2))


def test_a_transcript_stops_growing_and_says_so_when_it_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(transcript, "MAX_BYTES", 2000)
    recorder = Recorder(Answers(*[Returned(np.zeros(100))] * 50), tmp_path / "frames")
    for number in range(50):
        assert isinstance(recorder.ask(asked("scale", number)), Returned)
    assert (tmp_path / "frames").stat().st_size < 4000
    with pytest.raises(GraderError, match="too large"):
        Replay(tmp_path / "frames").ask(asked("scale", 40))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 100, b"\xff" * 100])
def test_a_file_that_is_no_transcript_is_one_sentence(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UsageError, match="transcript"):
        regrade(tmp_path / "file", find_tests())


def test_a_suite_that_asks_something_else_leaves_no_grade(compose, tmp_path):
    tests = tmp_path / "tests"
    shutil.copytree(ROOT / "tests" / "public", tests / "public")
    path = tmp_path / "kept.transcript"
    grade(compose({}), Options(tests=tests, exercises=("parameters",), seed=1, transcript=path))
    suite = tests / "public" / "test_parameters.py"
    source = suite.read_text("utf-8")
    assert "submission.lstm_params(" in source
    suite.write_text(source.replace("submission.lstm_params(", "submission.lstm_params(1 + ", 1))
    with pytest.raises(GraderError, match="asks something else"):
        regrade(path, tests)
