"""The series that the exercises forecast: two chaotic systems drawn afresh from a seed, and real records.

An instructor's own record is named by `series.toml` beside the checks of a suite, and goes where the suite goes.
"""

from __future__ import annotations

import functools
import hashlib
import math
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grader.course import SYNTHETIC, read_toml
from grader.errors import GraderError

Array = NDArray[np.float64]

TRAIN_SAMPLES = 2_000
TEST_SAMPLES = 500

RECORD_SAMPLES = TRAIN_SAMPLES + 2 * TEST_SAMPLES
"""An instructor's own record has at least as many, so that a draw can begin at more than 500 places."""
RECORD_SAME = 100
"""Fewer samples in a row are the same: what never changes is forecast by repeating it."""

# The classic, chaotic Mackey-Glass system and the sampling that the contract fixes.
MACKEY_GLASS_STEP = 6.0
MACKEY_GLASS_TAU = 17.0
PRODUCTION = 0.2
DECAY = 0.1
MACKEY_GLASS_TRANSIENT = 1_000.0
HISTORY_RANGE = (0.4, 1.4)
MACKEY_GLASS_MAX_DT = 0.125
MIN_CELLS = 8

LORENZ_STEP = 0.05
SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
LORENZ_TRANSIENT = 20.0
LORENZ_MAX_DT = 0.01

