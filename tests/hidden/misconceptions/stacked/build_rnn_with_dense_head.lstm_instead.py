# mistake: the recurrent layer is an LSTM
import keras
from keras import layers


def build_rnn_with_dense_head(look_back, n_features, output_activation="linear"):
    """Build a SimpleRNN that is read by dense layers."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    model.add(layers.LSTM(10, activation="tanh"))
    model.add(layers.Dense(8, activation="relu"))
    model.add(layers.Dense(4, activation="relu"))
    model.add(layers.Dense(1, activation=output_activation))
    model.compile(optimizer="adam", loss="mse")
    return model
