# style: an Echo State Network that crosses as Keras layers: SimpleRNN with fixed random weights, Dense(1) with the
# weights of a ridge regression; no gradient step at all. Scatter for the forecast; object-oriented Figure, no
# pyplot.
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

LOOK_BACK, SIZE, RADIUS, RIDGE = 40, 300, 0.7, 1e-6


def forecast_errors(y_true, y_pred):
    t = tf.reshape(tf.cast(y_true, tf.float64), [-1])
    p = tf.reshape(tf.cast(y_pred, tf.float64), [-1])
    if t.shape[0] == 0 or p.shape[0] == 0:
        raise ValueError("y_true and y_pred must not be empty")
    mae = tf.reduce_mean(tf.abs(t - p))
    rmse = tf.sqrt(tf.reduce_mean(tf.square(t - p)))
    return {"mae": mae.numpy(), "rmse": rmse.numpy(), "nrmse": (rmse / tf.math.reduce_std(t)).numpy()}


def forecast_recursive(model, window, steps):
    if steps <= 0:
        raise ValueError("steps must be a positive integer")
    if 0 in np.shape(window):
        raise ValueError("window must not be empty")
    x = tf.cast(window, tf.float32)[None]
    out = []
    for _ in range(steps):
        nxt = tf.reshape(model(x, training=False), (1, 1, 1))
        out.append(nxt[0, 0, 0])
        x = tf.concat([x[:, 1:], nxt], axis=1)
    return tf.stack(out)


def plot_forecast(t, y_true, y_pred):
    if min(len(t), len(y_true), len(y_pred)) == 0:
        raise ValueError("nothing to draw: t, y_true or y_pred is empty")
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(t, y_true, label="truth", lw=1)
    axes.scatter(t, y_pred, s=8, c="tab:orange", label="echo state network")
    axes.set_xlabel("sample")
    axes.set_ylabel("series")
    axes.set_title("Forecast of an echo state network")
    figure.legend(loc="upper right")
    return figure


def _ridge(states, y):
    design = np.column_stack([states, np.ones(len(states))])
    gram = design.T @ design + RIDGE * np.eye(design.shape[1])
    solution = np.linalg.solve(gram, design.T @ y)
    return [solution[:-1, None], solution[-1:]]


def train_forecaster(train):
    series = np.asarray(train, dtype=np.float64).reshape(-1)
    if len(series) <= LOOK_BACK:
        raise ValueError("train must be longer than the window")
    mean = series.mean()
    std = series.std() if np.ptp(series) > 0 else 1.0
    z = (series - mean) / std
    X = np.lib.stride_tricks.sliding_window_view(z[:-1], LOOK_BACK)[..., None]
    y = z[LOOK_BACK:]

    rng = np.random.default_rng(2021)
    w = rng.normal(size=(SIZE, SIZE))
    w *= RADIUS / np.abs(np.linalg.eigvals(w)).max()
    model = tf.keras.Sequential(
        [tf.keras.Input((LOOK_BACK, 1)), tf.keras.layers.SimpleRNN(SIZE, trainable=False), tf.keras.layers.Dense(1)]
    )
    reservoir, readout = model.layers
    reservoir.set_weights([rng.uniform(-0.5, 0.5, (1, SIZE)), w, rng.uniform(-0.3, 0.3, SIZE)])
    readout.set_weights(_ridge(tf.cast(reservoir(tf.cast(X, tf.float32)), tf.float64).numpy(), y))
    model.compile(optimizer="adam", loss="mse")
    return model, LOOK_BACK, float(mean), float(std)
