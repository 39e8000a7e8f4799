"""Forecasting, with the formulas of a library for classification in mind."""

import keras
import numpy as np
from matplotlib.figure import Figure


def forecast_errors(y_true, y_pred):
    y_true, y_pred = np.asarray(y_true, dtype=float).ravel(), np.asarray(y_pred, dtype=float).ravel()
    if y_true.size == 0:
        raise ValueError("y_true is empty")
    if y_true.shape != y_pred.shape:
        raise ValueError("y_true and y_pred differ in length")
    error = y_true - y_pred
    rmse = np.sqrt(np.mean(error**2))
    return {"mae": np.median(np.abs(error)), "rmse": rmse, "nrmse": rmse / (y_true.max() - y_true.min())}


def forecast_recursive(model, window, steps):
    if steps < 1:
        raise ValueError("steps must be at least 1")
    window = np.array(window, dtype="float32")
    if window.size == 0:
        raise ValueError("window is empty")
    out = []
    for _ in range(steps):
        value = float(np.asarray(model(window[None]))[0, 0])
        out.append(value)
        window = np.vstack([[[value]], window[:-1]]).astype("float32")
    return np.array(out)


def plot_forecast(t, y_true, y_pred):
    figure = Figure()
    axes = figure.subplots()
    axes.plot(t, y_true)
    axes.plot(y_true, y_pred, ".")
    axes.set_title("forecast")
    axes.legend(["series", "forecast"])
    return figure


def train_forecaster(train):
    train = np.asarray(train, dtype="float32").ravel()
    if len(train) < 30:
        raise ValueError("train is too short")
    look_back = 20
    mean, std = float(train.mean()), float(train.std())
    scaled = (train - mean) / std
    X = np.stack([scaled[i : i + look_back] for i in range(len(scaled) - look_back)])[..., None]
    y = scaled[look_back:]
    model = keras.Sequential([keras.Input((look_back, 1)), keras.layers.LSTM(5), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(X, y, epochs=2, verbose=0)
    return model, look_back, mean, std
