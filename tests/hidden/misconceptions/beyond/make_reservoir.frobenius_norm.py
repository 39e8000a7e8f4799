# mistake: the Frobenius norm of the matrix is scaled, not its largest absolute eigenvalue
import numpy as np


def make_reservoir(n_features, size=200, spectral_radius=0.9, seed=0):
    """Draw the fixed weights of an Echo State Network."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    if spectral_radius < 0:
        raise ValueError(f"spectral_radius must not be negative, got {spectral_radius}")
    rng = np.random.default_rng(seed)
    w_in = rng.uniform(-0.5, 0.5, size=(size, n_features))
    w = rng.uniform(-0.5, 0.5, size=(size, size))
    return w_in, w * (spectral_radius / np.linalg.norm(w))
