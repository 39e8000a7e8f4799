# mistake: a series of shape (T,) gives X of shape (n, look_back), without the feature axis
import numpy as np


def make_sequence_targets(series, look_back):
    """Windows, and at each of their steps the next value."""
    series = np.asarray(series)
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if len(series) < look_back + 1:
        raise ValueError(f"series has {len(series)} samples, too short for look_back = {look_back}")
    X, y = [], []
    for i in range(len(series) - look_back):
        X.append(series[i : i + look_back])
        target = series[i + 1 : i + look_back + 1]
        y.append(target.reshape(-1, 1) if series.ndim == 1 else target[:, :1])
    return np.array(X), np.array(y)
