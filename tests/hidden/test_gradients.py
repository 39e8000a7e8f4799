"""Hidden checks of `gradients`: how strongly the output depends on each step of the window.

The oracle knows no automatic differentiation: it runs the network in NumPy, in float64, and shifts one input at a time.
"""

import numpy as np
import pytest

from grader.compare import expect, expect_array, expect_close, expect_inputs_kept, expect_rejects
from grader.contract import Text
from grader.models import undrawn

pytestmark = pytest.mark.exercise("gradients")

TOLERANCE = 1e-4
STEP = 1e-4


def distinct(rng, count, low=3, high=11):
    """Different sizes, so that a transposed answer cannot pass."""
    return rng.choice(np.arange(low, high), size=count, replace=False).tolist()


def sigmoid(z):
    """The logistic function."""
    return 1 / (1 + np.exp(-z))


def dense_output(X, kernel, bias, w_out, b_out):
    """Flatten, Dense(units, tanh), Dense(1); one number for each window."""
    hidden = np.tanh(X.reshape(len(X), -1) @ kernel + bias)
    return (hidden @ w_out + b_out)[:, 0]


def rnn_output(X, kernel, recurrent_kernel, bias, w_out, b_out):
    """SimpleRNN(units), Dense(1); one number for each window."""
    h = np.zeros((len(X), len(bias)))
    for t in range(X.shape[1]):
        h = np.tanh(X[:, t] @ kernel + h @ recurrent_kernel + bias)
    return (h @ w_out + b_out)[:, 0]


def lstm_output(X, kernel, recurrent_kernel, bias, w_out, b_out):
    """LSTM(units), Dense(1); one number for each window."""
    h = c = np.zeros((len(X), len(bias) // 4))
    for t in range(X.shape[1]):
        i, f, g, o = np.split(X[:, t] @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return (h @ w_out + b_out)[:, 0]


def slow_gradients(output, X, weights):
    """The derivative of each window's output by each of its inputs, `(num_samples, look_back, n_features)`."""
    gradients = np.empty_like(X)
    for t in range(X.shape[1]):
        for feature in range(X.shape[2]):
            shift = np.zeros_like(X)
            shift[:, t, feature] = STEP
            gradients[:, t, feature] = (output(X + shift, *weights) - output(X - shift, *weights)) / (2 * STEP)
    return gradients


def slow_norms(output, X, weights):
    """The Euclidean norm over the features, then the mean over the samples, `(look_back,)`."""
    return np.mean(np.sqrt(np.sum(slow_gradients(output, X, weights) ** 2, axis=2)), axis=0)


def make_network(keras, rng, kind, look_back, n_features, units):
    """A Keras model with one hidden layer and random weights, and its output in NumPy."""
    hidden = {
        "dense": [keras.layers.Flatten(), keras.layers.Dense(units, activation="tanh")],
        "rnn": [keras.layers.SimpleRNN(units)],
        "lstm": [keras.layers.LSTM(units)],
    }[kind]
    with undrawn():
        model = keras.Sequential([keras.Input((look_back, n_features)), *hidden, keras.layers.Dense(1)])
    weights = [draw_weight(rng, weight.shape) for weight in model.weights]
    model.set_weights(weights)
    return model, {"dense": dense_output, "rnn": rnn_output, "lstm": lstm_output}[kind], weights


def draw_weight(rng, shape):
    """Weights that neither saturate a unit nor let it forget: square ones are rotations, shrunk to 0.9."""
    if len(shape) == 2 and shape[1] in (shape[0], 4 * shape[0]):
        blocks = [np.linalg.qr(rng.normal(size=(shape[0], shape[0])))[0] for _ in range(shape[1] // shape[0])]
        return 0.9 * np.concatenate(blocks, axis=1)
    size = min(1.0, 2.0 / np.sqrt(shape[0])) if len(shape) == 2 else 1.0
    return size * rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.3, 0.9, size=shape)


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_shape(submission, rng, keras):
    """One norm for each step of the window, a finite number that is not negative; `X` stays as it is."""
    for kind in ("rnn", "lstm"):
        num_samples, look_back, n_features, units = distinct(rng, 4)
        model, _, _ = make_network(keras, rng, kind, look_back, n_features, units)
        X = rng.normal(size=(num_samples, look_back, n_features))
        norms = expect_inputs_kept(submission.input_gradient_norms, model, X)
        norms = expect_array(Text("the norms"), norms, (look_back,), axes=("look_back",))
        expect((norms >= 0).all(), Text("a norm is negative"))
        expect((norms > 0).any(), Text("all norms are 0, though the output depends on the window"))


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_values(submission, rng, keras):
    """For one window of one feature, the size of the derivative of the output by each input."""
    for kind in ("dense", "rnn", "lstm"):
        look_back, units = distinct(rng, 2)
        model, output, weights = make_network(keras, rng, kind, look_back, 1, units)
        X = rng.normal(size=(1, look_back, 1))
        norms = submission.input_gradient_norms(model, X)
        expect_close(Text("the norms"), norms, slow_norms(output, X, weights), ("look_back",), TOLERANCE)


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_features(submission, rng, keras):
    """With several features, a step's gradient is a vector, and its Euclidean norm is due."""
    for kind in ("dense", "lstm"):
        look_back, n_features, units = distinct(rng, 3)
        model, output, weights = make_network(keras, rng, kind, look_back, n_features, units)
        X = rng.normal(size=(1, look_back, n_features))
        norms = submission.input_gradient_norms(model, X)
        expect_close(Text("the norms"), norms, slow_norms(output, X, weights), ("look_back",), TOLERANCE)


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_samples(submission, rng, keras):
    """With several windows, every window has its own gradient and its own norm; the mean of these norms is due."""
    for kind in ("dense", "rnn"):
        num_samples, look_back, n_features, units = distinct(rng, 4, low=4)
        model, output, weights = make_network(keras, rng, kind, look_back, n_features, units)
        X = rng.normal(size=(num_samples, look_back, n_features))
        norms = submission.input_gradient_norms(model, X)
        expect_close(Text("the norms"), norms, slow_norms(output, X, weights), ("look_back",), TOLERANCE)


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_vanishing(submission, rng, keras):
    """The norms are in the order of time: where the gradient vanishes, the first steps have the smallest."""
    look_back, units = 14, 5
    model, output, weights = make_network(keras, rng, "rnn", look_back, 1, units)
    weights[1] = 0.5 * np.linalg.qr(weights[1])[0]
    model.set_weights(weights)
    X = 0.5 * rng.normal(size=(1, look_back, 1))
    due = slow_norms(output, X, weights)
    norms = expect_array(
        Text("the norms"), submission.input_gradient_norms(model, X), (look_back,), axes=("look_back",)
    )
    expect((norms > 0).all(), Text("a norm is 0; the gradient of the first steps is small, but not 0"))
    text = Text("the gradient vanishes at the wrong end: the norms grow towards the first steps of the window")
    expect(norms[:2].max() < norms[-2:].max(), text)
    expect_close(
        Text("the norms, each divided by the largest"), norms / norms.max(), due / due.max(), ("look_back",), 1e-3
    )


@pytest.mark.function("input_gradient_norms")
def test_input_gradient_norms_arguments(submission, rng, keras):
    """An `X` without windows is rejected with a ValueError."""
    look_back, n_features, units = distinct(rng, 3)
    model, _, _ = make_network(keras, rng, "rnn", look_back, n_features, units)
    names = ("X", "num_samples")
    expect_rejects(submission.input_gradient_norms, model, np.empty((0, look_back, n_features)), names=names)
