# style: weights reshaped to (inputs, gate, units) and one einsum per step; numerically stable sigmoid; results are
# non-contiguous views of a time-first buffer; RNN(LSTMCell) and a sigmoid given as a function.
import keras
import numpy as np


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def lstm_forward(x, kernel, recurrent_kernel, bias):
    x = np.asarray(x)
    if 0 in x.shape:
        raise ValueError(f"x has shape {x.shape}: nothing to run over")
    u = np.shape(recurrent_kernel)[0]
    drive = np.einsum("ntf,fgu->tgnu", x, np.reshape(kernel, (-1, 4, u))) + np.reshape(bias, (4, 1, u))
    U = np.reshape(recurrent_kernel, (u, 4, u))
    buffer = np.zeros((2, len(drive) + 1, x.shape[0], u))
    for t, d in enumerate(drive):
        i, f, g, o = d + np.einsum("nv,vgu->gnu", buffer[0, t], U)
        buffer[1, t + 1] = _sigmoid(f) * buffer[1, t] + _sigmoid(i) * np.tanh(g)
        buffer[0, t + 1] = _sigmoid(o) * np.tanh(buffer[1, t + 1])
    hidden, cell = buffer[:, 1:].swapaxes(1, 2)
    return hidden, cell


def build_lstm(look_back, n_features, units=5):
    bad = {k: v for k, v in locals().items() if v < 1}
    if bad:
        raise ValueError(f"must be at least 1: {bad}")
    cell = keras.layers.LSTMCell(units, recurrent_activation=keras.activations.sigmoid)
    model = keras.Sequential(
        [keras.Input((look_back, n_features)), keras.layers.RNN(cell, name="memoria"), keras.layers.Dense(1)]
    )
    model.compile(loss=keras.losses.MeanSquaredError(), optimizer=keras.optimizers.Adam(1e-2))
    return model
