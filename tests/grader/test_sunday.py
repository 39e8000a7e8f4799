"""A whole class on Sunday night: right, wrong, hostile and unwritten modules, dealt out from a seed, and graded.

`make sunday` grades 200 submissions: in peace, on a cluster that loses a worker, and killed ten times.
"""

import json
import random
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.contract import Outcome
from grader.course import load_course
from grader.judge import compile_cache
from tests.grader.clusters import until
from tests.grader.test_class import books, command, kept
from tests.grader.test_hostile import ROWS
from tests.grader.test_hostile import SAMPLES as HOSTILE
from tests.grader.test_samples import CORRECT, SHARED_CHECKS, SOLUTIONS, WRONG

ROOT = Path(__file__).parents[2]
SEED = 20261124
KILLS = 10
PATIENCE_S = 4 * 3600
KINDS = {"solution": 40, "right": 20, "wrong": 25, "hostile": 5, "stub": 10}
"""What a student's module is, and how often in a hundred."""


def supply(exercise):
    """What there is of each kind for an exercise: the parts that make up a module, and its case if it is hostile."""
    solution, stub = SOLUTIONS / f"{exercise}.py", ROOT / "exercises" / f"{exercise}.py"
    cases = [case for row in ROWS for case in row.cases if case.sample and case.module == exercise and not case.slow]
    return {
        "solution": [((solution,), None)],
        "right": [((path,), None) for path in sorted(CORRECT.glob(f"{exercise}.*.py"))],
        "wrong": [((solution, path), None) for path in sorted(WRONG.glob(f"{exercise}/*.py"))],
        "hostile": [
            ((solution, HOSTILE / case.sample) if case.how == "append" else (HOSTILE / case.sample,), case)
            for case in cases
        ],
        "stub": [((stub,), None)],
    }


def draw_class(count, exercises):
    """Who has written what: for each student and exercise the kind, the parts and the case; each has got so far."""
    chance = random.Random(f"{SEED} {count}")
    supplies = {exercise: supply(exercise) for exercise in exercises}
    students = {}
    for number in range(count):
        reached = chance.randint(1, len(exercises))
        modules = {}
        for place, exercise in enumerate(exercises):
            kinds = [kind for kind in KINDS if supplies[exercise][kind]]
            (kind,) = chance.choices(kinds, [KINDS[kind] for kind in kinds])
            kind = kind if place < reached else "stub"
            modules[exercise] = (kind, *chance.choice(supplies[exercise][kind]))
        students[f"u{number:03}"] = modules
    return students


def hand_in(folder, students):
    """Write the submissions of a class."""
    for student, modules in students.items():
        for exercise, (_, parts, _) in modules.items():
            target = folder / student / "exercises" / f"{exercise}.py"
            target.parent.mkdir(parents=True, exist_ok=True)
            source = "\n\n".join(part.read_text("utf-8") for part in parts)
            target.write_text(source.replace("@ROOT@", str(ROOT)), "utf-8")
    return folder


def faults(modules, checks):
    """What is not as it must be in the checks of one submission."""
    for check in checks:
        kind, parts, case = modules[check["exercise"]]
        seen = SimpleNamespace(**check)
        outcome = Outcome(check["outcome"])
        passed = outcome is Outcome.PASSED
        if kind in ("solution", "right") and not passed:
            yield f"{parts[-1].name}: {check['id']} is lost"
        if kind == "stub" and check["score"]:
            yield f"{parts[-1].name}: {check['id']} has points and is not written"
        its_own = check["function"] == parts[-1].name.split(".")[0] or check["id"] in SHARED_CHECKS
        if kind == "wrong" and not passed and not its_own:
            yield f"{parts[-1].name}: {check['id']} is lost and has nothing to do with it"
        if case and not passed and not case.may_spoil(seen):
            yield f"{parts[-1].name}: {check['id']} is lost and has nothing to do with it"
        if case and case.concerns(seen) and not case.may_end(seen):
            yield f"{parts[-1].name}: {check['id']} ended in {outcome}"
    for exercise, (kind, parts, _) in modules.items():
        lost = [check for check in checks if check["exercise"] == exercise and not check["score"]]
        if kind == "wrong" and not lost:
            yield f"{parts[-1].name}: nothing is lost"


@pytest.fixture(scope="module")
def students(pytestconfig):
    return draw_class(pytestconfig.getoption("--students"), load_course().names)


@pytest.fixture(scope="module")
def handed_in(students, tmp_path_factory):
    return hand_in(tmp_path_factory.mktemp("submissions"), students)


@pytest.fixture(scope="module")
def peace(handed_in, tmp_path_factory):
    """The books of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("peace")
    grade_class(folder, handed_in)
    return folder


@pytest.mark.full
def test_a_class_from_a_seed_has_the_scores_that_it_must_have(students, peace):
    assert [student for student, *_ in kept(peace)] == sorted(students)
    for path in attempts(peace):
        report = json.loads(path.read_text("utf-8"))["report"]
        assert list(faults(students[path.parent.name], report["checks"])) == [], path.parent.name
    record("submissions of a class with the scores that they must have", f"{len(students)} of {len(students)}")


@pytest.mark.full
def test_a_cluster_that_loses_one_of_two_workers_gives_the_same_books(students, peace, handed_in, tmp_path, dask):
    cluster = dask()
    doomed, _ = (cluster.worker(name, "--no-nanny") for name in ("doomed", "other"))
    process = start(tmp_path / "books", handed_in, "--cluster", cluster.address)
    until(lambda: len(attempts(tmp_path / "books")) > len(students) // 3, PATIENCE_S)
    doomed.send_signal(signal.SIGKILL)
    ended(process)
    same(tmp_path / "books", peace)
    record("the same on a cluster, one of two workers killed", "the same books")


@pytest.mark.full
def test_ten_kills_change_nothing(students, peace, handed_in, tmp_path):
    chance = random.Random(SEED)
    for done in sorted(chance.sample(range(len(students)), KILLS)):
        kill_class(tmp_path / "books", handed_in, done, chance.uniform(0, 5))
        print(f"killed with {len(attempts(tmp_path / 'books'))} done", flush=True)
    grade_class(tmp_path / "books", handed_in)
    same(tmp_path / "books", peace)
    record(f"the same, killed {KILLS} times and called again", "the same books")


def same(cwd, peace):
    assert books(cwd) == books(peace)
    assert kept(cwd) == kept(peace)


def record(what, figure):
    """Keep a figure for `make figures`."""
    path = ROOT / "build" / "sunday.json"
    path.parent.mkdir(exist_ok=True)
    figures = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(figures | {what: figure}, indent=1) + "\n", "utf-8")


def attempts(cwd):
    return list((cwd / "attempts").rglob("*.json"))


def start(cwd, handed_in, *how):
    words, rest = command(cwd, handed_in, *(how or ("--workers", "2")), exercises=())
    compiled = cwd / "cache" / "rnn-grader" / "compiled"
    if not compiled.exists():  # what the memory keeps is this run's own; compiled training is shared
        compiled.parent.mkdir(parents=True)
        compiled.symlink_to(compile_cache(), target_is_directory=True)
    return subprocess.Popen(words, **rest)


def ended(process):
    """Wait until a run has ended well."""
    told, faulty = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, told + faulty


def grade_class(cwd, handed_in):
    ended(start(cwd, handed_in))


def kill_class(cwd, handed_in, done, wait_s):
    """Start a run, and kill it when so many are done, and a little more."""
    process = start(cwd, handed_in)
    until(lambda: len(attempts(cwd)) >= done or process.poll() is not None, PATIENCE_S)
    time.sleep(wait_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()
