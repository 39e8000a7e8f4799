# mistake: the gradient is taken with respect to the weights: one norm for each weight array
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
    gradients = tape.gradient(output, model.trainable_weights)
    return np.array([tf.norm(gradient).numpy() for gradient in gradients])
