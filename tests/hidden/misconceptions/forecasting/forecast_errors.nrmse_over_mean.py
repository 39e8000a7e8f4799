# mistake: nrmse divides by the mean of y_true
import numpy as np


def forecast_errors(y_true, y_pred):
    """Three measures of how far a forecast is off."""
    y_true = np.asarray(y_true, dtype=float).reshape(-1)
    y_pred = np.asarray(y_pred, dtype=float).reshape(-1)
    if y_true.size == 0:
        raise ValueError("y_true is empty")
    if y_pred.size == 0:
        raise ValueError("y_pred is empty")
    error = y_pred - y_true
    mae = np.mean(np.abs(error))
    rmse = np.sqrt(np.mean(error**2))
    return {"mae": float(mae), "rmse": float(rmse), "nrmse": float(rmse / np.mean(y_true))}
