# mistake: the variance is returned where the standard deviation is due
import numpy as np


def fit_scaler(train):
    """Mean and standard deviation of each feature over time."""
    train = np.asarray(train, dtype=float)
    if train.size == 0:
        raise ValueError("train is empty")
    mean = train.mean(axis=0)
    std = train.var(axis=0)
    constant = train.max(axis=0) == train.min(axis=0)
    if train.ndim == 1:
        return float(mean), 1.0 if constant else float(std)
    return mean, np.where(constant, 1.0, std)
