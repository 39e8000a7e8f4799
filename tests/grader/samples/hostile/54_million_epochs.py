"""Trains for a million epochs before it returns its model."""
import keras
import numpy as np


def build_linear(look_back, n_features):
    model = keras.Sequential([keras.Input((look_back, n_features)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(np.zeros((64, look_back, n_features)), np.zeros(64), epochs=10**6, verbose=0)
    return model
