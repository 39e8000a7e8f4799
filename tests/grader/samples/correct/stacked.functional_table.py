# style: functional API, a table of layer classes, enumerate with a flag for the last; optimizer "Adam", loss "MSE".
import tensorflow.keras as K

CELLS = {"simple_rnn": K.layers.SimpleRNN, "lstm": K.layers.LSTM, "gru": K.layers.GRU}


def _guard(look_back, n_features):
    if look_back < 1:
        raise ValueError("look_back has to be at least one")
    if n_features < 1:
        raise ValueError("n_features has to be at least one")


def build_rnn_with_dense_head(look_back, n_features, output_activation="linear"):
    _guard(look_back, n_features)
    inputs = K.Input((look_back, n_features))
    x = K.layers.SimpleRNN(10)(inputs)
    for width, activation in ((8, "relu"), (4, "relu"), (1, output_activation)):
        x = K.layers.Dense(width, activation=activation)(x)
    model = K.Model(inputs, x)
    model.compile("Adam", "MSE")
    return model


def build_stacked_rnn(look_back, n_features, units=(10, 5), cell="lstm"):
    _guard(look_back, n_features)
    if cell not in CELLS:
        raise ValueError(f"unknown cell {cell!r}: choose one of {sorted(CELLS)}")
    if len(units) == 0 or min(units) < 1:
        raise ValueError("units needs at least one entry, each at least one")
    inputs = x = K.Input((look_back, n_features))
    for i, n in enumerate(units, start=1):
        x = CELLS[cell](n, return_sequences=i < len(units), name=f"recurrente_{i}")(x)
    model = K.Model(inputs, K.layers.Dense(1)(x))
    model.compile("Adam", "MSE")
    return model
