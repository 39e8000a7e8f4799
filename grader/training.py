"""Trains a student's architecture for a fixed budget, in the judge, on data that no student has seen.

Two trainers give the same: `fused` runs all steps of several runs inside one compiled call (Keras on JAX), `keras`
is the plain `model.fit`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from grader import architecture, models, skill, wire
from grader.compare import expect_skill
from grader.contract import Text
from grader.course import Gate
from grader.evidence import Array, CheckFailed, ModelData
from grader.models import ModelEvidence
from grader.series import MACKEY_GLASS, Origin, forecast_task

STEPS = models.TRAINING_STEPS
BATCH_SIZE = 32
LEARNING_RATE = 1e-2
FURTHER_RUNS = 4
"""After a first run that is not good enough by far; the median of all decides then, so their number is odd."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is trained on, and what it has to forecast.

    Windows `X` `(n, look_back, 1)` and targets `y` `(n, 1)` or `(n, look_back)`; `X_test` and `test` of the
    continuation; `batches` `(runs, steps, batch_size)` of row numbers, and a seed for each run.
    """

    X: Array
    y: Array
    X_test: Array
    test: Array
    persistence: float
    batches: Array
    seeds: tuple[int, ...]


class Engine(Protocol):
    """A way to train: gives for each run of a lesson the forecasts for its `X_test`."""

    def forecasts(self, model: ModelEvidence, lesson: Lesson) -> Sequence[Array]:
        """Train once for each run, from fresh weights, and forecast."""


class Trainer:
    """Trains an architecture on a fresh series, and says how much better than persistence it forecasts."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine that does the steps."""
        self._engine = engine

    def skills(
        self,
        model: ModelEvidence,
        look_back: int,
        rng: np.random.Generator,
        *,
        sequence: bool = False,
        origin: Origin = MACKEY_GLASS,
    ) -> Iterator[float]:
        """RMSE(model) / RMSE(persistence), one step ahead on an unseen continuation: of one run, then of further ones.

        Args:
            model: What the builder returned, for one feature. Its weights are not used.
            look_back: Length of the windows.
            rng: Draws the series, the initial weights and the batches.
            sequence: The model forecasts at every step; it is trained so, and scored at the last step.
            origin: Where the series comes from.
        """
        lesson = draw_lesson(look_back, rng, sequence=sequence, origin=origin)
        # Nothing is trained before it is asked for: most often the first run decides.
        for runs in (slice(0, 1), slice(1, None)):
            part = replace(lesson, batches=lesson.batches[runs], seeds=lesson.seeds[runs])
            yield from (skill_of(lesson, output, sequence=sequence) for output in self._engine.forecasts(model, part))

    def forecast(self, model: ModelEvidence, lesson: Lesson) -> Array:
        """What the first run of a lesson forecasts for its `X_test`."""
        return self._engine.forecasts(model, replace(lesson, batches=lesson.batches[:1], seeds=lesson.seeds[:1]))[0]


class Trial:
    """The fixture `trial`: trains what a builder returned, and demands that it forecasts.

    A first run far below the threshold passes. Otherwise further ones are trained, and the median of all decides: an
    unlucky start costs nobody a point.
    """

    def __init__(self, trainer: Trainer, gate: Gate, origin: Origin = MACKEY_GLASS) -> None:
        """Take the trainer, the threshold of the check, and where its series come from."""
        self._trainer = trainer
        self._gate = gate
        self._origin = origin

    def expect_skill(
        self, function: str, model: ModelEvidence, look_back: int, rng: np.random.Generator, *, sequence: bool = False
    ) -> None:
        """Demand that the trained model's error is small against that of repeating the last value."""
        runs = self._trainer.skills(model, look_back, rng, sequence=sequence, origin=self._origin)
        first = next(runs)
        found = first if self._gate.is_sure(first) else float(np.median([first, *runs]))
        expect_skill(function, found, self._gate.threshold)


class RecipeTrial:
    """A trial for calibration: trains nothing, and writes down what would be trained."""

    def __init__(self, path: Path, check: str) -> None:
        """Take the file to write, and the id of the check."""
        self._path = path
        self._check = check

    def expect_skill(
        self, function: str, model: ModelEvidence, look_back: int, rng: np.random.Generator, *, sequence: bool = False
    ) -> None:
        """Write one frame: the check, the model, the length of the windows, whether it forecasts at every step."""
        recipe = {"check": self._check, "model": model.data, "look_back": look_back, "sequence": sequence}
        with self._path.open("ab") as stream:
            stream.write(wire.encode(recipe))


