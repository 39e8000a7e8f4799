# mistake: only the layers after the first follow cell; the first one is always an LSTM
import keras
from keras import layers


def build_stacked_rnn(look_back, n_features, units=(10, 5), cell="lstm"):
    """Build recurrent layers on top of one another."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if len(units) == 0 or min(units) < 1:
        raise ValueError(f"units needs at least one entry, none below 1, got {units}")
    cells = {"simple_rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
    if cell not in cells:
        raise ValueError(f"cell must be one of {sorted(cells)}, got {cell!r}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    for position, width in enumerate(units):
        last = position == len(units) - 1
        layer = cells["lstm"] if position == 0 else cells[cell]
        model.add(layer(width, return_sequences=not last))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model
