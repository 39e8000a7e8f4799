# mistake: the arguments are checked with assert, which raises AssertionError instead of ValueError
import numpy as np


def make_windows(series, look_back, horizon=1):
    """Cut a series into windows and the targets that belong to them."""
    series = np.asarray(series)
    assert look_back >= 1, f"look_back must be at least 1, got {look_back}"
    assert horizon >= 1, f"horizon must be at least 1, got {horizon}"
    assert len(series) >= look_back + horizon, "series is too short for look_back + horizon"
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    X, y = [], []
    for i in range(len(series) - look_back - horizon + 1):
        X.append(series[i : i + look_back])
        y.append(series[i + look_back + horizon - 1, 0])
    return np.array(X), np.array(y)
