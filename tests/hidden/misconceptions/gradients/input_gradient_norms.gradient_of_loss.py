# mistake: the mean of the squared outputs is differentiated, a loss over the batch, and not the outputs
import numpy as np
import tensorflow as tf


def input_gradient_norms(model, X):
    """Measure how strongly the output depends on each step of the window."""
    X = tf.convert_to_tensor(np.asarray(X, dtype="float32"))
    if len(X.shape) != 3 or 0 in X.shape:
        raise ValueError(f"X must be (num_samples, look_back, n_features) and not empty, got shape {tuple(X.shape)}")
    with tf.GradientTape() as tape:
        tape.watch(X)
        loss = tf.reduce_mean(tf.square(model(X)))
    gradient = tape.gradient(loss, X)
    return tf.reduce_mean(tf.norm(gradient, axis=2), axis=0).numpy()
