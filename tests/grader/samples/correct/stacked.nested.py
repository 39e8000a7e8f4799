# style: a recurrent trunk and a dense head, each a Sequential of its own, nested in a third; input_shape on the
# first layer; schedule PiecewiseConstantDecay.
from tensorflow.keras import Sequential, layers, optimizers

RECURRENT = dict(simple_rnn=layers.SimpleRNN, lstm=layers.LSTM, gru=layers.GRU)


def _positive(name, value):
    if value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value}")
    return value


def _assemble(trunk, head):
    model = Sequential([trunk, head], name="trunk_and_head")
    rate = optimizers.schedules.PiecewiseConstantDecay([1000, 3000], [0.01, 0.003, 0.001])
    model.compile(optimizer=optimizers.Adam(rate), loss="mse", metrics=["mean_absolute_error"])
    return model


def build_rnn_with_dense_head(look_back, n_features, output_activation="linear"):
    shape = (_positive("look_back", look_back), _positive("n_features", n_features))
    trunk = Sequential([layers.SimpleRNN(10, activation="tanh", input_shape=shape)], name="trunk")
    head = Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(10,)),
            layers.Dense(4, activation="relu"),
            layers.Dense(1, activation=output_activation),
        ],
        name="head",
    )
    return _assemble(trunk, head)


def build_stacked_rnn(look_back, n_features, units=(10, 5), cell="lstm"):
    shape = (_positive("look_back", look_back), _positive("n_features", n_features))
    units = [_positive("units", u) for u in units]
    if not units:
        raise ValueError("units must not be empty")
    try:
        layer = RECURRENT[cell]
    except KeyError:
        raise ValueError(f"cell must be one of {', '.join(RECURRENT)}, got {cell!r}") from None
    trunk = Sequential([layer(units[0], return_sequences=len(units) > 1, input_shape=shape)], name="trunk")
    for depth in range(1, len(units)):
        trunk.add(layer(units[depth], return_sequences=depth + 1 < len(units)))
    head = Sequential([layers.Dense(1, input_shape=(units[-1],))], name="head")
    return _assemble(trunk, head)
