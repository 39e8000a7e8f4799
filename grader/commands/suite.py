"""The commands for the hidden suite: place its thresholds, and hold it against wrong solutions."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.commands.files import write
from grader.commands.options import OnlyExercises, Workers, all_cores
from grader.commands.shown import with_progress
from grader.contract import Suite
from grader.course import load_course, suite_folder
from grader.errors import GraderError, UsageError
from grader.grade import environment, find_tests, record_recipes
from grader.judge import Progress as Advance

if TYPE_CHECKING:
    from grader.calibrate import Placement


def calibrate_command(
    exercise: OnlyExercises = None,
    draws: Annotated[int, typer.Option(min=100, help="Series for the reference and each family.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="The seed of all draws.")] = 20261124,
    workers: Workers = None,
    work: Annotated[Path, typer.Option(help="Keeps what is done.")] = Path("build/calibration"),
    picture: Annotated[Path | None, typer.Option(help="Draw the distributions.")] = None,
) -> None:
    """Place the thresholds of the forecast checks: writes tests/hidden/thresholds.toml. Takes hours."""
    os.environ |= {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"}
    from grader.calibrate import CHUNK, calibrate, families_of, measure
    from grader.render import thresholds
    from grader.series import load_origin
    from grader.tandem import Plan, fill

    tests, names = find_tests(), tuple(spec.name for spec in load_course().chosen(exercise or ()))
    solutions, suite = tests.parent / "solutions", suite_folder(tests, Suite.HIDDEN)
    origin = load_origin(suite)
    groups = with_progress("reference", 0, lambda told: record_recipes(solutions, tests, names, told))
    plan = Plan(work=work, seed=seed, suite=suite, solutions=solutions, exercises=names, groups=tuple(groups))
    measurements = plan.measurements()
    if not groups and not measurements:
        raise UsageError(f"no check of {', '.join(names)} has a threshold; there is nothing to calibrate")

    def train(told: Advance) -> list[Placement]:
        for name in fill(plan, len(measurements), draws, workers or all_cores()):
            told(name, "")
        runs = plan.runs()
        return calibrate(groups, runs, draws) + [one for what in measurements for one in measure(what, runs, draws)]

    families = sum(len(group.families) for group in groups) + sum(len(families_of(what)) for what in measurements)
    placements = with_progress("training", families * draws // CHUNK, train)
    facts = {"series": origin.fingerprint, "date": datetime.date.today(), "seed": seed, "draws": draws}
    path, whole = suite / "thresholds.toml", len(names) == len(load_course().names)
    before = path.read_text("utf-8") if path.is_file() else ""
    write(path, thresholds.to_toml(placements, facts | {"versions": dict(environment())}, before, whole=whole))
    if picture:
        thresholds.picture(placements).savefig(picture)
    Console().print(thresholds.table(placements))
    for doubt in thresholds.doubts(placements):
        typer.echo(doubt)


def audit_command(
    exercise: OnlyExercises = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many, drawn by the seed.")] = None,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Only the known mistakes, no automatic mutants.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of every grading, and of the sample.")] = 20261124,
    work: Annotated[Path, typer.Option(help="Keeps what is done, and the outcome.")] = Path("build/audit"),
) -> None:
    """Hold the hidden suite against known mistakes and automatic mutants. Fails if one survives that is not listed."""
    from grader import audit
    from grader.render import audit as outcome

    tests, names = find_tests(), [spec.name for spec in load_course().chosen(exercise or ())]
    found = audit.subjects(tests, names, automatic=not by_hand)
    found = audit.sampled(found, sample, seed) if sample else found
    findings = with_progress(
        "audit", len(found), lambda told: audit.audit(found, tests, seed, work, lambda id: told(id, ""))
    )
    summary = audit.summary(findings, tests)
    write(work / "audit.md", outcome.markdown(summary))
    typer.echo(outcome.markdown(summary))
    if summary.survivors:
        raise GraderError(f"{len(summary.survivors)} survive and are not listed; see {work / 'audit.md'}")
