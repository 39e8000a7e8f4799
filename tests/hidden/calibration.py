"""How the checks are calibrated that judge what a submission has computed itself; read by `grader calibrate`.

Each measurement repeats what its check does, on as many series as are wanted: for the reference, and for families of
submissions that must not pass.
"""

import functools
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from grader import architecture, skill
from grader.calibrate import load_module
from grader.course import Limits
from grader.evidence import Request, Returned
from grader.families import HONEST
from grader.observe import model_data
from grader.rungs import Demand
from grader.series import forecast_task, load_origin
from grader.training import BATCH_SIZE, Lesson, SideBySide
from grader.workers import Workers

HIDDEN = Path(__file__).parent
REAL_RUNS = 30
SHORT = 200
"""Updates for what learns nothing but a constant, or to repeat a sample: more of them change nothing."""

WORTHLESS = ("persistence", "constant", "untrained", "untrained-rnn", "shuffled-targets", "target-in-window")
"""An untrained LSTM says next to nothing; a SimpleRNN something at random, which one in twenty times is no worse than
three quarters of persistence's error."""

UNTRAINED_UNITS = 16


def measurements(solutions: Path, limits: Limits, exercises):
    """What is to be measured in these exercises, of the reference in this folder."""
    makers = {"forecasting": lambda: TrainForecaster(solutions, limits), "beyond": lambda: FitReadout(solutions)}
    return [make() for exercise, make in makers.items() if exercise in exercises]


def draw_task(rng):
    """A series for the open challenge, as the suite draws it."""
    return forecast_task(rng, load_origin(HIDDEN))


