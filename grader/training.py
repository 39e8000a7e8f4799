"""Trains a student's architecture for a fixed budget, in the judge, on data that no student has seen.

Two trainers give the same: `fused` runs all steps of several runs inside one compiled call (Keras on JAX), `keras`
is the plain `model.fit`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from grader import models, skill
from grader.contract import Text
from grader.evidence import Array, CheckFailed
from grader.models import ModelEvidence, rebuild_fresh
from grader.series import forecast_task

STEPS = models.TRAINING_STEPS
BATCH_SIZE = 32
RUNS = 3
LEARNING_RATE = 1e-2


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is trained on: windows `X`, targets `y`, and for each run the batches, `(steps, batch_size)`."""

    X: Array
    y: Array
    batches: tuple[Array, ...]
    seeds: tuple[int, ...]


class Engine(Protocol):
    """A way to train: gives for each run of a lesson the forecasts for `X_test`."""

    def forecasts(self, model: ModelEvidence, lesson: Lesson, X_test: Array) -> Sequence[Array]:
        """Train once for each run, from fresh weights, and forecast."""


class Trainer:
    """The fixture `trainer`: how much better than persistence an architecture forecasts after its budget."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine that does the steps."""
        self._engine = engine

    def skill(self, model: ModelEvidence, look_back: int, rng: np.random.Generator, sequence: bool = False) -> float:
        """Median over the runs of RMSE(model) / RMSE(persistence), one step ahead on an unseen continuation.

        Args:
            model: What the builder returned, for one feature. Its weights are not used.
            look_back: Length of the windows.
            rng: Draws the series, the initial weights and the batches.
            sequence: The model forecasts at every step; it is trained so, and scored at the last step.
        """
        task = forecast_task(rng)
        mean, std = task.train.mean(), task.train.std()
        train, test = (task.train - mean) / std, (task.test - mean) / std
        X, y = skill.windows(train, look_back)
        if sequence:
            y = np.lib.stride_tricks.sliding_window_view(train[1:], look_back)
        seeds = tuple(int(seed) for seed in rng.integers(2**31, size=RUNS))
        batches = tuple(rng.integers(len(X), size=(STEPS, BATCH_SIZE)) for _ in range(RUNS))
        lesson = Lesson(X.astype("f4"), y.reshape(len(y), -1).astype("f4"), batches, seeds)
        X_test = skill.continuation_windows(train, test, look_back).astype("f4")
        outputs = self._engine.forecasts(model, lesson, X_test)
        errors = [_error(test, output, sequence) for output in outputs]
        return float(np.median(errors)) / skill.persistence_rmse(train, test)


def _error(test: Array, output: Array, sequence: bool) -> float:
    """RMSE of one run; infinite for a run that diverged."""
    due = (len(test), output.shape[1], 1) if sequence and output.ndim == 3 else (len(test), 1)
    if output.shape != due:
        values = {"came": str(output.shape), "expected": str(due)}
        raise CheckFailed(Text("the trained model's forecasts have shape {came}; expected {expected}", values))
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


def _fresh(model: ModelEvidence, seed: int) -> Any:
    """The architecture with weights drawn from `seed`, compiled with the judge's own Adam.

    Every learning rate that the contract allows is right, and the smallest cannot learn within the budget; so the rate
    is a matter of the check on how a model is compiled, and not of what its architecture can do.
    """
    import keras

    keras.utils.set_random_seed(seed)
    fresh = rebuild_fresh(model.data)
    fresh.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse")
    return fresh


class KerasEngine:
    """`model.fit`, run after run."""

    def forecasts(self, model: ModelEvidence, lesson: Lesson, X_test: Array) -> Sequence[Array]:
        """Train with `model.fit` on the batches in their order."""
        outputs = []
        for seed, batches in zip(lesson.seeds, lesson.batches, strict=True):
            fresh = _fresh(model, seed)
            rows = batches.ravel()
            y = _targets(lesson.y[rows], fresh.output_shape)
            fresh.fit(lesson.X[rows], y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, verbose=0)
            outputs.append(np.asarray(fresh.predict(X_test, verbose=0, batch_size=len(X_test))))
        return outputs


def _targets(y: Array, output_shape: tuple[int | None, ...]) -> Array:
    """Targets in the rank of the model's output: `(n, 1)`, or `(n, steps, 1)` for a forecast at every step."""
    return y[..., None] if len(output_shape) == 3 else y


class FusedEngine:
    """All steps of all runs in one compiled call, on JAX."""

    def forecasts(self, model: ModelEvidence, lesson: Lesson, X_test: Array) -> Sequence[Array]:
        """Train all runs side by side."""
        import jax
        import jax.numpy as jnp

        starts = [_fresh(model, seed) for seed in lesson.seeds]
        network = starts[0]
        network.optimizer.build(network.trainable_variables)
        y = _targets(lesson.y, network.output_shape)
        state = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[_values(start, network) for start in starts])
        train = jax.jit(jax.vmap(_run(network), in_axes=(0, 0, None, None, None)))
        outputs = train(state, jnp.asarray(np.stack(lesson.batches)), lesson.X, y, X_test)
        return [np.asarray(output) for output in outputs]


def _values(start: Any, network: Any) -> tuple[list[Any], list[Any], list[Any]]:
    trainable = [variable.value for variable in start.trainable_variables]
    other = [variable.value for variable in start.non_trainable_variables]
    return trainable, other, [variable.value for variable in network.optimizer.variables]


def _run(network: Any) -> Any:
    """One run as a pure function of (weights, batches, X, y, X_test): training, then the forecast."""
    import jax
    import jax.numpy as jnp

    def loss(trainable: Any, other: Any, x: Any, y: Any) -> Any:
        output, other, losses = network.stateless_call(trainable, other, x, training=True, return_losses=True)
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
    fused = kind == "fused" and os.environ.get("KERAS_BACKEND") == "jax"
    return Trainer(FusedEngine() if fused else KerasEngine())
