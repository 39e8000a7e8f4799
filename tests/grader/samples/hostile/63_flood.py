"""Prints without end."""


def gru_params(n_features, units):
    while True:
        print("x" * 1000)
