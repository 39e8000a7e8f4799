"""Leaves another program behind, in a session of its own, that nothing ties to the worker."""
import os


def cheat(*args, **kwargs):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/bin/sleep", ["planted-by-hostile", "600"])
        os._exit(0)
    return 0



dense_params = simple_rnn_params = lstm_params = gru_params = crossover_look_back = cheat
