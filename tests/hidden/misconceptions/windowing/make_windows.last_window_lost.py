# mistake: the + 1 in the number of windows is forgotten, so the last window is lost
import numpy as np


def make_windows(series, look_back, horizon=1):
    """Cut a series into windows and the targets that belong to them."""
    series = np.asarray(series)
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if horizon < 1:
        raise ValueError(f"horizon must be at least 1, got {horizon}")
    if len(series) < look_back + horizon:
        raise ValueError(f"series has {len(series)} samples, too short for look_back + horizon = {look_back + horizon}")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    X, y = [], []
    for i in range(len(series) - look_back - horizon):
        X.append(series[i : i + look_back])
        y.append(series[i + look_back + horizon - 1, 0])
    return np.array(X), np.array(y)
