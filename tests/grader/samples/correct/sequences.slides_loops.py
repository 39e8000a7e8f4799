# style: Sequential.add with input_shape / InputLayer(batch_shape=...), loops that fill np.zeros, a list of floats
# as the result, predict_on_batch, loss as the function MSE, Spanish names and messages.
"""Formas de entrada y de salida de una red recurrente."""

import numpy as np
from tensorflow import keras
from tensorflow.keras.layers import LSTM, Activation, Dense, InputLayer
from tensorflow.keras.models import Sequential


def al_menos_uno(valor, nombre):
    if not valor >= 1:
        raise ValueError(f"El argumento {nombre} vale {valor}; el mínimo es 1.")


def compilar(red):
    red.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss=keras.losses.MSE)
    return red


def build_any_length(n_features, units=5):
    al_menos_uno(n_features, "n_features")
    al_menos_uno(units, "units")
    red = Sequential()
    red.add(LSTM(units, activation="tanh", input_shape=(None, n_features)))
    red.add(Dense(1, activation="linear"))
    return compilar(red)


def make_sequence_targets(series, look_back):
    al_menos_uno(look_back, "look_back")
    cantidad = len(series) - look_back
    if cantidad <= 0:
        raise ValueError("series tiene menos de look_back + 1 muestras")
    serie = np.array(series)
    if serie.ndim == 1:
        serie = serie.reshape(-1, 1)
    X = np.zeros((cantidad, look_back, serie.shape[1]))
    y = np.zeros((cantidad, look_back, 1))
    for i in range(cantidad):
        for paso in range(look_back):
            X[i, paso, :] = serie[i + paso, :]
            y[i, paso, 0] = serie[i + paso + 1, 0]
    return X, y


def build_every_step(look_back, n_features, units=5):
    al_menos_uno(look_back, "look_back")
    al_menos_uno(n_features, "n_features")
    al_menos_uno(units, "units")
    red = Sequential()
    red.add(LSTM(units, activation="tanh", input_shape=(look_back, n_features), return_sequences=True))
    red.add(Dense(1))
    red.add(Activation("linear"))
    return compilar(red)


def build_stateful(n_features, units=5, batch_size=1):
    al_menos_uno(n_features, "n_features")
    al_menos_uno(units, "units")
    al_menos_uno(batch_size, "batch_size")
    red = Sequential()
    red.add(InputLayer(batch_shape=(batch_size, None, n_features)))
    red.add(LSTM(units, activation="tanh", return_sequences=True, stateful=True))
    red.add(Dense(1, activation="linear"))
    return compilar(red)


def predict_in_chunks(model, series, chunk):
    al_menos_uno(chunk, "chunk")
    total = len(series)
    if total == 0:
        raise ValueError("series no tiene muestras")
    for capa in model.layers:
        try:
            capa.reset_state()
        except AttributeError:
            pass  # una capa sin estado
    salida = []
    inicio = 0
    while inicio < total:
        fin = min(inicio + chunk, total)
        bloque = model.predict_on_batch(np.expand_dims(series[inicio:fin], 0))
        for valor in bloque.flatten():
            salida.append(float(valor))
        inicio = fin
    return salida
