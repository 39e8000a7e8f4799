"""Two answers are the same if they differ in chance and spelling alone."""

import numpy as np
import pytest

from grader.evidence import Axes, Curve, Ending, Failure, FigureEvidence, Opaque, Request, Returned
from grader.likeness import alike, model_facts, same_value, telling
from grader.observe import model_data


def all_alike(requests, came, other, right):
    seen = [telling(requests, results) for results in (came, other, right)]
    return all(map(alike, *seen))


def raised(kind, text=""):
    return Failure(ending=Ending.RAISED, bases=(kind, "Exception"), text=text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 2.00001]), True),
        (np.array([1.0, 2.0]), np.array([1.0, 2.01]), False),
        (np.array([1.0, 2.0]), [1, 2], True),
        (np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), False),
        (np.array([np.nan]), np.array([np.nan]), True),
        ({"mae": 1.0}, {"mae": 1.0}, True),
        ({"mae": 1.0}, {"MAE": 1.0}, False),
        ((np.zeros(2), 1.0), (np.zeros(2), 2.0), False),
        (Opaque("History"), Opaque("History"), True),
        (Opaque("History"), None, False),
        (None, None, True),
    ],
)
def test_values_are_the_same_by_shape_and_closeness(one, other, same):
    assert same_value(one, other) is same


def test_small_numbers_are_not_the_same_because_they_are_small():
    assert not same_value(np.array([1e-6, 2e-6]), np.array([1e-6, 3e-6]))


def test_a_figure_is_the_same_by_its_curves_and_by_which_labels_are_there():
    def figure(y, title):
        axes = Axes(title=title, xlabel="t", ylabel="x", legend=("a",), curves=(Curve(np.arange(3.0), y),))
        return FigureEvidence((axes,))

    assert same_value(figure(np.ones(3), "my title"), figure(np.ones(3), "another title"))
    assert not same_value(figure(np.ones(3), "my title"), figure(np.ones(3), ""))
    assert not same_value(figure(np.ones(3), "my title"), figure(np.zeros(3), "my title"))


def test_failures_are_the_same_by_type_and_where_that_says_little_by_their_words():
    right = Returned(1.0)
    assert alike(raised("NameError", "name 'modle' is not defined"), raised("NameError", "name 'mdl'"), right)
    assert not alike(raised("NameError"), raised("AttributeError"), right)
    assert alike(
        raised("ValueError", "expected ndim=3, found 2"), raised("ValueError", "expected ndim=3, found 4"), right
    )
    assert not alike(raised("ValueError", "expected ndim=3"), raised("ValueError", "could not convert"), right)
    assert not alike(Returned(1.0), raised("NameError"), right)


def test_of_rejections_it_counts_whether_the_argument_is_named():
    right = raised("ValueError", "look_back must be at least 1, got 0")
    named, unnamed = raised("ValueError", "bad look_back"), raised("ValueError", "bad argument")
    assert alike(named, right, right)
    assert not alike(unnamed, right, right)
    assert alike(unnamed, raised("ValueError", "that is wrong"), right)


def test_models_are_the_same_whatever_their_names_and_weights_are():
    import keras

    def network(units=4, compiled=True, loss="mse", rate=0.001, name=None):
        layers = [keras.Input((5, 2)), keras.layers.LSTM(units, name=name), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        if compiled:
            model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss)
        return model_facts(model_data(model))

    assert network() == network(name="mine", loss=keras.losses.MeanSquaredError(), rate=0.01)
    for other in (network(units=3), network(compiled=False), network(loss="mae"), network(rate=10.0)):
        assert network() != other


def test_random_matrices_are_the_same_by_how_they_are_scaled_and_how_they_repeat():
    def drawn(seed, scale):
        rng = np.random.default_rng(seed)
        w = rng.normal(size=(30, 30))
        return Returned((rng.normal(size=(30, 2)), w * scale(w)))

    def radius(w):
        return 0.9 / np.max(np.abs(np.linalg.eigvals(w)))

    def norm(w):
        return 0.9 / np.linalg.norm(w, 2)

    requests = [Request(exercise="beyond", function="make_reservoir", args=(2, 30, 0.9, 1))] * 2
    right = [drawn(1, radius)] * 2
    assert all_alike(requests, [drawn(5, norm)] * 2, [drawn(6, norm)] * 2, right)
    assert not all_alike(requests, [drawn(5, norm)] * 2, [drawn(6, radius)] * 2, right)
    assert not all_alike(requests, [drawn(5, radius), drawn(6, radius)], right, right)


def test_pieces_of_a_series_are_the_same_by_where_they_begin_and_end_give_or_take_a_sample():
    series = np.arange(101.0)
    requests = [Request(exercise="windowing", function="split_series", args=(series,))]
    down, nearest = Returned(tuple(np.split(series, [70, 85]))), Returned(tuple(np.split(series, [71, 86])))
    swapped = Returned((series[:70], series[85:], series[70:85]))
    shuffled = Returned(tuple(np.split(np.random.default_rng(0).permutation(series), [70, 85])))
    assert all_alike(requests, [down], [nearest], [down])
    for other in (swapped, shuffled):
        assert not all_alike(requests, [down], [other], [down])
