"""Raises an exception whose text never comes."""


class Slow(Exception):
    def __str__(self):
        while True:
            pass


def gru_params(n_features, units):
    raise Slow
