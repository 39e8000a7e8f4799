# mistake: std divides again instead of multiplying
import numpy as np


def unscale(series, mean, std):
    """Undo `scale`."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    return series / std + mean
