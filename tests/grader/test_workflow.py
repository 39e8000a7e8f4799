"""The student's workflow, run for real by `act`, and what it must not do.

GitHub's own actions are replaced by the stand-ins in `actions/`; every other line is what GitHub would run.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

from grader import git
from grader.classroom.submissions import Part
from grader.handout import Handout, Target, release
from grader.workflow import ACTIONS, PATH, PINNED, faults, note, released
from tests.grader.conftest import known_mistake
from tests.grader.github_server import TOKEN, Clock, GitHub
from tests.grader.test_sweep import push as commit_and_push

ROOT = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "actions"
ACT = Path(sys.executable).parent / "act"
RUN_S = 600


@pytest.fixture(scope="module")
def student_repository(tmp_path_factory):
    return release(tmp_path_factory.mktemp("release") / "student", Target.GITHUB, Handout(root=ROOT))[0]


@pytest.fixture(scope="module")
def text(student_repository):
    return (student_repository / PATH).read_text("utf-8")


def test_the_released_workflow_has_no_fault(text):
    assert faults(text) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("contents: read", "contents: write", "permissions"),
        ("permissions:\n  contents: read\n", "", "permissions"),
        ("    timeout-minutes", "    permissions: write-all\n    timeout-minutes", "permissions"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "not pinned"),
        ("  push:", "  pull_request_target:", "pull_request_target"),
        ("path: ~/.cache/uv", "token: ${{ secrets.ORGANISATION }}", "ORGANISATION"),
        ("path: ~/.cache/uv", "token: ${{ toJSON(secrets) }}", "all of the secrets"),
    ],
)
def test_a_workflow_that_may_do_more_has_a_fault(text, before, after, fault):
    assert before in text
    assert any(fault in each for each in faults(text.replace(before, after)))


def test_our_own_workflow_keeps_the_rules_that_it_is_held_to_in_a_release():
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    assert faults(text) == []
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    known = {f"{name}@{commit}" for name, (commit, _) in ACTIONS.items()}
    assert {step["uses"] for step in steps if "uses" in step} <= known


@pytest.mark.parametrize("broken", ["", "- a list", "jobs:", "jobs: {a: [", "name: grade"])
def test_what_is_no_workflow_is_a_fault_and_not_a_crash(broken):
    assert len(faults(broken)) == 1


def test_a_changed_workflow_is_noted_on_the_instructor_s_side_and_a_released_one_is_not(student_repository, tmp_path):
    assert note(student_repository) is None
    assert note(tmp_path) is None
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text((student_repository / PATH).read_text("utf-8") + "# changed\n", "utf-8")
    assert "not the released one" in str(note(tmp_path).detail)


def test_every_variant_that_can_be_released_is_known():
    assert len(released()) == 4


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The instructor's workflow, and the repository that it is in."""
    folder = release(tmp_path_factory.mktemp("release") / "instructor", Target.INSTRUCTOR, Handout(root=ROOT))[0]
    return folder, yaml.safe_load((folder / ".github" / "workflows" / "sweep.yml").read_text("utf-8"))


def test_the_instructor_s_workflow_has_the_least_rights_and_no_word_of_others_in_its_scripts(sweep):
    workflow = sweep[1]
    assert workflow["permissions"] == {"contents": "write"}
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}  # YAML 1.1 reads the word `on` as true
    part, whole = workflow["jobs"]["part"], workflow["jobs"]["sweep"]
    assert part["permissions"] == {"contents": "read"}
    assert "permissions" not in whole
    for job, count in ((part, 4), (whole, 5)):
        scripts = [step["run"] for step in job["steps"] if "run" in step]
        assert len(scripts) == count
        assert not any("${{" in script for script in scripts)
        assert all(PINNED.fullmatch(step["uses"]) for step in job["steps"] if "uses" in step)
        secrets = [step["name"] for step in job["steps"] if "secrets." in str(step)]
        assert secrets == ["Sweep"]


