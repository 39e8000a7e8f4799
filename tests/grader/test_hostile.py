"""Hostile submissions: every row of the catalogue ends as it must, on every rung of isolation that this machine has.

`samples/hostile/catalogue.toml` holds the rows. Some are drawn for every run, by a fixed seed; `make hostile` runs them
all and writes the table `build/hostile.md`. A rung that is missing here is a failure, not a skip.
"""

import dataclasses
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from pathlib import Path

import msgspec
import psutil
import pytest
from rich.console import Console

from grader import bubblewrap
from grader.contract import Outcome, Suite, View
from grader.course import load_course
from grader.errors import GraderError
from grader.grade import Options, find_tests, grade
from grader.render import page, terminal
from grader.report import to_json
from grader.rungs import Demand, Rung
from grader.text import Translator
from tests.grader import hostile_trees
from tests.grader.ordinary_user import as_an_ordinary_user
from tests.grader.test_samples import SHARED_CHECKS

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples" / "hostile"
SEED = 918273645
TOKEN = "a-token-of-the-course"
PLANTED = "planted-by-hostile"
SPLIT_ALONE = {"Score forging", "Hangs, zombies, orphans", "Output flooding, malformed returns"}
"""Groups that hold without any wall, because the judge is another process."""

BEST = Rung.BWRAP_USER if os.geteuid() == 0 else Rung.BWRAP
WALLED = (BEST, Rung.LANDLOCK)
QUICK = 12
LONG_S = 8.0
"""For a call that must not run into its deadline, on a machine that does other work as well."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One hostile submission and what must come of it; the fields are described in the catalogue."""

    outcomes: frozenset[Outcome]
    module: str
    sample: str = ""
    tree: str = ""
    how: str = "append"
    functions: tuple[str, ...] = ()
    rungs: tuple[str, ...] = ()
    slow: bool = False
    witness: bool = True
    unsaid: str = ""
    call_s: float = 1.5

    @property
    def name(self):
        return self.tree or Path(self.sample).stem

    @property
    def witnesses(self):
        return (
            {"windowing", "parameters"} - {self.module} if self.module in ("windowing", "parameters") else {"windowing"}
        )

    def concerns(self, check):
        """Tell whether a check is one of those that must end in `outcomes`."""
        names = {check.function, check.id.partition(".")[2]}
        return check.exercise == self.module and (not self.functions or bool(names & set(self.functions)))

    def may_end(self, check):
        """Tell whether the outcome of such a check is one that it must have."""
        # Where a ValueError is due, any other exception is a wrong answer.
        others = {Outcome.FAILED} if check.id.endswith(".arguments") else set()
        return Outcome(check.outcome) in self.outcomes | others

    def may_spoil(self, check):
        """Tell whether a check may end anyhow: of a function that the sample spoils, or of a module that is gone."""
        functions = {name.partition(".")[0] for name in self.functions}
        everything = not functions or (bool(self.sample) and self.how == "replace")
        return check.exercise == self.module and (
            everything or check.function in functions or check.id in SHARED_CHECKS
        )


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the catalogue."""

    number: int
    title: str
    group: str
    cases: tuple[Case, ...] = msgspec.field(name="case", default=())
    tests: tuple[str, ...] = ()
    documented: tuple[str, str] | None = None


class Catalogue(msgspec.Struct, frozen=True):
    """All rows."""

    row: tuple[Row, ...]


ROWS = msgspec.convert(tomllib.loads((SAMPLES / "catalogue.toml").read_text("utf-8")), Catalogue).row


def rungs(row, case):
    kinds = case.rungs or (("walls", "subprocess") if row.group in SPLIT_ALONE else ("walls",))
    return [
        *(WALLED if "walls" in kinds else ()),
        *([BEST] if "namespaces" in kinds else []),
        *([Rung.SUBPROCESS] if "subprocess" in kinds else []),
    ]


def every_case():
    """Every row's every case on every rung; all but a few are marked, so that a usual run takes two minutes at most."""
    quick = [row.number for row in ROWS if any(is_quick(case) for case in row.cases)]
    chosen = set(random.Random(SEED).sample(quick, QUICK))
    for row in ROWS:
        for number, case in enumerate(row.cases):
            drawn = row.number in chosen and is_quick(case) and not any(map(is_quick, row.cases[:number]))
            for rung in rungs(row, case):
                marks = () if drawn else pytest.mark.full
                yield pytest.param(row, case, rung, id=f"{row.number:02}-{case.name}-{rung.value}", marks=marks)


