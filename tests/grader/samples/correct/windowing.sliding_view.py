# style: everything is a view: np.split, np.broadcast_to and sliding_window_view, so the windows that come back are
# read-only and share memory; not contiguous either.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def split_series(series, train=0.7, val=0.15):
    """Split in time order; the cuts are rounded to the nearest sample."""
    if not (0.0 < train < 1.0 and 0.0 < val < 1.0 and train + val < 1.0):
        raise ValueError(f"train={train} and val={val} must be fractions in (0, 1) with a sum below 1")
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    n = series.shape[0]
    cuts = np.rint(np.cumsum([train, val]) * n).astype(int)
    return tuple(np.split(series, cuts))


def fit_scaler(train):
    train = np.asarray(train)
    if train.size == 0:
        raise ValueError("train is empty")
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(np.ptp(train, axis=0) == 0, 1.0, std)
    return (mean, std) if train.ndim > 1 else (mean.item(), std.item())


def scale(series, mean, std):
    series = np.asarray(series)
    if not series.size:
        raise ValueError("series is empty")
    return np.divide(np.subtract(series, mean), std)


def unscale(series, mean, std):
    series = np.asarray(series)
    if not series.size:
        raise ValueError("series is empty")
    return np.add(np.multiply(series, std), mean)


def make_windows(series, look_back, horizon=1):
    for name, value in (("look_back", look_back), ("horizon", horizon)):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, got {value}")
    series = np.asarray(series)
    if len(series) < look_back + horizon:
        raise ValueError(f"series has {len(series)} samples, look_back + horizon = {look_back + horizon}")
    table = series.reshape(len(series), -1)
    views = sliding_window_view(table[: len(table) - horizon], look_back, axis=0)  # (n, n_features, look_back)
    return views.swapaxes(1, 2), table[look_back + horizon - 1 :, 0]
