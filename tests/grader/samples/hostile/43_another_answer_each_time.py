"""Is right most of the time, and answers the same request differently from call to call."""
import itertools

reference = gru_params
calls = itertools.count()


def gru_params(n_features, units):
    return reference(n_features, units) + (next(calls) % 3 == 2)
