# mistake: plain least squares, whatever ridge says
import numpy as np


def fit_readout(states, y, ridge=1e-6):
    """Ridge regression from the states to the target."""
    states = np.asarray(states, dtype=float)
    y = np.asarray(y, dtype=float).reshape(-1)
    if states.size == 0:
        raise ValueError("states is empty")
    if y.size == 0:
        raise ValueError("y is empty")
    if ridge < 0:
        raise ValueError(f"ridge must not be negative, got {ridge}")
    centre, level = states.mean(axis=0), y.mean()
    S = states - centre
    weights = np.linalg.solve(S.T @ S + 1e-6 * np.eye(S.shape[1]), S.T @ (y - level))
    return weights, float(level - centre @ weights)
