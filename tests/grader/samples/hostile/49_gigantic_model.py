"""Returns a small model whose configuration, a few hundred bytes, asks for 300 million parameters."""
import keras


def build_linear(look_back, n_features):
    model = keras.Sequential([keras.Input((look_back, n_features)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    config = model.get_config()
    layers = config["layers"]
    layers.insert(-1, {**layers[-1], "config": {**layers[-1]["config"], "name": "large", "units": 300_000_000}})
    model.get_config = lambda: config
    return model
