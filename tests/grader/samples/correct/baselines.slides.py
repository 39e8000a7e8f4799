# style: as on the slides (Sequential, add, input_shape: Keras 3 warns), activation layers of their own, star
# imports, metrics, global constants, messages in Spanish.
from numpy import *
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential

OPTIMIZADOR = "adam"
COSTO = "mse"


def persistence_forecast(X):
    if len(X) == 0:
        raise ValueError("X no tiene ventanas")
    return array([ventana[-1][0] for ventana in X])


def controlar(look_back, n_features):
    if look_back < 1:
        raise ValueError("look_back debe ser mayor que cero")
    if n_features < 1:
        raise ValueError("n_features debe ser mayor que cero")


def build_linear(look_back, n_features):
    controlar(look_back, n_features)
    model = Sequential()
    model.add(Flatten(input_shape=(look_back, n_features)))
    model.add(Dense(1))
    model.add(Activation("linear"))
    model.compile(optimizer=OPTIMIZADOR, loss=COSTO, metrics=["mae"])
    return model


def build_dense(look_back, n_features, units=(16,)):
    controlar(look_back, n_features)
    if len(units) == 0:
        raise ValueError("units no puede estar vacía")
    for u in units:
        if u < 1:
            raise ValueError("cada capa de units necesita al menos una neurona")
    model = Sequential()
    model.add(Flatten(input_shape=(look_back, n_features)))
    for u in units:
        model.add(Dense(u))
        model.add(Activation("relu"))
    model.add(Dense(1, activation="linear"))
    model.compile(optimizer=OPTIMIZADOR, loss=COSTO, metrics=["mae"])
    return model
