# mistake: a Dropout that was not asked for follows each hidden layer
import keras
from keras import layers


def build_dense(look_back, n_features, units=(16,)):
    """Build a dense network on the flattened window."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if len(units) == 0 or min(units) < 1:
        raise ValueError(f"units must be at least one positive number, got {units}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.Flatten())
    for size in units:
        model.add(layers.Dense(size, activation="relu"))
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model
