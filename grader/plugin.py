"""The pytest plugin: fixtures for the checks, markers for their points, and what a report needs of each outcome.

A judge names a job file (`--grader-job`). Without one, as when a student types `pytest`, the checks run in this
process on the folder `exercises/`.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.contract import Outcome, Text
from grader.course import default_language, load_course, load_gate, load_hints, load_points
from grader.desk import Desk, Ended, is_stuck, sentences
from grader.diagnose import diagnose
from grader.errors import GraderError
from grader.evidence import CheckFailed
from grader.jobs import PROPERTY, Facts, Job, text_to_json
from grader.kept import Kept
from grader.misconceptions import Misconception, load_catalogue
from grader.series import Origin, load_origin
from grader.submission import Exchange, Submission
from grader.text import LANGUAGES, Translator

DESK = "grader.desk"
MARKERS = (
    "exercise(name): the exercise that a check belongs to",
    "function(name): the function that a check is about",
    "points(n): what a check is worth; read from the suite's points.toml",
    "slow: takes more than a second or two",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the judge and of a student's own run."""
    group = parser.getgroup("grader")
    group.addoption("--grader-job", type=Path, help="what to grade and how, written by `grader grade`")
    group.addoption("--lang", choices=LANGUAGES, help="language of what is said of a check; default: the course's")
    group.addoption("--grader-seed", type=int, help="draw the same inputs as a run before")
    parser.addini("grader_submission", "folder with the modules that plain `pytest` checks", default="exercises")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers and read the job."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    path = config.getoption("--grader-job")
    if path is not None:
        job = Job.read(path)
    else:
        seed = config.getoption("--grader-seed")
        folder = config.rootpath / config.getini("grader_submission")
        job = Job(folder=folder, seed=secrets.randbits(31) if seed is None else seed)
    config.stash[_JOB] = job
    config.stash[_LANGUAGE] = config.getoption("--lang") or default_language()
    # Without a judge there is somebody who reads the terminal.
    if path is None:
        # What TensorFlow logs when it starts would stand there beside a wrong network as if it were its fault; and its
        # sums are then those of the worker.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
        config.pluginmanager.register(Desk(config.stash[_LANGUAGE]), DESK)
    # The session hands over what outlives this run as a plugin: `pytest.main` takes nothing else.
    kept = next((plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, Kept)), None)
    if kept is None:
        kept = Kept()
        config.add_cleanup(kept.close)
    config.stash[_KEPT] = kept
    config.stash[_WITNESS] = Witness(job, kept)
    if job.mistakes:
        config.pluginmanager.register(config.stash[_WITNESS])


_JOB = pytest.StashKey[Job]()
_LANGUAGE = pytest.StashKey[str]()
_KEPT = pytest.StashKey[Kept]()
_WITNESS = pytest.StashKey["Witness"]()


class Witness:
    """Remembers what was asked in each check that failed; in the end, names the mistake that the answers look like."""

    def __init__(self, job: Job, kept: Kept) -> None:
        """Take the job, and where the variants may run."""
        self._job = job
        self._kept = kept
        self._all: list[Exchange] = []
        self._failed: dict[str, list[Exchange]] = {}
        self._functions: dict[str, str] = {}
        self._latest: dict[str, list[Exchange]] = {}
        self.submission: Submission | None = None

    def see(self, item: pytest.Item, failed: CheckFailed | None) -> None:
        """Take what was asked in a check; of a value that several checks share, what was asked in the first of them."""
        if self.submission is None:
            return
        exchanges, self.submission.exchanges = self.submission.exchanges, []
        self._all += exchanges
        function = _marker(item, "function")
        if exchanges:
            self._latest[function] = exchanges
        if failed and failed.outcome in DIAGNOSED:
            self._failed[item.nodeid] = exchanges or self._latest.get(function, [])
            self._functions[item.nodeid] = function

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Write the name of a mistake beside the check that shows it; a diagnosis that breaks leaves all as it was."""
        try:
            named = self._diagnose()
        except Exception:  # a verdict never waits for its explanation
            traceback.print_exc()
            return
        for test in json_report["tests"]:
            if test["nodeid"] in named:
                entry = named[test["nodeid"]]
                explanation = {language: entry.explain(language) for language in entry.words}
                test["metadata"]["misconception"] = {"id": entry.id, "explanation": explanation}

    def _diagnose(self) -> Mapping[str, Misconception]:
        assert self._job.mistakes
        asked = {request.exercise for exchanges in self._failed.values() for request, _ in exchanges}
        if not asked:
            return {}
        catalogue = load_catalogue(self._job.mistakes.catalogue).values()
        with self._job.variants(self._kept, sorted(asked)) as ask:
            return diagnose(self._failed, self._functions, self._all, catalogue, ask)


DIAGNOSED = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.REFUSED})


def _is_check(item: pytest.Item) -> bool:
    return item.get_closest_marker("function") is not None


def check_id(item: pytest.Item) -> str:
    """The id of a check: "exercise.function.what", of a test `test_<function>_<what>`."""
    function = _marker(item, "function")
    what = item.name.removeprefix(f"test_{function}_")
    return f"{_marker(item, 'exercise')}.{function}.{what}"


def _marker(item: pytest.Item, name: str) -> str:
    marker = item.get_closest_marker(name)
    if marker is None:
        raise pytest.UsageError(f"{item.nodeid} has no marker {name!r}")
    return str(marker.args[0])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every check its points, put them in the course's order, and leave out exercises that were not asked for."""
    checks = [item for item in items if _is_check(item)]
    if not checks:
        return
    order = {name: number for number, name in enumerate(load_course().names)}
    chosen = config.stash[_JOB].exercises or tuple(order)
    points = {folder: load_points(folder) for folder in {item.path.parent for item in checks}}
    for item in checks:
        # A check without points is found by the report, which wants exactly the checks of points.toml.
        item.add_marker(pytest.mark.points(points[item.path.parent].get(check_id(item), 0)))
    others = [item for item in items if not _is_check(item)]
    kept = sorted((item for item in checks if _marker(item, "exercise") in chosen), key=lambda item: _key(item, order))
    dropped = [item for item in checks if _marker(item, "exercise") not in chosen]
    items[:] = others + kept  # in place: pytest goes on with this list
    config.hook.pytest_deselected(items=dropped)


