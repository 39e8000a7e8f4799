"""How many numbers a network learns: arithmetic on paper, no Keras.

Each function counts the recurrent or hidden layer and the Dense(1) after it.
"""

from __future__ import annotations

import operator


def _check_count(name: str, value: int) -> int:
    """Return `value` as an `int`; a worked example of how an exercise rejects a senseless argument.

    Raises:
        ValueError: `value` is no whole number or below 1. The message names the argument.

    Example:
        >>> _check_count("look_back", 0)
        Traceback (most recent call last):
        ValueError: look_back must be at least 1, got 0
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {value!r}") from None
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")
    return count


def dense_params(look_back: int, n_features: int, units: int) -> int:
    """Count the parameters of Flatten, Dense(units), Dense(1).

    A Dense layer has one weight for each pair of an input and a unit, and one bias for each unit. Here every sample
    of the window has weights of its own, so the count grows with the length of the window.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: size of the hidden layer, at least 1.

    Returns:
        The number of parameters, a whole number.

    Raises:
        ValueError: an argument is below 1.

    Example:
        >>> dense_params(look_back=20, n_features=3, units=16)
        993

    Hint:
        How many numbers come out of Flatten? Count the two Dense layers apart and add.

    Source:
        Slide "1) Menos parámetros".
    """
    ### BEGIN SOLUTION
    inputs = _check_count("look_back", look_back) * _check_count("n_features", n_features)
    units = _check_count("units", units)
    return units * (inputs + 1) + units + 1
    ### END SOLUTION


def simple_rnn_params(n_features: int, units: int) -> int:
    """Count the parameters of SimpleRNN(units), Dense(1).

    The recurrent layer has a matrix from the features to the units, a matrix from the units to the units, and one
    bias for each unit. All time steps share them: the length of the window does not enter.

    Args:
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        The number of parameters, a whole number.

    Raises:
        ValueError: an argument is below 1.

    Example:
        >>> simple_rnn_params(n_features=2, units=7)
        78

    Hint:
        Write down the shapes that `simple_rnn_forward` takes for its weights. Dense(1) sees one hidden state.

    Source:
        Slides "1) RNN Simple" and "1) Menos parámetros".
    """
    ### BEGIN SOLUTION
    n_features, units = _check_count("n_features", n_features), _check_count("units", units)
    return units * (units + n_features + 1) + units + 1
    ### END SOLUTION


def lstm_params(n_features: int, units: int) -> int:
    """Count the parameters of LSTM(units), Dense(1).

    Three gates and one candidate, each with weights and biases like those of a whole simple RNN.

    Args:
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        The number of parameters, a whole number.

    Raises:
        ValueError: an argument is below 1.

    Example:
        >>> lstm_params(n_features=2, units=7)
        288

    Hint:
        In the six equations, which have weights? Only the hidden state reaches Dense(1), the cell state does not.

    Source:
        Slide "2) LSTM"; Hochreiter & Schmidhuber, 1997.
    """
    ### BEGIN SOLUTION
    n_features, units = _check_count("n_features", n_features), _check_count("units", units)
    return 4 * units * (units + n_features + 1) + units + 1
    ### END SOLUTION


def gru_params(n_features: int, units: int) -> int:
    """Count the parameters of GRU(units), Dense(1), with Keras's defaults.

    Two gates and one candidate. With Keras's default `reset_after=True` each of the three has two biases for each
    unit, one beside the input's product and one beside the state's.

    Args:
        n_features: number of features of a sample, at least 1.
        units: size of the hidden state, at least 1.

    Returns:
        The number of parameters, a whole number.

    Raises:
        ValueError: an argument is below 1.

    Example:
        >>> gru_params(n_features=2, units=7)
        239

    Hint:
        Begin with how the LSTM's count is made up; then change the number of blocks, and of biases in a block.

    Source:
        Slide "Redes Recurrentes" names GRUs; Cho et al., 2014; the documentation of `keras.layers.GRU`.
    """
    ### BEGIN SOLUTION
    n_features, units = _check_count("n_features", n_features), _check_count("units", units)
    return 3 * units * (units + n_features + 2) + units + 1
    ### END SOLUTION


def crossover_look_back(n_features: int, units: int) -> int:
    """Find the smallest `look_back` at which the dense network has more parameters than the LSTM.

    Both have the same `units` and the same `n_features`. The LSTM's count is fixed, the dense network's grows with
    `look_back`: for short windows the LSTM is the larger one, for long windows the dense network is. At the answer
    the dense network has strictly more; at one less, it has not.

    Args:
        n_features: number of features of a sample, at least 1.
        units: size of the hidden layer of both networks, at least 1.

    Returns:
        The number of samples in the window, a whole number.

    Raises:
        ValueError: an argument is below 1.

    Example:
        >>> crossover_look_back(n_features=2, units=7)
        20

    Hint:
        Either count upwards until it is so, or solve the inequality and mind that it is strict.

    Source:
        Slide "1) Menos parámetros".
    """
    ### BEGIN SOLUTION
    n_features, units = _check_count("n_features", n_features), _check_count("units", units)
    # units * (L * n_features + 1) > 4 * units * (units + n_features + 1), solved for the whole number L.
    return (4 * (units + n_features) + 3) // n_features + 1
    ### END SOLUTION
