# mistake: the window is counted as if it had one feature


def dense_params(look_back, n_features, units):
    """Parameters of Flatten, Dense(units), Dense(1)."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    hidden = look_back * units + units
    output = units + 1
    return hidden + output
