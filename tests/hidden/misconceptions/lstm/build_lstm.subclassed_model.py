# mistake: the model is a class of the student's own, not Sequential or functional
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

    class Forecaster(keras.Model):
        def __init__(self):
            super().__init__()
            self.lstm = layers.LSTM(units, activation="tanh")
            self.dense = layers.Dense(1, activation="linear")

        def call(self, x):
            return self.dense(self.lstm(x))

    model = Forecaster()
    model.build((None, look_back, n_features))
    model.compile(optimizer="adam", loss="mse")
    return model
