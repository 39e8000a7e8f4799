# mistake: the ValueError says only that something is wrong, not which argument
import numpy as np


def make_windows(series, look_back, horizon=1):
    """Cut a series into windows and the targets that belong to them."""
    series = np.asarray(series)
    if look_back < 1:
        raise ValueError("bad value")
    if horizon < 1:
        raise ValueError("bad value")
    if len(series) < look_back + horizon:
        raise ValueError("bad value")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    X, y = [], []
    for i in range(len(series) - look_back - horizon + 1):
        X.append(series[i : i + look_back])
        y.append(series[i + look_back + horizon - 1, 0])
    return np.array(X), np.array(y)
