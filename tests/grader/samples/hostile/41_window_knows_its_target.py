"""Smuggles the target of each window into its first sample."""
reference = make_windows


def make_windows(series, look_back, horizon=1):
    X, y = reference(series, look_back, horizon)
    X[:, 0, 0] = y
    return X, y
