"""What a page has pictures of: a few calls with public data, asked after the checks. Nothing here is scored.

Runs in the judge's process, and the submission stands behind the same walls and limits as in its checks. What comes of
it is plain data in a file, one frame for each exhibit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader import skill, transcript, wire
from grader.compare import expect_array, expect_figure, expect_mapping, expect_model, expect_number, expect_tuple
from grader.contract import Text
from grader.course import load_course
from grader.errors import GraderError
from grader.evidence import Array, CheckFailed
from grader.jobs import Job, text_from_json, text_to_json
from grader.kept import Kept
from grader.models import ModelEvidence
from grader.observe import model_data
from grader.series import mackey_glass
from grader.submission import Submission
from grader.training import Lesson, Trainer, draw_lesson

PUBLIC_SEED = 17
"""Of all that is drawn here; no check uses it."""
BUDGET_S = 90.0
"""What the submission may take for all exhibits; those whose turn comes later are left out."""

WINDOWED_SAMPLES, WINDOW, HORIZON = 36, 6, 3
LOOK_BACKS = tuple(range(1, 51, 7))
COUNTED_FEATURES, COUNTED_UNITS = 1, 5
LOOK_BACK = 20
BUILDERS = ("build_linear", "build_dense", "build_simple_rnn", "build_lstm", "build_gru")
PLOTTED_SAMPLES = 60
STEPS, UNITS, SAMPLES = 40, 8, 16
OPEN_GATE = 5.0
"""The bias of a forget gate that stays near 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """What one picture shows: arrays, numbers and evidence by name, or nothing; `left_out` says what is not in it."""

    name: str
    data: Mapping[str, Any]
    left_out: tuple[Text, ...] = ()


class Guide:
    """Asks a submission for one exhibit, and keeps the sentence of each call that came to nothing."""

    def __init__(self, submission: Submission, functions: frozenset[str], trainer: Callable[[], Trainer]) -> None:
        """Take the submission, those of its functions that are graded, and how to get the trusted trainer."""
        self.submission = submission
        self.functions = functions
        self.trainer = trainer
        self.left_out: list[Text] = []

    def ask(self, call: Callable[..., Any], *args: Any) -> Any:
        """What a call gives; None if it fails."""
        try:
            return call(self, *args)
        except GraderError:
            # The walls or the zygote have failed: asking further is of no use.
            raise
        except CheckFailed as error:
            self._leave_out(error.message)
        except Exception as error:  # odd evidence: as in a check, it is the submission's fault and not the grader's
            values = {"type": type(error).__name__}
            self._leave_out(Text("what came back cannot be shown in a picture ({type})", values))
        return None

    def _leave_out(self, sentence: Text) -> None:
        if sentence not in self.left_out:
            self.left_out.append(sentence)


def _windows(guide: Guide) -> dict[str, Any]:
    """The windows `(n, 6, 1)` and targets `(n,)` of a short series `(36,)`, as they came."""
    series = mackey_glass(WINDOWED_SAMPLES, np.random.default_rng(PUBLIC_SEED))
    X, y = expect_tuple("make_windows", guide.submission.make_windows(series, WINDOW, HORIZON), ("X", "y"))
    axes = ("num_samples", "look_back", "n_features")
    X, y = expect_array("X", X, (None, WINDOW, 1), axes), expect_array("y", y, (None,), axes[:1])
    return {"series": series, "X": X, "y": y, "look_back": WINDOW, "horizon": HORIZON}


def _parameters(guide: Guide) -> dict[str, Any]:
    """For each kind of network the submission's counts and Keras's, `(8,)` over the lengths of the window."""
    came, right = {}, {}
    for name, layer in COUNTED.items():
        counts = guide.ask(_counts, name)
        if counts is not None:
            came[name], right[name] = counts, np.array([_count_by_keras(layer, n) for n in LOOK_BACKS])
    if not came:
        return {}
    return {"look_backs": np.array(LOOK_BACKS), "came": came, "right": right, "crossover": guide.ask(_crossover)}


def _counts(guide: Guide, name: str) -> Array:
    count = getattr(guide.submission, name)
    network = (COUNTED_FEATURES, COUNTED_UNITS)
    if name == "dense_params":
        return np.array([expect_number(name, count(n, *network)) for n in LOOK_BACKS])
    return np.full(len(LOOK_BACKS), expect_number(name, count(*network)))


def _crossover(guide: Guide) -> float:
    name = "crossover_look_back"
    return expect_number(name, getattr(guide.submission, name)(COUNTED_FEATURES, COUNTED_UNITS))


def _count_by_keras(layer: str, look_back: int) -> int:
    import keras

    flat = [keras.layers.Flatten()] if layer == "Dense" else []
    hidden = getattr(keras.layers, layer)(COUNTED_UNITS)
    network = [keras.Input((look_back, COUNTED_FEATURES)), *flat, hidden, keras.layers.Dense(1)]
    return int(keras.Sequential(network).count_params())


COUNTED = {"dense_params": "Dense", "lstm_params": "LSTM", "gru_params": "GRU", "simple_rnn_params": "SimpleRNN"}


def _forecasts(guide: Guide) -> dict[str, Any]:
    """What each network forecasts, `(500,)`, once the judge has trained it on a public series, and its error."""
    lesson = draw_lesson(LOOK_BACK, np.random.default_rng(PUBLIC_SEED))
    forecasts = {name: guide.ask(_trained, name, lesson) for name in BUILDERS if name in guide.functions}
    forecasts = {name: forecast for name, forecast in forecasts.items() if forecast is not None}
    if not forecasts:
        return {}
    forecasts = {"persistence": lesson.X_test[:, -1, 0].astype("f8")} | forecasts
    spread = float(np.std(lesson.test))
    errors = {name: skill.rmse(lesson.test, forecast) / spread for name, forecast in forecasts.items()}
    own = {}
    if "forecast_errors" in guide.functions:
        own = {name: guide.ask(_own_error, lesson.test, forecast) for name, forecast in forecasts.items()}
    return {"truth": lesson.test, "forecasts": forecasts, "errors": errors, "own_errors": own}


