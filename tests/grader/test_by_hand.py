"""What an instructor does by hand: scores with a reason that outlive every grading, groups, and extensions."""

import json
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from grader.classroom.attempts import Attempts
from grader.classroom.gradebook import cell_name
from grader.classroom.overrides import Override, Overrides, apply, changes
from grader.classroom.page import ClassPages
from grader.classroom.submissions import extend, find
from grader.classroom.tables import Student, read_roster
from grader.contract import Outcome
from grader.errors import GraderError, UsageError
from grader.grade import find_tests
from grader.postings.commit import make_posts
from grader.postings.record import decode
from tests.grader.classes import ENGLISH, attempt, report
from tests.grader.test_class import addresses, books, commit, hand_in, query, run, scores, table

LOST = "parameters.gru_params.values"
PIECES = "windowing.split_series.pieces"
RADIUS = "beyond.make_reservoir.radius"
REASON = "the statement said otherwise; see forum <b>"
EXERCISE = ("parameters",)


def grader(cwd, *words, status=0):
    command = [sys.executable, "-m", "grader", *map(str, words)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def graded_class(cwd):
    """Ana, who has counted one bias of a GRU, and what her lost check is worth."""
    submissions = hand_in(cwd / "submissions" / "ana", "eva").parent
    run(cwd, submissions, exercises=EXERCISE)
    checks = Attempts(cwd / "attempts" / "recurrent-networks").newest("ana").report["checks"]
    (lost,) = [check for check in checks if check["max_score"] and not check["score"]]
    return submissions, lost["id"], lost["max_score"]


def test_an_override_is_in_the_gradebook_the_table_and_the_page_and_outlives_a_new_grading(tmp_path):
    submissions, check, most = graded_class(tmp_path)
    assert scores(tmp_path) == {"ana": 8 - most}
    grader(tmp_path, "override", "ana", check, most, "--reason", REASON)
    assert scores(tmp_path) == {"ana": 8}, "the gradebook waits for the next grading"
    with (submissions / "ana" / "parameters.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# another try\n")
    done = run(tmp_path, submissions, "--csv", "scores.csv", "--html", "class.html", exercises=EXERCISE)
    assert "ana: 8/8" in done.stdout
    assert "as before" not in done.stdout
    assert scores(tmp_path) == {"ana": 8}
    row = table(tmp_path / "scores.csv")["ana"]
    assert (row["score"], row["parameters"]) == ("8", "8")
    assert row["by_hand"] == f"{check}: 0 → {most} ({REASON})"
    page = (tmp_path / "class.html").read_text("utf-8")
    assert f"0 → {most}" in page
    assert "see forum &lt;b&gt;" in page
    (tmp_path / "gradebook.db").unlink()
    run(tmp_path, submissions, exercises=EXERCISE)
    assert scores(tmp_path) == {"ana": 8}
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.find_comment(cell_name(check), "parameters", "recurrent-networks", "ana").comment == REASON
        assert gradebook.find_submission("recurrent-networks", "ana").score == 8
    newest = Attempts(tmp_path / "attempts" / "recurrent-networks").newest("ana")
    assert newest.points.score == 8 - most, "what the judge said must stay as it was"


def test_an_override_that_is_taken_back_leaves_the_judge_s_points_and_what_people_entered(tmp_path):
    submissions, check, most = graded_class(tmp_path)
    before = books(tmp_path)[0]
    grader(tmp_path, "override", "ana", check, most, "--reason", REASON)
    other = next(row for row in before if row[3] != check)[3]
    entered = f"(SELECT id FROM base_cell WHERE name = '{other}')"
    query(tmp_path / "gradebook.db", f"UPDATE grade SET manual_score = 0.5 WHERE cell_id = {entered}")
    grader(tmp_path, "override", "ana", check, "--remove")
    run(tmp_path, submissions, exercises=EXERCISE)
    assert books(tmp_path)[0] == [(*row[:6], 0.5 if row[3] == other else None, *row[7:]) for row in before]
    assert "no points are set by hand" in grader(tmp_path, "override", "ana", check, "--remove", status=2).stderr


def test_nothing_of_an_override_is_left_of_a_student_who_is_forgotten(tmp_path):
    _, check, most = graded_class(tmp_path)
    grader(tmp_path, "override", "ana", check, most, "--reason", "a secret of hers")
    assert b"a secret of hers" in (tmp_path / "gradebook.db").read_bytes()
    grader(tmp_path, "forget", "ana")
    assert b"a secret of hers" not in (tmp_path / "gradebook.db").read_bytes()
    assert list((tmp_path / "attempts").rglob("*.json")) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ana", "parameters.gru_params.nothing", 1, "--reason", "x"], "there is no check"),
        (["ana", PIECES, 100, "--reason", "x"], "is too much"),
        (["ana", PIECES, 1, "--reason", " "], "needs its reason"),
        (["ana", PIECES, "--reason", "x"], "give the points"),
        (["ana", PIECES, 1, "--remove"], "give the points"),
        (["../ana", PIECES, 1, "--reason", "x"], "no id of a student"),
        (["anna", PIECES, 1, "--reason", "x"], "nothing of anna is kept"),
        (["ana", PIECES, 1, "--reason", "x", "--assignment", "rnm"], "grade the class first"),
    ],
)
def test_an_override_that_cannot_be_is_refused_in_a_sentence_and_leaves_nothing(tmp_path, words, sentence):
    attempts = Attempts(tmp_path / "attempts" / "recurrent-networks")
    attempts.keep(attempt("ana", report({})))
    before = sorted(tmp_path.rglob("*"))
    assert sentence in grader(tmp_path, "override", *words, status=2).stderr
    assert [path for path in sorted(tmp_path.rglob("*")) if path.name != ".lock"] == before


