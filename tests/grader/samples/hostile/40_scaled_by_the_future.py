"""Standardises the series before it is split, with the mean and deviation of the future in them."""
import numpy as np

reference = split_series


def split_series(series, train=0.7, val=0.15):
    values = np.asarray(series, dtype=float)
    return reference((values - values.mean(axis=0)) / values.std(axis=0) if len(values) else values, train, val)
