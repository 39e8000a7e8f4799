# style: functions where others write strings: activation=keras.activations.relu, tf.nn.relu or a
# layer ReLU(), loss=keras.losses.mean_squared_error; InputLayer; persistence by np.take in float32.
import keras
import numpy as np
import tensorflow as tf


def persistence_forecast(X):
    if np.size(X) == 0:
        raise ValueError("X is an empty array")
    last = np.take(X, -1, axis=1)
    return np.take(last, 0, axis=1).astype("float32")


def _new(look_back, n_features):
    if look_back < 1:
        raise ValueError("bad look_back")
    if n_features < 1:
        raise ValueError("bad n_features")
    return keras.models.Sequential([keras.layers.InputLayer(shape=(look_back, n_features)), keras.layers.Flatten()])


def _compiled(model):
    model.add(keras.layers.Dense(1, activation=keras.activations.linear))
    model.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.mean_squared_error)
    return model


def build_linear(look_back, n_features):
    return _compiled(_new(look_back, n_features))


def build_dense(look_back, n_features, units=(16,)):
    model = _new(look_back, n_features)
    if len(units) < 1 or not all(n >= 1 for n in units):
        raise ValueError("bad units")
    for i, n in enumerate(units):
        relu = (keras.layers.ReLU(), tf.nn.relu, keras.activations.relu)[i % 3]
        model.add(keras.layers.Dense(n, activation=relu, kernel_initializer="he_normal"))
    return _compiled(model)
