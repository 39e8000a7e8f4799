# mistake: wrong counts raise TypeError instead of ValueError


def gru_params(n_features, units):
    """Parameters of GRU(units), Dense(1)."""
    if n_features < 1:
        raise TypeError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise TypeError(f"units must be at least 1, got {units}")
    recurrent = 3 * units * (units + n_features + 2)
    output = units + 1
    return recurrent + output
