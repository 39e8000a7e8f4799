# mistake: mae is the median of the absolute errors, not their mean
import numpy as np


def forecast_errors(y_true, y_pred):
    """Measure a forecast."""
    y_true = np.asarray(y_true, dtype=float).reshape(-1)
    y_pred = np.asarray(y_pred, dtype=float).reshape(-1)
    if y_true.size == 0:
        raise ValueError("y_true is empty")
    if y_pred.size != y_true.size:
        raise ValueError(f"y_pred has {y_pred.size} values and y_true {y_true.size}")
    error = y_pred - y_true
    rmse = float(np.sqrt(np.mean(error**2)))
    return {"mae": float(np.median(np.abs(error))), "rmse": rmse, "nrmse": rmse / float(np.std(y_true))}
