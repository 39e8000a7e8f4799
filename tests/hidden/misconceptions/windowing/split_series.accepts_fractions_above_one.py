# mistake: train and val are checked one by one, but not that something is left for test
import numpy as np


def split_series(series, train=0.7, val=0.15):
    """Cut a series into its training, validation and test pieces."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    if not 0 < train < 1:
        raise ValueError(f"train must lie between 0 and 1, got {train}")
    if not 0 < val < 1:
        raise ValueError(f"val must lie between 0 and 1, got {val}")
    n_train = int(len(series) * train)
    n_val = int(len(series) * val)
    return series[:n_train], series[n_train : n_train + n_val], series[n_train + n_val :]
