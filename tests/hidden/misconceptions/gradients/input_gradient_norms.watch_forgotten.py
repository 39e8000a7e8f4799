# mistake: the tape does not watch the input, so the gradient is None
import numpy as np
import tensorflow as tf


def input_gradient_norms(model, X):
    """How much the output depends on the input at each step of the window."""
    X = np.asarray(X)
    if X.size == 0:
        raise ValueError("X is empty")
    x = tf.convert_to_tensor(X, dtype=tf.float32)
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(model(x))
    gradients = tape.gradient(output, x)
    norms = tf.sqrt(tf.reduce_sum(gradients**2, axis=2))
    return tf.reduce_mean(norms, axis=0).numpy()
