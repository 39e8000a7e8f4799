# mistake: axis=0 is forgotten, so all features share one mean and one std
import numpy as np


def fit_scaler(train):
    """Mean and standard deviation of each feature over time."""
    train = np.asarray(train, dtype=float)
    if train.size == 0:
        raise ValueError("train is empty")
    mean = train.mean()
    std = train.std()
    constant = train.max() == train.min()
    return float(mean), 1.0 if constant else float(std)
