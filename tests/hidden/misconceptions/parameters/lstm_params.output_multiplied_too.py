# mistake: the output layer is multiplied by four as well


def lstm_params(n_features, units):
    """Parameters of LSTM(units), Dense(1)."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    recurrent = 4 * units * (units + n_features + 1)
    output = 4 * (units + 1)
    return recurrent + output
