# style: Sequential without an input, then model.build(); ReLU layers; loss and metric objects; a tensor as the
# forecast.
import tensorflow as tf


def persistence_forecast(X):
    if tf.size(X) == 0:
        raise ValueError("X: nothing to forecast from")
    return tf.convert_to_tensor(X)[:, -1, 0]


def _compile(model, look_back, n_features):
    model.build(input_shape=(None, look_back, n_features))
    model.compile(
        optimizer=tf.keras.optimizers.Adam(3e-3, clipnorm=1.0),
        loss=tf.keras.losses.MeanSquaredError(),
        metrics=[tf.keras.metrics.RootMeanSquaredError()],
    )
    return model


def build_linear(look_back, n_features):
    if min(look_back, n_features) < 1:
        raise ValueError("look_back and n_features must both be at least 1")
    return _compile(
        tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(units=1)]), look_back, n_features
    )


def build_dense(look_back, n_features, units=(16,)):
    if min(look_back, n_features) < 1:
        raise ValueError("look_back and n_features must both be at least 1")
    units = list(units)
    if units == [] or min(units) < 1:
        raise ValueError("units must be a non-empty tuple of positive integers")
    stack = [tf.keras.layers.Flatten()]
    for size in units:
        stack += [tf.keras.layers.Dense(size), tf.keras.layers.ReLU()]
    stack.append(tf.keras.layers.Dense(1))
    return _compile(tf.keras.Sequential(stack), look_back, n_features)