def draw_lesson(
    look_back: int, rng: np.random.Generator, *, sequence: bool = False, origin: Origin = MACKEY_GLASS
) -> Lesson:
    """A fresh series, standardised, as windows; batches and seeds for one run and the further ones."""
    task = forecast_task(rng, origin)
    # Of the past alone, as the course asks of students: the continuation must not be known.
    mean, std = task.train.mean(), task.train.std()
    train, test = (task.train - mean) / std, (task.test - mean) / std
    X, y = skill.windows(train, look_back)
    if sequence:
        y = np.lib.stride_tricks.sliding_window_view(train[1:], look_back)
    runs = 1 + FURTHER_RUNS
    return Lesson(
        X=X.astype("f4"),  # what Keras computes in
        y=y.reshape(len(y), -1).astype("f4"),
        X_test=skill.continuation_windows(train, test, look_back).astype("f4"),
        test=test,
        persistence=skill.persistence_rmse(train, test),
        seeds=tuple(int(seed) for seed in rng.integers(2**31, size=runs)),
        batches=rng.integers(len(X), size=(runs, STEPS, BATCH_SIZE)),
    )


def skill_of(lesson: Lesson, output: Array, *, sequence: bool = False) -> float:
    """The error of one run's forecasts over that of repeating the last value."""
    return _error(lesson.test, output, sequence) / lesson.persistence


def _error(test: Array, output: Array, sequence: bool) -> float:
    """RMSE of one run; infinite for a run that diverged."""
    due = (len(test), output.shape[1], 1) if sequence and output.ndim == 3 else (len(test), 1)
    if output.shape != due:
        values = {"came": str(output.shape), "expected": str(due)}
        raise CheckFailed(Text("the trained model's forecasts have shape {came}; expected {expected}", values))
    # Of a forecast at every step the last one, which is of the sample after the window.
    forecast = output.reshape(len(test), -1)[:, -1].astype("f8")
    return skill.rmse(test, forecast) if np.isfinite(forecast).all() else float("inf")


def continuation_forecast(
    model: ModelEvidence, look_back: int, mean: float, std: float, train: Array, test: Array
) -> Array:
    """The judge's one-step forecasts `(len(test),)` of a trained model, in the units of the series.

    Raises:
        CheckFailed: If the model's output is not one finite number for each window.
    """
    X = (skill.continuation_windows(train, test, look_back) - mean) / std
    output = model.predict(X)
    if output.size != len(test):
        values = {"came": str(output.shape), "expected": str((len(test), 1))}
        raise CheckFailed(Text("the forecasts have shape {came}; expected {expected}", values))
    forecast = output.reshape(-1).astype("f8") * std + mean
    if not np.isfinite(forecast).all():
        raise CheckFailed(Text("the forecast has values that are not finite (NaN or infinite)"))
    return forecast


def fresh_model(data: ModelData, seed: int) -> Any:
    """The architecture with weights drawn from `seed`, compiled with the judge's own Adam.

    Every learning rate that the contract allows is right, and the smallest cannot learn within the budget; so the rate
    is a matter of the check on how a model is compiled, and not of what its architecture can do.
    """
    import keras

    fresh = models.rebuild_fresh(data, seed)
    fresh.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse")
    return fresh


class KerasEngine:
    """`model.fit`, run after run."""

    def forecasts(self, model: ModelEvidence, lesson: Lesson) -> Sequence[Array]:
        """Train with `model.fit` on the batches in their order."""
        outputs = []
        for seed, batches in zip(lesson.seeds, lesson.batches, strict=True):
            fresh = fresh_model(model.data, seed)
            rows = batches.ravel()
            y = _targets(lesson.y[rows], fresh.output_shape)
            # One epoch over the rows as drawn is the same steps as in the fused trainer, in the same order.
            fresh.fit(lesson.X[rows], y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, verbose=0)
            outputs.append(np.asarray(fresh.predict(lesson.X_test, verbose=0, batch_size=len(lesson.X_test))))
        return outputs


def _targets(y: Array, output_shape: tuple[int | None, ...]) -> Array:
    """Targets in the rank of the model's output: `(n, 1)`, or `(n, steps, 1)` for a forecast at every step."""
    return y[..., None] if len(output_shape) == 3 else y


