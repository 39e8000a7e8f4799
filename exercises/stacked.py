"""Deeper recurrent networks: Dense layers after the RNN, and RNNs on top of each other."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import keras


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


def build_rnn_with_dense_head(look_back: int, n_features: int, output_activation: str = "linear") -> keras.Model:
    """Build a simple RNN whose last state is read by three Dense layers instead of one.

    SimpleRNN(10, tanh), Dense(8, relu), Dense(4, relu), Dense(1, `output_activation`). The slide ends in `"relu"`;
    here it is a choice, and the statement asks what each choice does to a standardised series.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        output_activation: Keras's name of the last layer's activation.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back` or `n_features` is below 1.

    Example:
        >>> build_rnn_with_dense_head(20, 1).count_params()
        249

    Hint:
        The slide's code, with one constant turned into an argument.

    Source:
        Slide "RNNs con densas a la salida".
    """
    raise NotImplementedError


def build_stacked_rnn(
    look_back: int, n_features: int, units: Sequence[int] = (10, 5), cell: str = "lstm"
) -> keras.Model:
    """Build recurrent layers on top of each other: each one reads the states of the one below, step by step.

    One recurrent layer for each entry of `units`, in that order, then Dense(1). A recurrent layer takes a sequence,
    so every one but the last has to hand on its states of all steps; the last hands on its final state alone.

    Args:
        look_back: number of samples in a window, at least 1.
        n_features: number of features of a sample, at least 1.
        units: sizes of the recurrent layers, at least one, each at least 1.
        cell: `"simple_rnn"`, `"lstm"` or `"gru"`, the kind of all the layers.

    Returns:
        A compiled model (Adam, mean squared error), `(batch, look_back, n_features)` to `(batch, 1)`.

    Raises:
        ValueError: `look_back`, `n_features` or an entry of `units` is below 1, `units` is empty, or `cell` is
            not one of the three.

    Example:
        >>> build_stacked_rnn(20, 1).output_shape
        (None, 1)
        >>> build_stacked_rnn(20, 1, units=(3,), cell="simple_rnn").count_params()
        19

    Hint:
        A dictionary from the three names to Keras's classes spares the `if`s. Which argument of a recurrent layer
        decides whether it returns all states or the last? How do you tell the last entry of `units`?

    Source:
        Slide "Stacked RNNs"; Graves et al., Speech Recognition with Deep Recurrent Neural Networks, 2013.
    """
    raise NotImplementedError
