"""The tables that Canvas and Moodle import: whom they name and how, and what stands where there is no score."""

import csv
import io

import pytest

from grader.classroom.export import to_canvas, to_csv, to_moodle
from grader.classroom.tables import Student
from grader.contract import Outcome
from tests.grader.classes import report, scores
from tests.grader.test_class import hand_in, run

ANA = Student(id="1001", first_name="Ana", last_name='Núñez, "la"', email="ana@example.org", lms_user_id="77")
BETO = Student(id="1002")
CARO = Student(id="1003", first_name="Caro", last_name="Ávila", email="caro@example.org")
LOST = {"windowing.split_series.pieces": Outcome.FAILED, "beyond.make_reservoir.radius": Outcome.FAILED}
LIGHT = ("windowing", "parameters")


def rows(content):
    return list(csv.reader(io.StringIO(content)))


@pytest.fixture
def three():
    return scores([ANA, BETO, CARO], {"1001": report(LOST), "1003": report({})})


def test_canvas_finds_students_by_its_own_number_or_the_roster_s_id_and_knows_what_is_possible(three):
    header, possible, *students = rows(to_canvas(three))
    points = three.standings[0].attempt.points
    assert (points.score, points.bonus) == (99, 9)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "rnn", "rnn bonus"]
    assert possible == ["    Points Possible", "", "", "", "", "100", "0"]
    assert students == [
        ['Núñez, "la", Ana', "77", "1001", "1001", "", "99", "9"],
        ["1002", "", "1002", "1002", "", "", ""],
        ["Ávila, Caro", "", "1003", "1003", "", "100", "10"],
    ]


def test_moodle_has_no_column_in_which_a_student_could_be_nobody(three):
    header, *students = rows(to_moodle(three))
    assert header == ["ID number", "First name", "Last name", "rnn", "rnn bonus"]
    assert students[1] == ["1002", "", "", "-", "-"]
    whole = scores([ANA, CARO], {"1003": report({})})
    assert rows(to_moodle(whole)) == [
        ["ID number", "First name", "Last name", "Email address", "rnn", "rnn bonus"],
        ["1001", "Ana", 'Núñez, "la"', "ana@example.org", "-", "-"],
        ["1003", "Caro", "Ávila", "caro@example.org", "100", "10"],
    ]


def test_an_assignment_without_a_bonus_has_no_column_for_one():
    light = scores([ANA], {"1001": report({}, exercises=LIGHT)}, exercises=LIGHT)
    assert rows(to_canvas(light))[:2] == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "rnn"],
        ["    Points Possible", "", "", "", "", "20"],
    ]
    assert rows(to_moodle(light))[0][-1] == "rnn"


@pytest.mark.parametrize("form", [to_csv, to_canvas, to_moodle])
def test_everyone_on_the_roster_is_in_every_table_once(form):
    students = [Student(id=f"u{number}") for number in range(30)]
    content = form(scores(students, {"u3": report({})}, failed=["u4"], strangers=["zoe"]))
    named = [[cell for cell in row if cell.startswith("u")] for row in rows(content)]
    assert [set(cells) for cells in named if cells] == [{student.id} for student in students]
    assert "zoe" not in content


def test_grader_class_writes_both_with_all_of_the_roster(tmp_path):
    submissions = hand_in(tmp_path / "submissions" / "ana", "eva").parent
    roster = tmp_path / "roster.csv"
    roster.write_text("id,lms_user_id\nzoe,5\nana,6\n", "utf-8")
    run(tmp_path, submissions, "--roster", roster, "--canvas", "canvas.csv", "--moodle", "moodle.csv")
    assert [row[1:] for row in rows((tmp_path / "canvas.csv").read_text("utf-8"))] == [
        ["ID", "SIS User ID", "SIS Login ID", "Section", "recurrent-networks"],
        ["", "", "", "", "20"],
        ["5", "zoe", "zoe", "", ""],
        ["6", "ana", "ana", "", "18"],
    ]
    assert rows((tmp_path / "moodle.csv").read_text("utf-8"))[1:] == [["zoe", "", "", "-"], ["ana", "", "", "18"]]
