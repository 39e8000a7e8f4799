"""Counting, with the formulas written down from memory."""


def _check(**sizes):
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1")


def dense_params(look_back, n_features, units):
    _check(look_back=look_back, n_features=n_features, units=units)
    return (look_back * n_features + 1) * units + 1


def simple_rnn_params(n_features, units):
    _check(n_features=n_features, units=units)
    return units * n_features + units * units + units


def lstm_params(n_features, units):
    _check(n_features=n_features, units=units)
    return 3 * units * (units + n_features + 1) + units + 1


def gru_params(n_features, units):
    _check(n_features=n_features, units=units)
    return 3 * units * (units + n_features + 1) + units + 1


def crossover_look_back(n_features, units):
    _check(n_features=n_features, units=units)
    look_back = 1
    while dense_params(look_back, n_features, units) < lstm_params(n_features, units):
        look_back += 1
    return look_back
