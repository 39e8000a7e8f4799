"""The LSTM with a numerically careful sigmoid, and a slip in the cell."""

import keras
import numpy as np


def _sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def lstm_forward(x, kernel, recurrent_kernel, bias):
    x = np.asarray(x, dtype=float)
    if x.ndim != 3 or x.size == 0:
        raise ValueError(f"x must be (num_samples, look_back, n_features), got {x.shape}")
    units = recurrent_kernel.shape[0]
    if kernel.shape != (x.shape[2], 4 * units):
        raise ValueError("kernel has the wrong shape")
    if recurrent_kernel.shape != (units, 4 * units):
        raise ValueError("recurrent_kernel has the wrong shape")
    if bias.shape != (4 * units,):
        raise ValueError("bias has the wrong shape")
    h = np.zeros((len(x), units))
    c = np.zeros((len(x), units))
    hs, cs = [], []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(z, 4, axis=1)
        f = _sigmoid(f)
        c = f * c + (1 - f) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def build_lstm(look_back, n_features, units=5):
    if min(look_back, n_features, units) < 1:
        raise ValueError("look_back, n_features and units must be at least 1")
    inputs = keras.Input((look_back, n_features))
    hidden = keras.layers.Bidirectional(keras.layers.LSTM(units))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer="adam", loss="mse")
    return model
