"""Returns a model whose every forecast is NaN."""
import keras
import numpy as np


def train_forecaster(train):
    model = keras.Sequential([keras.Input((20, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.set_weights([np.full((20, 1), np.nan), np.zeros(1)])
    return model, 20, 0.0, 1.0