def test_the_instructor_s_repository_has_all_that_a_grade_needs_and_no_solution(sweep):
    folder = sweep[0]
    for name in (
        "public/points.toml",
        "hidden/points.toml",
        "hidden/thresholds.toml",
        "hidden/misconceptions/lstm.toml",
    ):
        assert (folder / "tests" / name).is_file()
    (wheel,) = (folder / "wheels").iterdir()
    assert f"./wheels/{wheel.name}[instructor]" in (folder / "requirements.txt").read_text("utf-8").splitlines()
    assert not [path for path in folder.rglob("*") if path.name in ("solutions", "exercises")]
    assert git.run(folder, "status", "--porcelain") == b""


@pytest.fixture(scope="module")
def student_python(tmp_path_factory):
    """A Python as a student's workflow finds it with a warm cache: all packages but the grader."""
    folder = tmp_path_factory.mktemp("python") / "venv"
    venv.create(folder, with_pip=True)
    own, theirs = (next(Path(prefix).glob("lib/python*/site-packages")) for prefix in (sys.prefix, folder))
    for entry in own.iterdir():
        if "rnn_grader" in entry.name or (theirs / entry.name).exists():
            continue
        if entry.is_dir():
            shutil.copytree(entry, theirs / entry.name, copy_function=link_or_copy)
        else:
            link_or_copy(entry, theirs / entry.name)
    return folder


def link_or_copy(source, target):
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


class Run:
    """What came of one run of the workflow."""

    def __init__(self, log, folder):
        self.log = log
        self.report = json.loads((folder / "report.json").read_text("utf-8"))
        lines = (folder / "results.env").read_text("utf-8").splitlines()
        found = dict(line.split("=", 1) for line in lines)
        self.runners = (folder / "runners.txt").read_text("utf-8").strip().split(",")
        self.results = {name: json.loads(base64.b64decode(found[f"{name.upper()}_RESULTS"])) for name in self.runners}

    @property
    def outputs(self):
        parts = [line.split("::set-output:: ", 1)[1] for line in self.log.splitlines() if "::set-output:: " in line]
        return dict(part.split("=", 1) for part in parts)

    @property
    def commands(self):
        """The annotations that act has read from the log."""
        return [line.split("❗  ", 1)[1] for line in self.log.splitlines() if "❗  " in line]


def act(event, folder, home, told, *words, status=0):
    """Run the workflow of a repository, with an environment; returns the log."""
    known = {name: STAND_INS / name.rpartition("/")[2].removeprefix("autograding-grading-") for name in ACTIONS}
    command = [str(ACT), event, "-P", "ubuntu-latest=-self-hosted", *words]
    for name, value in told.items():
        command += ["--env", f"{name}={value}"]
    for name, (commit, _) in ACTIONS.items():
        command += ["--local-repository", f"{name}@{commit}={known[name]}"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=RUN_S)
    log = done.stdout + done.stderr
    assert done.returncode == status, log
    return log


@pytest.fixture
def push(student_repository, student_python, tmp_path):
    """Runs the workflow on a submission: the released repository with other files in place of some."""

    def run(files, *, repository=student_repository, suite="", without=()):
        folder, kept = tmp_path / "pushed", tmp_path / "kept"
        shutil.copytree(repository, folder)
        kept.mkdir()
        for name in without:
            shutil.rmtree(folder / name)
        for name, source in files.items():
            (folder / name).write_text(source, "utf-8")
        told = {"PYTHON_OF_THE_TEST": student_python, "FOLDER_OF_THE_TEST": kept}
        words = ["--var", f"GRADER_SUITE={suite}", "--secret", "GRADER_SUITE_TOKEN=none"]
        log = act("push", folder, tmp_path, told, *words)
        return Run(log, kept)

    return run


def solution(name):
    return (ROOT / "solutions" / f"{name}.py").read_text("utf-8")


def agree(run):
    """Every place has the points of the report."""
    score, max_score = run.report["score"], run.report["max_score"]
    counted = [result for result in run.results.values() if result["max_score"]]
    assert sum(test["score"] for result in counted for test in result["tests"]) == score
    assert sum(result["max_score"] for result in counted) == max_score
    assert (run.outputs["score"], run.outputs["max-score"]) == (str(score), str(max_score))
    assert f"{score}/{max_score}" in run.log.split("Summary - ", 1)[1].splitlines()[0]
    assert all(result["tests"] for result in run.results.values())


