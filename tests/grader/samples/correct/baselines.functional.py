# style: functional API, keras imported on its own, learning rate schedule, loss as "mean_squared_error", named
# layers.
import keras
import numpy as np
from keras import layers, optimizers


def persistence_forecast(X):
    X = np.asarray(X)
    if X.size == 0:
        raise ValueError("X is empty")
    return X[..., -1, 0].copy()


def _check(**counts):
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")


def _finish(inputs, outputs, name):
    model = keras.Model(inputs=inputs, outputs=outputs, name=name)
    rate = optimizers.schedules.ExponentialDecay(initial_learning_rate=0.01, decay_steps=500, decay_rate=0.9)
    model.compile(optimizer=optimizers.Adam(learning_rate=rate), loss="mean_squared_error")
    return model


def build_linear(look_back, n_features):
    _check(look_back=look_back, n_features=n_features)
    window = keras.Input(shape=(look_back, n_features), name="window")
    flat = layers.Flatten(name="flat")(window)
    return _finish(window, layers.Dense(1, name="forecast")(flat), "linear_baseline")


def build_dense(look_back, n_features, units=(16,)):
    _check(look_back=look_back, n_features=n_features)
    if not units or any(u < 1 for u in units):
        raise ValueError(f"units must hold positive whole numbers, got {units}")
    window = keras.Input(shape=(look_back, n_features), name="window")
    h = layers.Flatten()(window)
    for depth, u in enumerate(units):
        h = layers.Dense(u, activation="relu", name=f"hidden_{depth}")(h)
    return _finish(window, layers.Dense(1, activation=None, name="forecast")(h), "dense_baseline")
