"""Dies in native code in every way there is: a bad address, an abort, a full stack, a signal, a stop."""
import ctypes
import os
import signal
import sys


def dense_params(look_back, n_features, units):
    ctypes.string_at(0)


def simple_rnn_params(n_features, units):
    os.abort()


def lstm_params(n_features, units):
    sys.setrecursionlimit(10**9)

    def deeper(value):
        return max([value], key=deeper)

    return deeper(1)


def gru_params(n_features, units):
    os.kill(os.getpid(), signal.SIGKILL)


def crossover_look_back(n_features, units):
    os.kill(os.getpid(), signal.SIGSTOP)
