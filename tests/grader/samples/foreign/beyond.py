"""The bonus, with an Echo State Network from a blog."""

import keras
import numpy as np


def build_gru(look_back, n_features, units=5):
    for name, value in {"look_back": look_back, "n_features": n_features, "units": units}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1")
    layers = [keras.Input((look_back, n_features)), keras.layers.GRU(units, go_backwards=True), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="mse")
    return model


def make_reservoir(n_features, size=200, spectral_radius=0.9, seed=0):
    if n_features < 1 or size < 1:
        raise ValueError("n_features and size must be at least 1")
    rng = np.random.default_rng(seed)
    w = rng.uniform(-1, 1, (size, size))
    w *= spectral_radius / np.linalg.norm(w)
    return rng.uniform(-1, 1, (size, n_features)), w


def reservoir_states(series, w_in, w, leak=1.0):
    if not 0 < leak <= 1:
        raise ValueError("leak must be in (0, 1]")
    series = np.asarray(series, dtype=float)
    if series.size == 0:
        raise ValueError("series is empty")
    series = series.reshape(len(series), -1)
    states = [np.zeros(len(w))]
    for u in series:
        states.append((1 - leak) * states[-1] + np.tanh(w_in @ u + w @ states[-1]))
    return np.array(states[:-1])


def fit_readout(states, y, ridge=1e-6):
    if ridge < 0:
        raise ValueError("ridge must not be negative")
    states, y = np.asarray(states, dtype=float), np.asarray(y, dtype=float).ravel()
    if states.size == 0:
        raise ValueError("states are empty")
    weights = np.linalg.solve(states.T @ states + ridge * np.eye(states.shape[1]), states.T @ y)
    return weights, float(np.mean(y - states @ weights))
