"""`grader class`: a class of real submissions, killed and resumed; what breaks, the roster, repositories, the books."""

import contextlib
import csv
import datetime
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from grader import git
from grader.classroom.attempts import Attempts
from grader.classroom.graders import Judges
from grader.classroom.grading import Graded, NotGraded, grade_class
from grader.classroom.submissions import Local, find
from grader.classroom.tables import read_addresses, read_roster
from grader.contract import Suite
from grader.errors import GraderError, UsageError
from grader.grade import Options, find_tests, round_seed
from grader.text import Translator

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
MISTAKES = ROOT / "tests" / "hidden" / "misconceptions"
LIGHT = ("windowing", "parameters")
"""Exercises that need no TensorFlow, so that a class takes seconds."""
PATIENCE_S = 120
CLASS = {
    "ana": ("windowing", SAMPLES / "correct" / "windowing.sliding_view.py"),
    "beto": ("windowing", MISTAKES / "windowing" / "make_windows.horizon_ignored.py"),
    "caro": ("parameters", SAMPLES / "hostile" / "03_hard_exit_in_call.py"),
    "dora": ("parameters", SAMPLES / "correct" / "parameters.closed_form.py"),
    "eva": ("parameters", MISTAKES / "parameters" / "gru_params.one_bias.py"),
    "félix": ("windowing", MISTAKES / "windowing" / "split_series.shuffled.py"),
    "gala": ("windowing", SAMPLES / "correct" / "windowing.slow_loops.py"),
    "hugo": ("parameters", MISTAKES / "parameters" / "lstm_params.three_gates.py"),
}
"""Students, and what each wrote in place of a part of the reference."""

PERFECT = {"ana", "dora", "gala"}


def hand_in(folder, student=None):
    """A submission: the reference, with what a student of the class wrote after it."""
    folder.mkdir(parents=True)
    for name in LIGHT:
        shutil.copy(ROOT / "solutions" / f"{name}.py", folder)
    if student:
        module, sample = CLASS[student]
        with (folder / f"{module}.py").open("a", encoding="utf-8") as stream:
            stream.write(f"\n\n{sample.read_text('utf-8')}")
    return folder


def hand_in_all(folder):
    for student in CLASS:
        hand_in(folder / student, student)
    return folder


