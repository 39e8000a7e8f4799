# mistake: only the last state comes back
import numpy as np


def reservoir_states(series, w_in, w, leak=1.0):
    """States of an Echo State Network that a series drives."""
    series = np.asarray(series, dtype=float)
    if series.size == 0:
        raise ValueError("series is empty")
    if not 0 < leak <= 1:
        raise ValueError(f"leak must be above 0 and at most 1, got {leak}")
    if series.ndim == 1:
        series = series.reshape(-1, 1)
    state = np.zeros(w.shape[0])
    states = np.zeros((len(series), w.shape[0]))
    for t in range(len(series)):
        state = (1 - leak) * state + leak * np.tanh(w_in @ series[t] + w @ state)
        states[t] = state
    return state
