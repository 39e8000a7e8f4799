"""The judge's training: the fused trainer gives what `model.fit` gives, and an unlucky run costs nobody a point."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.course import Gate
from grader.evidence import CheckFailed
from grader.training import FURTHER_RUNS, Trial

ROOT = Path(__file__).parents[2]

COMPARE = """
import dataclasses, json
import keras, numpy as np
from grader import training
from grader.models import ModelEvidence
from grader.observe import model_data
from solutions import baselines, beyond, lstm, sequences, simple_rnn, stacked

training.STEPS = 40
LOOK_BACK = 20
builders = {
    "build_linear": (baselines.build_linear(LOOK_BACK, 1), False),
    "build_dense": (baselines.build_dense(LOOK_BACK, 1), False),
    "build_simple_rnn": (simple_rnn.build_simple_rnn(LOOK_BACK, 1), False),
    "build_lstm": (lstm.build_lstm(LOOK_BACK, 1), False),
    "build_rnn_with_dense_head": (stacked.build_rnn_with_dense_head(LOOK_BACK, 1), False),
    "build_stacked_rnn": (stacked.build_stacked_rnn(LOOK_BACK, 1), False),
    "build_any_length": (sequences.build_any_length(1), False),
    "build_every_step": (sequences.build_every_step(LOOK_BACK, 1), True),
    "build_stateful": (sequences.build_stateful(1), True),
    "build_gru": (beyond.build_gru(LOOK_BACK, 1), False),
}
apart = {}
for name, (model, sequence) in builders.items():
    model = ModelEvidence(model_data(model))
    lesson = training.draw_lesson(LOOK_BACK, np.random.default_rng(5), sequence=sequence)
    lesson = dataclasses.replace(lesson, batches=lesson.batches[:1], seeds=lesson.seeds[:1])
    pairs = zip(training.FusedEngine().forecasts(model, lesson), training.KerasEngine().forecasts(model, lesson))
    apart[name] = [float(np.abs(fused.ravel() - plain.ravel()).max()) for fused, plain in pairs]
print(json.dumps(apart))
"""


def test_the_fused_trainer_gives_what_model_fit_gives_for_every_builder_of_the_course():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run([sys.executable, "-c", COMPARE], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    apart = json.loads(result.stdout.splitlines()[-1])
    assert len(apart) == 10
    assert {name: worst for name, values in apart.items() if (worst := max(values)) > 1e-3} == {}


class Scripted:
    """A trainer whose runs come out as told; counts how many were asked for."""

    def __init__(self, *skills):
        self._skills = skills
        self.runs = 0

    def skills(self, model, look_back, rng, *, sequence=False, origin=None):
        for skill in self._skills:
            self.runs += 1
            yield skill


GATE = Gate(threshold=0.6, sure=0.4)


def trial(*skills):
    trainer = Scripted(*skills)
    Trial(trainer, GATE).expect_skill("build_lstm", None, 20, np.random.default_rng(0))
    return trainer.runs


def test_one_run_that_is_good_by_far_is_enough():
    assert trial(0.39, 9, 9, 9, 9) == 1


@pytest.mark.parametrize("skills", [(0.5, 0.5, 0.5, 9, 9), (np.inf, 0.3, 0.3, 0.3, np.inf)])
def test_an_unlucky_run_costs_nobody_a_point(skills):
    assert trial(*skills) == len(skills) == 1 + FURTHER_RUNS


@pytest.mark.parametrize("skills", [(0.9, 0.3, 0.3, 0.9, 0.9), (np.nan,) * 5, (np.inf,) * 5, (1.0,) * 5])
def test_a_network_that_does_not_forecast_has_no_lucky_run(skills):
    with pytest.raises(CheckFailed):
        trial(*skills)
