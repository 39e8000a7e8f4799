"""Deep recurrent networks, after a tutorial on text."""

import keras
from keras.layers import GRU, LSTM, Dense, SimpleRNN


def _check(look_back, n_features):
    if look_back < 1:
        raise ValueError("look_back must be at least 1")
    if n_features < 1:
        raise ValueError("n_features must be at least 1")


def build_rnn_with_dense_head(look_back, n_features, output_activation="linear"):
    _check(look_back, n_features)
    model = keras.Sequential(
        [
            keras.Input((look_back, n_features)),
            SimpleRNN(10, return_sequences=True),
            keras.layers.Flatten(),
            Dense(8, activation="relu"),
            Dense(4, activation="relu"),
            Dense(1, activation=output_activation),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


def build_stacked_rnn(look_back, n_features, units=(10, 5), cell="lstm"):
    _check(look_back, n_features)
    if len(units) == 0 or min(units) < 1:
        raise ValueError("units must be positive")
    kinds = {"simple_rnn": SimpleRNN, "lstm": LSTM, "gru": GRU}
    if cell not in kinds:
        raise ValueError(f"unknown cell {cell}")
    model = keras.Sequential([keras.Input((look_back, n_features))])
    for number, size in enumerate(sorted(units)):
        model.add(kinds[cell](size, return_sequences=number < len(units) - 1, dropout=0.2))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model
