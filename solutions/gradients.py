"""How far back a network feels: the gradient of its output with respect to each past sample."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def input_gradient_norms(model: keras.Model, X: ArrayLike) -> Array:
    """Measure how strongly the output depends on each step of the window.

    For each window and each step $t$: the Euclidean norm, over the features, of the gradient of the window's output
    with respect to $x_t$. Then the mean over the windows. In a simple RNN the gradient of a far step is a product
    of many factors and fades: the curve falls towards the oldest sample. That is the vanishing gradient.

    The gradient is computed by automatic differentiation, with TensorFlow's `GradientTape`.

    Args:
        model: any model `(batch, look_back, n_features)` to `(batch, 1)`.
        X: windows, shape `(num_samples, look_back, n_features)`, not empty.

    Returns:
        One norm for each step, oldest first, shape `(look_back,)`, none of them negative.

    Raises:
        ValueError: `X` is empty or does not have three dimensions.

    Example:
        >>> linear = keras.Sequential([keras.Input((3, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
        >>> linear.set_weights([np.array([[1.0], [-2.0], [0.5]]), np.zeros(1)])
        >>> input_gradient_norms(linear, np.ones((4, 3, 1))).tolist()
        [1.0, 2.0, 0.5]

    Hint:
        A tape follows variables of its own accord, but a constant only when it is told to watch it. The outputs of
        different windows do not mix, so the gradient of their sum holds each window's own gradient. Mind the order:
        norm over features first, mean over windows after.

    Source:
        Slide "Vanishing gradient problem"; Bengio, Simard & Frasconi, 1994; Hochreiter & Schmidhuber, 1997.
    """
    ### BEGIN SOLUTION
    import tensorflow as tf

    windows = tf.convert_to_tensor(np.asarray(X, dtype="float32"))
    if len(windows.shape) != 3 or 0 in windows.shape:
        raise ValueError(f"X must be (num_samples, look_back, n_features) and not empty, got {tuple(windows.shape)}")
    with tf.GradientTape() as tape:
        tape.watch(windows)
        total = tf.reduce_sum(model(windows, training=False))
    gradient = tape.gradient(total, windows, unconnected_gradients=tf.UnconnectedGradients.ZERO).numpy()
    return np.asarray(np.linalg.norm(gradient.astype(float), axis=2).mean(axis=0))
    ### END SOLUTION
