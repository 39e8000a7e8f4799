"""Thresholds: placed between the reference and what must not pass, with bounds that anyone can recompute."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import ClassVar

import keras
import numpy as np
import psutil
import pytest
from scipy.stats import binom

from grader import calibrate, families, wire
from grader.calibrate import Count, Placement, any_point_lost, luck, place
from grader.course import SYNTHETIC, load_gate, load_points, load_thresholds
from grader.errors import GraderError
from grader.families import FAMILIES, HONEST, Group
from grader.observe import model_data
from grader.render import thresholds
from grader.series import Origin
from tests.grader.clusters import until

ROOT = Path(__file__).parents[2]
HIDDEN = ROOT / "tests" / "hidden"
PATIENCE_S = 120


def chunks(folder):
    return [path for path in folder.glob("*.npy") if not path.name.endswith(".partial.npy")]


def group(*layers, checks=("lstm.build_lstm.forecast",)):
    model = keras.Sequential([keras.Input((20, 1)), *layers])
    return Group(checks=checks, model=model_data(model), look_back=20, sequence=False)


def test_the_threshold_lies_between_and_one_run_is_enough_below_it():
    gate = place(np.array([0.1, 0.2]), [np.array([0.9, 1.1]), np.array([0.8, 2.0])])
    assert 0.2 < gate.sure < gate.threshold < 0.8


def test_where_they_overlap_single_draws_do_not_place_the_threshold():
    rng = np.random.default_rng(0)
    honest, rival = np.append(rng.uniform(0.1, 0.2, 5000), 3.0), rng.uniform(0.9, 1.0, 5000)
    assert 0.2 < place(honest, [rival]).threshold < 0.9


@pytest.mark.parametrize(("count", "draws"), [(0, 3000), (3, 1000), (0, 100)])
def test_a_bound_is_what_would_be_seen_so_rarely_if_the_chance_were_larger(count, draws):
    bound = Count(count=count, draws=draws).at_most
    assert binom.cdf(count, draws, bound) == pytest.approx(0.05, rel=1e-3)


def test_no_failure_in_three_thousand_bounds_the_chance_at_a_thousandth():
    assert Count(count=0, draws=3000).at_most < 0.001


def test_a_verdict_by_five_runs_is_hardly_likelier_than_one_run_that_passes():
    rng = np.random.default_rng(0)
    for q in (0.05, 0.3, 0.55, 0.8, 1.0):
        passes = rng.uniform(size=(100_000, 5)) < q
        verdicts = passes[:, 0] | (passes.sum(axis=1) >= 3)
        assert verdicts.mean() <= luck(5) * q * 1.02
    assert luck(1) == pytest.approx(1.0)
    assert luck(5) == pytest.approx(1.32, abs=0.01)


def test_a_family_that_is_lucky_in_one_run_is_counted(tmp_path):
    class Lucky(Trained):
        def _train(self, group, family, numbers, run):
            found = super()._train(group, family, numbers, run)
            lucky = {"frozen": 0.4, "relu-head": 0.15}.get(family, 1.0)
            return np.where((np.asarray(numbers) == 3) & (run == 0) & (lucky < 1.0), lucky, found)

    [placement] = calibrate.calibrate([group(keras.layers.Dense(1))], Lucky(tmp_path, 1), 300)
    assert 0.15 < placement.gate.sure < 0.4 < placement.gate.threshold
    assert {family: count.count for family, count in placement.passed.items() if count.count} == {
        "frozen": 1,
        "relu-head": 1,
    }


def test_every_family_changes_what_it_says_and_nothing_else():
    changed = group(keras.layers.LSTM(5), keras.layers.Dense(1)).families
    assert set(changed) == {HONEST, *FAMILIES}
    layers = {name: [layer["config"] for layer in model.config["layers"]] for name, model in changed.items()}
    assert layers["relu-head"][-1]["activation"] == "relu"
    assert layers["sigmoid-head"][-1]["activation"] == "sigmoid"
    assert [config.get("trainable") for config in layers["frozen"][-2:]] == [False, False]
    assert layers["ignores-input"][-2]["kernel_initializer"]["class_name"] == "Zeros"
    assert layers["ignores-input"][-1]["trainable"] is True


class Trained(calibrate.Runs):
    """Runs that come out by a rule instead of by training; counts how many were computed."""

    computed = 0

    def _train(self, group, family, numbers, run):
        self.computed += len(numbers)
        rng = np.random.default_rng([run, FAMILY_NUMBERS[family]])
        if family == HONEST:
            unlucky = (np.asarray(numbers) == 7) & (run == 0)
            return np.where(unlucky, 5.0, rng.uniform(0.1, 0.2, len(numbers)))
        return rng.uniform(0.9, 1.2, len(numbers))


FAMILY_NUMBERS = {name: number for number, name in enumerate([HONEST, *FAMILIES])}


def test_an_interrupted_calibration_goes_on_and_comes_out_the_same(tmp_path):
    groups = [group(keras.layers.Dense(1), keras.layers.Flatten())]
    whole = calibrate.calibrate(groups, Trained(tmp_path / "a", 1), 300)
    calibrate.calibrate(groups, Trained(tmp_path / "b", 1), 100)
    rest = Trained(tmp_path / "b", 1)
    resumed = calibrate.calibrate(groups, rest, 300)
    assert resumed[0].gate == whole[0].gate
    assert np.array_equal(resumed[0].skills[HONEST], whole[0].skills[HONEST])
    assert rest.computed < 5 * 300
    assert not list((tmp_path / "b").glob("*partial*"))


def test_an_unlucky_first_run_of_the_reference_loses_no_point_and_is_counted(tmp_path):
    [placement] = calibrate.calibrate([group(keras.layers.Dense(1))], Trained(tmp_path, 1), 300)
    assert placement.overlap_of_first_runs
    assert not placement.overlap
    assert placement.decided.max() < 0.9 < placement.skills[HONEST].max() == 5.0
    assert placement.honest_lost.sum() == 0
    assert {count.count for count in placement.passed.values()} == {0}


class Measured:
    """One check that what must pass reaches far less well than the reference does."""

    checks: ClassVar = {"a.b.better": ("worthless",)}
    must_pass: ClassVar = {"a.b.better": ("mediocre",)}
    facts = "none"

    def skills(self, family, seed, numbers):
        low, high = {HONEST: (0.01, 0.02), "mediocre": (0.4, 0.5), "worthless": (1.0, 1.1)}[family]
        return np.random.default_rng(seed).uniform(low, high, (len(numbers), 1))

    def real_runs(self, seed):
        return np.empty((0, 1))


def test_a_threshold_leaves_room_for_all_that_must_pass(tmp_path):
    [placement] = calibrate.measure(Measured(), calibrate.Runs(tmp_path, 1), 200)
    assert 0.5 < placement.gate.threshold < 1.0
    assert placement.lost == {"mediocre": Count(count=0, draws=200)}
    assert placement.passed == {"worthless": Count(count=0, draws=200)}
    document = tomllib.loads(thresholds.to_toml([placement], {}, ""))
    assert document["checks"]["a.b.better"]["must_pass"]["mediocre"]["loses"]["draws"] == 200


def placement(lost):
    skills = {HONEST: np.linspace(0.1, 0.2, 4), "frozen": np.linspace(0.9, 1.0, 4)}
    gate = place(skills[HONEST], [skills["frozen"]])
    passed = {"frozen": Count(count=0, draws=4)}
    decided = np.where(lost, 2 * gate.threshold, skills[HONEST])
    return Placement(checks=("a.b.forecast",), gate=gate, skills=skills, decided=decided, passed=passed)


def test_a_draw_that_loses_in_two_checks_is_one_draw_that_loses():
    first, second = placement([True, False, False, False]), placement([True, True, False, False])
    assert any_point_lost([first, second]) == Count(count=2, draws=4)


def test_a_check_that_tells_right_from_wrong_badly_is_named_with_what_to_do():
    well, badly = placement([False] * 4), placement([True, True, False, False])
    assert thresholds.doubts([well]) == []
    [doubt] = thresholds.doubts([well, badly])
    assert doubt.startswith("a.b.forecast: the reference loses it in 2 of 4 draws")
    assert "take another series" in doubt


def test_the_file_keeps_what_was_not_calibrated_and_the_suite_reads_it(tmp_path):
    before = '[checks."x.y.forecast"]\nthreshold = 0.5\n'
    (tmp_path / "thresholds.toml").write_text(thresholds.to_toml([placement([False] * 4)], {"draws": 4}, before))
    gates = load_thresholds(tmp_path)
    assert gates["x.y.forecast"].threshold == 0.5
    assert gates["a.b.forecast"] == placement([False] * 4).gate


def test_a_part_that_is_calibrated_says_on_which_series_and_keeps_what_is_said_of_all(tmp_path):
    before = '[calibration]\ndraws = 3000\n[checks."x.y.forecast"]\nthreshold = 0.5\n'
    facts = {"series": "sha256-12", "draws": 100}
    (tmp_path / "thresholds.toml").write_text(thresholds.to_toml([placement([False] * 4)], facts, before, whole=False))
    document = tomllib.loads((tmp_path / "thresholds.toml").read_text())
    assert document["calibration"] == {"draws": 3000}
    assert load_gate(tmp_path, "a.b.forecast", "sha256-12").threshold == placement([False] * 4).gate.threshold
    assert load_gate(tmp_path, "x.y.forecast", SYNTHETIC).threshold == 0.5
    for check, series in (("x.y.forecast", "sha256-12"), ("a.b.forecast", SYNTHETIC), ("a.c.forecast", SYNTHETIC)):
        with pytest.raises(GraderError, match=rf"the threshold of {check} is .*{series}: run `grader calibrate"):
            load_gate(tmp_path, check, series)


def test_the_runs_on_another_series_are_kept_apart(tmp_path):
    groups = [group(keras.layers.Dense(1))]
    calibrate.calibrate(groups, Trained(tmp_path, 1), 100)
    other = Trained(tmp_path, 1, origin=Origin(fingerprint="sha256-12", record=np.arange(3.0)))
    calibrate.calibrate(groups, other, 100)
    assert other.computed >= 500


def test_the_thresholds_in_the_repository_are_of_checks_that_there_are():
    document = tomllib.loads((HIDDEN / "thresholds.toml").read_text("utf-8"))
    assert set(document["checks"]) <= set(load_points(HIDDEN))
    assert document["calibration"]["draws"] >= 100


def test_checks_that_train_the_same_network_share_their_runs(tmp_path):
    model = group(keras.layers.LSTM(5, name="mine"), keras.layers.Dense(1)).model
    other = group(keras.layers.LSTM(5), keras.layers.Dense(1, name="theirs")).model
    third = group(keras.layers.LSTM(6), keras.layers.Dense(1)).model
    with (tmp_path / "recipes").open("wb") as stream:
        for check, data in (("a.a.f", model), ("b.b.f", other), ("c.c.f", third)):
            stream.write(wire.encode({"check": check, "model": data, "look_back": 20, "sequence": False}))
    found = families.read_recipes(tmp_path / "recipes")
    assert [one.checks for one in found] == [("a.a.f", "b.b.f"), ("c.c.f",)]


def test_a_calibration_that_is_killed_leaves_no_process_and_no_half_a_chunk(tmp_path):
    command = [sys.executable, "-m", "grader", "calibrate", "--exercise", "baselines", "--draws", "10000"]
    process = psutil.Popen([*command, "--workers", "2", "--work", str(tmp_path)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(chunks(tmp_path)) > 2, PATIENCE_S)
        below = process.children(recursive=True)
        assert len([one for one in below if "spawn_main" in " ".join(one.cmdline())]) == 2
    finally:
        process.kill()
        process.wait()
    assert psutil.wait_procs(below, timeout=PATIENCE_S)[1] == []
    assert all(np.load(path).shape == (calibrate.CHUNK,) for path in chunks(tmp_path))
