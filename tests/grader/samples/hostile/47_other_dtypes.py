"""Returns complex numbers, half floats, objects, texts and dates for numbers."""
import numpy as np


def fit_scaler(train):
    return np.longdouble(1), np.array(1 + 0j)


def split_series(series, train=0.7, val=0.15):
    return tuple(np.array_split(np.asarray(series).astype(complex), 3))


def scale(series, mean, std):
    return np.asarray(series).astype("float16")


def unscale(series, mean, std):
    return np.asarray(series).astype(object)


def make_windows(series, look_back, horizon=1):
    return np.array([["a"]]), np.array(["2000-01-01"], dtype="datetime64[D]")
