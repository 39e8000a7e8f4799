"""Raises what cannot be printed, what is no Exception, and what stops a program."""


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__


class Base(BaseException):
    pass


class NoText(Exception):
    def __str__(self):
        return 7


class Exits(Exception):
    def __str__(self):
        raise SystemExit(0)


def dense_params(look_back, n_features, units):
    raise Unprintable


def simple_rnn_params(n_features, units):
    raise Base


def lstm_params(n_features, units):
    raise NoText


def gru_params(n_features, units):
    raise Exits


def crossover_look_back(n_features, units):
    raise KeyboardInterrupt