class FusedEngine:
    """All steps of all runs in one compiled call, on JAX. What was compiled serves every model of that architecture."""

    def __init__(self) -> None:
        """Nothing is compiled yet."""
        self._known: dict[str, SideBySide] = {}

    def forecasts(self, model: ModelEvidence, lesson: Lesson) -> Sequence[Array]:
        """Train all runs side by side."""
        same = architecture.fingerprint(model.data)
        if same not in self._known:
            self._known[same] = SideBySide(model.data)
        runs = self._known[same]
        weights = [runs.initial_weights(seed) for seed in lesson.seeds]
        return runs.train(weights, [lesson] * len(weights), lesson.batches)


class SideBySide:
    """Trains one architecture many times in one compiled call."""

    def __init__(self, data: ModelData, optimizer: Any = None) -> None:
        """Take the architecture, and an optimizer of Keras's to train it with instead of the judge's own."""
        self.network = fresh_model(data, 0)
        if optimizer is not None:
            self.network.compile(optimizer=optimizer, loss="mse")
        # `stateless_apply` takes the optimizer's variables, which Keras otherwise makes at the first step.
        self.network.optimizer.build(self.network.trainable_variables)
        self._data = data
        self._compiled: dict[int | None, Any] = {}

    def initial_weights(self, seed: int) -> list[Array]:
        """The weights that the architecture starts from, in Keras's order."""
        return list(models.rebuild_measured(self._data, seed).get_weights())

    def train(self, weights: Sequence[Sequence[Array]], lessons: Sequence[Lesson], batches: Array) -> Sequence[Array]:
        """The forecasts of each run, for its lesson's `X_test`.

        Args:
            weights: What each run starts from, in Keras's order.
            lessons: The lesson of each run; they have the same shapes.
            batches: The rows of each step of each run, `(runs, steps, batch_size)`.
        """
        import jax
        import jax.numpy as jnp

        # One lesson for all runs is handed over once, and not copied for each (`in_axes` None).
        shared = all(lesson is lessons[0] for lesson in lessons)
        own = lessons[:1] if shared else lessons
        parts = ([getattr(lesson, name) for lesson in own] for name in ("X", "y", "X_test"))
        X, y, X_test = (part[0] if shared else np.stack(part) for part in parts)
        y = y[..., None] if len(self.network.output_shape) == 3 else y
        axis = None if shared else 0
        if axis not in self._compiled:
            self._compiled[axis] = jax.jit(jax.vmap(_run(self.network), in_axes=(0, 0, axis, axis, axis)))
        state = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[self._state(start) for start in weights])
        return [np.asarray(output) for output in self._compiled[axis](state, jnp.asarray(batches), X, y, X_test)]

    def _state(self, weights: Sequence[Array]) -> tuple[list[Any], list[Any], list[Any]]:
        """Trainable and other variables, and the optimizer's, of a run that starts from these weights."""
        # By identity: Keras compares variables value by value.
        values = {id(variable): weight for variable, weight in zip(self.network.weights, weights, strict=True)}
        trainable = [values[id(variable)] for variable in self.network.trainable_variables]
        # The states of random generators are among these, and are no weights.
        other = [values.get(id(variable), variable.value) for variable in self.network.non_trainable_variables]
        return trainable, other, [variable.value for variable in self.network.optimizer.variables]


def _run(network: Any) -> Any:
    """One run as a pure function of (weights, batches, X, y, X_test): training, then the forecast."""
    import jax
    import jax.numpy as jnp

    def loss(trainable: Any, other: Any, x: Any, y: Any) -> Any:
        output, other, losses = network.stateless_call(trainable, other, x, training=True, return_losses=True)
        # The mean squared error and, as in `fit`, what regularizers of the student's add to it.
        return jnp.mean((output - y) ** 2) + sum(losses), other

    def run(state: Any, batches: Any, X: Any, y: Any, X_test: Any) -> Any:
        def step(state: Any, rows: Any) -> Any:
            trainable, other, optimizer = state
            (_, other), slopes = jax.value_and_grad(loss, has_aux=True)(trainable, other, X[rows], y[rows])
            trainable, optimizer = network.optimizer.stateless_apply(optimizer, slopes, trainable)
            return (trainable, other, optimizer), None

        (trainable, other, _), _ = jax.lax.scan(step, state, batches)
        return network.stateless_call(trainable, other, X_test, training=False)[0]

    return run


def make_trainer(kind: str) -> Trainer:
    """The trainer called `kind`: "fused" (needs Keras on JAX) or "keras"."""
    # Asked of the environment, since importing Keras to ask it would take seconds.
    fused = kind == "fused" and os.environ.get("KERAS_BACKEND") == "jax"
    return Trainer(FusedEngine() if fused else KerasEngine())
