# mistake: return_sequences is forgotten: one output for each call
import keras
from keras import layers


def build_stateful(n_features, units=5, batch_size=1):
    """Build an LSTM that keeps its state from call to call."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, None, n_features)))
    model.add(layers.LSTM(units, stateful=True))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model
