# style: RNN(cell) layers from getattr, every activation as a layer of its own (ReLU, Activation), if/elif in
# Spanish.
import keras
from keras import layers


def _positivos(**valores):
    for nombre, valor in valores.items():
        if int(valor) < 1:
            raise ValueError("%s=%r no sirve, hace falta 1 o más" % (nombre, valor))


def _compilar(modelo):
    modelo.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(0.003), metrics=["mse"])
    return modelo


def build_rnn_with_dense_head(look_back, n_features, output_activation="linear"):
    _positivos(look_back=look_back, n_features=n_features)
    modelo = keras.Sequential()
    modelo.add(keras.Input(shape=(look_back, n_features)))
    modelo.add(layers.RNN(layers.SimpleRNNCell(10)))
    modelo.add(layers.Dense(8))
    modelo.add(layers.ReLU())
    modelo.add(layers.Dense(4))
    modelo.add(layers.Activation(keras.activations.relu))
    modelo.add(layers.Dense(1))
    modelo.add(layers.Activation(output_activation))
    return _compilar(modelo)


def build_stacked_rnn(look_back, n_features, units=(10, 5), cell="lstm"):
    _positivos(look_back=look_back, n_features=n_features)
    if cell == "lstm":
        celda = layers.LSTMCell
    elif cell == "gru":
        celda = layers.GRUCell
    elif cell == "simple_rnn":
        celda = layers.SimpleRNNCell
    else:
        raise ValueError("cell no puede ser " + repr(cell))
    if not len(units):
        raise ValueError("units está vacío")
    _positivos(**{"units[%d]" % i: u for i, u in enumerate(units)})
    *primeras, ultima = units
    modelo = keras.Sequential([keras.Input(shape=(look_back, n_features))])
    for u in primeras:
        modelo.add(layers.RNN(celda(u), return_sequences=True))
    modelo.add(layers.RNN(celda(ultima), return_sequences=False))
    modelo.add(layers.Dense(1))
    return _compilar(modelo)
