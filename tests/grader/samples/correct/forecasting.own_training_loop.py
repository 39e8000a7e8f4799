# style: a training loop of its own (GradientTape in a tf.function, tf.data), a dataclass that holds the task, an
# unrolled SimpleRNN compiled only at the end; free run with np.append; two axes in one figure; numpy scalars
# returned.
import matplotlib

matplotlib.use("Agg", force=True)
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from matplotlib import pyplot as plt
from tensorflow import keras


def _filled(**arrays):
    for name, values in arrays.items():
        if np.size(values) == 0:
            raise ValueError(f"'{name}' holds no values")


def forecast_errors(y_true, y_pred):
    _filled(y_true=y_true, y_pred=y_pred)
    e = np.squeeze(np.reshape(y_true, (-1, 1)) - np.reshape(y_pred, (-1, 1)), axis=1)
    rmse = np.linalg.norm(e) / np.sqrt(e.size)
    return dict(mae=np.linalg.norm(e, 1) / e.size, rmse=rmse, nrmse=rmse / np.sqrt(np.var(y_true)))


def forecast_recursive(model, window, steps):
    if not steps >= 1:
        raise ValueError("'steps' must be one or more")
    _filled(window=window)
    n = len(window)
    history = np.asarray(window, dtype=np.float32)[:, 0]
    while len(history) < n + steps:
        value = model(history[np.newaxis, -n:, np.newaxis]).numpy().ravel()
        history = np.append(history, value)
    return history[n:]


def plot_forecast(t, y_true, y_pred):
    _filled(t=t, y_true=y_true, y_pred=y_pred)
    figure, (above, below) = plt.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.plot(np.asarray(t), np.ravel(y_true), label="y")
    above.plot(np.asarray(t), np.ravel(y_pred), label=r"$\hat{y}$")
    above.set_title("Pronóstico y error")
    above.set_xlabel("t")
    above.set_ylabel("y")
    above.legend()
    below.plot(np.asarray(t), np.ravel(y_true) - np.ravel(y_pred), color="grey", label="error")
    below.set_xlabel("t")
    below.set_ylabel("error")
    plt.close(figure)
    return figure


@dataclass
class Task:
    series: np.ndarray
    look_back: int = 20
    mean: float = field(init=False)
    std: float = field(init=False)

    def __post_init__(self):
        self.mean, self.std = np.mean(self.series), np.std(self.series)
        if self.std == 0:
            self.std = np.float64(1)

    def windows(self):
        z = ((self.series - self.mean) / self.std).astype(np.float32)[:, None]
        return keras.utils.timeseries_dataset_from_array(
            z[:-1], z[self.look_back :], self.look_back, batch_size=64, shuffle=True, seed=3
        ).cache()


def train_forecaster(train):
    series = np.asarray(train, dtype=float).ravel()
    task = Task(series)
    if len(series) < task.look_back + 1:
        raise ValueError("'train' is shorter than one window")
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.Input((task.look_back, 1)), keras.layers.SimpleRNN(32, unroll=True), keras.layers.Dense(1)]
    )
    batches, epochs = task.windows(), 40
    schedule = keras.optimizers.schedules.CosineDecay(0.01, epochs * len(batches), alpha=0.01)
    optimizer = keras.optimizers.Adam(schedule)

    @tf.function
    def epoch():
        for x, y in batches:
            x = tf.ensure_shape(x, (None, task.look_back, 1))
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
            optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))

    for _ in range(epochs):
        epoch()
    model.compile(optimizer=optimizer, loss="mse")
    return model, task.look_back, task.mean, task.std
