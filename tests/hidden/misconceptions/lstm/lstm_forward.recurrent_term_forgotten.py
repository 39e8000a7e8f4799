# mistake: the hidden state before does not enter the gates
import numpy as np


def lstm_forward(x, kernel, recurrent_kernel, bias):
    """Hidden and cell states of an LSTM at every step."""
    x = np.asarray(x)
    if x.size == 0:
        raise ValueError("x is empty")
    num_samples, look_back, _ = x.shape
    units = recurrent_kernel.shape[0]
    h = np.zeros((num_samples, units))
    c = np.zeros((num_samples, units))
    hidden = np.zeros((num_samples, look_back, units))
    cell = np.zeros((num_samples, look_back, units))
    for t in range(look_back):
        z = x[:, t] @ kernel + bias
        z_i, z_f, z_c, z_o = np.split(z, 4, axis=1)
        i = 1 / (1 + np.exp(-z_i))
        f = 1 / (1 + np.exp(-z_f))
        o = 1 / (1 + np.exp(-z_o))
        c = f * c + i * np.tanh(z_c)
        h = o * np.tanh(c)
        hidden[:, t] = h
        cell[:, t] = c
    return hidden, cell
