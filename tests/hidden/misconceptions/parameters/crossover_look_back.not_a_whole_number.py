# mistake: the point where both are equal is returned as a float, not the next whole number


def crossover_look_back(n_features, units):
    """Shortest window at which the dense network is larger than the LSTM."""
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    lstm = 4 * units * (units + n_features + 1) + units + 1
    return (lstm - 2 * units - 1) / (n_features * units)
