"""Writes what the reference solution's forecaster says of the public series, for the picture of a class.

`make reference` does it; the picture and `tests/grader/test_forecasts.py` read tests/hidden/reference.json.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.classroom.attempts import write
from grader.contract import Suite
from grader.grade import Options, find_tests, forecast, grade
from grader.judge import Judge

SEED = 17


def reference():
    """The forecast of the reference, trained anew."""
    options = Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=("forecasting",), seed=SEED)
    with TemporaryDirectory() as name, Judge() as judge:
        options = replace(options, transcript=Path(name) / "transcript")
        grade(find_tests().parent / "solutions", options, judge=judge)
        return forecast(options.transcript, judge)


if __name__ == "__main__":
    write(find_tests() / "hidden" / "reference.json", reference())
