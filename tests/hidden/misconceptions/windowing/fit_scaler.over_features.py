# mistake: mean and std run over the features of each sample (axis=1), not over time
import numpy as np


def fit_scaler(train):
    """Mean and standard deviation of each feature over time."""
    train = np.asarray(train, dtype=float)
    if train.size == 0:
        raise ValueError("train is empty")
    axis = train.ndim - 1
    mean = train.mean(axis=axis)
    std = train.std(axis=axis)
    constant = train.max(axis=axis) == train.min(axis=axis)
    if train.ndim == 1:
        return float(mean), 1.0 if constant else float(std)
    return mean, np.where(constant, 1.0, std)