def _key(item: pytest.Item, order: dict[str, int]) -> tuple[int, str]:
    # Both suites of an exercise one after the other: they then share a worker.
    return order[_marker(item, "exercise")], item.path.parent.name


def pytest_report_header(config: pytest.Config) -> str:
    """Say how to repeat this run."""
    return f"grader: seed {config.stash[_JOB].seed} (repeat with --grader-seed {config.stash[_JOB].seed})"


@pytest.fixture(scope="session")
def submission(pytestconfig: pytest.Config) -> Iterator[Submission]:
    """The student's functions, by name."""
    job = pytestconfig.stash[_JOB]
    course = load_course()
    with job.source(pytestconfig.stash[_KEPT]) as (source, isolation):
        proxy = Submission(source, course.owners, job.seed)
        pytestconfig.stash[_WITNESS].submission = proxy
        yield proxy
        facts = Facts(student_s=proxy.spent_s, isolation=isolation(), notes=proxy.notes, noted=proxy.noted)
        job.save_facts(facts)


@pytest.fixture(scope="session")
def rng_for(pytestconfig: pytest.Config) -> Callable[[str], np.random.Generator]:
    """A random generator for a name, drawn from the seed of this run."""
    seed = pytestconfig.stash[_JOB].seed

    def draw(name: str) -> np.random.Generator:
        # By the name, so that a check that is new or left out changes no other's numbers.
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "little"))

    return draw


@pytest.fixture
def rng(request: pytest.FixtureRequest, rng_for: Callable[[str], np.random.Generator]) -> np.random.Generator:
    """A random generator of this check's own: the same in every order and selection of checks."""
    return rng_for(check_id(request.node))


@pytest.fixture
def keras(request: pytest.FixtureRequest, rng_for: Callable[[str], np.random.Generator]) -> Any:
    """The judge's own Keras, imported when it is first needed; a check draws the same weights whenever it is run."""
    import keras

    keras.utils.set_random_seed(int(rng_for(f"{check_id(request.node)}/keras").integers(2**31)))
    return keras


@pytest.fixture(scope="session")
def trainer(pytestconfig: pytest.Config) -> Any:
    """The trusted trainer."""
    return pytestconfig.stash[_KEPT].trainer(pytestconfig.stash[_JOB].trainer)


@pytest.fixture(scope="module")
def origin(request: pytest.FixtureRequest) -> Origin:
    """Where the series of this suite come from: its own record, or the Mackey-Glass system."""
    return load_origin(request.path.parent)


@pytest.fixture
def threshold(request: pytest.FixtureRequest, origin: Origin) -> float:
    """The threshold of this check, from the suite's thresholds.toml; whatever will do, where it is to be placed."""
    if request.config.stash[_JOB].recipes is not None:
        return math.inf
    return load_gate(request.path.parent, check_id(request.node), origin.fingerprint).threshold


