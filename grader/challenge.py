"""What a forecaster that `train_forecaster` returned says of one public series, so that a class fits in one picture.

Every student has trained on another series, drawn by the student's seed; but all of them come from the same system. So
the public series is moved to the units of the student's, forecast one step ahead, and moved back. The forecaster comes
from a transcript: no code of the student's is run. Runs in the judge's process, apart from `public`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grader import skill, transcript
from grader.compare import expect_number, expect_tuple
from grader.evidence import Array
from grader.models import ModelEvidence
from grader.series import ForecastTask, forecast_task
from grader.showcase import PUBLIC_SEED
from grader.training import continuation_forecast

FUNCTION = "train_forecaster"
PARTS = ("model", "look_back", "mean", "std")
SHOWN_SAMPLES = 40
DIGITS = 4
FARTHEST = 1e6
"""In standard deviations; what is farther out counts as this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The first samples of a forecast of the public continuation, standardised, and the nrmse over all of it.

    Without `values` there was no forecaster, or it gave nothing that can be drawn. `source` is what it was made from.
    """

    values: Sequence[float] = ()
    nrmse: float = 0.0
    source: str = ""


def public() -> ForecastTask:
    """The public series, standardised by what comes before the continuation."""
    task = forecast_task(np.random.default_rng(PUBLIC_SEED))
    mean, std = task.train.mean(), task.train.std()
    return ForecastTask(train=(task.train - mean) / std, test=(task.test - mean) / std)


def persistence() -> Forecast:
    """What repeating the last value says of the continuation."""
    task = public()
    return _forecast(np.concatenate([task.train[-1:], task.test[:-1]]), task)


def write(path: Path, out: Path) -> None:
    """Write what the forecaster in a transcript says of the public continuation."""
    try:
        made = _made(path)
    except Exception:  # odd evidence: the checks have said what is wrong with it
        made = Forecast()
    out.write_bytes(msgspec.json.encode(made))


def _made(path: Path) -> Forecast:
    train, value = _trained(path)
    model, *numbers = expect_tuple(FUNCTION, value, PARTS)
    look_back, mean, std = (expect_number(FUNCTION, np.reshape(number, ())) for number in numbers)
    task, centre, spread = public(), train.mean(), train.std()
    # In the student's units, as described above; back again below.
    before, after = (centre + spread * part for part in (task.train, task.test))
    forecast = continuation_forecast(ModelEvidence(model), int(look_back), mean, std, before, after)
    return _forecast((forecast - centre) / spread, task)


def _trained(path: Path) -> tuple[Array, Any]:
    """The longest series that a transcript shows a forecaster to be trained on, and what came back."""
    found = []
    asked: dict[str, Any] = {}
    for frame in transcript.frames(path):
        asked = frame.get("request", asked)
        if "value" in frame.get("answer", {}) and asked["function"] == FUNCTION:
            found.append((np.ravel(asked["args"][0]), frame["answer"]["value"]))
    # Checks also train on series that have to be rejected, which are short or empty.
    return max(found, key=lambda pair: len(pair[0]))


def _forecast(forecast: Array, task: ForecastTask) -> Forecast:
    # A picture and a mean have no use for infinity.
    values = np.clip(forecast, -FARTHEST, FARTHEST)
    nrmse = skill.rmse(task.test, values) / float(np.std(task.test))
    shown = [round(float(value), DIGITS) for value in values[:SHOWN_SAMPLES]]
    return Forecast(values=shown, nrmse=round(nrmse, DIGITS))
