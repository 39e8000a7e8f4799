"""The LSTM: its six equations by hand, and the same layer in Keras."""

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


def _sigmoid(z: ArrayLike) -> Array:
    """Return the logistic function $1 / (1 + e^{-z})$; worked, for you to use.

    Written with `tanh`, which cannot overflow: `exp(1000)` would.

    Example:
        >>> _sigmoid([-1000.0, 0.0, 1000.0])
        array([0. , 0.5, 1. ])
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(z, dtype=float))))


def lstm_forward(x: ArrayLike, kernel: ArrayLike, recurrent_kernel: ArrayLike, bias: ArrayLike) -> tuple[Array, Array]:
    """Compute every hidden state and every cell state of an LSTM, with NumPy alone.

    At each step three gates between 0 and 1 and one candidate are computed from the input and the previous hidden
    state. In row vectors:

    $f_t = sigmoid(x_t W_f + h_{t-1} U_f + b_f)$: the forget gate, how much of the old cell state stays;
    $i_t = sigmoid(x_t W_i + h_{t-1} U_i + b_i)$: the input gate, how much of the candidate comes in;
    $g_t = tanh(x_t W_c + h_{t-1} U_c + b_c)$: the candidate;
    $c_t = f_t * c_{t-1} + i_t * g_t$: the cell state, a sum, through which the gradient passes easily;
    $o_t = sigmoid(x_t W_o + h_{t-1} U_o + b_o)$: the output gate, how much of the cell state shows;
    $h_t = o_t * tanh(c_t)$: the hidden state.

    `*` is element by element, and both states begin as zeros. Keras keeps the four matrices side by side in one:
    columns in the order i, f, c, o, each `units` wide. The result agrees with
    `keras.layers.LSTM(units, return_sequences=True)` to 1e-5, and the arguments are in the order and the layout
    of that layer's `get_weights()`.

    Args:
        x: windows, shape `(num_samples, look_back, n_features)`, not empty.
        kernel: the four W, shape `(n_features, 4 * units)`.
        recurrent_kernel: the four U, shape `(units, 4 * units)`.
        bias: the four b, shape `(4 * units,)`.

    Returns:
        `(hidden, cell)`: both states after each step, each of shape `(num_samples, look_back, units)`.

    Raises:
        ValueError: an array is empty, or its shape does not fit the others.

    Example:
        >>> hidden, cell = lstm_forward([[[1.0], [0.0]]], [[9.0, 9.0, 1.0, 9.0]], [[0.0] * 4], [0.0] * 4)
        >>> cell.round(4)
        array([[[0.7615],
                [0.3808]]])
        >>> hidden.round(4)
        array([[[0.6419],
                [0.1817]]])

    Hint:
        One matrix product gives all four blocks; cut it afterwards. Then write the six lines in the order in which
        each one finds what it needs. `_sigmoid` is there.

    Source:
        Slide "2) LSTM"; Hochreiter & Schmidhuber, Long Short-Term Memory, 1997 (the forget gate: Gers et al., 2000).
    """
    ### BEGIN SOLUTION
    inputs = _as_array("x", x, (None, None, None))
    units = len(_as_array("recurrent_kernel", recurrent_kernel, (None, None)))
    U = _as_array("recurrent_kernel", recurrent_kernel, (units, 4 * units))
    W = _as_array("kernel", kernel, (inputs.shape[2], 4 * units))
    b = _as_array("bias", bias, (4 * units,))
    hidden, cell = np.zeros((2, *inputs.shape[:2], units))
    h, c = np.zeros((2, len(inputs), units))
    for step in range(inputs.shape[1]):
        i, f, g, o = np.split(inputs[:, step] @ W + h @ U + b, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        hidden[:, step], cell[:, step] = h, c
    return hidden, cell
    ### END SOLUTION


def build_lstm(look_back: int, n_features: int, units: int = 5) -> keras.Model:
    """Build the LSTM network of the slides: an LSTM that reads the window, and a Dense(1) that reads its last state.

    LSTM(units, tanh), then Dense(1, linear); all other settings are Keras's defaults.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state and of the cell state, at least 1.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back`, `n_features` or `units` is below 1.

    Example:
        >>> build_lstm(20, 1).count_params()
        146

    Hint:
        Compared with `build_simple_rnn`, one word changes.

    Source:
        Slide "2) LSTM", the Keras code.
    """
    ### BEGIN SOLUTION
    look_back, n_features = _check_count("look_back", look_back), _check_count("n_features", n_features)
    units = _check_count("units", units)
    model = keras.Sequential(
        [
            keras.Input((look_back, n_features)),
            keras.layers.LSTM(units, activation="tanh"),
            keras.layers.Dense(1, activation="linear"),
        ],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION
