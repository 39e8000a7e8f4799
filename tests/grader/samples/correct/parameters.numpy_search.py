# style: counts by building the shapes of every weight and np.prod (numpy integers come back); the crossover by
# search.
import itertools

import numpy as np


def _check(**kwargs):
    for k, v in kwargs.items():
        if v < 1:
            raise ValueError(f"{k} must be >= 1 (got {v})")


def _total(*shapes):
    return np.sum([np.prod(s, dtype=np.int64) for s in shapes])


def _head(units):
    return [(units, 1), (1,)]


def dense_params(look_back, n_features, units):
    _check(look_back=look_back, n_features=n_features, units=units)
    return _total((look_back * n_features, units), (units,), *_head(units))


def _recurrent(gates, biases, n_features, units):
    _check(n_features=n_features, units=units)
    return _total((n_features, gates * units), (units, gates * units), (biases, gates * units), *_head(units))


def simple_rnn_params(n_features, units):
    return _recurrent(1, 1, n_features, units)


def lstm_params(n_features, units):
    return _recurrent(4, 1, n_features, units)


def gru_params(n_features, units):
    return _recurrent(3, 2, n_features, units)


def crossover_look_back(n_features, units):
    target = lstm_params(n_features, units)
    for look_back in itertools.count(1):
        if dense_params(look_back, n_features, units) > target:
            return look_back
