# mistake: -= and /= change the caller's array
import numpy as np


def scale(series, mean, std):
    """Standardise a series."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    series -= mean
    series /= std
    return series
