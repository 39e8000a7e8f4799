"""Nbgrader's formgrader, as Jupyter serves it and a browser shows it, has our scores; what is entered there stays."""

import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from tests.grader.clusters import START_S, until
from tests.grader.test_class import hand_in, run, scores

ASSIGNMENT = "recurrent-networks"
MATHJAX = "MathJax = {Hub: {Config() {}, Startup: {signal: {Interest(told) { setTimeout(() => told('End')) }}}}}"
"""Stands in for what the formgrader fetches from a server far away; its page waits for it."""


@pytest.fixture
def course(tmp_path):
    """The course folder of a class of three."""
    for student in ("ana", "eva", "félix"):
        hand_in(tmp_path / "submissions" / student, student)
    run(tmp_path, tmp_path / "submissions", "--formgrader", tmp_path)
    return tmp_path


def test_every_student_has_a_notebook_of_every_exercise_with_what_came_of_each_check(course):
    found = sorted(path.relative_to(course / "autograded").parts for path in (course / "autograded").rglob("*.ipynb"))
    students = ("ana", "eva", "félix")
    assert found == [
        (who, ASSIGNMENT, f"{exercise}.ipynb") for who in students for exercise in ("parameters", "windowing")
    ]
    notebook = nbformat.read(course.joinpath("autograded", "eva", ASSIGNMENT, "parameters.ipynb"), 4)
    nbformat.validate(notebook)
    said = {cell.metadata.nbgrader.grade_id: cell.outputs[0].text for cell in notebook.cells if cell.metadata}
    assert [check for check, text in said.items() if text.startswith("✗")] == ["parameters-gru_params-values"]
    assert "This looks like a known mistake" in said["parameters-gru_params-values"]


@pytest.fixture
def formgrader(course):
    """The address of a formgrader that runs in the course folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    jupyter = str(Path(sys.executable).parent / "jupyter")
    where = [f"--ServerApp.root_dir={course}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", "--ServerApp.port_retries=0"]
    with (course / "server.log").open("w") as log:
        server = subprocess.Popen([jupyter, "server", *where, *options], cwd=course, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}/formgrader"
        until(lambda: answers(address))
        yield address
    finally:
        server.terminate()
        server.wait(START_S)


def answers(address):
    try:
        return urllib.request.urlopen(address, timeout=START_S)
    except OSError:
        return None


@pytest.mark.full
def test_the_formgrader_shows_the_scores_and_what_a_teacher_enters_there_stays(formgrader, browser, course):
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.route("**/mathjax/**", lambda route: route.fulfill(body=MATHJAX, content_type="text/javascript"))
    page.goto(f"{formgrader}/manage_students")
    for student, score in (("ana", 20), ("eva", 18), ("félix", 19)):
        expect(page.get_by_role("row", name=re.compile(rf"\b{student}\b"))).to_contain_text(f"{score} / 20")
    page.goto(f"{formgrader}/manage_students/eva/{ASSIGNMENT}")
    expect(page.get_by_role("row", name="windowing")).to_contain_text("12 / 12")
    expect(page.get_by_role("row", name="parameters")).to_contain_text("6 / 8")
    page.get_by_role("link", name="parameters").click()
    points = page.locator("#parameters-gru_params-values")
    expect(points).to_have_attribute("placeholder", "0")
    expect(page.locator("#parameters-lstm_params-values")).to_have_attribute("placeholder", "1")
    expect(page.get_by_text("This looks like a known mistake")).to_be_visible()
    points.fill("1")
    with page.expect_response("**/api/grade/*"):
        points.press("Tab")
    page.screenshot(path=course / "formgrader.png")
    run(course, course / "submissions", "--formgrader", course)
    assert scores(course) == {"ana": 20, "eva": 19, "félix": 19}
    page.goto(f"{formgrader}/manage_students")
    expect(page.get_by_role("row", name=re.compile(r"\beva\b"))).to_contain_text("19 / 20")