def is_quick(case):
    return not case.slow and case.module in ("windowing", "parameters")


def limits(call_s=1.5):
    """The course's limits with short deadlines."""
    course = load_course().limits
    functions = {"train_forecaster": 20.0, "forecast_recursive": 20.0, "plot_forecast": 20.0}
    return dataclasses.replace(course, call_s=call_s, import_s=5.0, build_s=15.0, hung_s=2.0, function_s=functions)


def submission_of(case, folder):
    """Write the submission of a case; returns the path to grade."""
    exercises = folder / "repository" / "exercises"
    exercises.mkdir(parents=True)
    for module in sorted((ROOT / "solutions").glob("*.py")):
        shutil.copy(module, exercises)
    if case.tree:
        return getattr(hostile_trees, case.tree)(exercises.parent)
    source = (SAMPLES / case.sample).read_text("utf-8").replace("@ROOT@", str(ROOT))
    target = exercises / f"{case.module}.py"
    before = target.read_text("utf-8") + "\n\n" if case.how == "append" else ""
    target.write_text(before + source, "utf-8")
    return exercises.parent


def survivors(since):
    """Processes of a worker that have begun since then and live: not those of another run."""
    found = []
    for process in psutil.process_iter(["cmdline", "create_time", "uids"]):
        words = " ".join(process.info["cmdline"] or ())
        uids = process.info["uids"]
        of_worker = "zygote.main" in words or PLANTED in words or (uids and uids.real in bubblewrap.FREE_USERS)
        began = process.info["create_time"] >= since - 1
        if of_worker and began and lives(process) and not below_another_run(process):
            found.append((process.pid, words[:100]))
    return found


def lives(process):
    """Tell whether a process runs: one that has ended stays listed until its parent, maybe number 1, looks after it."""
    try:
        # The threads of a process outlive its main one, which is then listed as a zombie.
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.Error:
        return False


def below_another_run(process):
    """Tell whether a process belongs to another run of the grader or of its tests, which is at work on this machine."""
    this = psutil.Process(int(str(Path("/proc/self").readlink())))  # the number by which /proc knows this process
    own = {this.pid, *(parent.pid for parent in this.parents())}
    try:
        others = [" ".join(parent.cmdline()) for parent in process.parents() if parent.pid not in own]
    except psutil.Error:  # it has ended meanwhile
        return True
    return any("pytest" in words or "-m grader" in words for words in others)


def wait_for_the_end_of_all(since):
    deadline = time.monotonic() + 2
    while survivors(since) and time.monotonic() < deadline:
        time.sleep(0.1)
    return survivors(since)


