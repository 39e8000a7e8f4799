"""The thresholds of the forecast checks as the file that the suite reads, and as a picture."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tomli_w
from rich.table import Table

from grader.calibrate import CONFIDENCE, Count, Placement, any_point_lost, luck
from grader.evidence import Array
from grader.families import HONEST
from grader.training import FURTHER_RUNS

HEADER = "# Written by `grader calibrate`. What stands under [checks] is read by the suite; the rest is for people.\n\n"
QUANTILES = {"smallest": 0.0, "0.1 %": 0.001, "median": 0.5, "99.9 %": 0.999, "largest": 1.0}
RULE = (
    "Where there is a `sure`, the judge trains: a first run whose error is at most that passes; otherwise {further} "
    "more are trained on the same series, and the median of all has to be at most `threshold`. Elsewhere the "
    "submission has trained, once. Of a family whose network the judge trains single runs are counted, and the chance "
    "of a verdict is bounded by {luck:.3g} times theirs. Errors are RMSE over that of repeating the last value; "
    "train_forecaster.linear over that of the best linear model, train_forecaster.reference over the spread of the "
    "series."
)


OF_A_CHECK = ("series", "date", "seed")
"""What is said of each check, since not all of them need be calibrated at once."""


def to_toml(placements: Sequence[Placement], facts: Mapping[str, Any], before: str, *, whole: bool = True) -> str:
    """The file `thresholds.toml`.

    Args:
        placements: What was calibrated.
        facts: Series, date, versions, seed: whatever is needed to repeat it.
        before: The file as it was; checks that were not calibrated are kept.
        whole: Whether all were calibrated; otherwise what is said of all of them is kept too.
    """
    known = tomllib.loads(before)
    calibration = {
        **facts,
        "rule": RULE.format(further=FURTHER_RUNS, luck=luck(1 + FURTHER_RUNS)),
        "confidence": CONFIDENCE,
        "reference_loses_any_point": _count(any_point_lost(placements)),
    }
    if not whole:
        calibration = known.get("calibration", calibration)
    own = {name: facts[name] for name in OF_A_CHECK if name in facts}
    checks = {check: own | _check(placement) for placement in placements for check in placement.checks}
    return HEADER + tomli_w.dumps({"calibration": calibration, "checks": known.get("checks", {}) | checks})


def table(placements: Sequence[Placement]) -> Table:
    """What came of a calibration, for the terminal."""
    columns = ("check", "threshold", "reference: median", "largest", "loses", "must not pass: smallest", "passes")
    shown = Table(*columns, box=None)
    for placement in placements:
        honest = placement.skills[HONEST]
        rivals = [placement.skills[family] for family in placement.passed]
        numbers = (placement.gate.threshold, np.median(honest), np.max(honest))
        cells = [f"{number:.3g}" for number in numbers] + [f"{placement.loses.count}/{placement.loses.draws}"]
        cells += [f"{min(np.min(values) for values in rivals):.3g}", f"{placement.passes}/{sum(map(len, rivals))}"]
        shown.add_row("\n".join(placement.checks), *cells)
    return shown


def doubts(placements: Sequence[Placement]) -> list[str]:
    """A sentence for each check that tells right from wrong badly on this series, and what to do about it."""
    return [
        f"{', '.join(placement.checks)}: the reference loses it in {placement.loses.count} of {placement.loses.draws} "
        f"draws, and what must not pass has passed {placement.passes} times; leave the exercise out, or take another "
        "series"
        for placement in placements
        if placement.loses.count or placement.passes
    ]


def _check(placement: Placement) -> dict[str, Any]:
    gate = {"threshold": placement.gate.threshold} | (
        {"sure": placement.gate.sure} if placement.is_trained_here else {}
    )
    must_pass = {
        family: {"loses": _count(count), "errors": _quantiles(placement.skills[family])}
        for family, count in placement.lost.items()
    }
    reference: dict[str, Any] = {"loses": _count(placement.loses), "errors": _quantiles(placement.skills[HONEST])}
    if placement.is_trained_here:
        reference |= {
            "errors_that_decided": _quantiles(placement.decided),
            "first_runs_overlap": placement.overlap_of_first_runs,
        }
    real = {"reference_in_a_worker": _real(placement)} if len(placement.real) else {}
    return {
        **gate,
        **real,
        "overlap": placement.overlap,
        "reference": reference,
        **({"must_pass": must_pass} if must_pass else {}),
        "must_not_pass": {
            family: {"passes": _count(count), "errors": _quantiles(placement.skills[family])}
            for family, count in placement.passed.items()
        },
    }


def _real(placement: Placement) -> dict[str, Any]:
    lost = Count(count=int(np.sum(~(placement.real <= placement.gate.threshold))), draws=len(placement.real))
    return {"loses": _count(lost), "errors": _quantiles(placement.real)}


def _count(count: Count) -> dict[str, Any]:
    return {"count": count.count, "draws": count.draws, "chance_at_most": float(f"{count.at_most:.3g}")}


def _quantiles(values: Array) -> dict[str, float]:
    return {name: float(f"{np.quantile(values, part):.4g}") for name, part in QUANTILES.items()}


def _title(placement: Placement) -> str:
    names = [check.split(".", 1)[1].removesuffix(".forecast") for check in placement.checks]
    return ", ".join(names)


def picture(placements: Sequence[Placement]) -> Any:
    """A matplotlib figure: for each group of checks the reference, the families, and the line between them."""
    # It takes long to import, and `grader calibrate` draws once, at the end.
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 2.1 * -(-len(placements) // 2)), layout="constrained")
    grid = figure.subplots(-(-len(placements) // 2), 2, squeeze=False, sharex=True).ravel()
    bins = np.geomspace(0.008, 4.0, 160)
    families = dict.fromkeys(name for placement in placements for name in placement.skills)
    colours = dict(zip(families, ["black", *colormaps["tab20"](np.arange(20))], strict=False))
    for axes, placement in zip(grid, placements, strict=False):
        for family, values in placement.skills.items():
            axes.hist(np.clip(values, bins[0], bins[-1]), bins=bins, label=family, color=colours[family], alpha=0.7)
        axes.axvline(placement.gate.threshold, color="crimson")
        if placement.is_trained_here:
            axes.axvline(placement.gate.sure, color="crimson", linestyle=":")
            axes.plot([placement.decided.max()], [0], "^", color="black", clip_on=False)
        axes.set_title(_title(placement), fontsize=9)
        axes.set_xscale("log")
        axes.set_yticks([])
    for axes in grid[len(placements) :]:
        axes.axis("off")
    figure.supxlabel(
        "RMSE over that of repeating the last value (train_forecaster.linear: of the best linear model; .reference: "
        "the spread)\ncrimson: threshold; dotted: one run is enough; triangle: the reference's largest "
        "that decided, of one run or the median of five",
        fontsize=9,
    )
    named = {label: handle for axes in grid for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(named.values(), named, loc="outside upper center", ncols=7, frameon=False, fontsize=8)
    return figure
