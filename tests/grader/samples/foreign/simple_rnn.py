"""The simple RNN, translated from a PyTorch notebook."""

import keras
import numpy as np


def simple_rnn_forward(x, kernel, recurrent_kernel, bias):
    x = np.asarray(x, dtype=float)
    if x.size == 0 or x.ndim != 3:
        raise ValueError("x must be (num_samples, look_back, n_features) and not empty")
    n, look_back, n_features = x.shape
    if len(kernel) != n_features:
        raise ValueError("kernel does not fit x")
    units = kernel.shape[1]
    if np.shape(recurrent_kernel) != (units, units):
        raise ValueError("recurrent_kernel does not fit kernel")
    if np.shape(bias) != (units,):
        raise ValueError("bias does not fit kernel")
    out = np.zeros((look_back, n, units))
    h = np.zeros((n, units))
    for t in range(look_back):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        out[t] = h
    return out


def build_simple_rnn(look_back, n_features, units=5):
    for name, value in {"look_back": look_back, "n_features": n_features, "units": units}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1")
    model = keras.Sequential()
    model.add(keras.Input((look_back, n_features)))
    model.add(keras.layers.SimpleRNN(units, activation="tanh"))
    model.add(keras.layers.Dense(n_features))
    model.compile(optimizer="sgd", loss="mae")
    return model
