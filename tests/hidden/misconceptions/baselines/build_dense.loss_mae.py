# mistake: the loss is the mean absolute error instead of MSE
import keras
from keras import layers


def build_dense(look_back, n_features, units=(16,)):
    """Build a dense network on a flattened window."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if len(units) == 0 or min(units) < 1:
        raise ValueError(f"units needs at least one entry, none below 1, got {units}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.Flatten())
    for width in units:
        model.add(layers.Dense(width, activation="relu"))
    model.add(layers.Dense(1, activation="linear"))
    model.compile(optimizer="adam", loss="mae")
    return model
