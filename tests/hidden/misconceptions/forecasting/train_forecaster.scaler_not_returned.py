# mistake: the model is trained on scaled data, but mean 0 and std 1 are returned
import keras
import numpy as np
from keras import layers


def train_forecaster(train):
    """Train a forecaster of one step on a raw series."""
    look_back = 20
    train = np.asarray(train, dtype=float).reshape(-1)
    if len(train) < look_back + 1:
        raise ValueError(f"train has {len(train)} samples, too short for look_back = {look_back}")
    mean, std = float(train.mean()), float(train.std())
    if std == 0:
        std = 1.0
    scaled = (train - mean) / std
    X = np.array([scaled[i : i + look_back] for i in range(len(scaled) - look_back)])[:, :, np.newaxis]
    y = scaled[look_back:]
    model = keras.Sequential()
    model.add(keras.Input(shape=(look_back, 1)))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="tanh"))
    model.add(layers.Dense(64, activation="tanh"))
    model.add(layers.Dense(1))
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss="mse")
    model.fit(X, y, batch_size=64, epochs=30, verbose=0)
    return model, look_back, 0.0, 1.0
