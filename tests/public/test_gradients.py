"""Public checks of `gradients`: networks whose gradients can be written down by hand."""

import numpy as np
import pytest

from grader.compare import expect, expect_array, expect_close
from grader.contract import Text

pytestmark = pytest.mark.exercise("gradients")

NUM_SAMPLES, LOOK_BACK, N_FEATURES, UNITS = 8, 6, 2, 3


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_linear(submission, rng, keras):
    """The gradient of a linear model is its weights: each step's norm is that of the weights of this step."""
    model = keras.Sequential([keras.Input((LOOK_BACK, N_FEATURES)), keras.layers.Flatten(), keras.layers.Dense(1)])
    kernel = rng.normal(size=(LOOK_BACK, N_FEATURES))
    model.set_weights([kernel.reshape(-1, 1), np.zeros(1)])
    X = rng.normal(size=(NUM_SAMPLES, LOOK_BACK, N_FEATURES))
    norms = submission.input_gradient_norms(model, X)
    expect_close(Text("the norms"), norms, np.linalg.norm(kernel, axis=1), axes=("look_back",), tolerance=1e-4)


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_memory(submission, rng, keras):
    """A SimpleRNN whose recurrent weights are small forgets: the further back a step, the smaller its norm."""
    layers = [keras.layers.SimpleRNN(UNITS), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((LOOK_BACK, N_FEATURES)), *layers])
    kernel, recurrent_kernel = rng.uniform(0.1, 0.4, size=(N_FEATURES, UNITS)), 0.3 * np.eye(UNITS)
    model.set_weights([kernel, recurrent_kernel, np.zeros(UNITS), np.ones((UNITS, 1)), np.zeros(1)])
    X = 0.3 * rng.normal(size=(NUM_SAMPLES, LOOK_BACK, N_FEATURES))
    norms = expect_array(Text("the norms"), submission.input_gradient_norms(model, X), (LOOK_BACK,), ("look_back",))
    text = Text("the norms do not grow from the first step to the last")
    expect((norms > 0).all() and (np.diff(norms) > 0).all(), text)
