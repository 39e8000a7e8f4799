"""Computes the answer in a Lambda."""
import keras


def build_linear(look_back, n_features):
    model = keras.Sequential([keras.Input((look_back, n_features)), keras.layers.Lambda(lambda x: x[:, -1:, 0])])
    model.compile(optimizer="adam", loss="mse")
    return model
