# mistake: return_sequences=True gives an output for each step
import keras
from keras import layers


def build_any_length(n_features, units=5):
    """Build an LSTM that takes windows of any length."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(None, n_features)))
    model.add(layers.LSTM(units, return_sequences=True))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model
