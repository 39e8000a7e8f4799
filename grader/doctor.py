"""Looks over a set-up: versions, walls, the workflow, the template, and a result through every posting."""

from __future__ import annotations

import base64
import datetime
import importlib.metadata
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.contract import Suite, View
from grader.course import load_course
from grader.errors import GraderError
from grader.grade import Options, grade
from grader.handout import Handout, Target, release
from grader.leaks import leaks
from grader.postings import classroom50, github, gradescope, markdown
from grader.postings.record import Posted, decode
from grader.report import to_json
from grader.rungs import Rung
from grader.text import Translator
from grader.workflow import PATH, faults, note

MATTERING = ("keras", "numpy", "pytest", "tensorflow-cpu", "jax")
PIN = re.compile(r"^([\w.-]+)==(\S+)$", re.MULTILINE)
COMMITTED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)  # any date will do


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; if it is not well, `what` says what to mend."""

    well: bool
    what: str


def diagnose(root: Path, folder: Path | None) -> Iterator[Finding]:
    """Look at everything, one after the other.

    Args:
        root: The course's repository.
        folder: A student's repository as it was released; without one, a release is made and thrown away.
    """
    yield from _versions(root)
    with tempfile.TemporaryDirectory(prefix="grader-doctor-") as name:
        work = Path(name)
        try:
            released = folder or release(work / "student", Target.GITHUB, Handout(root=root))[0]
        except GraderError as error:
            yield Finding(False, str(error))
            return
        yield from _workflow(released)
        yield from _template(released, root)
        yield from _grading(root)


def _versions(root: Path) -> Iterator[Finding]:
    for program in ("git", "bwrap"):
        there = shutil.which(program) is not None
        yield Finding(there, f"{program} is {'there' if there else 'not there; install it'}")
    pins = dict(PIN.findall((root / "constraints.txt").read_text("utf-8").replace("_", "-")))
    for package in MATTERING:
        try:
            came = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            came = "not there"
        well = came == pins.get(package)
        mend = "" if well else f"; the course is pinned to {pins.get(package)}, by constraints.txt"
        yield Finding(well, f"{package} {came}{mend}")


def _workflow(released: Path) -> Iterator[Finding]:
    path = released / PATH
    if not path.is_file():
        yield Finding(False, f"there is no {PATH.as_posix()}; make a release again")
        return
    wrong = faults(path.read_text("utf-8"))
    yield from (Finding(False, f"{PATH.as_posix()}: {fault}") for fault in wrong)
    if not wrong:
        yield Finding(True, "the workflow reads the repository and no more, and its actions are pinned")
    if note(released):
        yield Finding(False, f"{PATH.as_posix()} is not one that this grader releases; make a release again")


def _template(released: Path, root: Path) -> Iterator[Finding]:
    found = leaks(released, root)
    yield from (Finding(False, f"an answer is in the template: {place}") for place in found[:10])
    if not found:
        yield Finding(True, "no answer is in the template, in its wheel, or in its history")


def _grading(root: Path) -> Iterator[Finding]:
    """Grade two exercises with the public suite, a bonus if there is one, and put the result through every posting."""
    # The last of each kind that is put in is the first of the course.
    exercises = tuple({spec.bonus: spec.name for spec in reversed(load_course().exercises)}.values())
    options = Options(tests=root / "tests", suite=Suite.PUBLIC, exercises=exercises, seed=1)
    try:
        report = grade(root / "solutions", options)
    except GraderError as error:
        yield Finding(False, f"nothing can be graded: {error}")
        return
    # Below it a submission can signal the judge.
    strong = Rung(report.isolation.rung).at_least(Rung.LANDLOCK)
    detail = "" if strong else "; the hidden suite needs `landlock` or better: see SECURITY.md"
    yield Finding(strong, f"isolation {report.isolation.rung}: {report.isolation.detail}{detail}")
    translate = Translator("en")
    posted = decode(json.dumps(to_json(report, View.STUDENT, translate)).encode())
    for name, total in totals(posted, translate).items():
        wanted = (posted.score, posted.max_score)
        well = total == wanted
        yield Finding(well, f"posting {name}: {total[0]}/{total[1]}" + ("" if well else f"; the report has {wanted}"))


def totals(posted: Posted, translate: Translator) -> dict[str, tuple[int, int]]:
    """Score and maximum as the readers of each posting add them up."""
    outputs = github.outputs(posted)
    runners = [json.loads(base64.b64decode(value)) for name, value in outputs.items() if name not in github.POINTS]
    counted = [runner for runner in runners if runner["max_score"]]
    result = classroom50.result(posted, {}, COMMITTED)
    scope = gradescope.results(posted, translate)["tests"]
    heading = re.search(r"(\d+)/(\d+)", markdown.page(posted, translate))
    assert heading is not None
    return {
        "github": (int(outputs["score"]), int(outputs["max-score"])),
        "summary": (int(heading[1]), int(heading[2])),
        "reporter": (
            sum(test["score"] for runner in counted for test in runner["tests"]),
            sum(runner["max_score"] for runner in counted),
        ),
        "classroom50": (
            sum(test["score"] for test in result["tests"]),
            sum(test["max-score"] for test in result["tests"]),
        ),
        "gradescope": (sum(test["score"] for test in scope), sum(test["max_score"] for test in scope)),
    }
