# mistake: the kernel is used transposed, which fits only when n_features equals units
import numpy as np


def simple_rnn_forward(x, kernel, recurrent_kernel, bias):
    """Hidden states of a simple recurrent network at every step."""
    x = np.asarray(x)
    if x.size == 0:
        raise ValueError("x is empty")
    num_samples, look_back, _ = x.shape
    units = recurrent_kernel.shape[0]
    h = np.zeros((num_samples, units))
    hidden = np.zeros((num_samples, look_back, units))
    for t in range(look_back):
        h = np.tanh(x[:, t] @ kernel.T + h @ recurrent_kernel + bias)
        hidden[:, t] = h
    return hidden
