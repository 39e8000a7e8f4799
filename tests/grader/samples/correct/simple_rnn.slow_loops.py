# style: four nested loops over samples, steps, units and inputs with math.tanh; the builder spells no default at
# all.
import math

import numpy as np
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Dense, SimpleRNN


def simple_rnn_forward(x, kernel, recurrent_kernel, bias):
    if np.size(x) == 0:
        raise ValueError("x is empty")
    num_samples, look_back, n_features = x.shape
    units = len(bias)
    states = np.zeros((num_samples, look_back, units))
    for s in range(num_samples):
        h = [0.0] * units
        for t in range(look_back):
            new = []
            for j in range(units):
                total = bias[j]
                for k in range(n_features):
                    total += x[s, t, k] * kernel[k, j]
                for k in range(units):
                    total += h[k] * recurrent_kernel[k, j]
                new.append(math.tanh(total))
            h = new
            states[s, t] = h
    return states


def build_simple_rnn(look_back, n_features, units=5):
    if look_back < 1:
        raise ValueError("look_back must be 1 or more")
    if n_features < 1:
        raise ValueError("n_features must be 1 or more")
    if units < 1:
        raise ValueError("units must be 1 or more")
    model = Sequential()
    model.add(SimpleRNN(units, input_shape=(look_back, n_features)))
    model.add(Dense(1))
    model.compile("adam", "mse")
    model.summary()
    return model
