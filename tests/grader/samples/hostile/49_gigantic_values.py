"""Returns models without weights through which terabytes would flow."""
import keras

L = keras.layers


def model(look_back, n_features, **changes):
    made = keras.Sequential([keras.Input((look_back, n_features)), L.Flatten(), L.RepeatVector(2), L.UpSampling1D(2)])
    made.add(L.ZeroPadding1D(1))
    made.add(L.Flatten())
    made.add(L.Dense(1))
    made.compile(optimizer="adam", loss="mse")
    config = made.get_config()
    for layer in config["layers"]:
        layer["config"].update({key: value for key, value in changes.items() if key in layer["config"]})
    made.get_config = lambda: config
    return made


def build_linear(look_back, n_features):
    return model(look_back, n_features, n=10**12)


def build_dense(look_back, n_features, units=(16,)):
    return model(look_back, n_features, size=10**9, padding=[10**10, 10**10])
