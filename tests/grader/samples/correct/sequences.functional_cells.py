# style: functional API with RNN(LSTMCell), direct calls model(x) on tensors, reset by `reset_state()` where the
# layer is stateful, a tensor as the result; targets as strided windows cut in two (read-only views).
import tensorflow as tf
from numpy import asarray, float32, size
from numpy.lib.stride_tricks import sliding_window_view
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import RNN, Dense, LSTMCell
from tensorflow.keras.losses import MeanSquaredError
from tensorflow.keras.optimizers import Adam


def require(**counts):
    wrong = [name for name, value in counts.items() if value < 1]
    if wrong:
        raise ValueError("expected at least 1 for " + " and ".join(wrong))


def network(inputs, units, **options):
    sequence = RNN(LSTMCell(units), **options)(inputs)
    model = Model(inputs=[inputs], outputs=[Dense(1)(sequence)])
    model.compile(optimizer=Adam(5e-3), loss=MeanSquaredError(reduction="sum_over_batch_size"))
    return model


def build_any_length(n_features, units=5):
    require(n_features=n_features, units=units)
    return network(Input((None, n_features)), units)


def make_sequence_targets(series, look_back):
    require(look_back=look_back)
    series = asarray(series)
    if len(series) <= look_back:
        raise ValueError("series too short for look_back = %d" % look_back)
    table = series if series.ndim == 2 else series[:, None]
    longer = sliding_window_view(table, look_back + 1, axis=0).transpose(0, 2, 1)
    return longer[:, :-1], longer[:, 1:, :1]


def build_every_step(look_back, n_features, units=5):
    require(look_back=look_back, n_features=n_features, units=units)
    return network(Input((look_back, n_features)), units, return_sequences=True)


def build_stateful(n_features, units=5, batch_size=1):
    require(n_features=n_features, units=units, batch_size=batch_size)
    return network(Input(shape=(None, n_features), batch_size=batch_size), units, return_sequences=True, stateful=True)


def predict_in_chunks(model, series, chunk):
    require(chunk=chunk)
    if size(series) == 0:
        raise ValueError("series must not be empty")
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()
    steps = tf.constant(asarray(series, dtype=float32))
    answers = []
    while len(steps) > 0:
        answers.append(tf.squeeze(model(steps[:chunk][tf.newaxis], training=False), axis=[0, 2]))
        steps = steps[chunk:]
    return tf.concat(answers, axis=0)
