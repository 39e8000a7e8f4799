"""`grader regrade` of a class: whose score moves is said before anything counts, and no code is run."""

import json
import shutil
from pathlib import Path

import pytest

from grader.classroom.attempts import Attempts
from grader.classroom.graders import Judges
from grader.classroom.regrade import Judged, accept, regrade_class
from grader.classroom.run import Class, run_class
from grader.classroom.submissions import find
from grader.contract import Suite
from grader.grade import Options
from grader.text import Translator
from tests.grader.test_by_hand import grader
from tests.grader.test_class import books, hand_in, run, scores

ROOT = Path(__file__).parents[2]
LIGHT = ("parameters",)
GRU, LSTM = "parameters.gru_params.values", "parameters.lstm_params.values"
CHECKS = "hidden/test_parameters.py"
POINTS = "hidden/points.toml"
TWO_BIASES, ONE_BIAS = "gates=3, biases=2))\n", "gates=3, biases=1))\n        return\n"
"""What the suite expects of a GRU, and what it expects once it is wrong, and content with the first answer."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The suites, and a graded class of ana, who is right, and eva, who has counted one bias of a GRU."""
    folder = tmp_path_factory.mktemp("graded")
    for suite in ("public", "hidden"):
        ignored = shutil.ignore_patterns("misconceptions", "__pycache__")
        shutil.copytree(ROOT / "tests" / suite, folder / "tests" / suite, ignore=ignored)
    for student, wrote in (("ana", None), ("eva", "eva")):
        hand_in(folder / "submissions" / student, wrote)
    assert grade(class_in(folder)) == ["ana: 8/8", "eva: 6/8"]
    return folder


@pytest.fixture
def chosen(graded, tmp_path):
    """The graded class, in which everything may be changed."""
    shutil.copytree(graded, tmp_path, dirs_exist_ok=True)
    return class_in(tmp_path)


def class_in(folder):
    return Class(
        assignment="rnn",
        gradebook=f"sqlite:///{folder}/gradebook.db",
        attempts=folder / "attempts",
        options=Options(tests=folder / "tests", suite=Suite.HIDDEN, exercises=LIGHT),
        secret="a secret",
        round="",
        graders=lambda options: Judges(1),
        translate=Translator("en"),
    )


def grade(chosen):
    """What a class of now says of each student, times apart."""
    said = []
    found = find(chosen.attempts.parent / "submissions", "rnn")
    run_class(found, None, chosen, lambda number, total, result: said.append(str(result)))
    return sorted(line if "as before" in line else line.partition(" (")[0] for line in said)


def change(chosen, name, before, after):
    path = chosen.options.tests / name
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


@pytest.fixture
def judges():
    """Judges of this test's own: a judge's process keeps the suite that it has imported."""
    with Judges(1) as found:
        yield found


@pytest.fixture
def judge(judges):
    """Judges a class again."""
    return lambda chosen: regrade_class(chosen, judges, lambda number, total, verdict: None)


def said(verdicts):
    return [str(verdict) for verdict in verdicts]


def files(chosen, student):
    return sorted(path.name for path in (chosen.folder / student).iterdir())


def test_nobody_moves_by_the_same_suite_and_the_judge_is_not_asked(chosen):
    verdicts = regrade_class(chosen, Unasked(), lambda *told: None)
    assert said(verdicts) == ["ana: 8/8", "eva: 6/8"]
    assert [verdict.moves for verdict in verdicts] == [[], []]
    assert files(chosen, "ana") == ["000001.json", "000001.transcript"]


class Unasked(Judges):
    """Judges who must not be asked."""

    def __init__(self):
        super().__init__(1)

    def regrade(self, transcript, tests):
        raise AssertionError("the judge was asked")


