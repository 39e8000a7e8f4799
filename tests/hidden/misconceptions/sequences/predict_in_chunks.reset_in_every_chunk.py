# mistake: the state is reset before each chunk, so nothing is carried over
import numpy as np


def predict_in_chunks(model, series, chunk):
    """Feed a long series to a stateful model, a few samples at a time."""
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    outputs = []
    for start in range(0, len(series), chunk):
        for layer in model.layers:
            if hasattr(layer, "reset_states"):
                layer.reset_states()
        piece = series[start : start + chunk]
        outputs.append(np.array(model(piece[np.newaxis]))[0, :, 0])
    return np.concatenate(outputs)
