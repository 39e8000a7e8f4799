"""The hidden suite is held against known mistakes and automatic mutants; what survives is listed, or fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import audit
from grader.audit import load_exceptions, subjects
from grader.grade import find_tests
from grader.kills import Finding
from grader.mutants import mutants
from grader.render.audit import markdown

ROOT = Path(__file__).parents[2]
TESTS = find_tests()

MODULE = '''"""A module."""

from __future__ import annotations

LIMIT = 3


def count(values: list[float] | None) -> int:
    """Count the first LIMIT + 1 values."""
    return len(values[: LIMIT - 1]) + 1
'''


def test_a_mutant_is_one_change_of_what_the_code_does(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    found = mutants(path)
    changes = {(mutant.function, mutant.becomes) for mutant in found}
    assert ("count", "return len(values[: LIMIT + 1]) + 1") in changes
    assert ("module", "LIMIT = 4") in changes
    assert len({mutant.source for mutant in found}) == len(found)
    assert all(mutant.source != MODULE for mutant in found)
    assert not [mutant for mutant in found if "None" not in mutant.source or "LIMIT + 1 values" not in mutant.source]


def test_what_is_excepted_is_there_and_has_a_reason():
    exceptions = load_exceptions(TESTS)
    modules = {entry.exercise for entry in exceptions.equivalent}
    ids = {mutant.id for name in modules for mutant in mutants(ROOT / "solutions" / f"{name}.py")}
    assert {entry.id for entry in exceptions.equivalent} <= ids
    assert all(len(entry.reason) > 20 for entry in exceptions.equivalent)
    assert all(len(reason) > 20 for reason in exceptions.unmutated.values())


def found(id, killed_by=(), named=(), by_hand=True):
    return Finding(id=id, exercise="parameters", by_hand=by_hand, killed_by=killed_by, named=named)


def test_a_summary_sorts_what_was_found():
    check = "parameters.gru_params.values"
    summary = audit.summary(
        [
            found("gru_params.one_bias", (check,), ("gru_params.one_bias",)),
            found("gru_params.four_gates", (check, "parameters.lstm_params.values"), ("gru_params.one_bias",)),
            found("gru_params.type_error", (check,)),
            found("a mutant", by_hand=False),
        ],
        TESTS,
    )
    assert summary.survivors == ("a mutant",)
    assert summary.single == {"gru_params.one_bias": check, "gru_params.type_error": check}
    assert summary.undiagnosed == ("gru_params.type_error",)
    assert summary.misdiagnosed == {"gru_params.four_gates": "gru_params.one_bias"}
    assert check not in summary.idle
    assert "parameters.dense_params.values" in summary.idle
    text = markdown(summary)
    assert "known mistakes: 3 of 3 killed" in text
    assert "automatic mutants: 0 of 1 killed" in text


def test_an_audit_goes_on_where_it_was_stopped(tmp_path):
    every = subjects(TESTS, ["parameters"], automatic=False)
    first = audit.audit(every[:2], TESTS, 1, tmp_path, lambda id: None)
    journal = tmp_path / "findings.jsonl"
    journal.write_bytes(journal.read_bytes() + b'["cut off')
    told = []
    again = audit.audit(every[:3], TESTS, 1, tmp_path, told.append)
    assert again[:2] == first
    assert told == [subject.id for subject in every[:3]]
    assert len([line for line in journal.read_bytes().splitlines() if line.endswith(b"]")]) == 3


SAMPLE = 12


@pytest.mark.parametrize("exercise", ["windowing", "parameters"])
def test_a_sample_of_mistakes_and_mutants_is_killed_and_every_mistake_in_it_is_named(exercise, tmp_path):
    every = subjects(TESTS, [exercise])
    drawn = audit.sampled(every, SAMPLE, seed=20261124)
    summary = audit.summary(audit.audit(drawn, TESTS, 20261124, tmp_path, lambda id: None), TESTS)
    assert summary.survivors == ()
    assert summary.outdated == ()
    assert summary.undiagnosed == ()


def test_a_variant_that_makes_no_mistake_survives(tmp_path):
    course = tmp_path / "course"
    shutil.copytree(ROOT / "tests" / "hidden", course / "tests" / "hidden")
    shutil.copytree(ROOT / "tests" / "public", course / "tests" / "public")
    shutil.copytree(ROOT / "solutions", course / "solutions")
    (course / "tests/hidden/misconceptions/parameters/gru_params.one_bias.py").write_text("# mistake: none\n")
    every = subjects(course / "tests", ["parameters"], automatic=False)
    right = [subject for subject in every if subject.id == "gru_params.one_bias"]
    summary = audit.summary(
        audit.audit(right, course / "tests", 1, tmp_path / "work", lambda id: None), course / "tests"
    )
    assert summary.survivors == ("gru_params.one_bias",)


def test_the_command_says_what_was_killed_and_knows_its_exercises(tmp_path):
    words = [sys.executable, "-m", "grader", "audit", "--by-hand", "--sample", "2", "--work", str(tmp_path)]
    done = subprocess.run([*words, "--exercise", "parameters"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "known mistakes: 2 of 2 killed" in done.stdout
    assert (tmp_path / "audit.md").read_text("utf-8") in done.stdout
    wrong = subprocess.run([*words, "--exercise", "parametres"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert wrong.returncode == 2
    assert "parametres" in wrong.stderr
