"""The baselines, with the habits of image classification."""

import keras
import numpy as np
from keras import layers


def _positive(name, value):
    if value < 1:
        raise ValueError(f"{name} must be at least 1")


def persistence_forecast(X):
    X = np.asarray(X)
    if X.size == 0:
        raise ValueError("X is empty")
    return X[:, :, 0].mean(axis=1)


def build_linear(look_back, n_features):
    _positive("look_back", look_back)
    _positive("n_features", n_features)
    model = keras.Sequential([keras.Input((look_back, n_features)), layers.Flatten(), layers.Dense(1, use_bias=False)])
    model.compile(optimizer="adam", loss="mse")
    return model


def build_dense(look_back, n_features, units=(16,)):
    _positive("look_back", look_back)
    _positive("n_features", n_features)
    if len(units) == 0:
        raise ValueError("units is empty")
    model = keras.Sequential([keras.Input((look_back, n_features)), layers.Flatten()])
    for u in units:
        _positive("units", u)
        model.add(layers.Dense(u, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(1))
    model.compile(optimizer="rmsprop", loss="mse")
    return model
