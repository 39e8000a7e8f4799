# mistake: the gradients are averaged before the norm is taken, so they cancel
import numpy as np
import tensorflow as tf


def input_gradient_norms(model, X):
    """How much the output depends on the input at each step of the window."""
    X = np.asarray(X)
    if X.size == 0:
        raise ValueError("X is empty")
    x = tf.convert_to_tensor(X, dtype=tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = tf.reduce_sum(model(x))
    gradients = tape.gradient(output, x)
    mean = tf.reduce_mean(gradients, axis=0)
    return tf.sqrt(tf.reduce_sum(mean**2, axis=1)).numpy()
