# style: a sparse reservoir (most entries zero), least squares on an augmented system, numpy scalars and lists
# returned, functional GRU with a schedule; messages in Spanish.
import keras
import numpy as np


def exigir(condicion, mensaje):
    if not condicion:
        raise ValueError(mensaje)


def build_gru(look_back, n_features, units=5):
    exigir(look_back > 0, "look_back no puede ser menor que 1")
    exigir(n_features > 0, "n_features no puede ser menor que 1")
    exigir(units > 0, "units no puede ser menor que 1")
    entrada = keras.Input((look_back, n_features))
    salida = keras.layers.Dense(1)(keras.layers.GRU(units, activation="tanh", name="gru_unica")(entrada))
    modelo = keras.Model(entrada, salida)
    tasa = keras.optimizers.schedules.CosineDecay(1e-2, 3000)
    modelo.compile(keras.optimizers.Adam(tasa), keras.losses.MeanSquaredError())
    return modelo


def make_reservoir(n_features, size=200, spectral_radius=0.9, seed=0):
    exigir(n_features >= 1, "n_features: hace falta al menos una")
    exigir(size >= 1, "size: hace falta al menos una neurona")
    azar = np.random.default_rng(seed)
    w = azar.standard_normal((size, size)) * (azar.random((size, size)) < max(0.1, 5 / size))
    np.fill_diagonal(w, azar.uniform(0.1, 0.5, size))  # así nunca es nilpotente
    w *= spectral_radius / np.abs(np.linalg.eig(w)[0]).max()
    return [azar.choice([-0.5, 0.5], size=(size, n_features)), w]


def reservoir_states(series, w_in, w, leak=1.0):
    exigir(np.size(series) > 0, "series está vacía")
    exigir(0 < leak <= 1, "leak tiene que estar en (0, 1]")
    empuje = np.reshape(series, (len(series), -1)) @ np.transpose(w_in)
    estados = np.zeros((len(empuje) + 1, len(w)))
    for t in range(len(empuje)):
        estados[t + 1] = (1 - leak) * estados[t] + leak * np.tanh(empuje[t] + w @ estados[t])
    return estados[1:]


def fit_readout(states, y, ridge=1e-6):
    exigir(ridge >= 0, "ridge no puede ser negativo")
    exigir(np.size(states) > 0, "states está vacío")
    exigir(np.size(y) > 0, "y está vacío")
    n, size = np.shape(states)
    arriba = np.column_stack([states, np.ones(n)])
    abajo = np.column_stack([np.sqrt(ridge) * np.eye(size), np.zeros(size)])
    solucion, *_ = np.linalg.lstsq(np.vstack([arriba, abajo]), np.append(np.ravel(y), np.zeros(size)), rcond=None)
    return solucion[:-1].tolist(), solucion[-1]