class TrainForecaster:
    """The open challenge. The reference's recipe is taken from what it returns, and trained many times side by side."""

    checks: ClassVar = {
        "forecasting.train_forecaster.persistence": WORTHLESS,
        "forecasting.train_forecaster.linear": (*WORTHLESS, "not-unscaled", "best-linear"),
        "forecasting.train_forecaster.reference": (*WORTHLESS, "not-unscaled", "best-linear", "two-epochs"),
    }
    """Where a series happens to be near its standard scale, not to unscale is nearly right, and beats persistence."""

    must_pass: ClassVar = {"forecasting.train_forecaster.persistence": ("best-linear",)}

    def __init__(self, solutions: Path, limits: Limits):
        """Let the reference train once, in a worker."""
        self._suite = load_module(HIDDEN / "test_forecasting.py")
        self._solutions, self._limits = solutions, limits
        self._returned = self._run_for_real([draw_task(np.random.default_rng(0))])[0]
        self._model, self._look_back, *_ = self._returned
        self._updates = int(self._model.optimizer["config"]["learning_rate"]["config"]["decay_steps"])
        self.facts = [architecture.fingerprint(self._model), self._look_back, self._optimizer_config(self._updates)]

    def skills(self, family: str, seed: int, numbers):
        """Error over that of persistence, of the best linear model, and over the spread, `(len(numbers), 3)`."""
        tasks = [draw_task(np.random.default_rng([seed, number])) for number in numbers]
        forecasts = self._forecasts(family, seed, tuple(numbers), tasks)
        return np.array([self._ratios(task, forecast) for task, forecast in zip(tasks, forecasts, strict=True)])

    def real_runs(self, seed: int):
        """The same of real runs of the reference in a worker, `(REAL_RUNS, 3)`."""
        from grader.models import ModelEvidence

        tasks = [draw_task(np.random.default_rng([seed, number])) for number in range(REAL_RUNS)]
        ratios = []
        for task, (model, look_back, mean, std) in zip(tasks, self._run_for_real(tasks), strict=True):
            X = skill.continuation_windows(task.train, task.test, look_back)
            forecast = ModelEvidence(model).predict((X - mean) / std).ravel() * std + mean
            ratios.append(self._ratios(task, forecast))
        return np.array(ratios)

    def _run_for_real(self, tasks):
        with Workers() as workers:
            demand, warm = Demand(hidden=True), {"forecasting": ("keras",)}
            workers.give(self._solutions, demand, self._limits, warm=warm)
            deadline_s = self._limits.of("train_forecaster")
            results = []
            for number, task in enumerate(tasks):
                request = Request(exercise="forecasting", function="train_forecaster", args=(task.train,), seed=number)
                result = workers.ask(request, deadline_s)
                assert isinstance(result, Returned), f"the reference's train_forecaster gave no model: {result}"
                results.append(result.value)
            return results

    def _ratios(self, task, forecast):
        error = skill.rmse(task.test, forecast)
        return [error / rival for rival in self._suite.rivals(task, self._look_back)]

    def _forecasts(self, family, seed, numbers, tasks):
        match family:
            case "persistence":
                return [np.concatenate([task.train[-1:], task.test[:-1]]) for task in tasks]
            case "constant":
                return [np.full(len(task.test), task.train.mean()) for task in tasks]
            case "best-linear":
                return [skill.linear_forecast(task.train, task.test, self._look_back) for task in tasks]
        kind = HONEST if family == "not-unscaled" else family
        two_epochs = 2 * len(tasks[0].train) // BATCH_SIZE
        updates = {"untrained": 0, "untrained-rnn": 0, "two-epochs": two_epochs, HONEST: self._updates}
        outputs = self._trained(kind, updates.get(kind, SHORT), seed, numbers)
        right, raw = np.split(np.stack(outputs)[..., 0].astype("f8"), 2, axis=1)
        if family == "not-unscaled":
            return list(raw)
        return [output * task.train.std() + task.train.mean() for task, output in zip(tasks, right, strict=True)]

    @functools.lru_cache(maxsize=1)  # noqa: B019 - two families share the reference's runs
    def _trained(self, kind, updates, seed, numbers):
        """What so many runs give for the standardised windows of the continuation, and for the raw ones."""
        runs = self._untrained_rnn() if kind == "untrained-rnn" else self._side_by_side(max(updates, 1))
        lessons = [self._lesson(kind, np.random.default_rng([seed, number])) for number in numbers]
        weights = [runs.initial_weights(lesson.seeds[0]) for lesson in lessons]
        batches = np.stack([lesson.batches for lesson in lessons])[:, :updates]
        return runs.train(weights, lessons, batches)

    def _lesson(self, kind, rng):
        task, look_back = draw_task(rng), self._look_back
        mean, std = task.train.mean(), task.train.std()
        X, y = skill.windows((task.train - mean) / std, look_back)
        if kind == "target-in-window":
            X = np.concatenate([X[:, 1:], y[:, None, None]], axis=1)
        if kind == "shuffled-targets":
            y = rng.permutation(y)
        raw = skill.continuation_windows(task.train, task.test, look_back)
        epochs = -(-self._updates * BATCH_SIZE // (len(X) - BATCH_SIZE))
        rows = np.concatenate([rng.permutation(len(X))[: len(X) // BATCH_SIZE * BATCH_SIZE] for _ in range(epochs)])
        return Lesson(
            X=X.astype("f4"),
            y=y[:, None].astype("f4"),
            X_test=np.concatenate([(raw - mean) / std, raw]).astype("f4"),
            test=task.test,
            persistence=skill.persistence_rmse(task.train, task.test),
            batches=rows[: self._updates * BATCH_SIZE].reshape(self._updates, BATCH_SIZE),
            seeds=(int(rng.integers(2**31)),),
        )

    @functools.cache  # noqa: B019 - there is one of these
    def _side_by_side(self, updates):
        import keras

        optimizer = keras.optimizers.deserialize(self._optimizer_config(updates))
        return SideBySide(self._model, optimizer)

    @functools.cache  # noqa: B019
    def _untrained_rnn(self):
        import keras

        layers = [keras.Input((self._look_back, 1)), keras.layers.SimpleRNN(UNTRAINED_UNITS), keras.layers.Dense(1)]
        return SideBySide(model_data(keras.Sequential(layers)))

    def _optimizer_config(self, updates):
        """The reference's optimizer, whose learning rate falls within so many updates."""
        serialised = dict(self._model.optimizer)
        config = dict(serialised["config"])
        rate = dict(config["learning_rate"])
        rate["config"] = {**rate["config"], "decay_steps": updates}
        return serialised | {"config": config | {"learning_rate": rate}}


class FitReadout:
    """The Echo State Network: the check itself, on the reference and on variants of it."""

    checks: ClassVar = {
        "beyond.fit_readout.forecast": ("no-recurrence", "present-instead-of-future", "shuffled-targets", "mean")
    }
    must_pass: ClassVar = {}

    def __init__(self, solutions: Path):
        """Take the reference's three functions."""
        self._suite = load_module(HIDDEN / "test_beyond.py")
        reference = load_module(solutions / "beyond.py")
        self._functions = {
            name: getattr(reference, name) for name in ("make_reservoir", "reservoir_states", "fit_readout")
        }
        self.facts = [(solutions / "beyond.py").read_text("utf-8"), (HIDDEN / "test_beyond.py").read_text("utf-8")]

    def skills(self, family: str, seed: int, numbers):
        """Error over that of persistence, `(len(numbers), 1)`."""
        found = []
        for number in numbers:
            rng = np.random.default_rng([seed, number])
            submission = SimpleNamespace(**self._functions | self._changed(family, rng.spawn(1)[0]))
            found.append([self._suite.readout_skill(submission, rng, load_origin(HIDDEN))])
        return np.array(found)

    def real_runs(self, seed: int):
        """None: the measurement runs the reference itself."""
        return np.empty((0, 1))

    def _changed(self, family, rng):
        fit, states = self._functions["fit_readout"], self._functions["reservoir_states"]
        changes = {
            HONEST: {},
            "no-recurrence": {"reservoir_states": lambda series, w_in, w: states(series, w_in, np.zeros_like(w))},
            "present-instead-of-future": {"fit_readout": lambda states, y: fit(states[1:], y[:-1])},
            "shuffled-targets": {"fit_readout": lambda states, y: fit(states, rng.permutation(y))},
            "mean": {"fit_readout": lambda states, y: (np.zeros(states.shape[1]), float(np.mean(y)))},
        }
        return changes[family]
