# style: the equations of the slides with one matrix per gate acting on [h, x]; sigmoid by way of tanh.
import numpy as np
from keras.layers import LSTM, Dense
from keras.models import Sequential


def sigma(z):
    return 0.5 * (1 + np.tanh(z / 2))


def lstm_forward(x, kernel, recurrent_kernel, bias):
    if x.size == 0:
        raise ValueError("x is empty")
    units = recurrent_kernel.shape[0]
    # Keras keeps the four gates side by side: i, f, c, o
    W_i, W_f, W_C, W_o = np.split(np.concatenate([recurrent_kernel, kernel]), 4, axis=1)
    b_i, b_f, b_C, b_o = np.split(bias, 4)
    h = np.zeros((x.shape[0], units))
    C = np.zeros((x.shape[0], units))
    hidden, cell = [], []
    for t in range(x.shape[1]):
        hx = np.concatenate([h, x[:, t, :]], axis=1)
        f = sigma(hx @ W_f + b_f)
        i = sigma(hx @ W_i + b_i)
        C_new = np.tanh(hx @ W_C + b_C)
        C = f * C + i * C_new
        o = sigma(hx @ W_o + b_o)
        h = o * np.tanh(C)
        hidden.append(h)
        cell.append(C)
    return np.transpose(hidden, (1, 0, 2)), np.transpose(cell, (1, 0, 2))


def build_lstm(look_back, n_features, units=5):
    if look_back < 1:
        raise ValueError("look_back < 1")
    if n_features < 1:
        raise ValueError("n_features < 1")
    if units < 1:
        raise ValueError("units < 1")
    model = Sequential()
    model.add(LSTM(5 if units is None else units, activation="tanh", input_shape=(look_back, n_features)))
    model.add(Dense(1, activation="linear"))
    model.compile(optimizer="adam", loss="mse")
    return model
