# style: a class with a state that steps one sample at a time, slices in place of split; a list of two float32
# arrays comes back; tf.keras, input_shape, everything that is a default spelled out, in Spanish.
"""LSTM a mano, con una clase para la celda."""

import numpy as np
import tensorflow as tf


class CeldaLSTM:
    """Una celda que recuerda su estado (h, c)."""

    def __init__(self, W, U, b):
        self.W, self.U, self.b = W, U, b
        self.n = U.shape[0]
        self.reiniciar()

    def reiniciar(self):
        self.h = np.zeros(self.n)
        self.c = np.zeros(self.n)

    def compuerta(self, k, z):
        return z[k * self.n : (k + 1) * self.n]

    @staticmethod
    def sigmoide(z):
        return np.exp(-np.logaddexp(0.0, -z))

    def paso(self, x):
        z = np.dot(x, self.W) + np.dot(self.h, self.U) + self.b
        entrada = self.sigmoide(self.compuerta(0, z))
        olvido = self.sigmoide(self.compuerta(1, z))
        candidata = np.tanh(self.compuerta(2, z))
        salida = self.sigmoide(self.compuerta(3, z))
        self.c = olvido * self.c + entrada * candidata
        self.h = salida * np.tanh(self.c)
        return self.h, self.c


def lstm_forward(x, kernel, recurrent_kernel, bias):
    if np.size(x) == 0:
        raise ValueError("el argumento x está vacío")
    celda = CeldaLSTM(kernel, recurrent_kernel, bias)
    todos_h, todos_c = [], []
    for muestra in x:
        celda.reiniciar()
        pasos = [celda.paso(xt) for xt in muestra]
        todos_h.append([h for h, _ in pasos])
        todos_c.append([c for _, c in pasos])
    return [np.array(todos_h, dtype=np.float32), np.array(todos_c, dtype=np.float32)]


def build_lstm(look_back, n_features, units=5):
    """Igual que en las diapositivas, con todos los valores por defecto escritos."""
    if look_back < 1:
        raise ValueError("look_back tiene que ser >= 1")
    if n_features < 1:
        raise ValueError("n_features tiene que ser >= 1")
    if units < 1:
        raise ValueError("units tiene que ser >= 1")
    modelo = tf.keras.models.Sequential()
    modelo.add(
        tf.keras.layers.LSTM(
            units=units,
            activation="tanh",
            recurrent_activation="sigmoid",
            use_bias=True,
            unit_forget_bias=True,
            return_sequences=False,
            go_backwards=False,
            input_shape=(look_back, n_features),
        )
    )
    modelo.add(tf.keras.layers.Dense(1, activation=tf.keras.activations.linear))
    modelo.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.001), loss="mse", metrics=["mae"])
    print(modelo.count_params(), "parámetros")
    return modelo
