"""Uses TensorFlow, forks, and waits for the child, which hangs in TensorFlow."""
import os

import keras
import numpy as np


def build_linear(look_back, n_features):
    model = keras.Sequential([keras.Input((look_back, n_features)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.predict(np.zeros((64, look_back, n_features)), verbose=0)
    child = os.fork()
    if child == 0:
        model.fit(np.zeros((64, look_back, n_features)), np.zeros(64), verbose=0)
        os._exit(0)
    os.waitpid(child, 0)
    return None
