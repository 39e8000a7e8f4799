# mistake: the last value of the window is repeated instead of the forecast
import numpy as np


def forecast_recursive(model, window, steps):
    """Let a model run on its own forecasts."""
    window = np.array(window, dtype=float)
    if window.size == 0:
        raise ValueError("window is empty")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    forecasts = []
    for _ in range(steps):
        value = float(np.array(model(window[np.newaxis]))[0, 0])
        forecasts.append(value)
        window = np.vstack([window[1:], window[-1:]])
    return np.array(forecasts)
