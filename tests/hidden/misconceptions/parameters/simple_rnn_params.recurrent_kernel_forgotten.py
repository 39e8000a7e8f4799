# mistake: the recurrent kernel is not counted


def simple_rnn_params(n_features, units):
    """Parameters of SimpleRNN(units), Dense(1)."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    recurrent = units * (n_features + 1)
    output = units + 1
    return recurrent + output
