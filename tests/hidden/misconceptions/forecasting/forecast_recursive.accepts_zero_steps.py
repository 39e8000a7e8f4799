# mistake: steps=0 gives an empty array instead of a ValueError
import numpy as np


def forecast_recursive(model, window, steps):
    """Let a model run on its own forecasts."""
    window = np.array(window, dtype=float)
    if window.size == 0:
        raise ValueError("window is empty")
    forecasts = []
    for _ in range(steps):
        value = float(np.array(model(window[np.newaxis]))[0, 0])
        forecasts.append(value)
        window = np.vstack([window[1:], [[value]]])
    return np.array(forecasts)
