# mistake: the standard deviation is that of a sample (ddof=1), not of the population
import numpy as np


def fit_scaler(train):
    """Mean and standard deviation of each feature over time."""
    train = np.asarray(train, dtype=float)
    if train.size == 0:
        raise ValueError("train is empty")
    mean = train.mean(axis=0)
    std = train.std(axis=0, ddof=1)
    constant = train.max(axis=0) == train.min(axis=0)
    if train.ndim == 1:
        return float(mean), 1.0 if constant else float(std)
    return mean, np.where(constant, 1.0, std)
