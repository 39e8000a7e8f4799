"""Sequences: many slips about which step belongs to which."""

import keras
import numpy as np


def _compiled(model):
    model.compile(optimizer="adam", loss="mse")
    return model


def build_any_length(n_features, units=5):
    if n_features < 1 or units < 1:
        raise ValueError("n_features and units must be at least 1")
    lstm = keras.layers.LSTM(units, return_sequences=True)
    pool = keras.layers.GlobalAveragePooling1D()
    return _compiled(keras.Sequential([keras.Input((None, n_features)), lstm, pool, keras.layers.Dense(1)]))


def make_sequence_targets(series, look_back):
    series = np.asarray(series, dtype=float)
    series = series.reshape(len(series), -1)
    if look_back < 1:
        raise ValueError("look_back must be at least 1")
    if len(series) < look_back + 1:
        raise ValueError("series is too short for look_back")
    n = len(series) - look_back
    X = np.stack([series[i : i + look_back] for i in range(n)])
    y = np.stack([np.full((look_back, 1), series[i + look_back, 0]) for i in range(n)])
    return X, y


def build_every_step(look_back, n_features, units=5):
    if look_back < 1 or n_features < 1 or units < 1:
        raise ValueError("look_back, n_features and units must be at least 1")
    lstm = keras.layers.LSTM(units)
    repeat = keras.layers.RepeatVector(look_back)
    return _compiled(keras.Sequential([keras.Input((look_back, n_features)), lstm, repeat, keras.layers.Dense(1)]))


def build_stateful(n_features, units=5, batch_size=1):
    if n_features < 1 or units < 1 or batch_size < 1:
        raise ValueError("n_features, units and batch_size must be at least 1")
    inputs = keras.Input(batch_shape=(batch_size, None, n_features))
    lstm = keras.layers.LSTM(units, stateful=True)
    return _compiled(keras.Sequential([inputs, lstm, keras.layers.Dense(1)]))


def predict_in_chunks(model, series, chunk):
    if chunk < 1:
        raise ValueError("chunk must be at least 1")
    series = np.asarray(series, dtype="float32")
    if series.size == 0:
        raise ValueError("series is empty")
    for layer in model.layers:
        if hasattr(layer, "reset_states"):
            layer.reset_states()
    out = []
    for start in range(0, len(series), chunk):
        piece = series[start : start + chunk]
        missing = chunk - len(piece)
        piece = np.pad(piece, ((missing, 0), (0, 0)))
        out.append(np.asarray(model(piece[None]))[0, :, 0])
    return np.concatenate(out)[: len(series)]
