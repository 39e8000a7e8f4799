# mistake: the curves are drawn over 0, 1, 2, ... instead of t
import numpy as np
from matplotlib.figure import Figure


def plot_forecast(t, y_true, y_pred):
    """Draw a forecast over the truth."""
    for name, values in (("t", t), ("y_true", y_true), ("y_pred", y_pred)):
        if np.size(values) == 0:
            raise ValueError(f"{name} is empty")
    figure = Figure(figsize=(8, 4))
    ax = figure.subplots()
    ax.plot(np.ravel(y_true), label="truth")
    ax.plot(np.ravel(y_pred), "--", label="forecast")
    ax.set_xlabel("time")
    ax.set_ylabel("value")
    ax.set_title("One-step forecast")
    ax.legend()
    return figure
