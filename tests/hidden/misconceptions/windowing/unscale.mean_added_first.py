# mistake: the steps of scale are undone in the wrong order: mean is added before std multiplies
import numpy as np


def unscale(series, mean, std):
    """Undo `scale`."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    return (series + mean) * std
