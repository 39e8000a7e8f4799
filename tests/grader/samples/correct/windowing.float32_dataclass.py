# style: results in float32, a frozen dataclass as a helper object, type hints throughout, index arithmetic with
# fancy indexing, numpy scalars returned, prints, a __main__ block, docstrings in Spanish.
"""Trabajo práctico: preparación de los datos.

Autora: estudiante del curso.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TIPO = np.float32


@dataclass(frozen=True)
class Normalizador:
    """Guarda la media y el desvío de los datos de entrenamiento."""

    media: npt.ArrayLike
    desvio: npt.ArrayLike

    @classmethod
    def ajustar(cls, datos: np.ndarray) -> Normalizador:
        constantes = (datos == datos[:1]).all(axis=0)
        return cls(datos.mean(axis=0), np.where(constantes, 1.0, datos.std(axis=0)))

    def ida(self, datos: np.ndarray) -> np.ndarray:
        return ((datos - self.media) / self.desvio).astype(TIPO)

    def vuelta(self, datos: np.ndarray) -> np.ndarray:
        return (datos * np.asarray(self.desvio, dtype=float) + self.media).astype(TIPO)


def _no_vacio(nombre: str, datos: npt.ArrayLike) -> np.ndarray:
    arreglo = np.array(datos, dtype=float)
    if arreglo.size < 1:
        raise ValueError(f"{nombre}: arreglo vacío")
    return arreglo


def split_series(
    series: np.ndarray, train: float = 0.7, val: float = 0.15
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corta la serie en tres pedazos contiguos."""
    datos = _no_vacio("series", series)
    if train <= 0 or train >= 1:
        raise ValueError(f"train={train} fuera de (0, 1)")
    if val <= 0 or val >= 1:
        raise ValueError(f"val={val} fuera de (0, 1)")
    if train + val >= 1:
        raise ValueError(f"train + val = {train + val}: no queda nada para evaluar")
    a = int(np.ceil(train * len(datos)))
    b = min(len(datos), a + int(np.ceil(val * len(datos))))
    print("tamaños:", a, b - a, len(datos) - b)
    return datos[:a].astype(TIPO), datos[a:b].astype(TIPO), datos[b:].astype(TIPO)


def fit_scaler(train: np.ndarray):
    """Media y desvío poblacional a lo largo del tiempo."""
    normalizador = Normalizador.ajustar(_no_vacio("train", train))
    if np.ndim(train) == 1:
        return np.float64(normalizador.media), np.float64(normalizador.desvio)
    return np.asarray(normalizador.media), np.asarray(normalizador.desvio)


def scale(series: np.ndarray, mean, std) -> np.ndarray:
    """Estandariza."""
    return Normalizador(mean, std).ida(_no_vacio("series", series))


def unscale(series: np.ndarray, mean, std) -> np.ndarray:
    """Deshace `scale`."""
    return Normalizador(mean, std).vuelta(_no_vacio("series", series))


def make_windows(series: np.ndarray, look_back: int, horizon: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Arma las ventanas con una matriz de índices."""
    datos = _no_vacio("series", series)
    if look_back <= 0:
        raise ValueError(f"look_back={look_back}: tiene que ser positivo")
    if horizon <= 0:
        raise ValueError(f"horizon={horizon}: tiene que ser positivo")
    cantidad = len(datos) - look_back - horizon + 1
    if cantidad < 1:
        raise ValueError(f"series: {len(datos)} muestras no alcanzan")
    if datos.ndim == 1:
        datos = datos[:, np.newaxis]
    inicio = np.arange(cantidad)
    indices = inicio[:, None] + np.arange(look_back)[None, :]
    return datos[indices].astype(TIPO), datos[inicio + look_back + horizon - 1, 0].astype(TIPO)


if __name__ == "__main__":
    t = np.linspace(0, 20, 300)
    entrenamiento, validacion, prueba = split_series(np.sin(t))
    media, desvio = fit_scaler(entrenamiento)
    X, y = make_windows(scale(entrenamiento, media, desvio), 10)
    print(X.shape, y.shape)
