"""Leaves a process behind, in a session of its own, whose parents are gone."""
import os
import signal
import time


def cheat(*args, **kwargs):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            os.closerange(0, 256)
            time.sleep(600)
        os._exit(0)
    return 0



dense_params = simple_rnn_params = lstm_params = gru_params = crossover_look_back = cheat
