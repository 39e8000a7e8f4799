# mistake: the Dense(1) at the end is not counted


def dense_params(look_back, n_features, units):
    """Parameters of Flatten, Dense(units), Dense(1)."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    hidden = look_back * n_features * units + units
    return hidden
