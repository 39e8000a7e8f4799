# style: plain Python loops and lists of lists, results turned into arrays only at the end; the three pieces and (X,
# y) come back as lists instead of tuples; error messages in Spanish.
"""Ventanas para series temporales, sin trucos."""

import numpy as np


def _verificar_serie(series):
    if len(series) == 0:
        raise ValueError("series está vacía")


def split_series(series, train=0.7, val=0.15):
    _verificar_serie(series)
    if not 0 < train < 1:
        raise ValueError("train tiene que estar entre 0 y 1, pero vale %s" % train)
    if not 0 < val < 1:
        raise ValueError("val tiene que estar entre 0 y 1, pero vale %s" % val)
    if train + val >= 1:
        raise ValueError("train + val tiene que ser menor que 1")
    total = len(series)
    partes = [[], [], []]
    for i in range(total):
        if i < int(train * total):
            partes[0].append(series[i])
        elif i < int(train * total) + int(val * total):
            partes[1].append(series[i])
        else:
            partes[2].append(series[i])
    forma = np.shape(series)[1:]
    return [np.array(p).reshape((len(p),) + forma) for p in partes]


def _media_y_desvio(valores):
    n = 0
    suma = 0.0
    for v in valores:
        suma = suma + float(v)
        n = n + 1
    media = suma / n
    if min(valores) == max(valores):
        return media, 1.0
    cuadrados = 0.0
    for v in valores:
        cuadrados = cuadrados + (float(v) - media) ** 2
    return media, (cuadrados / n) ** 0.5


def fit_scaler(train):
    if len(train) == 0:
        raise ValueError("train está vacío")
    if np.ndim(train) == 1:
        return _media_y_desvio(train)
    medias = []
    desvios = []
    for j in range(np.shape(train)[1]):
        media, desvio = _media_y_desvio([fila[j] for fila in train])
        medias.append(media)
        desvios.append(desvio)
    return np.array(medias), np.array(desvios)


def scale(series, mean, std):
    _verificar_serie(series)
    resultado = []
    for i in range(len(series)):
        resultado.append((series[i] - mean) / std)
    return np.array(resultado)


def unscale(series, mean, std):
    _verificar_serie(series)
    resultado = []
    for i in range(len(series)):
        resultado.append(series[i] * std + mean)
    return np.array(resultado)


def make_windows(series, look_back, horizon=1):
    _verificar_serie(series)
    if look_back < 1:
        raise ValueError("look_back tiene que ser al menos 1")
    if horizon < 1:
        raise ValueError("horizon tiene que ser al menos 1")
    if len(series) < look_back + horizon:
        raise ValueError("la serie (series) es muy corta para una ventana de look_back muestras")
    una_sola = np.ndim(series) == 1
    X = []
    y = []
    i = 0
    while i + look_back + horizon <= len(series):
        ventana = []
        for j in range(look_back):
            fila = series[i + j]
            ventana.append([fila] if una_sola else list(fila))
        X.append(ventana)
        objetivo = series[i + look_back + horizon - 1]
        y.append(objetivo if una_sola else objetivo[0])
        i += 1
    return [np.array(X), np.array(y)]
