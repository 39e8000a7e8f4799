# mistake: Flatten and Dense(look_back) mix all steps, so early forecasts use later samples
import keras
from keras import layers


def build_every_step(look_back, n_features, units=5):
    """Build an LSTM that forecasts at every step."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.LSTM(units, return_sequences=True))
    model.add(layers.Flatten())
    model.add(layers.Dense(look_back))
    model.add(layers.Reshape((look_back, 1)))
    model.compile(optimizer="adam", loss="mse")
    return model
