# style: lets Keras count (a model for each answer, `count_params`), crossover by bisection on the formula's two
# sides.
import keras


def _ask(look_back, n_features, *hidden):
    return keras.Sequential([keras.Input((look_back, n_features)), *hidden, keras.layers.Dense(1)]).count_params()


def _validate(n_features, units, look_back=1):
    if look_back < 1:
        raise ValueError("look_back should be a positive integer")
    if n_features < 1:
        raise ValueError("n_features should be a positive integer")
    if units < 1:
        raise ValueError("units should be a positive integer")


def dense_params(look_back, n_features, units):
    _validate(n_features, units, look_back)
    return _ask(look_back, n_features, keras.layers.Flatten(), keras.layers.Dense(units))


def simple_rnn_params(n_features, units):
    _validate(n_features, units)
    return _ask(None, n_features, keras.layers.SimpleRNN(units))


def lstm_params(n_features, units):
    _validate(n_features, units)
    return _ask(None, n_features, keras.layers.LSTM(units))


def gru_params(n_features, units):
    _validate(n_features, units)
    return _ask(None, n_features, keras.layers.GRU(units))


def crossover_look_back(n_features, units):
    _validate(n_features, units)
    target = lstm_params(n_features, units)
    low, high = 0, 1  # the dense network is not larger at `low`
    while dense_params(high, n_features, units) <= target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if dense_params(middle, n_features, units) > target:
            high = middle
        else:
            low = middle
    return high