def command(cwd, *arguments, secret="a secret", exercises=LIGHT):
    """The command line and the rest of a call of `grader class`, with a memory of its own beside the books."""
    cwd.mkdir(exist_ok=True)
    environment = os.environ | {"GRADER_SECRET": secret, "XDG_CACHE_HOME": str(cwd / "cache")}
    parts = [part for name in exercises for part in ("--exercise", name)]
    words = [sys.executable, "-m", "grader", "class", *map(str, arguments), *parts, "--lang", "en"]
    return words, {"cwd": cwd, "env": environment, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def run(cwd, *arguments, status=0, **how):
    words, rest = command(cwd, *arguments, **how)
    done = subprocess.run(words, check=False, timeout=PATIENCE_S, **rest)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def table(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


GRADES = """
    SELECT student.id, assignment.name, notebook.name, base_cell.name, grade_cells.max_score, grade.auto_score,
           grade.manual_score, grade.needs_manual_grade, submitted_assignment.timestamp
    FROM grade
    JOIN base_cell ON base_cell.id = grade.cell_id
    JOIN grade_cells ON grade_cells.id = base_cell.id
    JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
    JOIN notebook ON notebook.id = submitted_notebook.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    JOIN student ON student.id = submitted_assignment.student_id
    ORDER BY 1, 2, 3, 4
"""


def query(path, words):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(words).fetchall()
        connection.commit()
    return rows


def books(cwd):
    """All that is in a gradebook, ids and times apart."""
    counts = [query(cwd / "gradebook.db", f"SELECT count(*) FROM {name}") for name in ("student", "grade", "base_cell")]
    return query(cwd / "gradebook.db", GRADES), counts, query(cwd / "gradebook.db", "SELECT * FROM alembic_version")


def scores(cwd):
    """What the gradebook says of each student."""
    found = {}
    for student, *_, auto, manual, _, _ in books(cwd)[0]:
        found[student] = found.get(student, 0) + (auto if manual is None else manual)
    return found


def kept(cwd):
    """All attempts, times apart."""
    found = []
    for path in sorted((cwd / "attempts").rglob("*.json")):
        attempt = json.loads(path.read_text("utf-8"))
        facts = {key: attempt[key] for key in ("student", "code", "suite", "seed")}
        outcomes = [(check["id"], check["outcome"]) for check in attempt["report"]["checks"]]
        found.append((path.parent.name, path.name, facts, outcomes))
    return found


def kill(cwd, submissions, lines, wait_s):
    """Start a run, and kill it so many new results after the gradebook is there, and a little more."""
    words, rest = command(cwd, submissions)
    process = subprocess.Popen(words, **rest)
    try:
        end = time.monotonic() + PATIENCE_S
        while not (cwd / "gradebook.db").exists() and time.monotonic() < end:
            time.sleep(0.01)
        while lines and (line := process.stdout.readline()):
            lines -= "as before" not in line
        time.sleep(wait_s)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)


def test_a_run_that_is_killed_again_and_again_ends_with_the_books_of_one_that_was_not(tmp_path):
    submissions = hand_in_all(tmp_path / "submissions")
    run(tmp_path / "whole", submissions)
    chance = random.Random(7)  # of the moments within a step; when the steps are, the machine says
    killed = tmp_path / "killed"
    for lines in (0, 0, 1, 2, 1):
        kill(killed, submissions, lines, chance.uniform(0, 0.6))
    done = run(killed, submissions)
    assert "as before" in done.stdout
    assert books(killed) == books(tmp_path / "whole")
    assert kept(killed) == kept(tmp_path / "whole")
    assert [name for _, name, _, _ in kept(killed)] == ["000001.json"] * len(CLASS), "something was graded twice"
    assert {student for student, score in scores(killed).items() if score == 20} == PERFECT
    assert set(scores(killed)) == set(CLASS)


def test_a_gradebook_is_made_again_from_the_attempts_and_what_people_entered_stays(tmp_path):
    submissions = hand_in(tmp_path / "submissions" / "ana", "eva").parent
    run(tmp_path, submissions)
    before = books(tmp_path), kept(tmp_path)
    (tmp_path / "gradebook.db").unlink()
    assert "ana: 18/20 (as before)" in run(tmp_path, submissions).stdout
    assert (books(tmp_path), kept(tmp_path)) == before
    query(tmp_path / "gradebook.db", "UPDATE grade SET manual_score = 2 WHERE auto_score = 0")
    by_hand = scores(tmp_path)
    run(tmp_path, submissions)
    assert scores(tmp_path) == by_hand


def test_nbgrader_itself_exports_the_scores_and_wants_nothing_graded_by_hand(tmp_path):
    submissions = hand_in(tmp_path / "submitted" / "ana" / "rnn" / "exercises").parents[2]
    (submissions / "ana" / "rnn" / "timestamp.txt").write_text("2026-11-29 23:15:00.5 UTC", "utf-8")
    (submissions / "beto" / "another").mkdir(parents=True)
    done = run(tmp_path, submissions, "--assignment", "rnn")
    assert "not a submission, and not taken: beto" in done.stdout
    export = [str(Path(sys.executable).parent / "nbgrader"), "export", f"--db=sqlite:///{tmp_path}/gradebook.db"]
    subprocess.run(export, cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as stream:
        rows = [
            (row["assignment"], row["student_id"], row["score"], row["max_score"]) for row in csv.DictReader(stream)
        ]
    assert rows == [("rnn", "ana", "20.0", "20.0")]
    grades = books(tmp_path)[0]
    assert {needs_manual for *_, needs_manual, _ in grades} == {0}
    assert {time for *_, time in grades} == {"2026-11-29 23:15:00.500000"}


def test_the_seeds_are_those_of_grader_grade_with_the_same_secret_student_and_round(tmp_path):
    submissions = hand_in(tmp_path / "submissions" / "ana").parent
    run(tmp_path, submissions, "--round", "november")
    assert [facts["seed"] for _, _, facts, _ in kept(tmp_path)] == [round_seed("a secret", "ana", "november")]
    assert "GRADER_SECRET" in run(tmp_path, submissions, "--round", "november", secret="", status=2).stderr


class Breaking:
    """A submission that brings a fault of the grader's own to light."""

    def __init__(self, student, error):
        self.student = student
        self._error = error

    @contextlib.contextmanager
    def at_hand(self):
        raise self._error
        yield


def results(submissions, attempts, workers=2):
    options = Options(tests=find_tests(), suite=Suite.HIDDEN, exercises=LIGHT)
    with Judges(workers) as judges:
        how = {"seeds": lambda student: 7, "translate": Translator("en"), "graders": judges}
        return {result.student: result for result in grade_class(submissions, options, attempts, **how)}


def test_code_that_changed_is_graded_again_and_the_attempt_before_is_kept(tmp_path):
    attempts = Attempts(tmp_path / "attempts")
    ana = Local("ana", hand_in(tmp_path / "ana", "eva"))
    came = []
    for _ in range(2):
        result = results([ana], attempts)["ana"]
        came.append((result.attempt.points.score, result.known))
    shutil.copy(ROOT / "solutions" / "parameters.py", ana.path)
    result = results([ana], attempts)["ana"]
    assert [*came, (result.attempt.points.score, result.known)] == [(18, False), (18, True), (20, False)]
    assert attempts.newest("ana").points.score == 20
    assert [path.name for path in sorted((tmp_path / "attempts" / "ana").iterdir())] == [
        "000001.json",
        "000002.json",
        "000002.transcript",
    ]


def test_what_breaks_the_grader_is_reported_stops_no_other_and_costs_no_score(tmp_path):
    attempts = Attempts(tmp_path / "attempts")
    good = [Local(student, hand_in(tmp_path / student)) for student in ("ana", "beto", "caro")]
    assert all(isinstance(result, Graded) for result in results(good, attempts).values())
    faults = [Breaking("ana", GraderError("the judge ended")), Breaking("beto", RecursionError("too deep"))]
    dora = Local("dora", hand_in(tmp_path / "dora"))
    found = results([*faults, good[2], dora], attempts, workers=1)
    assert {student: type(result) for student, result in found.items()} == {
        "ana": NotGraded,
        "beto": NotGraded,
        "caro": Graded,
        "dora": Graded,
    }
    assert (str(found["ana"]), found["beto"].reason) == ("ana: not graded: the judge ended", "RecursionError: too deep")
    assert {student: each.points.score for student, each in attempts.all_newest().items()} == dict.fromkeys(
        ("ana", "beto", "caro", "dora"), 20
    )


def test_everyone_on_the_roster_is_in_the_table_and_who_is_not_on_it_is_said_aloud(tmp_path):
    submissions = tmp_path / "submissions"
    hand_in(submissions / "ana")
    with zipfile.ZipFile(submissions / "beto.zip", "w") as archive:
        archive.write(ROOT / "solutions" / "windowing.py", "homework/exercises/windowing.py")
    hand_in(submissions / "stranger", "eva")
    (submissions / "notes.txt").write_text("remember", "utf-8")
    roster = tmp_path / "roster.csv"
    roster.write_text("id;last_name;first_name\nzoe;Ávila;Zoe\nana;Pérez;Ana\nbeto;;\n", "utf-8-sig")
    done = run(tmp_path, submissions, "--roster", roster, "--csv", tmp_path / "scores.csv")
    assert "on the roster, without a submission: zoe" in done.stdout
    assert "not on the roster; graded, and not in the table: stranger" in done.stdout
    assert "not a submission, and not taken: notes.txt" in done.stdout
    rows = table(tmp_path / "scores.csv")
    assert list(rows) == ["zoe", "ana", "beto"]
    said = {id: (row["last_name"], row["status"], row["score"], row["parameters"]) for id, row in rows.items()}
    assert said == {
        "zoe": ("Ávila", "missing", "", ""),
        "ana": ("Pérez", "graded", "20", "8"),
        "beto": ("", "graded", "12", "0"),
    }
    assert query(tmp_path / "gradebook.db", "SELECT last_name FROM student WHERE id = 'zoe'") == [("Ávila",)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name,mail\nana,a@b\n", "columns name, mail; expected also id"),
        (b"", "expected also id"),
        (b"id\nana\nbeto\nana\n", "line 4: ana is there a second time"),
        (b"id,last_name\n,P\n", "line 2: there is no id"),
        (b"id\n../ana\n", "no id of a student"),
        ("id\nñandú\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_roster_that_is_none_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        read_roster(path)


def test_a_name_in_the_roster_may_have_a_line_of_its_own(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('id,last_name\nana,"Paz\nde Sosa"\nbeto,Gil\n', "utf-8")
    assert [(student.id, student.last_name) for student in read_roster(path)] == [
        ("ana", "Paz\nde Sosa"),
        ("beto", "Gil"),
    ]


def test_a_line_of_the_roster_may_be_shorter_than_its_header(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("id,last_name\nana\n\nbeto,B,too,much\n", "utf-8")
    assert [(student.id, student.last_name) for student in read_roster(path)] == [("ana", ""), ("beto", "B")]


def test_two_submissions_of_one_student_and_a_folder_without_any_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no submission is in"):
        find(tmp_path, "rnn")
    (tmp_path / "ana").mkdir()
    (tmp_path / "beto").symlink_to("/etc")
    assert find(tmp_path, "rnn").ignored == ["beto"]
    (tmp_path / "ana.tar.gz").touch()
    with pytest.raises(UsageError, match="ana has two submissions"):
        find(tmp_path, "rnn")


def test_a_part_of_the_exercises_never_takes_the_place_of_the_whole(tmp_path):
    submissions = hand_in(tmp_path / "submissions" / "ana").parent
    run(tmp_path, submissions)
    done = run(tmp_path, submissions, exercises=("windowing",), status=2)
    assert "was graded with parameters" in done.stderr
    assert scores(tmp_path) == {"ana": 20}


def test_two_runs_at_once_are_one_too_many(tmp_path):
    attempts = Attempts(tmp_path / "attempts")
    with attempts.held(), pytest.raises(UsageError, match="another"), Attempts(tmp_path / "attempts").held():
        pass
    with attempts.held():
        pass


def commit(folder, day, **files):
    """A commit at noon of a day in November."""
    folder.mkdir(exist_ok=True)
    if not (folder / ".git").exists():
        git.run(folder, "init", "--quiet", "--initial-branch=main")
    for name, content in files.items():
        (folder / f"{name}.py").write_text(content, "utf-8")
    date = f"2026-11-{day}T12:00:00Z"
    git.run(folder, "add", "--all")
    environment = os.environ | git.AUTHOR | git.COMMITTER | {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    subprocess.run(["git", "-C", folder, "commit", "--quiet", "--allow-empty", "-m", day], env=environment, check=True)
    return git.run(folder, "rev-parse", "HEAD").decode().strip()


def addresses(path, *rows):
    path.write_text("\n".join(["id,repository,commit,deadline", *rows, ""]), "utf-8")
    return path


def test_of_a_repository_the_last_commit_before_the_deadline_counts(tmp_path):
    repository = tmp_path / "repository"
    first = commit(repository, "10", windowing="# first\n")
    second = commit(repository, "20", windowing="# second\n")
    third = commit(repository, "30", windowing="# third\n")
    listed = addresses(
        tmp_path / "class.csv",
        f"early,{repository},,2026-11-20T08:59:59-03:00",
        f"just,{repository},,2026-11-20T09:00:00-03:00",
        f"late,{repository},,",
        f"given,{repository},{first[:10]},",
    )
    came = {}
    for submission in find(listed, "rnn").submissions:
        with submission.at_hand() as handed:
            came[submission.student] = (handed.submitted.day, (handed.path / "windowing.py").read_text("utf-8"))
            assert handed.submitted.tzinfo is not None
            if submission.student != "given":
                assert handed.commit in (first, second, third)
    assert came == {
        "early": (10, "# first\n"),
        "just": (20, "# second\n"),
        "late": (30, "# third\n"),
        "given": (10, "# first\n"),
    }


def test_a_clone_runs_nothing_of_the_repository_and_follows_no_link(tmp_path):
    repository, witness = tmp_path / "repository", tmp_path / "witness"
    repository.mkdir()
    (repository / "lstm.py").symlink_to("/etc/hostname")
    (repository / ".gitattributes").write_text("*.py filter=lfs diff=lfs merge=lfs\n", "utf-8")
    commit(repository, "10", windowing="x = 1\n")
    for hook in ("post-checkout", "post-commit", "pre-auto-gc"):
        path = repository / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {witness}\n", "utf-8")
        path.chmod(0o755)
    git.run(repository, "config", "filter.lfs.smudge", f"touch {witness}")
    listed = addresses(tmp_path / "class.csv", f"ana,{repository},,")
    with find(listed, "rnn").submissions[0].at_hand() as handed:
        assert not (handed.path / "lstm.py").is_symlink()
        assert (handed.path / "windowing.py").read_text("utf-8") == "x = 1\n"
    assert not witness.exists()


def test_a_repository_that_is_gone_or_empty_is_reported_and_costs_no_earlier_score(tmp_path):
    sources = {name: (ROOT / "solutions" / f"{name}.py").read_text("utf-8") for name in LIGHT}
    for student in ("ana", "beto"):
        commit(tmp_path / student, "10", **sources)
    (tmp_path / "caro").mkdir()
    git.run(tmp_path / "caro", "init", "--quiet")
    deadline = "2026-11-05T00:00:00Z"
    listed = addresses(
        tmp_path / "class.csv",
        *(f"{student},{tmp_path / student},," for student in ("ana", "beto", "caro")),
        f"dora,{tmp_path / 'ana'},,{deadline}",
    )
    done = run(tmp_path, listed, "--csv", tmp_path / "scores.csv", status=3)
    assert "caro: not graded: the repository has no commit" in done.stdout
    assert "dora: not graded: the repository has no commit up to 2026-11-05" in done.stdout
    shutil.rmtree(tmp_path / "ana")
    done = run(tmp_path, listed, "--csv", tmp_path / "scores.csv", status=3)
    assert "ana: not graded: git clone failed" in done.stdout
    assert "beto: 20/20 (as before)" in done.stdout
    rows = {id: (row["status"], row["score"]) for id, row in table(tmp_path / "scores.csv").items()}
    assert rows == {
        "ana": ("earlier", "20"),
        "beto": ("graded", "20"),
        "caro": ("not graded", ""),
        "dora": ("not graded", ""),
    }
    assert scores(tmp_path) == {"ana": 20, "beto": 20}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("ana,/r,--upload-pack=x,", "is no hash of a commit"),
        ("ana,/r,,2026-11-29T23:59", "is no time with a time zone"),
        ("ana,/r,,tomorrow", "is no time with a time zone"),
        ("ana,,,", "there is no repository"),
    ],
)
def test_an_address_that_is_none_is_refused_in_a_sentence(tmp_path, row, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_addresses(addresses(tmp_path / "class.csv", row))


def test_a_deadline_is_a_moment_wherever_it_was_written(tmp_path):
    address = read_addresses(addresses(tmp_path / "class.csv", "ana,/r,,2026-11-29T23:59:00-03:00"))[0]
    assert address.deadline == datetime.datetime(2026, 11, 30, 2, 59, tzinfo=datetime.UTC)
