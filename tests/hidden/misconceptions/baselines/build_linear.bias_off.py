# mistake: use_bias=False takes away one parameter
import keras
from keras import layers


def build_linear(look_back, n_features):
    """Build the linear model on a flattened window."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.Flatten())
    model.add(layers.Dense(1, use_bias=False))
    model.compile(optimizer="adam", loss="mse")
    return model
