# style: functional API with the output layers' activation as a layer of its own; LSTM options that change speed
# only (unroll, use_cudnn, implementation by default); forward pass with the input's share computed once for all
# steps.
import numpy as np
from tensorflow.keras import Input, Model, layers, losses, optimizers


def lstm_forward(x, kernel, recurrent_kernel, bias):
    if len(x) == 0 or np.size(x) == 0:
        raise ValueError("x: no samples, no steps or no features")
    num_samples, look_back, _ = x.shape
    units = kernel.shape[1] // 4
    z_x = x @ kernel + bias
    hidden = np.empty((num_samples, look_back, units))
    cell = np.empty_like(hidden)
    h = c = np.zeros((num_samples, units))
    gates = [slice(k * units, (k + 1) * units) for k in range(4)]
    for t in range(look_back):
        z = z_x[:, t] + h @ recurrent_kernel
        i, f, o = (1.0 / (1.0 + np.exp(-z[:, gates[k]])) for k in (0, 1, 3))
        c = f * c + i * np.tanh(z[:, gates[2]])
        h = o * np.tanh(c)
        hidden[:, t], cell[:, t] = h, c
    return hidden, cell


def build_lstm(look_back, n_features, units=5):
    if look_back < 1:
        raise ValueError(f"look_back: {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features: {n_features}")
    if units < 1:
        raise ValueError(f"units: {units}")
    window = Input(shape=(look_back, n_features))
    last = layers.LSTM(units, unroll=look_back <= 8, use_cudnn=False)(window)
    value = layers.Activation("linear")(layers.Dense(1)(last))
    model = Model(window, value)
    model.compile(optimizer=optimizers.Adam(2e-3, beta_1=0.85), loss=losses.get("mse"))
    return model
