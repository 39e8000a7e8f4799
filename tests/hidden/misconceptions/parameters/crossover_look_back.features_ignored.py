# mistake: the dense network is counted as if the window had one feature


def crossover_look_back(n_features, units):
    """Shortest window at which the dense network is larger than the LSTM."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    lstm = 4 * units * (units + n_features + 1) + units + 1
    look_back = 1
    while look_back * units + units + units + 1 <= lstm:
        look_back += 1
    return look_back
