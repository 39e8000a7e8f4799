# mistake: the states are not centred when the weights are fitted; the intercept is only put on top
import numpy as np


def fit_readout(states, y, ridge=1e-6):
    """Fit the readout of an Echo State Network by ridge regression."""
    states = np.asarray(states, dtype=float)
    y = np.asarray(y, dtype=float).reshape(-1)
    if states.size == 0:
        raise ValueError("states is empty")
    if y.size == 0:
        raise ValueError("y is empty")
    if ridge < 0:
        raise ValueError(f"ridge must not be negative, got {ridge}")
    gram = states.T @ states + ridge * np.eye(states.shape[1])
    weights = np.linalg.lstsq(gram, states.T @ y, rcond=None)[0]
    return weights, float(np.mean(y - states @ weights))