def _trained(guide: Guide, name: str, lesson: Lesson) -> Array:
    model = expect_model(name, getattr(guide.submission, name)(LOOK_BACK, 1))
    forecast = guide.trainer().forecast(model, lesson)
    return expect_array(name, forecast, (len(lesson.test), 1))[:, 0]


def _own_error(guide: Guide, truth: Array, forecast: Array) -> float:
    errors = expect_mapping("forecast_errors", guide.submission.forecast_errors(truth, forecast), ("nrmse",))
    return expect_number("nrmse", errors["nrmse"])


def _gradients(guide: Guide) -> dict[str, Any]:
    """The norms `(40,)` that the submission gives for two fixed networks."""
    X = np.random.default_rng(PUBLIC_SEED).normal(size=(SAMPLES, STEPS, 1))
    norms = {layer: guide.ask(_norms, layer, X) for layer in ("SimpleRNN", "LSTM")}
    norms = {layer: found for layer, found in norms.items() if found is not None}
    return {"norms": norms} if norms else {}


def _norms(guide: Guide, layer: str, X: Array) -> Array:
    norms = guide.submission.input_gradient_norms(_small_network(layer), X)
    return expect_array("input_gradient_norms", norms, (STEPS,), ("look_back",))


def _small_network(layer: str) -> ModelEvidence:
    """A network with fixed weights: the SimpleRNN's shrink the state at each step, the LSTM's forget gate is open."""
    import keras

    rng = np.random.default_rng(PUBLIC_SEED)
    network = keras.Sequential([keras.Input((STEPS, 1)), getattr(keras.layers, layer)(UNITS), keras.layers.Dense(1)])
    weights = [rng.uniform(-0.5, 0.5, size=weight.shape) for weight in network.get_weights()]
    if layer == "LSTM":
        weights[2][UNITS : 2 * UNITS] = OPEN_GATE  # Keras's order of gates: input, forget, cell, output
    network.set_weights(weights)
    data = model_data(network)
    return ModelEvidence(data)  # type: ignore[arg-type]  # one of Keras's own is always data


def _plot(guide: Guide) -> dict[str, Any]:
    """The facts of the figure that the submission draws of a public series and a forecast one step late."""
    series = mackey_glass(PLOTTED_SAMPLES + 1, np.random.default_rng(PUBLIC_SEED))
    t = np.arange(float(PLOTTED_SAMPLES))
    figure = expect_figure("plot_forecast", guide.submission.plot_forecast(t, series[1:], series[:-1]))
    return {"figure": figure}


@dataclass(frozen=True, slots=True)
class Stand:
    """How one exhibit is made, and of which functions."""

    make: Callable[[Guide], dict[str, Any]]
    functions: Sequence[str]


STANDS = {
    "windows": Stand(_windows, ("make_windows",)),
    "parameters": Stand(_parameters, tuple(COUNTED)),
    "forecasts": Stand(_forecasts, BUILDERS),
    "gradients": Stand(_gradients, ("input_gradient_norms",)),
    "plot": Stand(_plot, ("plot_forecast",)),
}


def _due(exercises: Collection[str]) -> dict[str, Stand]:
    """The exhibits that belong to these exercises, by name."""
    owners = load_course().owners
    return {
        name: stand
        for name, stand in STANDS.items()
        if any(owners.get(function) in exercises for function in stand.functions)
    }


def write(job: Job, path: Path, kept: Kept) -> None:
    """Ask the submission of a job, and write a frame for each exhibit as soon as it is made."""
    owners = load_course().owners
    functions = frozenset(name for name, exercise in owners.items() if exercise in job.exercises)
    with job.source(kept) as (source, _):
        submission = Submission(source, owners, PUBLIC_SEED)
        for name, stand in _due(job.exercises).items():
            exhibit = _make(name, stand, Guide(submission, functions, lambda: kept.trainer(job.trainer)))
            texts = [text_to_json(text) for text in exhibit.left_out]
            # One by one: what there is stays, should the judge not get to the end.
            with path.open("ab") as stream:
                stream.write(wire.encode({"name": name, "data": exhibit.data, "left_out": texts}))


def _make(name: str, stand: Stand, guide: Guide) -> Exhibit:
    # After a hang or two there is a page with some pictures rather than a long wait.
    if guide.submission.spent_s > BUDGET_S:
        text = Text("the submission took more than {limit} for the pictures before it", {"limit": f"{BUDGET_S:g} s"})
        return Exhibit(name=name, data={}, left_out=(text,))
    data = guide.ask(stand.make)
    return Exhibit(name=name, data=data or {}, left_out=tuple(guide.left_out))


def read(path: Path, exercises: Collection[str]) -> tuple[Exhibit, ...]:
    """The exhibits of these exercises; one that the judge did not get to has nothing in it."""
    frames = list(transcript.frames(path)) if path.is_file() else []
    found = {
        frame["name"]: Exhibit(
            name=frame["name"], data=frame["data"], left_out=tuple(map(text_from_json, frame["left_out"]))
        )
        for frame in frames
    }
    sentence = Text("the grader could not make it; the grade is not touched by that")
    return tuple(found.get(name) or Exhibit(name=name, data={}, left_out=(sentence,)) for name in _due(exercises))