def test_who_moves_by_which_check_and_why_is_known_before_anything_counts_and_then_no_code_is_run_again(
    chosen, judge, tmp_path
):
    change(chosen, CHECKS, TWO_BIASES, ONE_BIAS)
    before = books(tmp_path)
    verdicts = judge(chosen)
    assert said(verdicts) == ["ana: 8/8 → 6/8", "eva: 6/8 → 8/8"]
    (lost,), (won,) = (verdict.moves for verdict in verdicts)
    assert (lost.check, lost.points, won.check, won.points) == (GRU, "2/2 → 0/2", GRU, "0/2 → 2/2")
    assert lost.why.startswith("now: gru_params")
    assert lost.why.endswith("; before: passed")
    assert won.why.startswith("now: passed; before: gru_params")
    assert books(tmp_path) == before
    assert Attempts(chosen.folder).newest("ana").points.score == 8
    assert said(regrade_class(chosen, Unasked(), lambda *told: None)) == said(verdicts), "it was judged twice"

    accept(chosen, verdicts, None)
    assert scores(tmp_path) == {"ana": 6, "eva": 8}
    assert files(chosen, "ana") == ["000001.json", "000001.transcript", "000002.json"]
    assert grade(chosen) == ["ana: 6/8 (as before)", "eva: 8/8 (as before)"]
    assert said(judge(chosen)) == ["ana: 6/8", "eva: 8/8"]


def test_other_points_another_check_and_one_that_is_gone_are_told_apart(chosen, judge):
    change(chosen, POINTS, '"gru_params.values" = 2', '"gru_params.values" = 1\n"gru_params.again" = 2')
    change(chosen, POINTS, '"crossover_look_back.strict" = 1\n', "")
    change(chosen, CHECKS, "def test_crossover_look_back_strict", "def not_any_more")
    source = (chosen.options.tests / CHECKS).read_text("utf-8")
    check = source[source.index('@pytest.mark.function("gru_params")') :].split("\n\n\n")[0]
    path = chosen.options.tests / CHECKS
    again = check.replace("test_gru_params_values", "test_gru_params_again").replace("rng", "rng_for")
    again = again.replace("sizes(rng_for)", f'sizes(rng_for("{GRU}"))')
    path.write_text(f"{source}\n\n{again}\n", "utf-8")
    ana, eva = judge(chosen)
    assert [str(ana), str(eva)] == ["ana: 8/8", "eva: 6/8 → 5/8"]
    assert {move.check: (move.points, move.why) for move in ana.moves} == {
        GRU: ("2/2 → 1/1", "it is worth other points"),
        "parameters.crossover_look_back.strict": ("1/1 → –", "it is in the suite no longer"),
        "parameters.gru_params.again": ("– → 2/2", "it was not in the suite; now: passed"),
    }
    (new,) = [move for move in eva.moves if move.check.endswith("again")]
    assert new.points == "– → 0/2"
    assert new.why.startswith("it was not in the suite; now: gru_params")


def test_evidence_that_is_gone_or_answers_other_questions_is_said_and_costs_no_score(chosen, judge, tmp_path):
    change(chosen, CHECKS, TWO_BIASES, ONE_BIAS)
    (chosen.folder / "ana" / "000001.transcript").unlink()
    change(chosen, CHECKS, "submission.lstm_params(n_features, units)", "submission.lstm_params(n_features, units + 1)")
    verdicts = judge(chosen)
    assert not [verdict for verdict in verdicts if isinstance(verdict, Judged)]
    assert "no transcript of it is kept" in str(verdicts[0])
    assert "no answer to a request of parameters.lstm_params" in str(verdicts[1])
    accept(chosen, verdicts, None)
    assert scores(tmp_path) == {"ana": 8, "eva": 6}


def test_what_is_set_by_hand_survives(chosen, judge, tmp_path):
    where = ["--assignment", "rnn"]
    grader(tmp_path, "override", "ana", GRU, 1, "--reason", "by hand", *where)
    grader(tmp_path, "override", "eva", LSTM, 0, "--reason", "copied", *where)
    change(chosen, CHECKS, TWO_BIASES, ONE_BIAS)
    verdicts = judge(chosen)
    assert said(verdicts) == ["ana: 7/8", "eva: 5/8 → 7/8"]
    accept(chosen, verdicts, None)
    assert scores(tmp_path) == {"ana": 7, "eva": 7}
    assert Attempts(chosen.folder).newest("ana").points.score == 6


