"""Ends, and leaves a child that holds the connection and the output open."""
import os
import time


def gru_params(n_features, units):
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
