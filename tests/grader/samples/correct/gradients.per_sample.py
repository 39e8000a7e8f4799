# style: a tape for each sample (tf.Variable, watched by itself), sums with NumPy, a list of floats comes back,
# Spanish.
import numpy as np
import tensorflow as tf


def gradiente(modelo, ventana):
    entrada = tf.Variable(ventana[np.newaxis].astype("float32"))
    with tf.GradientTape() as cinta:
        salida = modelo(entrada)
    return cinta.gradient(salida, entrada).numpy()[0]


def input_gradient_norms(model, X):
    """Norma media del gradiente de la salida respecto de cada paso de la ventana."""
    if len(X) == 0:
        raise ValueError("X está vacío: no hay ventanas")
    look_back = X.shape[1]
    suma = [0.0] * look_back
    for ventana in X:
        g = gradiente(model, ventana)
        for t in range(look_back):
            suma[t] += float(np.sqrt(np.sum(g[t] ** 2)))
    return [s / len(X) for s in suma]
