"""Prints fifty megabytes on both streams, and then gives the right answer."""
import os

reference = gru_params


def gru_params(n_features, units):
    for _ in range(400):
        os.write(1, b"x" * 2**16)
        os.write(2, b"x" * 2**16)
    return reference(n_features, units)
