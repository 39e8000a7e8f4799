"""Gathers the figures that the project's commands have measured into one table: `make figures`.

It measures the code itself, reads the calibration, and what the other commands left in `build/`; what was not measured
on this machine keeps no row. The table is `docs/figures.md`.
"""

import ast
import datetime
import io
import json
import math
import re
import statistics
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

from grader.contract import Suite
from grader.course import load_points, suite_folder
from grader.grade import environment, find_tests
from grader.misconceptions import FOLDER, load_catalogue

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
HIDDEN = suite_folder(find_tests(), Suite.HIDDEN)
MODULES = sorted((ROOT / "grader").rglob("*.py"))

Row = tuple[str, str, str]
"""What it is, the figure, and the command that gives it."""


def calibration() -> Iterator[Row]:
    """From the file that the suite reads."""
    document = tomllib.loads((HIDDEN / "thresholds.toml").read_text("utf-8"))
    command = "grader calibrate"
    lost = document["calibration"]["reference_loses_any_point"]
    yield "draws in which the reference loses a point to chance", _of(lost["count"], lost["draws"]), command
    yield "its chance, at most (95 %)", _at_most(lost["chance_at_most"]), command
    passed = [
        family["passes"] for check in document["checks"].values() for family in check.get("must_not_pass", {}).values()
    ]
    yield "checks, and families that must not pass one of them", f"{len(document['checks'])}, {len(passed)}", command
    total = _of(sum(one["count"] for one in passed), sum(one["draws"] for one in passed))
    yield "draws in which one of these passes", total, command
    worst = max(one["chance_at_most"] for one in passed)
    yield "its chance for the likeliest of them, at most (95 %)", _at_most(worst), command


def suite() -> Iterator[Row]:
    """What the hidden suite is made of, and what the audit said of it."""
    yield "hidden checks; known mistakes", f"{len(load_points(HIDDEN))}; {len(load_catalogue(HIDDEN / FOLDER))}", ""
    path = BUILD / "audit" / "audit.md"
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        if found := re.fullmatch(r"- (known mistakes|automatic mutants|diagnoses): (.+)", line):
            yield found[1], found[2], "make audit"


def walls() -> Iterator[Row]:
    """Of each table of the catalogue of threats, how many cases ended as they must, by rung."""
    for name, command in (("hostile", "make hostile"), ("hostile-user", "make hostile-user")):
        path = BUILD / f"{name}.md"
        if path.is_file():
            header, _, *lines = (
                [cell.strip() for cell in line.split("|")[1:-1]] for line in path.open(encoding="utf-8")
            )
            held = (
                f"{rung}: {sum(bool(line[place]) for line in lines)}" for place, rung in enumerate(header) if place > 2
            )
            yield "hostile submissions that end as they must", "; ".join(held), command


def speed() -> Iterator[Row]:
    """The ratios of the benchmarks."""
    path = BUILD / "benchmarks.json"
    parts = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    for part, figures in parts.items():
        for name, value in figures.items() if part != "environment" else ():
            yield name, f"{value:g}", f'make benchmark PARTS="{part}"'


def class_night() -> Iterator[Row]:
    """A class of submissions from a seed."""
    path = BUILD / "sunday.json"
    for name, value in json.loads(path.read_text("utf-8")).items() if path.is_file() else ():
        yield name, str(value), "make sunday"


def code() -> Iterator[Row]:
    """How long things are in `grader/`, and how much is said about them."""
    sources = [path.read_text("utf-8") for path in MODULES]
    functions = [
        node
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = sorted(node.end_lineno - node.lineno + 1 for node in functions)
    lines = [len(source.splitlines()) for source in sources]
    comments = sum(
        token.type == tokenize.COMMENT
        for source in sources
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
    )
    annotated = sum(node.returns is not None for node in functions)
    tests = sum(
        len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "tests").rglob("*.py")
        if "samples" not in path.parts and "misconceptions" not in path.parts
    )
    ninth = lengths[len(lengths) * 9 // 10]
    yield (
        "function: median, 9 in 10 up to, longest",
        f"{statistics.median(lengths):g}, {ninth}, {lengths[-1]} lines",
        "",
    )
    yield "module: median, longest", f"{statistics.median(lines):g}, {max(lines)} lines", ""
    yield "comments in 100 lines", f"{100 * comments / sum(lines):.1f}", ""
    yield "functions with annotated results", _of(annotated, len(functions)), ""
    yield "lines of tests for each line of source", f"{tests / sum(lines):.2f}", ""
    path = BUILD / "coverage.txt"
    if path.is_file() and (total := re.search(r"^TOTAL.*?(\d+%)$", path.read_text("utf-8"), re.MULTILINE)):
        yield "lines and branches that `make test` reaches, those in workers not counted", total[1], "make coverage"


def _at_most(chance: float) -> str:
    """A bound in percent; rounded down it would claim too much."""
    return f"{math.ceil(chance * 1e5) / 1e5:.3%}"


def _of(count: int, total: int) -> str:
    return f"{count:,} of {total:,}"


PARTS = {
    "Calibration": calibration,
    "Suite and audit": suite,
    "Walls": walls,
    "Speed": speed,
    "A class": class_night,
    "Code": code,
}


PICTURES = {"Speed": "![Time and memory against the number of submissions](../.github/growth.png)"}


def main() -> None:
    """Write the page."""
    versions = ", ".join(f"{name} {version}" for name, version in environment().items())
    lines = ["# Figures", "", f"By `make figures`, {datetime.date.today()}; {versions}.", ""]
    for title, part in PARTS.items():
        rows = list(part())
        if rows:
            lines += [f"## {title}", "", "| what | figure | command |", "|---|---|---|"]
            lines += [f"| {what} | {figure} | {f'`{command}`' if command else ''} |" for what, figure, command in rows]
            lines += ["", *([PICTURES[title], ""] if title in PICTURES else [])]
    (ROOT / "docs" / "figures.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main()