def override(check, points, reason=REASON):
    made = {"check": check, "points": points, "reason": reason, "since": "2026-11-24T00:00:00Z"}
    return {check: Override(**made)}


def test_both_reports_add_up_after_an_override_and_say_why():
    made = attempt("ana", report({PIECES: Outcome.FAILED, RADIUS: Outcome.FAILED}))
    most = next(check.max_score for check in made.points.checks if check.id == PIECES)
    changed = apply(made, override(PIECES, most) | override(RADIUS, 1), ENGLISH)
    assert (made.points.score, changed.points.score) == (100 - most, 100)
    assert changed.points.bonus == made.points.bonus + 1
    assert {each.name: each.score for each in changed.points.exercises}["windowing"] == 12
    (said,) = [check["message"] for check in changed.report["checks"] if check["id"] == PIECES]
    assert REASON in said
    assert "it is wrong" in said


def test_points_that_are_taken_away_are_told_to_the_student_in_the_post():
    made = attempt("ana", report({}))
    view = {**made.report, "view": "student", "seed": "a hash"}
    document = apply(type(made)(**{**fields(made), "for_student": view}), override(PIECES, 0), ENGLISH).for_student
    status, comment = make_posts(decode(json.dumps(document).encode()), ENGLISH)
    assert not status.text.startswith("100/100")
    assert "the statement said otherwise" in comment.text
    assert "<b>" not in comment.text


def fields(record):
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_an_override_of_a_check_that_is_gone_changes_nothing_and_one_that_is_worth_less_now_gives_no_more():
    made = attempt("ana", report({PIECES: Outcome.FAILED}))
    assert apply(made, override("windowing.split_series.gone", 3), ENGLISH) is made
    (change,) = changes(made, override(PIECES, 50))
    assert change.points == next(check.max_score for check in made.points.checks if check.id == PIECES)


def test_a_file_of_overrides_that_was_spoilt_is_named(tmp_path):
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana" / "overrides.json").write_text('[{"check": 3}]', "utf-8")
    with pytest.raises(GraderError, match=r"overrides\.json is not what it was"):
        Overrides(tmp_path).of("ana")


