# mistake: an empty series is scaled without complaint
import numpy as np


def scale(series, mean, std):
    """Standardise a series."""
    series = np.asarray(series)
    return (series - mean) / std
