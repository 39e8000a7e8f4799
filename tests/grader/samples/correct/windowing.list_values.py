# style: numbers come back as plain Python lists (`tolist`), pieces as slices of the original; comprehensions and
# zip.
import numpy as np


def split_series(series, train=0.7, val=0.15):
    if train <= 0 or val <= 0 or train + val >= 1:
        raise ValueError("train and val must be positive, together below 1")
    n = len(series)
    if n == 0:
        raise ValueError("series has no samples")
    i, j = int(n * train), int(n * (train + val))
    return series[:i], series[i:j], series[j:]


def fit_scaler(train):
    if np.size(train) == 0:
        raise ValueError("train has no samples")
    if np.ndim(train) == 1:
        return float(np.mean(train)), float(np.std(train)) if len(set(np.asarray(train).tolist())) > 1 else 1.0
    pairs = [fit_scaler(column) for column in np.transpose(train)]
    means, stds = zip(*pairs)
    return list(means), list(stds)


def scale(series, mean, std):
    if np.size(series) == 0:
        raise ValueError("series has no samples")
    return ((series - np.asarray(mean)) / np.asarray(std)).tolist()


def unscale(series, mean, std):
    if np.size(series) == 0:
        raise ValueError("series has no samples")
    return (np.asarray(series) * np.asarray(std) + np.asarray(mean)).tolist()


def make_windows(series, look_back, horizon=1):
    if look_back < 1 or horizon < 1:
        raise ValueError("look_back and horizon count samples, so they start at 1")
    if len(series) < look_back + horizon:
        raise ValueError("series is shorter than look_back + horizon")
    rows = np.asarray(series).reshape(len(series), -1).tolist()
    targets = [row[0] for row in rows[look_back + horizon - 1 :]]
    windows = [rows[i : i + look_back] for i, _ in enumerate(targets)]
    return windows, targets
