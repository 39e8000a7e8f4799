"""A student's model: read the same in every style, rebuilt from data, and refused when it is not Keras's own."""

import copy

import keras
import numpy as np
import pytest
from keras import layers

from grader import architecture, models
from grader.contract import Outcome
from grader.evidence import CheckFailed, Opaque
from grader.models import ModelEvidence
from grader.observe import model_data, observe

LSTM_AND_DENSE = [("LSTM", "tanh"), ("Dense", "linear")]


def functional(*stack, shape=(12, 3)):
    inputs = keras.Input(shape)
    outputs = inputs
    for layer in stack:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def evidence(model, **compiled):
    if compiled:
        model.compile(**compiled)
    return ModelEvidence(model_data(model))


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.Sequential([keras.Input((12, 3)), layers.LSTM(5), layers.Dense(1)]),
        lambda: functional(layers.LSTM(5, activation="tanh", name="mine"), layers.Dense(1, activation=None)),
        lambda: functional(layers.RNN(layers.LSTMCell(5)), layers.Dense(1), layers.Activation("linear")),
        lambda: functional(keras.Sequential([layers.LSTM(5, unroll=True)]), layers.Dense(1)),
        lambda: functional(
            layers.LSTM(5, activation=keras.ops.tanh), layers.Dense(1, activation=keras.activations.linear)
        ),
    ],
)
def test_one_network_written_in_many_ways_reads_the_same(make):
    model = evidence(make())
    assert [(layer.kind, layer.config["activation"]) for layer in model.layers] == LSTM_AND_DENSE
    assert model.layers[0].config["units"] == 5
    assert (model.input_shape, model.output_shape) == ((None, 12, 3), (None, 1))
    assert model.parameters == 4 * 5 * (5 + 3 + 1) + 5 + 1


def test_an_activation_layer_belongs_to_the_linear_layer_before_it():
    model = evidence(functional(layers.Flatten(), layers.Dense(4), layers.ReLU(), layers.Dense(1)))
    assert [layer.kind for layer in model.layers] == ["Flatten", "Dense", "Dense"]
    assert model.layers[1].config["activation"] == "relu"


def test_the_rebuilt_model_forecasts_what_the_student_s_does():
    model = functional(layers.LSTM(5, return_sequences=True), layers.GRU(4), layers.Dense(1))
    x = np.random.default_rng(0).normal(size=(7, 12, 3)).astype("f4")
    assert np.allclose(evidence(model).predict(x), model.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("mse", "mse"),
        (keras.losses.MeanSquaredError(), "MeanSquaredError"),
        (keras.losses.mean_squared_error, "mean_squared_error"),
        (["mean_squared_error"], "mean_squared_error"),
        (lambda y, z: (y - z) ** 2, "custom <lambda>"),
    ],
)
def test_a_loss_is_known_by_name_however_it_is_spelled(loss, name):
    assert evidence(functional(layers.Flatten(), layers.Dense(1)), optimizer="adam", loss=loss).loss == name


def test_the_learning_rate_of_a_schedule_is_its_largest():
    rate = keras.optimizers.schedules.ExponentialDecay(0.02, 100, 0.9)
    model = functional(layers.Flatten(), layers.Dense(1))
    assert evidence(model, optimizer=keras.optimizers.Adam(rate), loss="mse").largest_learning_rate == pytest.approx(
        0.02
    )


def test_a_model_that_is_not_compiled_has_no_optimizer():
    assert evidence(functional(layers.Flatten(), layers.Dense(1))).optimizer is None


class Subclass(keras.Model):
    """A student's own class."""


def test_a_subclass_does_not_cross():
    assert isinstance(observe(Subclass()), Opaque)


def refusal(data):
    with pytest.raises(CheckFailed) as caught:
        models.rebuild(data)
    assert caught.value.outcome is Outcome.REFUSED
    return str(caught.value.message)


def test_a_lambda_is_refused():
    assert "Lambda" in refusal(model_data(functional(layers.Lambda(lambda x: x[:, -1], output_shape=(3,)))))


def test_a_gigantic_model_is_refused_before_it_is_built():
    data = model_data(functional(layers.LSTM(5), layers.Dense(1)))
    config = copy.deepcopy(data.config)
    config["layers"][1]["config"]["units"] = 100_000
    assert "too large" in refusal(type(data)(kind=data.kind, config=config, weights=[], optimizer=None, loss=None))


def test_a_layer_that_blows_up_its_values_is_refused():
    assert "too large" in refusal(model_data(functional(layers.Flatten(), layers.RepeatVector(10**6))))


def test_weights_that_do_not_fit_are_refused():
    data = model_data(functional(layers.LSTM(5), layers.Dense(1)))
    wrong = type(data)(kind=data.kind, config=data.config, weights=data.weights[:-1], optimizer=None, loss=None)
    assert "weights" in refusal(wrong)


@pytest.mark.parametrize(
    "entry",
    [
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/"}},
        {"module": "builtins", "class_name": "function", "config": "my_activation"},
        {"module": "os", "class_name": "system", "config": "true"},
        {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
        {"class_name": "__numpy__", "config": {}},
    ],
)
def test_no_other_class_gets_into_the_judge(entry):
    data = model_data(functional(layers.Flatten(), layers.Dense(1)))
    config = copy.deepcopy(data.config)
    config["layers"][2]["config"]["activation"] = entry
    with pytest.raises(CheckFailed) as caught:
        architecture.check(type(data)(kind=data.kind, config=config, weights=[], optimizer=None, loss=None))
    assert caught.value.outcome is Outcome.REFUSED


def test_a_stateful_model_has_a_twin_without_state():
    inputs = keras.Input(batch_shape=(1, None, 2))
    states = layers.LSTM(4, stateful=True, return_sequences=True)(inputs)
    data = model_data(keras.Model(inputs, layers.Dense(1)(states)))
    twin = models.rebuild_fresh(data)
    assert twin.input_shape == (None, None, 2)
    assert not any(getattr(layer, "stateful", False) for layer in twin.layers)
    assert models.rebuild(data).input_shape == (1, None, 2)


def test_a_model_that_was_never_given_its_input_is_told_so():
    model = evidence(keras.Sequential([layers.LSTM(5), layers.Dense(1)]), optimizer="adam", loss="mse")
    with pytest.raises(CheckFailed, match=r"keras\.Input"):
        _ = model.input_shape
