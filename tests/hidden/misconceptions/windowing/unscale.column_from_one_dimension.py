# mistake: a series of shape (T,) is reshaped to a column and comes back as (T, 1)
import numpy as np


def unscale(series, mean, std):
    """Undo `scale`."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    return series * std + mean
