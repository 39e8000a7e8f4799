"""The proxy of a submission: its limits on time, and the sentences and notes on what went wrong."""

from dataclasses import replace

import numpy as np
import pytest

from grader.course import load_course
from grader.evidence import Ending, Failure, Request, Returned, StudentError
from grader.submission import InProcess, Rationed, Submission, explain

LIMITS = load_course().limits


class Hanging:
    """A channel to code that never answers; counts how often it was asked."""

    calls = 0

    def ask(self, request, deadline_s):
        self.calls += 1
        return Failure(ending=Ending.TIMEOUT)


class Fixed:
    """A source that always gives this answer."""

    def __init__(self, answer):
        self._answer = answer

    def ask(self, request):
        return self._answer


def asked(function="scale"):
    return Request(exercise="windowing", function=function)


def test_a_function_that_hangs_is_not_called_for_ever():
    channel = Hanging()
    rationed = Rationed(channel, replace(LIMITS, call_s=5, hung_s=10))
    results = [rationed.ask(asked()) for _ in range(5)]
    assert channel.calls == 2
    assert [result.phase for result in results] == ["call", "call", "hung", "hung", "hung"]
    assert {result.ending for result in results} == {Ending.TIMEOUT}
    rationed.ask(asked("unscale"))
    assert channel.calls == 3


def test_a_submission_that_has_used_up_its_time_is_not_called_again():
    channel = Hanging()
    result = Rationed(channel, replace(LIMITS, submission_s=0)).ask(asked())
    assert (result.ending, result.phase, channel.calls) == (Ending.TIMEOUT, "budget", 0)


@pytest.mark.parametrize(
    ("failure", "words", "note"),
    [
        (Failure(ending=Ending.TIMEOUT, used={"limit": "5 s"}), "within 5 s (an endless loop?", "limit"),
        (Failure(ending=Ending.TIMEOUT, phase="import", used={"limit": "60 s"}), "imported within 60 s", "limit"),
        (Failure(ending=Ending.TIMEOUT, phase="hung", used={"used": "60 s"}), "hung for 60 s", "limit"),
        (Failure(ending=Ending.TIMEOUT, phase="budget", used={"limit": "600 s"}), "used up its 600 s", "limit"),
        (Failure(ending=Ending.MEMORY, used={"used": "2100 MiB", "limit": "2048 MiB"}), "2100 MiB in use", "limit"),
        (Failure(ending=Ending.MEMORY, bases=("MemoryError",)), "memory ran out while scale ran", "limit"),
        (Failure(ending=Ending.DIED, text="output", used={"limit": "1 MiB"}), "1 MiB was printed", "limit"),
        (Failure(ending=Ending.DIED, text="disk", used={"limit": "128 MiB"}), "written to files", "limit"),
        (Failure(ending=Ending.DIED, text="SIGSEGV"), "ended while scale ran (SIGSEGV)", "died"),
        (Failure(ending=Ending.DIED, text="exit 0", phase="import"), "while windowing.py was imported", "died"),
        (Failure(ending=Ending.REFUSED, phase="wire", text="an id"), "cannot be taken: an id", "wire"),
        (Failure(ending=Ending.RAISED, bases=("PermissionError", "OSError")), "raised PermissionError", "forbidden"),
        (Failure(ending=Ending.RAISED, bases=("KeyError",), text="'x'"), "raised KeyError: 'x'", None),
        (Failure(ending=Ending.MISSING), "not written yet", None),
    ],
)
def test_a_student_reads_which_limit_was_met_and_where(failure, words, note):
    assert words in str(explain(failure, "windowing", "scale"))
    submission = Submission(Fixed(failure), {"scale": "windowing"}, seed=1)
    for _ in range(2):
        with pytest.raises(StudentError):
            submission.scale([1.0], 0, 1)
    assert [found.kind for found in submission.notes] == ([note] if note else [])


def test_a_value_comes_back_as_it_is():
    assert Submission(Fixed(Returned(3)), {"scale": "windowing"}, seed=1).scale([1.0], 0, 1) == 3


class Counted:
    """Passes requests on, and remembers for which functions."""

    def __init__(self, source):
        self._source = source
        self.asked = []

    def ask(self, request):
        self.asked.append(request.function)
        return self._source.ask(request)


HALF_WRITTEN = '''
def scale(series, mean, std):
    """Standardise a series."""
    raise NotImplementedError


def unscale(series, mean, std):
    if std == 0:
        raise NotImplementedError
    return series * std + mean
'''


def test_what_is_not_written_is_asked_for_once_and_what_is_half_written_each_time(tmp_path):
    (tmp_path / "windowing.py").write_text(HALF_WRITTEN, "utf-8")
    source = Counted(InProcess(tmp_path))
    submission = Submission(source, load_course().owners, seed=1)
    for function in ("scale", "scale", "split_series", "split_series"):
        with pytest.raises(StudentError, match=f"{function} is not written yet"):
            submission.call(function, (np.ones(3), 0.0, 1.0), {})
    with pytest.raises(StudentError, match="unscale is not written yet"):
        submission.unscale(np.ones(3), 0.0, 0.0)
    assert submission.unscale(np.ones(3), 0.0, 2.0).tolist() == [2.0, 2.0, 2.0]
    assert source.asked == ["scale", "split_series", "unscale", "unscale"]
    submission.expect_answers("unscale")
    with pytest.raises(StudentError, match="scale is not written yet"):
        submission.expect_answers("scale")
