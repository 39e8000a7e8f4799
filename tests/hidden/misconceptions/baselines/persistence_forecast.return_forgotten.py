# mistake: the forecast is computed, but `return` is forgotten
import numpy as np


def persistence_forecast(X):
    """Forecast that nothing changes."""
    X = np.asarray(X)
    if X.size == 0:
        raise ValueError("X is empty")
    y_pred = X[:, -1, 0]
    y_pred.reshape(-1)
