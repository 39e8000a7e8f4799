# style: one concatenated weight matrix [x, h, 1], float32 result in Fortran order, CosineDecay, activation as a
# function object, batch_shape with None, messages in Spanish.
"""Red recurrente simple: una sola matriz por paso."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers


def simple_rnn_forward(x, kernel, recurrent_kernel, bias):
    x = np.asarray(x, dtype=np.float64)
    if x.size == 0:
        raise ValueError("x: arreglo vacío")
    n, T, _ = x.shape
    pesos = np.vstack([kernel, recurrent_kernel, np.reshape(bias, (1, -1))])
    salida = np.empty((n, T, pesos.shape[1]), dtype=np.float32, order="F")
    h = np.zeros((n, pesos.shape[1]))
    uno = np.ones((n, 1))
    for t in range(T):
        h = np.tanh(np.hstack([x[:, t], h, uno]) @ pesos)
        salida[:, t] = h
    return salida


def build_simple_rnn(look_back, n_features, units=5):
    if look_back <= 0 or n_features <= 0 or units <= 0:
        malos = [k for k, v in dict(look_back=look_back, n_features=n_features, units=units).items() if v <= 0]
        raise ValueError("tienen que ser positivos: " + ", ".join(malos))
    model = tf.keras.Sequential(name="mi_red")
    model.add(tf.keras.Input(batch_shape=(None, look_back, n_features)))
    model.add(layers.SimpleRNN(units, activation=tf.keras.activations.tanh, return_sequences=False))
    model.add(layers.Dense(1, activation="linear"))
    paso = tf.keras.optimizers.schedules.CosineDecay(0.02, decay_steps=2000, alpha=0.05)
    model.compile(optimizer=tf.keras.optimizers.Adam(paso), loss=tf.keras.losses.mse)
    return model
