# style: einsum and a generator of states; RNN(SimpleRNNCell(units)) in the functional API, loss "MSE", Adam object.
import keras
import numpy as np


def _states(x, kernel, recurrent_kernel, bias):
    drive = np.einsum("ntf,fu->tnu", x, kernel) + bias
    h = np.zeros_like(drive[0])
    for now in drive:
        h = np.tanh(now + np.einsum("nv,vu->nu", h, recurrent_kernel))
        yield h


def simple_rnn_forward(x, kernel, recurrent_kernel, bias):
    """All hidden states, time back in the middle."""
    if not np.asarray(x).size:
        raise ValueError("`x` must hold at least one sample")
    return np.stack(list(_states(x, kernel, recurrent_kernel, bias)), axis=1)


def build_simple_rnn(look_back, n_features, units=5):
    for name in ("look_back", "n_features", "units"):
        if locals()[name] < 1:
            raise ValueError(f"`{name}` must be positive, received {locals()[name]}")
    inputs = keras.layers.Input((look_back, n_features))
    state = keras.layers.RNN(keras.layers.SimpleRNNCell(units, activation="tanh"))(inputs)
    outputs = keras.layers.Dense(1, "linear")(state)
    model = keras.models.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.005), loss="MSE", metrics=["mae", "mse"])
    return model