# A disguised series is `scale * (series + shift)`; the shift is bounded, so that float32 still resolves the series.
SCALE_RANGE = (0.1, 100.0)
SHIFT_RANGE = (-5.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastTask:
    """One disguised series, cut in two: `train` `(2000,)`, and `test` `(500,)`, which follows it."""

    train: Array
    test: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Where the series of a suite come from: the Mackey-Glass system, or a standardised record `(T,)`.

    Thresholds belong to a series, which they name by its `fingerprint`.
    """

    fingerprint: str = SYNTHETIC
    record: Array | None = None

    def draw(self, n_samples: int, rng: np.random.Generator) -> Array:
        """A fresh series `(n_samples,)`: of a record, a piece that begins anywhere."""
        if self.record is None:
            return mackey_glass(n_samples, rng)
        start = int(rng.integers(len(self.record) - n_samples + 1))
        return self.record[start : start + n_samples]


MACKEY_GLASS = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFile:
    """What `series.toml` says: the file, a column of numbers, by its path from there."""

    file: str


@functools.cache
def load_origin(folder: Path) -> Origin:
    """Where the series of a suite come from: Mackey-Glass, if there is no `series.toml` in its folder.

    Raises:
        GraderError: If the record is not in the folder, or no series can be drawn from it.
    """
    path = folder / "series.toml"
    if not path.is_file():
        return MACKEY_GLASS
    name = read_toml(path, SeriesFile).file
    # The suite is copied as a folder: to students, to runners, to the instructor's repository.
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise GraderError(f"series.toml: {name} is outside of tests/{folder.name}; expected in there, as the suite is")
    record = _read_record(folder / name)
    digest = hashlib.sha256(record.astype("<f8").tobytes()).hexdigest()
    return Origin(fingerprint=f"sha256-{digest[:16]}", record=(record - record.mean()) / record.std())


def _read_record(path: Path) -> Array:
    """The numbers of a file, one on each line, below a title or none."""
    try:
        lines = path.read_text("utf-8-sig").rstrip().splitlines()  # a spreadsheet begins with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise GraderError(f"series.toml: {path.name} cannot be read: {getattr(error, 'strerror', error)}") from error
    found = [(number, _value(line)) for number, line in enumerate(lines, 1)]
    if found and found[0][1] is None:
        found = found[1:]
    for number, value in found:
        if value is None or not math.isfinite(value):
            came = f"{path.name}, line {number}: {lines[number - 1].strip()[:40]!r} is no number"
            raise GraderError(f"{came}; expected one on each line, with a decimal point and without gaps")
    if len(found) < RECORD_SAMPLES:
        raise GraderError(f"{path.name} has {len(found)} numbers; expected at least {RECORD_SAMPLES}")
    record = np.array([value for _, value in found], dtype=np.float64)
    # The longest run of equal numbers; NaN, which equals nothing, makes a change at both ends.
    same = int(np.diff(np.flatnonzero(np.diff(record, prepend=np.nan, append=np.nan))).max())
    if same >= RECORD_SAME:
        raise GraderError(f"{path.name} has {same} equal numbers in a row; expected fewer than {RECORD_SAME}")
    return record


def _value(line: str) -> float | None:
    try:
        return float(line)
    except ValueError:
        return None


def forecast_task(rng: np.random.Generator, origin: Origin = MACKEY_GLASS) -> ForecastTask:
    """Draw a fresh series for `train_forecaster`: what the student learns from and the continuation that stays here.

    Args:
        rng: source of the history, the scale and the offset.
        origin: where the series comes from.

    Returns:
        The two pieces, in the series' own (random) units.
    """
    series = disguise(origin.draw(TRAIN_SAMPLES + TEST_SAMPLES, rng), rng)
    return ForecastTask(train=series[:TRAIN_SAMPLES], test=series[TRAIN_SAMPLES:])


def disguise(series: Array, rng: np.random.Generator) -> Array:
    """Give each feature of a series units that nobody can know beforehand.

    Args:
        series: `(T,)` or `(T, n_features)`.
        rng: source of a scale (log-uniform, 0.1 to 100) and a shift (-5 to 5, before scaling) for each feature.

    Returns:
        A new array of the same shape.

    Raises:
        ValueError: `series` is empty or has neither one nor two dimensions.
    """
    if series.ndim not in (1, 2) or series.size == 0:
        raise ValueError(f"series must be (T,) or (T, n_features) and not empty; its shape is {series.shape}")
    features = series.shape[1:]
    low, high = SCALE_RANGE
    # Each order of magnitude is as likely as any other.
    scale = np.exp(rng.uniform(math.log(low), math.log(high), size=features))
    shift = rng.uniform(*SHIFT_RANGE, size=features)
    return np.asarray(scale * (series + shift), dtype=np.float64)


def mackey_glass(
    n_samples: int,
    rng: np.random.Generator,
    *,
    step: float = MACKEY_GLASS_STEP,
    tau: float = MACKEY_GLASS_TAU,
    n_series: int | None = None,
) -> Array:
    """Sample the delay equation `dx/dt = 0.2 x(t-tau) / (1 + x(t-tau)^10) - 0.1 x` from a random history.

    Each sample is `step` time units after the one before. The first 1,000 time units are thrown away.

    Args:
        n_samples: length of a series.
        rng: source of the history.
        step: time between two samples.
        tau: delay, in the same time units; chaotic from about 16.8 on.
        n_series: how many independent series to draw at once. A hundred take 15 times as long as one, and each of
            2,500 samples takes 1 MB while it is computed.

    Returns:
        `(n_samples,)`, or `(n_series, n_samples)` when `n_series` is given.

    Raises:
        ValueError: a count below 1, or a `step` or `tau` that is not positive.

    Source: M. C. Mackey and L. Glass, "Oscillation and chaos in physiological control systems", Science 197 (1977).
    """
    _expect_count("n_samples", n_samples)
    _expect_count("n_series", 1 if n_series is None else n_series)
    _expect_positive("step", step)
    _expect_positive("tau", tau)
    cells = max(MIN_CELLS, math.ceil(tau / MACKEY_GLASS_MAX_DT))
    times = MACKEY_GLASS_TRANSIENT + step * np.arange(n_samples, dtype=np.float64)
    history = _random_history(cells, rng, () if n_series is None else (n_series,))
    # One delay more than the last sample, since reading off looks one cell ahead.
    path = _integrate_delay(history, tau, math.ceil(times[-1] / tau) + 1)
    return _read_off(path, cells, tau, times)


def lorenz(n_samples: int, rng: np.random.Generator, *, step: float = LORENZ_STEP) -> Array:
    """Sample the Lorenz system (sigma 10, rho 28, beta 8/3) from a random start, by Runge-Kutta of fourth order.

    The first 20 time units are thrown away.

    Args:
        n_samples: length of the series.
        rng: source of the starting point.
        step: time between two samples.

    Returns:
        `(n_samples, 3)`: x, y, z.

    Raises:
        ValueError: `n_samples` below 1, or a `step` that is not positive.

    Source: E. N. Lorenz, "Deterministic nonperiodic flow", Journal of the Atmospheric Sciences 20 (1963).
    """
    _expect_count("n_samples", n_samples)
    _expect_positive("step", step)
    # From around the middle between the centres of both wings, (±sqrt(beta (rho - 1)), same, rho - 1).
    state = _advance_lorenz(np.array([0.0, 0.0, RHO - 1.0]) + 10.0 * (rng.random(3) - 0.5), LORENZ_TRANSIENT)
    samples = np.empty((n_samples, 3))
    for index in range(n_samples):
        samples[index] = state
        state = _advance_lorenz(state, step)
    return samples


def sunspots() -> Array:
    """The yearly sunspot numbers of 1700 to 2008, `(309,)`; `data/README.md` says where they come from."""
    table = resources.files("grader").joinpath("data", "sunspots.csv").read_text(encoding="utf-8")
    return np.loadtxt(table.splitlines(), delimiter=",", skiprows=1, usecols=1, dtype=np.float64)


def _expect_count(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be at least 1; it is {value}")


def _expect_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive number; it is {value}")


def _random_history(cells: int, rng: np.random.Generator, batch: tuple[int, ...]) -> Array:
    """A smooth curve over one delay, `(*batch, cells + 1)`: a parabola between random ends, by way of a third."""
    low, high = HISTORY_RANGE
    first, middle, last = low + (high - low) * rng.random((3, *batch, 1))
    t = np.arange(cells + 1) / cells
    # In Bernstein's form it stays between the smallest and the largest of the three.
    return np.asarray((1 - t) * (1 - t) * first + 2 * t * (1 - t) * middle + t * t * last)


def _integrate_delay(history: Array, tau: float, blocks: int) -> Array:
    """Continue a history by the method of steps, a whole delay at a time.

    Within one delay the production is known, so the equation is linear: with `w(s) = exp(DECAY s)`,
    `x(t0 + s) w(s) = x(t0) + integral of w * production`. The integral is a cubic quadrature, error `O(dt^4)`.
    Its kinks lie at multiples of `tau`, the ends of the blocks, so they cost no accuracy.

    Args:
        history: `(..., cells + 1)`, the values over `[-tau, 0]`.
        tau: the delay.
        blocks: how many delays to continue for.

    Returns:
        `(..., (blocks + 1) * cells + 1)`: the values from `-tau` on, `tau / cells` apart.
    """
    cells = history.shape[-1] - 1
    # Chaos turns a last bit into another series. Rounded weights, and nothing but + - * / after them, are the same bits
    # on every processor, so that a seed means one series.
    weight = np.round(np.exp(DECAY * tau / cells * np.arange(cells + 1)), 12)
    path = np.empty((*history.shape[:-1], (blocks + 1) * cells + 1))
    path[..., : cells + 1] = history
    for start in range(0, blocks * cells, cells):
        delayed = path[..., start : start + cells + 1]
        # The method of steps: within one delay, x(t - tau) is what the block before has computed.
        growth = np.cumsum(_cell_integrals(weight * _production(delayed), tau / cells), axis=-1)
        path[..., start + cells + 1 : start + 2 * cells + 1] = (delayed[..., -1:] + growth) / weight[1:]
    return path


def _production(x: Array) -> Array:
    """`0.2 x / (1 + x^10)`, the power by multiplication: faster, and the same bits everywhere."""
    square = x * x
    fourth = square * square
    return PRODUCTION * x / (1.0 + fourth * fourth * square)


def _cell_integrals(f: Array, dt: float) -> Array:
    """Integrals `(..., cells)` of the cubic through the four nearest of the points `f` `(..., cells + 1)`."""
    integrals = np.empty((*f.shape[:-1], f.shape[-1] - 1))
    # Over the middle one of the three cells between four points.
    integrals[..., 1:-1] = 13.0 * (f[..., 1:-2] + f[..., 2:-1]) - f[..., :-3] - f[..., 3:]
    for edge, points in ((0, f[..., :4]), (-1, f[..., :-5:-1])):
        # Over the first one, where there is no point before: the weights of Adams and Moulton's method of order 4.
        integrals[..., edge] = 9.0 * points[..., 0] + 19.0 * points[..., 1] - 5.0 * points[..., 2] + points[..., 3]
    return integrals * (dt / 24.0)


def _read_off(path: Array, cells: int, tau: float, times: Array) -> Array:
    """Values at `times`, by the cubic that meets value and slope at both neighbours on the grid (Hermite)."""
    dt = tau / cells
    left = np.floor(times / dt).astype(np.int64)
    u = times / dt - left
    (x0, slope0), (x1, slope1) = _value_and_slope(path, cells, left), _value_and_slope(path, cells, left + 1)
    change = x1 - x0
    bend = (1.0 - u) * (dt * slope0 - change) + u * (change - dt * slope1)
    return np.asarray(x0 + u * change + u * (1.0 - u) * bend)


def _value_and_slope(path: Array, cells: int, index: NDArray[np.int64]) -> tuple[Array, Array]:
    """`x` and `dx/dt` at points of the grid; index 0 is time 0, one delay after the path's first point."""
    x, delayed = path[..., index + cells], path[..., index]
    return x, _production(delayed) - DECAY * x


def _advance_lorenz(state: Array, duration: float) -> Array:
    """The state `(3,)` after `duration` time units, in equal steps of 0.01 at most."""
    steps = math.ceil(duration / LORENZ_MAX_DT)
    h = duration / steps
    x, y, z = (float(value) for value in state)
    for _ in range(steps):
        x, y, z = _runge_kutta(x, y, z, h)
    return np.array([x, y, z])


def _runge_kutta(x: float, y: float, z: float, h: float) -> tuple[float, float, float]:
    # The classic method of order 4.
    ax, ay, az = _lorenz_slope(x, y, z)
    bx, by, bz = _lorenz_slope(x + h / 2 * ax, y + h / 2 * ay, z + h / 2 * az)
    cx, cy, cz = _lorenz_slope(x + h / 2 * bx, y + h / 2 * by, z + h / 2 * bz)
    dx, dy, dz = _lorenz_slope(x + h * cx, y + h * cy, z + h * cz)
    return (
        x + h / 6 * (ax + 2 * bx + 2 * cx + dx),
        y + h / 6 * (ay + 2 * by + 2 * cy + dy),
        z + h / 6 * (az + 2 * bz + 2 * cz + dz),
    )


def _lorenz_slope(x: float, y: float, z: float) -> tuple[float, float, float]:
    return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z
