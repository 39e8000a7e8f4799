# mistake: the forecast is the mean of the window instead of its last value
import numpy as np


def persistence_forecast(X):
    """Forecast that nothing changes."""
    X = np.asarray(X)
    if X.size == 0:
        raise ValueError("X is empty")
    return X[:, :, 0].mean(axis=1)
