"""`grader watch`: grades on save, at a terminal and without one; and the ladder of hints."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from grader.contract import Check, Exercise, Isolation, Outcome, Report, Status, Suite, Text
from grader.course import load_course, load_hints
from grader.watch import Ladders, at_hand, merged

PATIENCE_S = 90


def check(name, outcome):
    exercise, function = name.split(".")
    return Check(
        id=f"{name}.example",
        suite=Suite.PUBLIC,
        exercise=exercise,
        function=function,
        title=Text("A title."),
        outcome=outcome,
        score=0,
        max_score=1,
        message=Text("a message"),
    )


def report(*checks):
    names = dict.fromkeys(check.exercise for check in checks)
    exercises = [Exercise(name=name, score=0, max_score=1, bonus=False, status=Status.FAILED) for name in names]
    return Report(
        submission="exercises",
        suite=Suite.PUBLIC,
        seed=1,
        exercises=tuple(exercises),
        checks=checks,
        isolation=Isolation(rung="subprocess", detail=Text("walls")),
        notes=(),
        environment={},
        duration_s=1.0,
    )


def test_at_hand_is_what_failed_before_what_is_not_written():
    missing, failed = check("windowing.scale", Outcome.MISSING), check("lstm.build_lstm", Outcome.FAILED)
    passed = check("windowing.fit_scaler", Outcome.PASSED)
    assert at_hand(report(passed, missing, failed)) is failed
    assert at_hand(report(passed, missing)) is missing
    assert at_hand(report(passed)) is None


def test_what_is_graded_again_replaces_what_was_known_and_the_course_keeps_its_order():
    before = report(check("windowing.scale", Outcome.FAILED), check("lstm.build_lstm", Outcome.FAILED))
    now = report(check("windowing.scale", Outcome.PASSED))
    together = merged(before, replace(now, duration_s=2.0))
    assert [(c.exercise, c.outcome) for c in together.checks] == [
        ("windowing", Outcome.PASSED),
        ("lstm", Outcome.FAILED),
    ]
    assert [exercise.name for exercise in together.exercises] == ["windowing", "lstm"]


def test_each_request_climbs_one_rung_and_the_last_one_stays():
    rungs = load_hints()["windowing"]["make_windows"]["es"]
    ladders = Ladders("es")
    given = [ladders.next("windowing", "make_windows") for _ in range(len(rungs) + 1)]
    assert [rung.text for rung in given] == [*rungs, rungs[-1]]
    assert ladders.next("windowing", "scale").number == 1


def test_every_function_has_a_hint_to_ask_for():
    for exercise in load_course().exercises:
        for function in exercise.functions:
            assert Ladders("en").next(exercise.name, function).text


@pytest.fixture
def watching(tmp_path, root):
    """Starts `grader watch` on the stub of `parameters`; gives the module's path and what has been printed so far."""
    module = tmp_path / "parameters.py"
    shutil.copy(root / "exercises" / "parameters.py", module)
    started = []

    def start(stdin, stdout):
        command = [sys.executable, "-m", "grader", "watch", str(tmp_path), "--exercise", "parameters", "--lang", "en"]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        started.append(
            subprocess.Popen(command, cwd=root, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)
        )
        return started[0], module

    yield start
    started[0].kill()
    started[0].wait()


def wait_for(pattern, read):
    deadline = time.monotonic() + PATIENCE_S
    while not re.search(pattern, read()):
        assert time.monotonic() < deadline, f"no {pattern!r} in {read()!r}"
        time.sleep(0.1)


def test_without_a_terminal_each_save_is_one_line(watching, tmp_path, root):
    output = tmp_path / "output.txt"
    with output.open("wb") as stream:
        _, module = watching(subprocess.DEVNULL, stream)
        wait_for(
            r"parameters 0/8 · next: parameters.dense_params · dense_params is not written yet\n", output.read_text
        )
        shutil.copy(root / "solutions" / "parameters.py", module)
        wait_for(r"parameters 8/8 · everything passes\n", output.read_text)
    assert len(output.read_text("utf-8").splitlines()) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own is made by pty, which Windows lacks")
def test_at_a_terminal_a_key_gives_the_next_hint_and_the_terminal_is_left_as_it_was(watching):
    import pty
    import termios

    desk, program = pty.openpty()
    before = termios.tcgetattr(program)
    process, _ = watching(program, program)
    printed = bytearray()
    os.set_blocking(desk, False)

    def read():
        with contextlib.suppress(BlockingIOError):
            printed.extend(os.read(desk, 65536))
        return printed.decode("utf-8", "replace")

    wait_for("keys: h for a hint", read)
    for number in (1, 2):
        os.write(desk, b"h")
        wait_for(f"hint {number} of [0-9]+ for dense_params: ", read)
    os.write(desk, b"q")
    assert process.wait(PATIENCE_S) == 0
    assert termios.tcgetattr(program) == before
