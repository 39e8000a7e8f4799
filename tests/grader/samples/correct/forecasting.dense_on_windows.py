# style: a dense network on the windows; fit with a generator and steps_per_epoch, in Spanish; free run through
# model.predict; figure through pyplot's state (plt.figure, plt.plot, plt.suptitle); float32 numbers returned.
"""Pronóstico de una serie caótica con una red densa sobre ventanas."""

import matplotlib.pyplot as plt
import numpy as np
from tensorflow.keras.layers import Dense, Flatten
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.optimizers.schedules import ExponentialDecay

MUESTRAS_POR_VENTANA = 20
LOTE = 32
EPOCAS = 60


def forecast_errors(y_true, y_pred):
    if len(y_true) == 0:
        raise ValueError("y_true está vacío")
    if len(y_pred) == 0:
        raise ValueError("y_pred está vacío")
    verdad = np.asarray(y_true, dtype=float).reshape(-1)
    modelo = np.asarray(y_pred, dtype=float).reshape(-1)
    errores = dict()
    errores["mae"] = float(abs(verdad - modelo).sum() / len(verdad))
    errores["rmse"] = float(((verdad - modelo) ** 2).mean() ** 0.5)
    errores["nrmse"] = errores["rmse"] / float(verdad.std())
    return errores


def forecast_recursive(model, window, steps):
    if steps < 1:
        raise ValueError("steps: hay que pronosticar al menos un paso")
    if len(window) == 0:
        raise ValueError("window: ventana vacía")
    pasado = [float(fila[0]) for fila in window]
    largo = len(pasado)
    for _ in range(steps):
        entrada = np.array(pasado[-largo:]).reshape(1, largo, 1)
        pasado.append(float(model.predict(entrada, verbose=0).item()))
    return pasado[largo:]


def plot_forecast(t, y_true, y_pred):
    if len(t) == 0 or len(y_true) == 0 or len(y_pred) == 0:
        raise ValueError("t, y_true e y_pred no pueden estar vacíos")
    figura = plt.figure()
    plt.plot(t, y_true, color="k", label="serie")
    plt.plot(t, y_pred, color="r", marker=".", label="predicción de la red")
    plt.xlabel("tiempo [pasos]")
    plt.ylabel("amplitud")
    plt.legend()
    plt.suptitle("Predicción a un paso")
    plt.tight_layout()
    return figura


def lotes(X, y):
    azar = np.random.default_rng(1)
    while True:
        orden = azar.permutation(len(X))
        for i in range(0, len(X) - LOTE + 1, LOTE):
            elegidos = orden[i : i + LOTE]
            yield X[elegidos], y[elegidos]


def train_forecaster(train):
    serie = np.asarray(train, dtype="float32").reshape(-1)
    if len(serie) <= MUESTRAS_POR_VENTANA + LOTE:
        raise ValueError("train tiene muy pocas muestras")
    media, desvio = serie.mean(dtype=np.float64), serie.std(dtype=np.float64)
    if desvio == 0:
        desvio = 1.0
    z = (serie - media) / desvio
    X = np.array([z[i : i + MUESTRAS_POR_VENTANA, None] for i in range(len(z) - MUESTRAS_POR_VENTANA)])
    y = z[MUESTRAS_POR_VENTANA:, None]
    pasos = len(X) // LOTE
    red = Sequential()
    red.add(Flatten(input_shape=(MUESTRAS_POR_VENTANA, 1)))
    red.add(Dense(64, activation="tanh"))
    red.add(Dense(64, activation="tanh"))
    red.add(Dense(1))
    red.compile(optimizer=Adam(ExponentialDecay(0.005, pasos, 0.95)), loss="mse")
    red.fit(lotes(X, y), steps_per_epoch=pasos, epochs=EPOCAS, verbose=0)
    return red, MUESTRAS_POR_VENTANA, np.float32(media), np.float32(desvio)


if __name__ == "__main__":
    print(forecast_errors(np.arange(5.0), np.arange(5.0) + 0.1))
