"""Bonus: the GRU, and the Echo State Network, a recurrent network whose recurrent weights are never trained."""

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


def _as_columns(name: str, series: ArrayLike) -> Array:
    """Return a series as floats with one column for each feature; worked, for you to use.

    Args:
        name: what the message calls the argument.
        series: `(T,)` or `(T, n_features)`.

    Returns:
        Shape `(T, n_features)`; a series `(T,)` becomes one column, `(T, 1)`.

    Raises:
        ValueError: the series is empty or has another number of dimensions.

    Example:
        >>> _as_columns("series", [1, 2, 3]).shape
        (3, 1)
    """
    values = np.asarray(series, dtype=float)
    if values.ndim not in (1, 2) or values.size == 0:
        raise ValueError(f"{name} must be (T,) or (T, n_features) and not empty, got shape {values.shape}")
    return values if values.ndim == 2 else values[:, np.newaxis]


def build_gru(look_back: int, n_features: int, units: int = 5) -> keras.Model:
    """Build a GRU network: a GRU that reads the window, and a Dense(1) that reads its last state.

    GRU(units), then Dense(1); all other settings are Keras's defaults. A GRU has two gates and no cell state.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back`, `n_features` or `units` is below 1.

    Example:
        >>> build_gru(20, 1).count_params()
        126

    Hint:
        You have built its sisters in `simple_rnn` and `lstm`.

    Source:
        Slide "Redes Recurrentes" names it; Cho et al., 2014.
    """
    ### BEGIN SOLUTION
    look_back, n_features = _check_count("look_back", look_back), _check_count("n_features", n_features)
    units = _check_count("units", units)
    model = keras.Sequential(
        [keras.Input((look_back, n_features)), keras.layers.GRU(units), keras.layers.Dense(1)],
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    ### END SOLUTION


def make_reservoir(
    n_features: int, size: int = 200, spectral_radius: float = 0.9, seed: int = 0
) -> tuple[Array, Array]:
    """Draw the two random matrices of an Echo State Network.

    `w_in` carries the input into the reservoir, `w` the reservoir's state into the next one. Both are random and
    stay as they are. `w` is scaled so that its spectral radius, the largest absolute value of its eigenvalues, is
    the one that is asked for: below 1, roughly, old inputs fade; near 1 they fade slowly.

    Args:
        n_features: number of features of a sample, at least 1.
        size: number of units in the reservoir, at least 1.
        spectral_radius: the largest absolute eigenvalue that `w` shall have; not negative.
        seed: the same seed gives the same matrices. NumPy's global random state is left alone.

    Returns:
        `(w_in, w)`, shapes `(size, n_features)` and `(size, size)`.

    Raises:
        ValueError: `n_features` or `size` is below 1, or `spectral_radius` is negative.

    Example:
        >>> w_in, w = make_reservoir(2, size=50, spectral_radius=0.8)
        >>> w_in.shape, w.shape, round(float(max(abs(np.linalg.eigvals(w)))), 6)
        ((50, 2), (50, 50), 0.8)

    Hint:
        Multiplying a matrix by a number multiplies its eigenvalues by the same number. They may be complex.

    Source:
        Slide "Redes Recurrentes" names it; Jaeger, The "echo state" approach, 2001.
    """
    ### BEGIN SOLUTION
    n_features, size = _check_count("n_features", n_features), _check_count("size", size)
    if not spectral_radius >= 0:
        raise ValueError(f"spectral_radius must not be negative, got {spectral_radius}")
    rng = np.random.default_rng(seed)
    w_in = rng.uniform(-0.5, 0.5, size=(size, n_features))
    w = rng.normal(size=(size, size))
    return w_in, w * (spectral_radius / np.max(np.abs(np.linalg.eigvals(w))))
    ### END SOLUTION


def reservoir_states(series: ArrayLike, w_in: ArrayLike, w: ArrayLike, leak: float = 1.0) -> Array:
    """Drive a reservoir with a series and record its state after each sample.

    $s_t = (1 - leak) s_{t-1} + leak tanh(w_{in} u_t + w s_{t-1})$, beginning with a state of zeros. With `leak=1`
    the old state enters through `w` alone; a smaller one makes the reservoir slower.

    Args:
        series: the inputs $u_t$, shape `(T,)` or `(T, n_features)`, not empty.
        w_in: shape `(size, n_features)`.
        w: shape `(size, size)`.
        leak: how much of the state is renewed at each step, in (0, 1].

    Returns:
        The state after each sample, shape `(T, size)`.

    Raises:
        ValueError: `series` is empty, `leak` is not in (0, 1], or the shape of `w_in` or `w` does not fit.

    Example:
        >>> reservoir_states([1.0, 0.0], w_in=[[1.0]], w=[[2.0]]).round(4)
        array([[0.7616],
               [0.9093]])

    Hint:
        Here the matrices stand on the left of column vectors, other than in `simple_rnn_forward`. Both states on
        the right-hand side are the old one.

    Source:
        Jaeger, 2001; leaky units: Jaeger, Lukoševičius, Popovici & Siewert, 2007.
    """
    ### BEGIN SOLUTION
    if not 0 < leak <= 1:
        raise ValueError(f"leak must be in (0, 1], got {leak}")
    inputs = _as_columns("series", series)
    recurrent = _as_array("w", w, (len(np.atleast_1d(w)),) * 2)
    drive = inputs @ _as_array("w_in", w_in, (len(recurrent), inputs.shape[1])).T
    states = np.zeros((len(inputs), len(recurrent)))
    state = np.zeros(len(recurrent))
    for t in range(len(inputs)):
        state = (1 - leak) * state + leak * np.tanh(drive[t] + recurrent @ state)
        states[t] = state
    return states
    ### END SOLUTION


def fit_readout(states: ArrayLike, y: ArrayLike, ridge: float = 1e-6) -> tuple[Array, float]:
    """Fit the only part of an Echo State Network that learns: a linear readout, by ridge regression.

    Find the weights $v$ and the intercept $a$ that make $sum_t (states_t · v + a - y_t)^2 + ridge |v|^2$ smallest.
    The intercept is not penalised. With `ridge=0` it is ordinary least squares.

    Args:
        states: shape `(T, size)`, not empty.
        y: the value to forecast from each state, shape `(T,)` or `(T, 1)`.
        ridge: weight of the penalty, not negative.

    Returns:
        `(weights, intercept)`: shape `(size,)`, and a float. The forecast is `states @ weights + intercept`.

    Raises:
        ValueError: `ridge` is negative, an array is empty, or `y` does not have one value for each state.

    Example:
        >>> weights, intercept = fit_readout([[0.0], [1.0], [2.0]], [3.0, 5.0, 7.0], ridge=0.0)
        >>> round(float(weights[0]), 6), round(intercept, 6)
        (2.0, 3.0)

    Hint:
        Take the means away from `states` and `y`: then the intercept drops out, and comes back at the end. What
        remains is a linear system with one unknown for each unit; solve it, do not invert a matrix.

    Source:
        Jaeger, 2001; Hoerl & Kennard, Ridge Regression, 1970.
    """
    ### BEGIN SOLUTION
    if not ridge >= 0:
        raise ValueError(f"ridge must not be negative, got {ridge}")
    inputs = _as_array("states", states, (None, None))
    targets = _as_columns("y", y)
    targets = _as_array("y", targets, (len(inputs), 1))[:, 0]
    centre, level = inputs.mean(axis=0), targets.mean()
    # Least squares with the penalty as further rows: more exact than the normal equations, and fit for ridge=0.
    size = inputs.shape[1]
    rows = np.vstack([inputs - centre, np.sqrt(ridge) * np.eye(size)])
    weights = np.linalg.lstsq(rows, np.append(targets - level, np.zeros(size)), rcond=None)[0]
    return weights, float(level - centre @ weights)
    ### END SOLUTION
