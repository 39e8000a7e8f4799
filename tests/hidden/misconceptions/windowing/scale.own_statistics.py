# mistake: the series is standardised with its own mean and std, so the given ones are ignored
import numpy as np


def scale(series, mean, std):
    """Standardise a series."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    mean = series.mean(axis=0)
    std = series.std(axis=0)
    return (series - mean) / np.where(std == 0, 1, std)
