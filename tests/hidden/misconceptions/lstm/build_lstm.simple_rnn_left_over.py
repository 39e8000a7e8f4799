# mistake: the SimpleRNN of the exercise before is still there
import keras
from keras import layers


def build_lstm(look_back, n_features, units=5):
    """Build one LSTM layer with a linear output."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.SimpleRNN(units, activation="tanh"))
    model.add(layers.Dense(1, activation="linear"))
    model.compile(optimizer="adam", loss="mse")
    return model