@pytest.mark.full
def test_a_partly_right_submission_has_its_points_and_annotations_on_its_own_lines(push):
    wrong = solution("lstm") + "\n\n" + known_mistake("lstm.lstm_forward.gates_in_order_of_slides")
    files = {"exercises/windowing.py": solution("windowing"), "exercises/parameters.py": solution("parameters")}
    run = push(files | {"exercises/lstm.py": wrong})
    points = {exercise["name"]: exercise["score"] for exercise in run.report["exercises"]}
    assert (points["windowing"], points["parameters"], points["baselines"]) == (12, 8, 0)
    assert 0 < points["lstm"] < 14
    assert run.report["view"] == "student"
    (command,) = run.commands
    line = max(number for number, text in enumerate(wrong.splitlines(), 1) if text.startswith("def lstm_forward("))
    assert command.startswith(f"::error file=exercises/lstm.py,line={line},")
    agree(run)


@pytest.mark.full
def test_an_empty_submission_is_graded_and_has_no_points(push):
    run = push({}, without=["exercises"])
    assert run.report["score"] == 0
    assert run.commands == []
    agree(run)


HOSTILE = """
print("::set-output name=score::100")
print("::error file=README.md::planted")


def __getattr__(name):
    def fail(*args, **kwargs):
        raise ValueError("</pre><img src=planted> [planted](planted) @planted " + "x" * 15
                         + "\\n::set-output name=score::100\\n::add-path::/planted\\n##[error]planted")
    return fail
"""


@pytest.mark.full
def test_a_hostile_submission_commands_nothing_and_its_text_is_inert(push):
    module = HOSTILE + "\n\nlstm_forward = build_lstm = __getattr__('lstm_forward')\n"
    shadow = "raise SystemExit('planted')\n"
    files = {"exercises/lstm.py": module, "exercises/parameters.py": solution("parameters")}
    files |= dict.fromkeys(("conftest.py", "secrets.py", "grader.py", "sitecustomize.py", "pytest.ini"), shadow)
    run = push(files)
    assert run.report["score"] == 8
    assert run.outputs["score"] == "8"
    assert all(command.startswith("::error file=exercises/lstm.py,line=") for command in run.commands)
    summary = run.log.split("Summary - ", 1)[1].split("⭐", 1)[0]
    assert "&lt;img src=planted&gt; [planted](planted) @planted" in summary
    assert "<img" not in summary
    token = re.search("::stop-commands::([0-9a-f]{32})", run.log)[1]
    before, printed, _ = re.split(f"::stop-commands::{token}|::{token}::", run.log)
    assert "::add-path::/planted" in printed
    assert "planted" not in before
    agree(run)


@pytest.mark.full
def test_the_hidden_suite_at_push_gives_the_real_score_and_shows_no_hidden_value(push, tmp_path, student_python):
    """The suite comes from a folder here, and `sudo` does nothing: this machine's walls are up already."""
    student, suite = release(tmp_path / "released", Target.GITHUB, Handout(root=ROOT, hidden=True))
    (student_python / "bin" / "sudo").write_text("#!/bin/sh\n", "utf-8")
    (student_python / "bin" / "sudo").chmod(0o755)
    wrong = known_mistake("windowing.make_windows.horizon_ignored")
    files = {"exercises/windowing.py": solution("windowing") + "\n\n" + wrong}
    run = push(files, repository=student, suite=suite)
    points = {exercise["name"]: exercise["score"] for exercise in run.report["exercises"]}
    assert run.report["suite"] == "hidden"
    assert 0 < points["windowing"] < 12
    assert isinstance(run.report["seed"], str)
    agree(run)


