"""Gradients: of the loss in place of the output, as in training."""

import numpy as np
import tensorflow as tf


def input_gradient_norms(model, X):
    X = tf.convert_to_tensor(np.asarray(X, dtype="float32"))
    if len(X.shape) != 3 or 0 in X.shape:
        raise ValueError("X must be (num_samples, look_back, n_features) and not empty")
    with tf.GradientTape() as tape:
        tape.watch(X)
        loss = tf.reduce_mean(tf.square(model(X)))
    gradient = tape.gradient(loss, X)
    return tf.reduce_mean(tf.norm(gradient, axis=2), axis=0).numpy()
