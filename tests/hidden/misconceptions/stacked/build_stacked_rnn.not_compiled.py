# mistake: the model is returned without compile
import keras
from keras import layers


def build_stacked_rnn(look_back, n_features, units=(10, 5), cell="lstm"):
    """Stack one recurrent layer for each entry of units."""
    if look_back < 1:
        raise ValueError(f"look_back must be at least 1, got {look_back}")
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if len(units) == 0 or min(units) < 1:
        raise ValueError(f"units must be at least one positive number, got {units}")
    cells = {"simple_rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
    if cell not in cells:
        raise ValueError(f"cell must be one of {', '.join(cells)}, got {cell!r}")
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, n_features)))
    for number, size in enumerate(units, start=1):
        model.add(cells[cell](size, return_sequences=number < len(units)))
    model.add(layers.Dense(1))
    return model
