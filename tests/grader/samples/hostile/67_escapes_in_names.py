"""Puts terminal escapes and line breaks where no message is: names of types, keys of a dict, file names."""

EVIL = "\x1b[2J\n::error::owned\u202e</pre><script>alert(1)</script>"


def dense_params(look_back, n_features, units):
    raise type(EVIL, (Exception,), {})("no")


def simple_rnn_params(n_features, units):
    return type(EVIL, (), {})()


def lstm_params(n_features, units):
    return {EVIL: 1, "\ud800": 2}


def gru_params(n_features, units):
    exec(compile("raise RuntimeError", f"{__file__[: __file__.rindex('/')]}/{EVIL.replace('/', '')}.py", "exec"))


def crossover_look_back(n_features, units):
    raise type("X" * 100_000, (Exception,), {})("y" * 10_000_000)
