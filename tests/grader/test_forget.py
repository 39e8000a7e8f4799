"""`grader forget`: nothing of a student is left, and everything of the others."""

import json
import subprocess
import sys

import pytest

from tests.grader.test_class import books, hand_in, kept, run


def forget(cwd, *words):
    command = [sys.executable, "-m", "grader", "forget", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def graded(tmp_path):
    """A class of two, graded for two assignments."""
    for student in ("ana", "félix"):
        hand_in(tmp_path / "submissions" / student, student)
    for assignment in ("first", "second"):
        run(tmp_path, tmp_path / "submissions", "--assignment", assignment, exercises=("windowing",))
    return tmp_path


def test_nothing_of_a_student_is_left_in_any_assignment_and_the_others_are_untouched(graded):
    grades_before, attempts_before = books(graded)[0], kept(graded)
    done = forget(graded, "félix")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("félix") == 3
    assert books(graded)[0] == [row for row in grades_before if row[0] == "ana"]
    assert kept(graded) == [attempt for attempt in attempts_before if attempt[0] == "ana"]
    left = [path for path in (graded / "attempts").rglob("*") if "félix" in path.name]
    assert left == []
    holding = [path for path in (graded / "attempts").rglob("*.json") if "félix" in path.read_text("utf-8")]
    assert holding == []
    assert "félix".encode() not in (graded / "gradebook.db").read_bytes()


def test_who_is_not_there_is_said_and_makes_no_gradebook(tmp_path):
    done = forget(tmp_path, "nadia")
    assert done.returncode == 2
    assert "nothing of nadia is kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "gradebook.db").exists()


@pytest.mark.parametrize("student", ["..", "../ana", "", "*"])
def test_an_id_that_is_a_path_or_a_pattern_deletes_nothing(graded, student):
    before = books(graded), kept(graded)
    assert forget(graded, student).returncode == 2
    assert (books(graded), kept(graded)) == before


def transcripts(cwd):
    return sorted(str(path.relative_to(cwd / "attempts")) for path in (cwd / "attempts").rglob("*.transcript"))


def test_old_transcripts_of_everyone_go_and_scores_stay(graded):
    """By when the code was run, whatever a copy has made of the dates of the files."""
    path = graded / "attempts" / "first" / "ana" / "000001.json"
    attempt = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(attempt | {"graded": "2026-01-01T00:00:00Z"}), "utf-8")
    (graded / "attempts" / "second" / "ana" / ".unfinished.transcript").touch()
    before = books(graded), kept(graded)
    done = forget(graded, "--transcripts-older-than", "30")
    assert done.returncode == 0, done.stderr
    assert "first/ana/000001.transcript" in done.stdout
    assert transcripts(graded) == [
        "first/félix/000001.transcript",
        "second/ana/000001.transcript",
        "second/félix/000001.transcript",
    ]
    assert (books(graded), kept(graded)) == before
    assert "nothing is that old" in forget(graded, "--transcripts-older-than", "30").stdout
    forget(graded, "--transcripts-older-than", "0")
    assert transcripts(graded) == []
    assert (books(graded), kept(graded)) == before


@pytest.mark.parametrize(
    "words", [[], ["ana", "--transcripts-older-than", "3"], ["--transcripts-older-than", "-1"]], ids=str
)
def test_half_a_command_deletes_nothing(tmp_path, words):
    (tmp_path / "attempts").mkdir()
    assert forget(tmp_path, *words).returncode == 2
