# style: TimeDistributed(Dense(1)), Input(batch_shape=...) for the stateful model, reset by `layer.reset_states()`,
# chunks by range, and a plain call of the model on each.
import keras
import numpy as np
from keras.layers import LSTM, Dense, TimeDistributed


def _count(name, value):
    if value < 1:
        raise ValueError(f"{name} must be at least 1; got {value}")


def _compiled(*layers):
    model = keras.Sequential(list(layers))
    model.compile(optimizer="adam", loss="mse")
    return model


def build_any_length(n_features, units=5):
    _count("n_features", n_features)
    _count("units", units)
    return _compiled(keras.Input((None, n_features)), LSTM(units), Dense(1))


def make_sequence_targets(series, look_back):
    _count("look_back", look_back)
    series = np.asarray(series)
    if series.size == 0:
        raise ValueError("series is empty")
    table = series.reshape(len(series), -1)
    n = len(table) - look_back
    if n < 1:
        raise ValueError("series must be longer than look_back")
    X = np.array([table[i : i + look_back] for i in range(n)])
    y = np.array([table[i + 1 : i + look_back + 1, :1] for i in range(n)])
    return X, y


def build_every_step(look_back, n_features, units=5):
    _count("look_back", look_back)
    _count("n_features", n_features)
    _count("units", units)
    return _compiled(
        keras.Input((look_back, n_features)), LSTM(units, return_sequences=True), TimeDistributed(Dense(1))
    )


def build_stateful(n_features, units=5, batch_size=1):
    _count("n_features", n_features)
    _count("units", units)
    _count("batch_size", batch_size)
    return _compiled(
        keras.Input(batch_shape=(batch_size, None, n_features)),
        LSTM(units, return_sequences=True, stateful=True),
        TimeDistributed(Dense(1)),
    )


def predict_in_chunks(model, series, chunk):
    _count("chunk", chunk)
    if len(series) == 0:
        raise ValueError("series is empty")
    for layer in model.layers:
        if hasattr(layer, "reset_states"):
            layer.reset_states()
    pieces = []
    for start in range(0, len(series), chunk):
        piece = model(series[np.newaxis, start : start + chunk])
        pieces.append(piece[0, :, 0])
    return np.concatenate(pieces)
