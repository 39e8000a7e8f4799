# style: TensorFlow tensors come back in place of arrays (tf.stack, tf.slice), float64 kept.
import tensorflow as tf


def _tensor(name, values):
    tensor = tf.convert_to_tensor(values, dtype=tf.float64)
    if tf.size(tensor) == 0:
        raise ValueError("%s must not be empty" % name)
    return tensor


def split_series(series, train=0.7, val=0.15):
    series = _tensor("series", series)
    if not (0 < train < 1):
        raise ValueError("train must be in (0, 1)")
    if not (0 < val < 1):
        raise ValueError("val must be in (0, 1)")
    if not (train + val < 1):
        raise ValueError("train and val leave nothing for the test piece")
    total = series.shape[0]
    n_train = round(train * total)
    n_val = min(round(val * total), total - n_train)
    return tuple(tf.split(series, [n_train, n_val, total - n_train - n_val]))


def fit_scaler(train):
    train = _tensor("train", train)
    mean = tf.reduce_mean(train, axis=0)
    std = tf.math.reduce_std(train, axis=0)
    same = tf.equal(tf.reduce_max(train, axis=0), tf.reduce_min(train, axis=0))
    std = tf.where(same, tf.ones_like(std), std)
    if train.shape.rank == 1:
        return float(mean), float(std)
    return mean, std


def scale(series, mean, std):
    return (_tensor("series", series) - mean) / std


def unscale(series, mean, std):
    return _tensor("series", series) * std + mean


def make_windows(series, look_back, horizon=1):
    if look_back < 1:
        raise ValueError("look_back must be at least 1")
    if horizon < 1:
        raise ValueError("horizon must be at least 1")
    series = _tensor("series", series)
    n = series.shape[0] - look_back - horizon + 1
    if n < 1:
        raise ValueError("series is too short for this look_back and horizon")
    if series.shape.rank == 1:
        series = tf.expand_dims(series, -1)
    X = tf.stack([series[i : i + look_back] for i in range(n)])
    y = series[look_back + horizon - 1 :, 0]
    return X, y
