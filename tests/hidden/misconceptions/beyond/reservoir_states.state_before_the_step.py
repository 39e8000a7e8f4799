# mistake: each state is stored before it is updated, so all are one step late
import numpy as np


def reservoir_states(series, w_in, w, leak=1.0):
    """Drive a reservoir with a series and record its states."""
    if not 0 < leak <= 1:
        raise ValueError(f"leak must be in (0, 1], got {leak}")
    series = np.asarray(series, dtype=float)
    if series.size == 0:
        raise ValueError("series is empty")
    series = series.reshape(len(series), -1)
    w_in, w = np.asarray(w_in, dtype=float), np.asarray(w, dtype=float)
    states = np.zeros((len(series), len(w)))
    state = np.zeros(len(w))
    for t, u in enumerate(series):
        states[t] = state
        state = (1 - leak) * state + leak * np.tanh(w_in @ u + w @ state)
    return states
