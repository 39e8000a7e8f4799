# mistake: the brackets are forgotten, so only the mean is divided by std
import numpy as np


def scale(series, mean, std):
    """Standardise a series."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    return series - mean / std
