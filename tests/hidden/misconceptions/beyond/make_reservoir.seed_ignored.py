# mistake: the generator is not given the seed, so each call draws other matrices
import numpy as np


def make_reservoir(n_features, size=200, spectral_radius=0.9, seed=0):
    """Draw the fixed weights of an Echo State Network."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    rng = np.random.default_rng()
    w_in = rng.uniform(-0.5, 0.5, size=(size, n_features))
    w = rng.uniform(-0.5, 0.5, size=(size, size))
    radius = np.max(np.abs(np.linalg.eigvals(w)))
    w = w * (spectral_radius / radius)
    return w_in, w