def planted():
    """What hostile code has left in the places where it tries to."""
    places = {Path.cwd(), Path.home(), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/"), ROOT}
    places |= {parent for entry in sys.path if entry for parent in [Path(entry), *Path(entry).parents]}
    places |= {ROOT / name for name in ("tests", "tests/hidden", "solutions", "grader", "exercises")}
    found = set()
    for place in places:
        try:
            found |= set(place.glob(f"{PLANTED}*"))
        except OSError:
            continue
    return found


def sentences_of_the_suite():
    """The lines of the hidden suite that would show what is in it; a title is said on purpose."""
    lines = set()
    for path in (ROOT / "tests" / "hidden").glob("*.py"):
        lines |= {line.strip() for line in path.read_text("utf-8").splitlines() if '"""' not in line}
    return {line for line in lines if len(line) > 20}


NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
OF_THIS_MACHINE = re.compile(
    "|".join(
        map(re.escape, {str(ROOT), sys.prefix, "/tmp/", "grader-worker-", "site-packages", "tests/hidden", "/etc/"})
    )
)


def said(report, view):
    """Every sentence that a view has."""
    seen = to_json(report, view, Translator("en"))
    json.dumps(seen, ensure_ascii=False).encode()  # a half character would fail here, and in `--json`
    return seen, [check["message"] for check in seen["checks"]] + [note["detail"] for note in seen["notes"]]


def expect_nothing_hidden(report, case):
    seen, sentences = said(report, View.STUDENT)
    text = "\n".join(sentences)
    assert not [line for line in sentences_of_the_suite() if line in text]
    assert not OF_THIS_MACHINE.findall(text)
    assert str(SEED) not in json.dumps(seen)
    assert TOKEN not in text
    titles = {check["message"] for check in seen["checks"] if check["outcome"] == "passed"}
    said_of_it = "\n".join(sentence for sentence in sentences if sentence not in titles)
    unsaid = case.unsaid.replace("@ROOT@", re.escape(str(ROOT)))
    assert not case.unsaid or not re.search(unsaid, said_of_it)


def expect_only_text(report):
    """Nothing that a submission says can command a terminal, a log or a page."""
    for view in View:
        _, sentences = said(report, view)
        assert not [sentence for sentence in sentences if NO_TEXT.search(sentence)]
        assert max(map(len, sentences)) < 2000
        screen = io.StringIO()
        terminal.show(report, view, Translator("en"), Console(file=screen, width=4000))
        assert not [line for line in screen.getvalue().splitlines() if NO_TEXT.search(line)]
        assert "<script" not in page.html(report, view, Translator("en"))


@pytest.fixture(scope="session")
def table():
    """Row, case, rung and outcomes of what was graded, written as a table at the end if it is the whole catalogue."""
    found = defaultdict(dict)
    yield found
    if len(found) < len({(row.number, case.name) for row in ROWS for case in row.cases}):
        return
    path = ROOT / "build" / ("hostile.md" if BEST is Rung.BWRAP_USER else "hostile-user.md")
    path.parent.mkdir(exist_ok=True)
    names = [rung.value for rung in (*WALLED, Rung.SUBPROCESS)]
    head = ["row", "what it does", "case", *names]
    lines = [head, ["---"] * len(head)]
    for (number, title, case), outcomes in sorted(found.items()):
        lines.append([str(number), title, case, *(outcomes.get(name, "") for name in names)])
    path.unlink(missing_ok=True)  # another user's run may have written it
    path.write_text("".join(f"| {' | '.join(line)} |\n" for line in lines), "utf-8")


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where the grader puts its own temporary files, so that what it leaves is seen."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)  # pytest cannot delete what is nested very deeply


@pytest.mark.parametrize(("row", "case", "rung"), list(every_case()))
def test_a_hostile_submission_is_graded_and_harms_nobody(row, case, rung, tmp_path, scratch, table, monkeypatch):
    for name in ("GITHUB_TOKEN", "COURSE_TOKEN", "GITHUB_ACTIONS", "PYTEST_ADDOPTS"):
        monkeypatch.setenv(name, f"--{TOKEN}")
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"):
        monkeypatch.setenv(name, str(tmp_path / "repository" / "exercises"))
    path = submission_of(case, tmp_path)
    monkeypatch.chdir(path if path.is_dir() else path.parent)
    before, since = planted(), time.time()
    options = Options(
        tests=find_tests(),
        suite=Suite.HIDDEN,
        seed=SEED,
        exercises=(case.module, *case.witnesses),
        demand=Demand(exact=rung),
        limits=limits(case.call_s if Outcome.TIMEOUT in case.outcomes else LONG_S),
    )
    try:
        report = grade(path, options)
    except GraderError as error:
        pytest.fail(f"on {rung.value} the grader gave up (exit status 3): {error}")
    left = planted() - before
    table[row.number, row.title, case.name][rung.value] = ", ".join(
        sorted({check.outcome.value for check in report.checks if case.concerns(check)})
    )

    assert report.isolation.rung == rung.value
    wrong = {check.id: f"{check.outcome.value}: {check.message}" for check in report.checks if case.concerns(check)}
    assert wrong
    for check in report.checks:
        if case.concerns(check):
            assert case.may_end(check), wrong
        elif not case.may_spoil(check) and (case.witness or check.exercise == case.module):
            assert check.outcome is Outcome.PASSED, f"{check.id} was spoilt: {check.message}"
    assert wait_for_the_end_of_all(since) == []
    assert list(scratch.iterdir()) == []
    if rung is not Rung.SUBPROCESS:
        assert left == set()
    expect_nothing_hidden(report, case)
    expect_only_text(report)


def test_the_catalogue_is_whole_and_every_sample_belongs_to_it():
    assert [row.number for row in ROWS] == list(range(1, 89))
    assert [row.number for row in ROWS if not (row.cases or row.tests or row.documented)] == []
    used = {(SAMPLES / case.sample).resolve() for row in ROWS for case in row.cases if case.sample}
    assert {path for path in used if path.parent == SAMPLES} == set(SAMPLES.glob("*.py"))
    assert [path for path in SAMPLES.glob("*.py") if not path.read_text("utf-8").startswith('"""')] == []
    assert all(path.is_file() for path in used)
    trees = {case.tree for row in ROWS for case in row.cases if case.tree}
    public = {name for name, value in vars(hostile_trees).items() if callable(value) and not name.startswith("_")}
    assert trees == {name for name in public if getattr(hostile_trees, name).__module__ == hostile_trees.__name__}


def test_what_the_catalogue_refers_to_is_there():
    for row in ROWS:
        for name in row.tests:
            file, _, test = name.partition("::")
            assert f"def {test}(" in (ROOT / file).read_text("utf-8"), name
        if row.documented:
            file, sentence = row.documented
            assert sentence in " ".join((ROOT / file).read_text("utf-8").split()), sentence


def test_a_suite_that_changes_while_it_runs_gives_no_grade(tmp_path):
    tests = tmp_path / "tests"
    shutil.copytree(ROOT / "tests" / "public", tests / "public")

    def change(id, outcome):
        with (tests / "public" / "points.toml").open("a") as stream:
            stream.write("# changed\n")

    with pytest.raises(GraderError, match="changed while it ran"):
        grade(ROOT / "solutions", Options(tests=tests, seed=1, exercises=("parameters",)), change)


AS_A_USER = """
import json, sys
from pathlib import Path
folder = Path("/tmp/hand-in")
folder.mkdir(exist_ok=True)
for name, source in json.loads(sys.stdin.read()).items():
    (folder / name).write_text(source, "utf-8")
from grader.cli import run
sys.argv[1:] = ["grade", str(folder), *sys.argv[1:], "--json", str(folder / "report.json")]
try:
    run()
except SystemExit as end:
    print("=====", end.code)
    print((folder / "report.json").read_text("utf-8") if not end.code else "")
"""


@pytest.mark.parametrize(
    ("sample", "score"), [("", 20), ("24_hidden_files.py", 17), ("25_other_processes.py", 17), ("57_orphan.py", 12)]
)
def test_an_ordinary_user_grades_behind_bubblewrap_too(sample, score):
    sources = {
        f"{name}.py": (ROOT / "solutions" / f"{name}.py").read_text("utf-8") for name in ("windowing", "parameters")
    }
    if sample:
        sources["parameters.py"] += "\n\n" + (SAMPLES / sample).read_text("utf-8").replace("@ROOT@", str(ROOT))
    options = ["--exercise", "windowing", "--exercise", "parameters", "--suite", "hidden", "--seed", "7"]
    command = as_an_ordinary_user([sys.executable, "-c", AS_A_USER, *options, "--require-isolation", "bwrap"])
    result = subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, cwd=ROOT, check=False)
    shown, _, end = result.stdout.partition("=====")
    status, _, report = end.strip().partition("\n")
    assert status in ("0", "None"), result.stderr[-2000:] + shown[-2000:]
    graded = json.loads(report)
    assert graded["isolation"]["rung"] == "bwrap"
    assert graded["score"] == score


