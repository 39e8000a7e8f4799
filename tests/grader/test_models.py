"""A student's model: read the same in every style, rebuilt from data, and refused when it is not Keras's own."""

import copy
import dataclasses
import time

import keras
import numpy as np
import pytest
from keras import layers

from grader import architecture, models
from grader.contract import Outcome
from grader.evidence import CheckFailed, ModelData, Opaque
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


def test_a_network_is_measured_once_whatever_its_layers_are_called_and_again_for_another_batch(monkeypatch):
    measured, measure = [], models._measure
    monkeypatch.setattr(models, "_MEASURED", {})
    monkeypatch.setattr(models, "_measure", lambda data: measured.append(data) or measure(data))
    any_batch = [functional(layers.LSTM(5), layers.Dense(1)) for _ in range(2)]
    fixed = functional(layers.LSTM(5), layers.Dense(1))
    fixed = keras.Model(inputs := keras.Input((12, 3), batch_size=4), fixed(inputs))
    shapes = [evidence(model).output_shape for model in (*any_batch, fixed, *any_batch)]
    assert shapes == [(None, 1), (None, 1), (4, 1), (None, 1), (None, 1)]
    assert len(measured) == 2


def test_an_activation_layer_belongs_to_the_linear_layer_before_it():
    model = evidence(functional(layers.Flatten(), layers.Dense(4), layers.ReLU(), layers.Dense(1)))
    assert [layer.kind for layer in model.layers] == ["Flatten", "Dense", "Dense"]
    assert model.layers[1].config["activation"] == "relu"


def test_a_layer_may_stand_where_an_activation_does():
    model = evidence(functional(layers.Flatten(), layers.Dense(4, activation=layers.ReLU()), layers.Dense(1)))
    assert model.layers[1].config["activation"] == "relu"
    model = evidence(functional(layers.Flatten(), layers.Dense(4, activation=layers.ReLU(max_value=6))))
    assert model.layers[1].config["activation"] != "relu"


@pytest.mark.parametrize(
    ("make", "frozen"),
    [
        (lambda: functional(layers.LSTM(5, trainable=False), layers.Dense(1)), [True, False]),
        (lambda: functional(layers.RNN(layers.LSTMCell(5), trainable=False), layers.Dense(1)), [True, False]),
        (lambda: functional(layers.TimeDistributed(layers.Dense(1), trainable=False)), [True]),
        (lambda: functional(layers.Flatten(trainable=False), layers.Dense(1)), [False, False]),
    ],
)
def test_a_layer_whose_weights_may_not_change_is_frozen(make, frozen):
    assert [layer.is_frozen for layer in evidence(make()).layers] == frozen


def test_networks_have_one_fingerprint_if_they_compute_the_same_and_only_then():
    def print_of(*stack, **options):
        return architecture.fingerprint(model_data(functional(*stack, **options)))

    plain = print_of(layers.Dense(4, activation="tanh"), layers.Dense(1))
    assert print_of(layers.Dense(4, activation="tanh", name="mine"), layers.Dense(1, name="last")) == plain
    assert print_of(layers.Dense(4, activation="tanh", name="tanh"), layers.Dense(1)) == plain
    assert print_of(layers.Dense(4, activation="relu", name="relu"), layers.Dense(1)) != plain
    assert print_of(layers.Dense(4, activation="tanh"), layers.Dense(1), shape=(13, 3)) != plain
    assert print_of(layers.Dense(4, activation="tanh", dtype="float64"), layers.Dense(1)) != plain

    def joined(swap):
        inputs = keras.Input((12,))
        one, two = layers.Dense(4, name="one")(inputs), layers.Dense(4, name="two", activation="relu")(inputs)
        return keras.Model(inputs, layers.Subtract()([two, one] if swap else [one, two]))

    assert architecture.fingerprint(model_data(joined(True))) != architecture.fingerprint(model_data(joined(False)))


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


def entry(kind, module="keras.layers", **config):
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def described(*stack, **further):
    """A Sequential model as a worker may describe it, whatever Keras would write."""
    config = {"name": "s", "layers": list(stack), **further}
    return ModelData(kind="Sequential", config=config, weights=[], optimizer=None, loss=None)