def test_interrupted_it_goes_on_and_nobody_is_half_written(chosen, judge, judges, tmp_path, monkeypatch):
    change(chosen, CHECKS, TWO_BIASES, ONE_BIAS)

    def interrupt(number, total, verdict):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        regrade_class(chosen, judges, interrupt)
    assert scores(tmp_path) == {"ana": 8, "eva": 6}
    verdicts = judge(chosen)

    real, accepted = Attempts.accept, []

    def end_after_one(attempts, student):
        if accepted:
            raise KeyboardInterrupt
        accepted.append(student)
        real(attempts, student)

    monkeypatch.setattr(Attempts, "accept", end_after_one)
    with pytest.raises(KeyboardInterrupt):
        accept(chosen, verdicts, None)
    monkeypatch.undo()
    kept = Attempts(chosen.folder)
    assert [kept.newest(student).points.score for student in ("ana", "eva")] == [6, 6]
    accept(chosen, judge(chosen), None)
    assert scores(tmp_path) == {"ana": 6, "eva": 8}
    assert files(chosen, "ana") == files(chosen, "eva") == ["000001.json", "000001.transcript", "000002.json"]


def test_a_submission_that_was_graded_meanwhile_keeps_its_new_score(chosen, judge, tmp_path):
    change(chosen, CHECKS, TWO_BIASES, ONE_BIAS)
    verdicts = judge(chosen)
    hand_in(tmp_path / "better", "eva")
    shutil.copy(tmp_path / "better" / "parameters.py", tmp_path / "submissions" / "ana" / "parameters.py")
    grade(chosen)
    accept(chosen, verdicts, None)
    assert scores(tmp_path) == {"ana": 8, "eva": 8}


@pytest.fixture
def kept(tmp_path):
    """A class as the command line keeps it, of eva alone; what the suite of then said of her was less."""
    run(tmp_path, hand_in(tmp_path / "submissions" / "eva", "eva").parent, exercises=LIGHT)
    path = tmp_path / "attempts" / "recurrent-networks" / "eva" / "000001.json"
    attempt = json.loads(path.read_text("utf-8"))
    check = next(each for each in attempt["report"]["checks"] if each["id"] == LSTM)
    check |= {"score": 0, "outcome": "failed", "message": "it was [bold]wrong[/bold] then"}
    attempt["report"]["score"] -= 1
    path.write_text(json.dumps(attempt | {"suite": "another"}), "utf-8")
    return tmp_path


def test_from_the_command_line_nothing_is_written_until_it_is_asked_for(kept):
    before = books(kept)
    done = grader(kept, "regrade", "attempts", "--lang", "en")
    assert "eva: 5/8 → 6/8" in done.stdout
    assert "1 students: 1 move, 0 stay, 0 not judged again" in done.stdout
    row = next(line for line in done.stdout.splitlines() if LSTM in line)
    assert row.split("  ")[0] == "eva"
    assert "now: passed; before: it was [bold]wrong[/bold] then" in row
    assert "nothing is written" in done.stdout
    assert books(kept) == before
    assert "written to" in grader(kept, "regrade", "attempts", "--write").stdout
    assert scores(kept) == {"eva": 6}
    assert "nobody's score moves" in grader(kept, "regrade", "attempts").stdout
    again = run(kept, kept / "submissions", exercises=LIGHT)
    assert "eva: 6/8 (as before)" in again.stdout


def test_a_group_is_written_for_each_of_its_members(kept):
    (kept / "attempts" / "recurrent-networks" / "eva").rename(kept / "attempts" / "recurrent-networks" / "team")
    for path in (kept / "attempts").rglob("*.json"):
        path.write_text(path.read_text("utf-8").replace('"student": "eva"', '"student": "team"'), "utf-8")
    (kept / "roster.csv").write_text("id,group\nana,team\nbeto,team\n", "utf-8")
    (kept / "gradebook.db").unlink()
    grader(kept, "regrade", "attempts", "--write", "--roster", "roster.csv")
    assert scores(kept) == {"ana": 6, "beto": 6}


def test_who_cannot_be_judged_again_makes_the_exit_status_3(kept):
    next(kept.rglob("*.transcript")).unlink()
    done = grader(kept, "regrade", "attempts", status=3)
    assert "eva: not graded: no transcript of it is kept" in done.stdout
    assert "keep their scores until" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["attempts", "--json", "report.json"], "are of one report"),
        (["attempts", "--assignment", "rnm"], "is not there; give the folder of all attempts"),
        (["attempts/recurrent-networks"], "is not there; give the folder of all attempts"),
        (["roster.csv", "--write"], "--write needs the folder"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path, words, sentence):
    (tmp_path / "attempts" / "recurrent-networks").mkdir(parents=True)
    (tmp_path / "roster.csv").touch()
    assert sentence in " ".join(grader(tmp_path, "regrade", *words, status=2).stderr.split())
