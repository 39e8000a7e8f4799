# mistake: SimpleRNN is misspelled, so a call raises AttributeError
import keras
from keras import layers


def build_simple_rnn(look_back, n_features, units=5):
    """Build one SimpleRNN layer with a linear output."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.SimpleRnn(units, activation="tanh"))
    model.add(layers.Dense(1, activation="linear"))
    model.compile(optimizer="adam", loss="mse")
    return model
