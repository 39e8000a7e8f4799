"""The simple recurrent network: its forward pass by hand, and the same layer in Keras."""

from __future__ import annotations

import operator

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def _check_count(name: str, value: int) -> int:
    """Return `value` as an `int`; a worked example of how an exercise rejects a senseless argument.

    Raises:
        ValueError: `value` is no whole number or below 1. The message names the argument.

    Example:
        >>> _check_count("look_back", 0)
        Traceback (most recent call last):
        ValueError: look_back must be at least 1, got 0
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {value!r}") from None
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")
    return count


def _as_array(name: str, value: ArrayLike, shape: tuple[int | None, ...]) -> Array:
    """Return `value` as an array of floats of the given shape; worked, for you to use.

    Args:
        name: what the message calls the argument.
        value: array, or nested lists of numbers.
        shape: one entry for each dimension; `None` stands for any size but 0.

    Raises:
        ValueError: `value` is empty or its shape does not fit. The message names the argument.

    Example:
        >>> _as_array("x", [[1, 2, 3]], (None, 3)).shape
        (1, 3)
    """
    array = np.asarray(value, dtype=float)
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits or array.size == 0:
        raise ValueError(f"{name} must be a non-empty array of shape {shape}, got shape {array.shape}")
    return array


def simple_rnn_forward(x: ArrayLike, kernel: ArrayLike, recurrent_kernel: ArrayLike, bias: ArrayLike) -> Array:
    """Compute every hidden state of a simple RNN, with NumPy alone.

    One matrix multiplies the input, another one the previous hidden state; their sum and the bias go through a
    hyperbolic tangent:

    $h_t = tanh(x_t W + h_{t-1} U + b)$, beginning with a hidden state of zeros.

    The result agrees with `keras.layers.SimpleRNN(units, return_sequences=True)` to 1e-5, and the arguments are in
    the order and the layout of that layer's `get_weights()`.

    Args:
        x: windows, shape `(num_samples, look_back, n_features)`, not empty.
        kernel: $W$, shape `(n_features, units)`.
        recurrent_kernel: $U$, shape `(units, units)`.
        bias: $b$, shape `(units,)`.

    Returns:
        The hidden state after each step, shape `(num_samples, look_back, units)`.

    Raises:
        ValueError: an array is empty, or its shape does not fit the others.

    Example:
        >>> simple_rnn_forward([[[1.0], [0.0]]], [[1.0]], [[2.0]], [0.0]).round(4)
        array([[[0.7616],
                [0.9093]]])

    Hint:
        Loop over time and let matrix products do all the samples at once. Row vectors: the state stands on the left.

    Source:
        Slide "1) RNN Simple"; Elman, Finding Structure in Time, 1990.
    """
    ### BEGIN SOLUTION
    inputs = _as_array("x", x, (None, None, None))
    U = _as_array("recurrent_kernel", recurrent_kernel, (None, None))
    units = len(U)
    U = _as_array("recurrent_kernel", U, (units, units))
    W = _as_array("kernel", kernel, (inputs.shape[2], units))
    b = _as_array("bias", bias, (units,))
    hidden = np.zeros((*inputs.shape[:2], units))
    h = np.zeros((len(inputs), units))
    for step in range(inputs.shape[1]):
        h = np.tanh(inputs[:, step] @ W + h @ U + b)
        hidden[:, step] = h
    return hidden
    ### END SOLUTION


def build_simple_rnn(look_back: int, n_features: int, units: int = 5) -> keras.Model:
    """Build the network of the slides: a SimpleRNN that reads the window, and a Dense(1) that reads its last state.

    SimpleRNN(units, tanh), then Dense(1, linear). How many parameters it has is a question of the exercise
    `parameters`; note that `look_back` does not enter.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back`, `n_features` or `units` is below 1.

    Example:
        >>> build_simple_rnn(20, 1).count_params()
        41

    Hint:
        The slide's `input_shape=` is how it was written once; in Keras 3 the shape goes into a `keras.Input`.

    Source:
        Slide "1) RNN Simple".
    """
    ### BEGIN SOLUTION
    look_back, n_features = _check_count("look_back", look_back), _check_count("n_features", n_features)
    units = _check_count("units", units)
    model = keras.Sequential(
        [
            keras.Input((look_back, n_features)),
            keras.layers.SimpleRNN(units, activation="tanh"),
            keras.layers.Dense(1, activation="linear"),
        ],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION
