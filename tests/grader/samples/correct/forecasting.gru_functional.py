# style: functional GRU, fit with EarlyStopping(restore_best_weights), validation_data in time order and a schedule;
# free run by np.roll; figure by plt.subplots; keys in another order.
import keras
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

LOOK_BACK = 20


def forecast_errors(y_true, y_pred):
    y_true, y_pred = np.ravel(y_true), np.ravel(y_pred)
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        if values.size == 0:
            raise ValueError(f"{name} is empty")
    residual = y_pred - y_true
    rmse = np.sqrt(np.mean(residual**2))
    return {"nrmse": rmse / np.std(y_true), "rmse": rmse, "mae": np.mean(np.abs(residual))}


def forecast_recursive(model, window, steps):
    if steps < 1:
        raise ValueError("steps must be at least 1")
    window = np.array(window, dtype=float)
    if window.size == 0:
        raise ValueError("window is empty")
    forecasts = np.empty(steps)
    for k in range(steps):
        forecasts[k] = model.predict_on_batch(window[None])[0, 0]
        window = np.roll(window, -1, axis=0)
        window[-1, 0] = forecasts[k]
    return forecasts


def plot_forecast(t, y_true, y_pred):
    for name, values in (("t", t), ("y_true", y_true), ("y_pred", y_pred)):
        if np.size(values) == 0:
            raise ValueError(f"{name} is empty")
    fig, ax = plt.subplots(figsize=(8, 3))
    ax.plot(t, y_true, label="measured")
    ax.plot(t, y_pred, "--", label="forecast")
    ax.set(xlabel="time", ylabel="value", title="One step ahead")
    ax.legend(loc="best")
    ax.grid(True)
    return fig


def _windows(z):
    index = np.arange(len(z) - LOOK_BACK)[:, None] + np.arange(LOOK_BACK)
    return z[index][..., None].astype("float32"), z[LOOK_BACK:].astype("float32")


def train_forecaster(train):
    train = np.ravel(train).astype(float)
    if train.size < 2 * LOOK_BACK:
        raise ValueError("train is too short")
    mean, std = train.mean(), train.std() or 1.0
    X, y = _windows((train - mean) / std)
    cut = int(0.9 * len(X))
    inputs = keras.Input((LOOK_BACK, 1))
    outputs = keras.layers.Dense(1)(keras.layers.GRU(24, unroll=True)(inputs))
    model = keras.Model(inputs, outputs)
    rate = keras.optimizers.schedules.CosineDecay(0.015, 40 * (cut // 32 + 1), alpha=0.01)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    stop = keras.callbacks.EarlyStopping(patience=15, restore_best_weights=True)
    model.fit(
        X[:cut], y[:cut], validation_data=(X[cut:], y[cut:]), epochs=40, batch_size=32, callbacks=[stop], verbose=0
    )
    return model, LOOK_BACK, mean, std
