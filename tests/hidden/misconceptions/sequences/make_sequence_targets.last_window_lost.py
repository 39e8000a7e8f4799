# mistake: one window too few: n = T - look_back - 1
import numpy as np


def make_sequence_targets(series, look_back):
    """Windows, and at each of their steps the next value."""
    series = np.asarray(series)
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if len(series) < look_back + 1:
        raise ValueError(f"series has {len(series)} samples, too short for look_back = {look_back}")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    X, y = [], []
    for i in range(len(series) - look_back - 1):
        X.append(series[i : i + look_back])
        y.append(series[i + 1 : i + look_back + 1, :1])
    return np.array(X), np.array(y)
