# style: step by step, legacy RandomState, eigvals, normal equations with the intercept as a centred shift; slides
# style.
import numpy as np
from tensorflow.keras.layers import GRU, Dense
from tensorflow.keras.models import Sequential


def build_gru(look_back, n_features, units=5):
    if look_back < 1:
        raise ValueError("look_back must be at least 1")
    if n_features < 1:
        raise ValueError("n_features must be at least 1")
    if units < 1:
        raise ValueError("units must be at least 1")
    model = Sequential()
    model.add(GRU(units, input_shape=(look_back, n_features)))
    model.add(Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model


def make_reservoir(n_features, size=200, spectral_radius=0.9, seed=0):
    if n_features < 1:
        raise ValueError("n_features must be at least 1")
    if size < 1:
        raise ValueError("size must be at least 1")
    random = np.random.RandomState(seed)
    w_in = random.uniform(-0.5, 0.5, (size, n_features))
    w = random.uniform(-0.5, 0.5, (size, size))
    largest = max(abs(value) for value in np.linalg.eigvals(w))
    return w_in, w * (spectral_radius / largest)


def reservoir_states(series, w_in, w, leak=1.0):
    if len(series) == 0:
        raise ValueError("series is empty")
    if leak <= 0 or leak > 1:
        raise ValueError("leak must be in (0, 1]")
    states = []
    state = np.zeros(len(w))
    for u in series:
        state = (1 - leak) * state + leak * np.tanh(w_in.dot(np.atleast_1d(u)) + w.dot(state))
        states.append(state)
    return np.array(states)


def fit_readout(states, y, ridge=1e-6):
    if ridge < 0:
        raise ValueError("ridge must not be negative")
    if len(states) == 0:
        raise ValueError("states is empty")
    if len(y) == 0:
        raise ValueError("y is empty")
    y = np.ravel(y)
    mean_state, mean_y = states.mean(axis=0), y.mean()
    S = states - mean_state
    weights = np.linalg.solve(S.T @ S + ridge * np.eye(S.shape[1]), S.T @ (y - mean_y))
    return weights, mean_y - mean_state @ weights
