# mistake: units=0 is counted without complaint


def lstm_params(n_features, units):
    """Parameters of LSTM(units), Dense(1)."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    recurrent = 4 * units * (units + n_features + 1)
    output = units + 1
    return recurrent + output