INPUT = entry("InputLayer", batch_shape=[None, 12, 3], name="in")
STATEFUL = entry("LSTM", units=4, stateful=True, return_sequences=True, name="lstm")


def nested_cells(depth):
    cell = entry("LSTMCell", units=3)
    for _ in range(depth):
        cell = entry("StackedRNNCells", cells=[cell])
    return described(INPUT, entry("RNN", cell=cell))


def squared(times):
    """Each step multiplies a column by a row: the number of values is squared."""
    x = inputs = keras.Input((12,))
    with keras.StatelessScope(initialize_variables=False):
        for _ in range(times):
            x = layers.Flatten()(layers.Multiply()([layers.Reshape((-1, 1))(x), layers.Reshape((1, -1))(x)]))
    config = keras.Model(inputs, x).get_config()
    return ModelData(kind="Functional", config=config, weights=[], optimizer=None, loss=None)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nested_cells(40),
        lambda: squared(24),
        lambda: described(STATEFUL, build_input_shape=[10**9, 12, 3]),
        lambda: described(entry("InputLayer", shape=[12, 3], batch_size=10**9), STATEFUL),
        lambda: described(entry("InputLayer", batch_input_shape=[10**9, 12, 3]), STATEFUL),
        lambda: described(
            entry("InputLayer", batch_shape=[4096, 1, 10**6, 1]),
            entry("ConvLSTM1D", filters=1, kernel_size=1, stateful=True),
        ),
        lambda: described(INPUT, entry("RNN", cell=entry("StackedRNNCells", cells=[entry("GRUCell", units=1)] * 1000))),
        lambda: described(entry("InputLayer", batch_shape=[None] + [1] * 1000), entry("Dense", units=1)),
        lambda: described({"class_name": ["Dense"], "config": {}}),
        lambda: described({"module": "keras.layers", "class_name": "Dense"}),
        lambda: described("Dense"),
        lambda: described(INPUT, entry("Dense", units=3, dtype=entry("DTypePolicy", "keras", name=[]))),
    ],
)
def test_a_configuration_that_keras_could_not_bear_is_refused_at_once(make):
    data = make()
    start = time.monotonic()
    refusal(data)
    assert time.monotonic() - start < 10


def test_an_attention_over_very_many_steps_is_refused():
    x = inputs = keras.Input((12,))
    x = layers.RepeatVector(2000)(x)
    assert "too large" in refusal(model_data(keras.Model(inputs, layers.Attention()([x, x]))))


def test_a_model_whose_weights_nobody_can_count_is_not_trained():
    with pytest.raises(CheckFailed, match=r"keras\.Input"):
        models.rebuild_fresh(described(entry("LSTM", units=100_000)))


@pytest.mark.parametrize("change", ["<i8", "<f8", "?"])
def test_weights_of_another_dtype_are_taken(change):
    data = model_data(functional(layers.LSTM(5), layers.Dense(1)))
    models.rebuild(dataclasses.replace(data, weights=[weight.astype(change) for weight in data.weights]))


def schedule(kind, **config):
    rate = entry(kind, "keras.optimizers.schedules", **config)
    optimizer = {"class_name": "Adam", "config": {"learning_rate": rate}}
    return ModelEvidence(dataclasses.replace(described(INPUT), optimizer=optimizer))


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedule("ExponentialDecay", initial_learning_rate="a", decay_steps=1, decay_rate=1),
        lambda: schedule("ExponentialDecay", initial_learning_rate=0.1, decay_steps=[], decay_rate={}),
        lambda: schedule("PiecewiseConstantDecay", boundaries=[1, "a"], values=[0.1, 0.2, 0.3]),
        lambda: schedule("PiecewiseConstantDecay", boundaries=list(range(9000)), values=[0.1] * 9001),
        lambda: schedule(["ExponentialDecay"]),
        lambda: schedule("LearningRateSchedule"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(make):
    with pytest.raises(CheckFailed) as caught:
        _ = make().largest_learning_rate
    assert caught.value.outcome is Outcome.REFUSED


def test_a_schedule_that_is_anywhere_not_a_number_has_no_largest_rate():
    polynomial = schedule(
        "PolynomialDecay", initial_learning_rate=0.01, decay_steps=100, power=-1.5, end_learning_rate=0
    )
    assert not np.isfinite(polynomial.largest_learning_rate)
