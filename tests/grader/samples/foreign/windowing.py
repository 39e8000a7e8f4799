"""First exercise, by someone who works with pandas all day."""

import numpy as np


def split_series(series, train=0.7, val=0.15):
    if not 0 < train < 1:
        raise ValueError("train must be in (0, 1)")
    if not 0 < val < 1 or train + val >= 1:
        raise ValueError("val must be in (0, 1), and train + val below 1")
    series = np.asarray(series, dtype=float)
    if len(series) == 0:
        raise ValueError("series is empty")
    a = int(len(series) * train)
    rest = series[a:]
    b = int(len(rest) * val)
    return series[:a], rest[:b], rest[b:]


def fit_scaler(train):
    train = np.asarray(train, dtype=float)
    if train.size == 0:
        raise ValueError("train is empty")
    mean = train.mean(axis=0)
    std = train.std(axis=0) + 1e-8
    if train.ndim == 1:
        return float(mean), float(std)
    return mean, std


def scale(series, mean, std):
    series = np.asarray(series, dtype=float)
    if series.size == 0:
        raise ValueError("series is empty")
    return (series - mean) / std


def unscale(series, mean, std):
    series = np.asarray(series, dtype=float)
    if series.size == 0:
        raise ValueError("series is empty")
    return (series + mean) * std


def make_windows(series, look_back, horizon=1):
    if look_back < 1:
        raise ValueError("look_back must be at least 1")
    if horizon < 1:
        raise ValueError("horizon must be at least 1")
    series = np.asarray(series, dtype=float)
    if len(series) < look_back + horizon:
        raise ValueError("series is too short for look_back and horizon")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    X, y = [], []
    for i in range(len(series) - look_back - horizon + 1):
        X.append(series[i : i + look_back][::-1])
        y.append(series[i + look_back + horizon - 1, 0])
    return np.array(X), np.array(y)
