"""The series are what their equations and their sources say, and a seed names exactly one of them."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from grader import series
from grader.errors import GraderError

Array = NDArray[np.float64]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def nrmse(truth: Array, forecast: Array) -> float:
    return float(np.sqrt(np.mean((truth - forecast) ** 2)) / truth.std())


def slow_mackey_glass(history: Callable[[float], float], tau: float, until: int, per_tau: int) -> Array:
    """Values at `0, tau / per_tau, ...`: a plain Runge-Kutta loop, two grid cells a step: midpoints are known."""

    def slope(x: float, delayed: float) -> float:
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * x

    dt = tau / per_tau
    path = [history(-tau + k * dt) for k in range(per_tau + 1)]
    grid = list(path[::2])
    half = path  # the delayed values at twice the grid's resolution
    for k in range(until * per_tau // 2):
        x, h = grid[-1], 2 * dt
        start, middle, end = half[2 * k], half[2 * k + 1], half[2 * k + 2]
        a = slope(x, start)
        b = slope(x + h / 2 * a, middle)
        c = slope(x + h / 2 * b, middle)
        d = slope(x + h * c, end)
        after = x + h / 6 * (a + 2 * b + 2 * c + d)
        between = (x + after) / 2 + h / 8 * (slope(x, start) - slope(after, end))
        half += [between, after]
        grid.append(after)
    return np.array(half[per_tau:])


@pytest.mark.parametrize("draw", [series.mackey_glass, series.lorenz])
def test_the_same_seed_gives_the_same_series_and_another_seed_another(draw: Callable[..., Array]) -> None:
    first, again, other = draw(300, rng(1)), draw(300, rng(1)), draw(300, rng(2))
    np.testing.assert_array_equal(first, again)
    assert nrmse(first, other) > 0.5


def test_mackey_glass_has_the_shape_that_was_asked_for() -> None:
    assert series.mackey_glass(1, rng()).shape == (1,)
    assert series.mackey_glass(70, rng()).shape == (70,)
    assert series.mackey_glass(70, rng(), n_series=3).shape == (3, 70)


def test_series_drawn_at_once_differ_from_one_another() -> None:
    first, second = series.mackey_glass(300, rng(), n_series=2)
    assert nrmse(first, second) > 0.5


def test_mackey_glass_agrees_with_a_slow_loop_until_chaos_sets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MACKEY_GLASS_TRANSIENT", 0.0)
    came = series.mackey_glass(102, rng(3), step=1.0)
    first, middle, last = 0.4 + rng(3).random(3)

    def history(t: float) -> float:
        u = 1 + t / 17
        return float((1 - u) ** 2 * first + 2 * u * (1 - u) * middle + u**2 * last)

    slow = slow_mackey_glass(history, 17.0, until=6, per_tau=17 * 40)
    np.testing.assert_allclose(came, slow[: 102 * 40 : 40], atol=2e-6)


def test_mackey_glass_between_grid_points_agrees_with_a_finer_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MACKEY_GLASS_TRANSIENT", 0.0)
    came = series.mackey_glass(140, rng(4), step=0.7310)
    monkeypatch.setattr(series, "MACKEY_GLASS_MAX_DT", series.MACKEY_GLASS_MAX_DT / 8)
    np.testing.assert_allclose(came, series.mackey_glass(140, rng(4), step=0.7310), atol=2e-6)


def test_halving_the_step_divides_the_error_by_about_sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MACKEY_GLASS_TRANSIENT", 0.0)

    def at(cells: int) -> Array:
        monkeypatch.setattr(series, "MACKEY_GLASS_MAX_DT", 17.0 / cells)
        return series.mackey_glass(30, rng(5))

    exact = at(1088)
    ratio = np.abs(at(68) - exact).max() / np.abs(at(136) - exact).max()
    assert 10 < ratio < 40


@pytest.mark.parametrize("seed", range(3))
def test_the_contracts_sampling_leaves_work_for_a_network(seed: int) -> None:
    """Persistence is bad at it, a linear model on 20 samples fair: the two figures that the contract gives."""
    x = series.mackey_glass(2_500, rng(seed))
    windows = np.lib.stride_tricks.sliding_window_view(x[:-1], 20)
    design = np.column_stack([windows, np.ones(len(windows))])
    weights = np.linalg.lstsq(design[:1_980], x[20:2_000], rcond=None)[0]
    assert 0.75 < nrmse(x[2_000:], x[1_999:-1]) < 0.9
    assert 0.2 < nrmse(x[2_000:], design[1_980:] @ weights) < 0.4


def test_mackey_glass_is_stationary_after_its_transient() -> None:
    starts = series.mackey_glass(200, rng(), n_series=20)
    assert starts.min() > 0.2
    assert starts.max() < 1.5
    assert abs(starts[:, :100].mean() - starts[:, 100:].mean()) < 0.03


def test_another_delay_gives_another_system() -> None:
    """Below the onset of oscillations (tau about 4.5) the series settles at 1, the fixed point."""
    np.testing.assert_allclose(series.mackey_glass(50, rng(), tau=2.0), 1.0, atol=1e-6)
    assert series.mackey_glass(300, rng(), tau=0.3).shape == (300,)
    assert series.mackey_glass(300, rng(), tau=30.0).std() > 0.15


def test_lorenz_stays_on_its_attractor_and_visits_both_wings() -> None:
    x, y, z = series.lorenz(2_000, rng()).T
    assert np.abs(x).max() < 22
    assert np.abs(y).max() < 30
    assert z.min() > 0
    assert z.max() < 50
    assert 0.2 < np.mean(x > 0) < 0.8


def test_lorenz_satisfies_its_equation() -> None:
    step = 1e-3
    path = series.lorenz(2_000, rng(), step=step)
    x, y, z = path[1:-1].T
    slope = np.column_stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
    np.testing.assert_allclose((path[2:] - path[:-2]) / (2 * step), slope, atol=0.05)


def test_lorenz_does_not_depend_on_how_often_it_is_sampled() -> None:
    np.testing.assert_allclose(series.lorenz(50, rng(), step=0.1), series.lorenz(99, rng(), step=0.05)[::2], rtol=1e-7)


def test_sunspots_are_the_yearly_numbers_of_1700_to_2008() -> None:
    numbers = series.sunspots()
    assert numbers.shape == (309,)
    assert numbers.dtype == np.float64
    assert numbers[0] == 5.0
    assert 1700 + int(numbers.argmax()) == 1957
    assert numbers.max() == 190.2
    assert numbers.min() == 0.0


def test_a_disguise_is_a_positive_scale_and_an_offset_for_each_feature() -> None:
    original = series.lorenz(200, rng())
    kept = original.copy()
    disguised = series.disguise(original, rng(7))
    np.testing.assert_array_equal(original, kept)
    scales = []
    for feature in range(3):
        scale, offset = np.polyfit(original[:, feature], disguised[:, feature], 1)
        np.testing.assert_allclose(disguised[:, feature], scale * original[:, feature] + offset, atol=1e-8 * scale)
        scales.append(scale)
    assert 0.1 <= min(scales) < max(scales) <= 100
    assert len({round(scale, 6) for scale in scales}) == 3


def test_a_disguise_comes_from_the_seed() -> None:
    original = series.mackey_glass(50, rng())
    np.testing.assert_array_equal(series.disguise(original, rng(1)), series.disguise(original, rng(1)))
    assert not np.allclose(series.disguise(original, rng(1)), series.disguise(original, rng(2)))


def test_a_forecast_task_is_one_series_cut_in_two() -> None:
    task = series.forecast_task(rng(9))
    assert task.train.shape == (2_000,)
    assert task.test.shape == (500,)
    generator = rng(9)
    whole = series.disguise(series.mackey_glass(2_500, generator), generator)
    np.testing.assert_array_equal(np.concatenate([task.train, task.test]), whole)


def record_of(folder: Path, lines: list[str], name: str = "own.csv") -> series.Origin:
    (folder / "own.csv").write_text("\n".join(lines), "utf-8")
    (folder / "series.toml").write_text(f"file = {name!r}\n", "utf-8")
    return series.load_origin(folder)


def waves(count: int) -> list[str]:
    return [f"{1e4 + 30 * math.sin(0.5 * t) + math.sin(0.1 * t)}" for t in range(count)]


def test_a_suite_without_a_record_draws_mackey_glass(tmp_path: Path) -> None:
    assert series.load_origin(tmp_path) is series.MACKEY_GLASS
    np.testing.assert_array_equal(series.MACKEY_GLASS.draw(50, rng(1)), series.mackey_glass(50, rng(1)))


def test_a_draw_of_a_record_is_a_piece_of_it_in_units_of_its_own(tmp_path: Path) -> None:
    origin = record_of(tmp_path, ["level", *waves(3_200), "", ""])
    first, again, other = (series.forecast_task(rng(seed), origin) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.train, again.train)
    assert not np.allclose(first.train, other.train)
    whole = np.concatenate([first.train, first.test])
    assert whole.shape == (2_500,)
    pieces = np.lib.stride_tricks.sliding_window_view(np.array(waves(3_200), dtype=float), 2_500)
    assert sum(np.corrcoef(piece, whole)[0, 1] > 1 - 1e-9 for piece in pieces) == 1
    assert abs(whole.mean()) < 1e3  # standardised before it is disguised: float32 resolves it


def test_the_fingerprint_of_a_record_is_that_of_its_numbers(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    one = record_of(tmp_path / "a", waves(3_000)).fingerprint
    assert one == record_of(tmp_path / "b", ["\ufefflevel", *(f" {line} \r" for line in waves(3_000))]).fingerprint
    assert one != record_of(tmp_path / "c", waves(3_001)).fingerprint


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (waves(2_999), "own.csv has 2999 numbers; expected at least 3000"),
        ([], "own.csv has 0 numbers"),
        ([*waves(3_000), "high"], "own.csv, line 3001: 'high' is no number; expected one on each line"),
        (["level", *waves(9), "", *waves(3_000)], "line 11: '' is no number"),
        (["level", "unit", *waves(3_000)], "line 2: 'unit' is no number"),
        ([*waves(3_000), "nan"], "line 3001: 'nan' is no number"),
        ([*waves(3_000), "1e999"], "line 3001: '1e999' is no number"),
        (["1;2", *(f"{t};{t}" for t in range(3_000))], "line 2: '0;0' is no number"),
        (["5.0"] * 3_000, "own.csv has 3000 equal numbers in a row; expected fewer than 100"),
        ([*waves(3_000), *["0"] * 100], "own.csv has 100 equal numbers in a row"),
    ],
    ids="short empty text gap titles nan infinite columns constant still".split(),
)
def test_a_record_that_is_of_no_use_is_one_sentence(lines: list[str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(GraderError, match=reason):
        record_of(tmp_path, lines)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("../own.csv", "is outside of tests/hidden"), ("theirs.csv", "theirs.csv cannot be read: No such")],
)
def test_a_record_lies_beside_its_suite(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    with pytest.raises(GraderError, match=reason):
        record_of(tmp_path / "hidden", waves(3_000), name)


def test_a_forecast_task_is_frozen() -> None:
    task = series.forecast_task(rng())
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.train = task.test  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("n_samples", lambda: series.mackey_glass(0, rng())),
        ("n_series", lambda: series.mackey_glass(5, rng(), n_series=0)),
        ("step", lambda: series.mackey_glass(5, rng(), step=0.0)),
        ("step", lambda: series.mackey_glass(5, rng(), step=float("nan"))),
        ("tau", lambda: series.mackey_glass(5, rng(), tau=-1.0)),
        ("n_samples", lambda: series.lorenz(-3, rng())),
        ("step", lambda: series.lorenz(5, rng(), step=-0.1)),
        ("series", lambda: series.disguise(np.empty(0), rng())),
        ("series", lambda: series.disguise(np.ones((2, 2, 2)), rng())),
    ],
)
def test_a_senseless_argument_is_named(name: str, call: Callable[[], Array]) -> None:
    with pytest.raises(ValueError, match=name):
        call()


def test_importing_it_is_light() -> None:
    program = "import grader.series, sys; print({'scipy', 'tensorflow', 'keras', 'jax'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