@pytest.fixture
def instructor(sweep, student_python, tmp_path):
    """Runs the instructor's workflow, of which `origin` keeps the books and `kept` the artifacts."""
    (student_python / "bin" / "sudo").write_text("#!/bin/sh\n", "utf-8")
    (student_python / "bin" / "sudo").chmod(0o755)
    alembic = f"#!{student_python}/bin/python\nfrom alembic.config import main\n\nmain()\n"  # only packages are copied
    (student_python / "bin" / "alembic").write_text(alembic, "utf-8")
    (student_python / "bin" / "alembic").chmod(0o755)
    origin, kept = tmp_path / "origin.git", tmp_path / "kept"
    (tmp_path / "bare").mkdir()
    kept.mkdir()
    git.run(tmp_path, "clone", "--quiet", "--bare", str(sweep[0]), str(origin))

    def run(server, **variables):
        folder = tmp_path / "instructor"
        git.run(tmp_path, "clone", "--quiet", str(origin), str(folder))
        told = {"PYTHON_OF_THE_TEST": student_python, "FOLDER_OF_THE_TEST": kept, **server.environment}
        words = ["--secret", f"GRADER_TOKEN={TOKEN}", "--secret", "GRADER_SECRET=x"]
        for name, value in {"GRADER_CLASS": "course/rnn-", **variables}.items():
            words += ["--var", f"{name}={value}"]
        log = act("workflow_dispatch", folder, tmp_path, told, *words)
        shutil.rmtree(folder)
        assert TOKEN not in log
        return log

    return run, origin, kept


def books_of(origin):
    """The ids in the table of scores, and what is kept of attempts."""
    rows = git.run(origin, "show", "main:books/scores.csv").decode().splitlines()
    files = git.run(origin, "ls-tree", "-r", "--name-only", "main", "books/attempts").decode().splitlines()
    return [row.split(",")[0] for row in rows[1:]], ["/".join(file.split("/")[-2:]) for file in files]


@pytest.mark.full
def test_the_instructor_s_workflow_grades_posts_and_keeps_the_books(instructor, tmp_path):
    """Twice: what the first run has graded and posted, the second one knows from the books."""
    run, origin, kept = instructor
    with GitHub(tmp_path / "bare", Clock()).running() as server:
        commit = commit_and_push(server, "rnn-ana", solution("parameters"))
        logs = [run(server) for _ in range(2)]
    posts = sorted(post.get("description", "a comment") for _, post in server.seen)
    assert posts == ["8/100, bonus 0/10", "a comment"]
    assert {place[1] for place, _ in server.seen} == {commit}
    assert ("2 posts made" in logs[0], "ana: 8/100, bonus 0/10 (as before)" in logs[1]) == (True, True)
    ids, files = books_of(origin)
    assert ids == ["ana"]
    assert not [file for file in files if file.endswith("transcript")]
    assert (kept / "scores.csv").is_file()
    assert "ana" in (kept / "class.html").read_text("utf-8")
    assert not (kept / "artifacts" / "transcripts").exists()


@pytest.mark.full
def test_the_parts_of_a_large_class_are_put_together_in_one_table(instructor, tmp_path):
    """Three students in two parts, each graded and posted once; the last job finds all as it was before."""
    run, origin, kept = instructor
    students = ("ana", "beto", "caro")
    with GitHub(tmp_path / "bare", Clock()).running() as server:
        for student in students:
            commit_and_push(server, f"rnn-{student}", solution("parameters"))
        log = run(server, GRADER_PARTS="[1, 2]", GRADER_TRANSCRIPT_DAYS="90")
    assert {Part(1, 2).has(student) for student in students} == {True, False}, "they are all in one part"
    assert len(server.seen) == 2 * len(students)
    for student in students:
        assert log.count(f"{student}: 8/100, bonus 0/10 (as before)") == 1
    assert log.count("8/100, bonus 0/10 (") == 2 * len(students)
    assert "0 posts made" in log
    ids, files = books_of(origin)
    assert ids == list(students)
    assert [file for file in files if file.endswith("000001.json")] == [f"{each}/000001.json" for each in students]
    assert not [file for file in files if file.endswith("transcript")]
    assert (kept / "artifacts" / "transcripts" / "000001.transcript").is_file()