def test_a_group_hands_in_once_and_each_of_its_members_has_the_score_and_perhaps_an_override(tmp_path):
    submissions = hand_in(tmp_path / "submissions" / "team-1", "eva").parent
    for alone in ("caro", "beto"):
        hand_in(submissions / alone)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,group\nana,team-1\nbeto,team-1\ncaro,\ndora,team-2\n", "utf-8")
    done = run(tmp_path, submissions, "--roster", roster, exercises=EXERCISE)
    assert "on the roster, without a submission: dora" in done.stdout
    assert "in a group, and handed in alone; not counted: beto" in done.stdout
    assert "not on the roster" not in done.stdout
    assert {student: score for student, score in scores(tmp_path).items() if student != "beto"} == {"ana": 6, "caro": 8}
    check = next(each["id"] for each in newest(tmp_path, "team-1").report["checks"] if each["outcome"] == "failed")
    for who, points in (("team-1", 1), ("ana", 2)):
        grader(tmp_path, "override", who, check, points, "--reason", f"for {who}")
    run(tmp_path, submissions, "--roster", roster, "--csv", "scores.csv", exercises=EXERCISE)
    assert scores(tmp_path) == {"ana": 8, "beto": 7, "caro": 8}
    rows = {id: (row["status"], row["score"]) for id, row in table(tmp_path / "scores.csv").items()}
    assert rows == {"ana": ("graded", "8"), "beto": ("graded", "7"), "caro": ("graded", "8"), "dora": ("missing", "")}
    assert len(list((tmp_path / "attempts").rglob("team-1/0*.json"))) == 1, "a group is graded once"


def newest(cwd, student):
    return Attempts(cwd / "attempts" / "recurrent-networks").newest(student)


def test_a_group_cannot_have_the_name_of_a_student(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("id,group\nana,beto\nbeto,\n", "utf-8")
    with pytest.raises(UsageError, match="beto is a student's id and the name of a group"):
        read_roster(path)
    path.write_text("id,group\nana,../beto\n", "utf-8")
    with pytest.raises(UsageError, match="no id of a student"):
        read_roster(path)


def test_an_extension_is_a_later_deadline_and_never_an_earlier_one_and_a_group_has_that_of_any_member(tmp_path):
    repository = tmp_path / "repository"
    for day in ("10", "20", "30"):
        commit(repository, day, windowing=f"# {day}\n")
    until = "2026-11-15T00:00:00Z"
    names = ("usual", "extended", "shortened", "team")
    listed = addresses(tmp_path / "class.csv", *(f"{id},{repository},,{until}" for id in names), f"free,{repository},,")
    roster = tmp_path / "roster.csv"
    lines = ["usual,,", "extended,,2026-11-25T00:00:00Z", "shortened,,2026-11-01T00:00:00Z", "free,,2026-11-01T00:00Z"]
    lines += ["ana,team,", "beto,team,2026-11-21T00:00:00Z"]
    roster.write_text("\n".join(["id,group,deadline", *lines]), "utf-8")
    came = {}
    for submission in extend(find(listed, "rnn"), read_roster(roster)).submissions:
        with submission.at_hand() as handed:
            came[submission.student] = handed.submitted.day
    assert came == {"usual": 10, "extended": 20, "shortened": 10, "team": 20, "free": 30}


def test_without_names_the_page_says_that_points_were_set_and_not_whose_or_why(visit):
    from grader.classroom.standing import Scores, Standing, stand_of

    made = attempt("ana", report({PIECES: Outcome.FAILED}))
    by_hand = {"ana": changes(made, override(PIECES, 1))}
    standings = stand_of([Student(id="ana")], {"ana": made}, graded=["ana"], failed=[], by_hand=by_hand)
    assert isinstance(standings[0], Standing)
    found = Scores(assignment="rnn", exercises=[], max_score=100, has_bonus=True, standings=standings, strangers=[])
    document = ClassPages(found, find_tests(), ENGLISH).of_class(anonymous=True)
    page, _ = visit(document)
    assert "0 → 1" in page.locator("section", has=page.locator("#by-hand")).inner_text()
    assert "forum" not in document
