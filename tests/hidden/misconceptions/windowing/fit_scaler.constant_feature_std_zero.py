# mistake: a constant feature keeps std = 0, which later divides by zero
import numpy as np


def fit_scaler(train):
    """Mean and standard deviation of each feature over time."""
    train = np.asarray(train, dtype=float)
    if train.size == 0:
        raise ValueError("train is empty")
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    if train.ndim == 1:
        return float(mean), float(std)
    return mean, std
