# mistake: every step of a window has the target of the window, the sample after its end
import numpy as np


def make_sequence_targets(series, look_back):
    """Cut a series into windows with a target at each step."""
    series = np.asarray(series, dtype=float)
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if len(series) < look_back + 1:
        raise ValueError(f"series has {len(series)} samples, too short for look_back = {look_back}")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    n = len(series) - look_back
    X = np.array([series[i : i + look_back] for i in range(n)])
    y = np.array([np.full((look_back, 1), series[i + look_back, 0]) for i in range(n)])
    return X, y
