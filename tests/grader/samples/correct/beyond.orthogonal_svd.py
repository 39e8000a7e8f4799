# style: an orthogonal reservoir (QR), readout by singular values, RNN(GRUCell), a class that carries the state
# along.
from __future__ import annotations

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers


def build_gru(look_back: int, n_features: int, units: int = 5) -> tf.keras.Model:
    for name, value in zip(("look_back", "n_features", "units"), (look_back, n_features, units)):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, not {value}")
    model = tf.keras.Sequential([layers.RNN(layers.GRUCell(units)), layers.Dense(1, activation="linear")])
    model.build((None, look_back, n_features))
    model.compile(loss="mse", optimizer=tf.keras.optimizers.Adam(0.004))
    return model


class Reservoir:
    """An Echo State Network that is stepped through time."""

    def __init__(self, w_in: np.ndarray, w: np.ndarray, leak: float) -> None:
        self.w_in, self.w, self.leak = w_in, w, leak
        self.state = np.zeros(w.shape[0])

    def __call__(self, u: np.ndarray) -> np.ndarray:
        target = np.tanh(np.einsum("sf,f->s", self.w_in, u) + np.einsum("sr,r->s", self.w, self.state))
        self.state = self.state + self.leak * (target - self.state)
        return self.state


def make_reservoir(n_features: int, size: int = 200, spectral_radius: float = 0.9, seed: int = 0):
    if n_features < 1:
        raise ValueError(f"n_features must be >= 1, not {n_features}")
    if size < 1:
        raise ValueError(f"size must be >= 1, not {size}")
    rng = np.random.Generator(np.random.PCG64(seed))
    q, _ = np.linalg.qr(rng.normal(size=(size, size)))  # every eigenvalue of q has modulus one
    return rng.uniform(-1, 1, size=(size, n_features)), spectral_radius * q


def reservoir_states(series, w_in, w, leak: float = 1.0) -> np.ndarray:
    series = np.asarray(series, dtype=float)
    if series.size == 0:
        raise ValueError("series is empty")
    if not 0 < leak <= 1:
        raise ValueError(f"leak must lie in (0, 1], not {leak}")
    reservoir = Reservoir(np.asarray(w_in), np.asarray(w), leak)
    return np.stack([reservoir(u) for u in series.reshape(len(series), -1)])


def fit_readout(states, y, ridge: float = 1e-6) -> tuple[np.ndarray, float]:
    if ridge < 0:
        raise ValueError(f"ridge must be >= 0, not {ridge}")
    if np.size(states) == 0:
        raise ValueError("states is empty")
    if np.size(y) == 0:
        raise ValueError("y is empty")
    centre, target = np.mean(states, axis=0), np.reshape(y, -1)
    u, s, vt = np.linalg.svd(states - centre, full_matrices=False)
    keep = s > 1e-12 * s.max()
    shrink = s[keep] / (s[keep] ** 2 + ridge)
    weights = vt[keep].T @ (shrink * (u[:, keep].T @ (target - target.mean())))
    return weights, float(target.mean() - centre @ weights)