@pytest.fixture
def trial(request: pytest.FixtureRequest, trainer: Any, origin: Origin) -> Any:
    """Trains what a builder returned, and judges it by the threshold of this check."""
    from grader.training import RecipeTrial, Trial

    job = request.config.stash[_JOB]
    if job.recipes is not None:
        return RecipeTrial(job.recipes, check_id(request.node))
    return Trial(trainer, load_gate(request.path.parent, check_id(request.node), origin.fingerprint), origin)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """End a check at once whose function cannot answer, whatever it is asked."""
    submission = item.config.stash[_WITNESS].submission
    if submission is not None and _is_check(item):
        submission.expect_answers(_marker(item, "function"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what the report needs of a check, and show a failure as a sentence instead of a traceback."""
    if call.excinfo is not None and isinstance(call.excinfo.value, CheckFailed) and _is_check(item):
        item.repr_failure = _in_a_word  # type: ignore[method-assign]
    report = yield
    if not _is_check(item):
        return report
    if call.excinfo is None:
        if call.when == "call":
            item.config.stash[_WITNESS].see(item, None)
            _keep(item, Outcome.PASSED, None)
        return report
    error = call.excinfo.value
    if isinstance(error, GraderError):
        _give_up(item, error)
    # pytest's own outcomes are none: a check that skips leaves no word, and the run no grade (hostile row 6).
    if isinstance(error, Exception) and not isinstance(error, GRADERS_OWN):
        failed = error if isinstance(error, CheckFailed) else _unjudgeable(item, error)
        item.config.stash[_WITNESS].see(item, failed)
        _keep(item, failed.outcome, failed)
        report.longrepr = _sentences(item, failed) if failed is error else report.longrepr
    return report


def _in_a_word(excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
    """In place of a traceback, which a sentence will replace: to draw one takes longer than most checks."""
    return str(excinfo.value)


def _give_up(item: pytest.Item, error: GraderError) -> None:
    """No further check can be judged: say why, and end the run."""
    job = item.config.stash[_JOB]
    if job.scratch:
        job.failure.write_text(str(error), "utf-8")
    # pytest then stops after this check; what did not run is no lost point, since there is no report.
    item.session.shouldfail = str(error)


GRADERS_OWN = (GraderError, ImportError, OSError, MemoryError, pytest.UsageError)
"""What never comes from odd evidence: these make no verdict, and the judge says that it could not do its work."""


def _unjudgeable(item: pytest.Item, error: Exception) -> CheckFailed:
    """Evidence so odd that the check itself stumbled over it is a wrong answer, and not a broken grader."""
    values = {"function": _marker(item, "function"), "type": type(error).__name__}
    detail = Text("{text}", {"text": str(error)[:200]})
    return CheckFailed(Text("what {function} returned cannot be judged ({type})", values), detail)


def _keep(item: pytest.Item, outcome: Outcome, error: CheckFailed | None) -> None:
    facts: dict[str, Any] = {"outcome": outcome.value}
    if error is not None:
        facts["message"] = text_to_json(error.message)
        facts["detail"] = text_to_json(error.detail) if error.detail else None
    item.user_properties.append((PROPERTY, facts))
    desk = item.config.pluginmanager.get_plugin(DESK)
    if isinstance(desk, Desk):
        exercise, function = _marker(item, "exercise"), _marker(item, "function")
        ended = Ended(exercise=exercise, function=function, outcome=outcome, stuck=is_stuck(error))
        desk.note(item.nodeid, ended)


def _sentences(item: pytest.Item, error: CheckFailed) -> str:
    exercise, function = _marker(item, "exercise"), _marker(item, "function")
    translate = Translator(item.config.stash[_LANGUAGE], (item.path.parent,))
    rungs = load_hints().get(exercise, {}).get(function, {}).get(translate.language, ())
    return sentences(title(item), error, rungs[0] if rungs else "", translate)


def title(item: pytest.Item) -> str:
    """What a check expects: the first line of its docstring."""
    function = getattr(item, "function", None)
    return str(getattr(function, "__doc__", "") or item.name).strip().splitlines()[0]


@pytest.hookimpl(optionalhook=True)
def pytest_json_runtest_metadata(item: pytest.Item, call: pytest.CallInfo[None]) -> dict[str, Any]:
    """What `pytest-json-report` keeps of a check beside its outcome."""
    if not _is_check(item) or call.when != "setup":  # the hook is called for each stage
        return {}
    marker = item.get_closest_marker("points")
    return {
        "id": check_id(item),
        "suite": item.path.parent.name,
        "exercise": _marker(item, "exercise"),
        "function": _marker(item, "function"),
        "points": marker.args[0] if marker else 0,
        "title": title(item),
    }


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Tell the judge that one more check is done."""
    path = item.config.stash[_JOB].progress
    if path is not None and _is_check(item):
        facts = dict(item.user_properties).get(PROPERTY, {"outcome": Outcome.ERROR.value})
        with path.open("a", encoding="utf-8") as stream:
            outcome = facts["outcome"] if isinstance(facts, dict) else Outcome.ERROR.value
            stream.write(json.dumps({"id": check_id(item), "outcome": outcome}) + "\n")
