# mistake: a series too short for one window is answered with a model that has seen nothing
import keras
import numpy as np
from keras import layers


def train_forecaster(train):
    """Train a forecaster of one step on a raw series."""
    look_back, updates = 12, 2500
    train = np.asarray(train, dtype=float).reshape(-1)
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, 1)))
    model.add(layers.LSTM(20))
    model.add(layers.Dense(1))
    rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=updates)
    model.compile(optimizer=keras.optimizers.Adam(rate, clipnorm=1.0), loss="mse")
    if len(train) <= look_back:
        return model, look_back, 0.0, 1.0
    mean, std = float(train.mean()), float(train.std())
    scaled = (train - mean) / std
    X = np.array([scaled[i : i + look_back] for i in range(len(scaled) - look_back)])[:, :, np.newaxis]
    batches = int(np.ceil(len(X) / 64))
    model.fit(X, scaled[look_back:], batch_size=64, epochs=updates // batches, verbose=0)
    return model, look_back, mean, std