@pytest.mark.full
def test_after_a_hundred_hostile_submissions_all_is_as_it_was(tmp_path, compose):
    """Processes, open files and memory of the one who grades, and the reference's points."""
    cases = [
        (case, rung)
        for row in ROWS
        for case in row.cases
        for rung in rungs(row, case)
        if is_quick(case) and rung is not Rung.SUBPROCESS
    ]
    this, chosen, since = psutil.Process(), random.Random(SEED).sample(cases, 100), time.time()

    def at_hand():
        return len(psutil.Process().children(recursive=True)), this.num_fds(), len(list(Path("/dev/shm").iterdir()))

    def give(number, case, rung):
        path = submission_of(case, tmp_path / str(number))
        options = Options(
            tests=find_tests(), suite=Suite.HIDDEN, seed=number, exercises=(case.module,), limits=limits()
        )
        grade(path, dataclasses.replace(options, demand=Demand(exact=rung)))

    give(100, *chosen[0])
    before, memory = at_hand(), this.memory_info().rss
    for number, (case, rung) in enumerate(chosen):
        give(number, case, rung)
    report = grade(ROOT / "solutions", Options(tests=find_tests(), suite=Suite.HIDDEN, seed=SEED))
    assert (report.score, report.bonus) == (100, 10)
    assert wait_for_the_end_of_all(since) == []
    assert at_hand() == before
    assert this.memory_info().rss - memory < 50 * 2**20
