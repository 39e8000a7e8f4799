"""The report as a page: in a real browser, read by axe; its pictures; and submissions that would like to alter it."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from grader.contract import Suite, Text, View
from grader.evidence import Axes, Curve, FigureEvidence
from grader.grade import Options, find_tests, grade, show
from grader.judge import Judge
from grader.render.page import html
from grader.render.pictures import draw
from grader.showcase import STANDS, Exhibit, read
from grader.text import LANGUAGES, Translator
from grader.wire import encode
from tests.grader.conftest import SCREENS, known_mistake

LIGHT = ("windowing", "parameters")
ENGLISH = Translator("en")

MISTAKES = (
    "windowing.make_windows.horizon_ignored",
    "parameters.dense_params.hidden_bias_forgotten",
    "forecasting.forecast_errors.nrmse_over_range",
)

EVIL = "</svg></code><script>owned = 1</script><img src=x onerror='owned = 1'>\x1b[2J\n::error::owned\u202e"
HOSTILE = {
    "windowing": f"def make_windows(*args):\n    raise type({EVIL!r}, (Exception,), {{}})({EVIL!r})\n",
    "parameters": f"def dense_params(*args):\n    return {{{EVIL!r}: 1}}\n",
    "forecasting": f"""
import numpy as np
from matplotlib.figure import Figure

def plot_forecast(t, y_true, y_pred):
    figure = Figure()
    axes = figure.subplots()
    axes.plot(t, np.where(t == 3, 1e300, y_true), label={EVIL!r})
    axes.plot(t, y_pred, label="$\\\\frac{{")
    axes.set(title={EVIL!r} * 9, xlabel="$x_{{", ylabel={EVIL!r})
    axes.legend()
    return figure
""",
}


@pytest.fixture(scope="session")
def judge():
    with Judge() as judge:
        yield judge


@pytest.fixture(scope="session")
def shown(judge):
    """Gives the report on a submission's light exercises, and the exhibits of those that are named."""

    def ask(path, *exercises):
        options = Options(tests=find_tests(), suite=Suite.ALL, exercises=LIGHT, seed=7)
        return grade(path, options, judge=judge), show(path, replace(options, exercises=exercises), judge)

    return ask


@pytest.fixture(scope="session")
def partly_right(tmp_path_factory, root, shown):
    folder = tmp_path_factory.mktemp("partly") / "ana"
    shutil.copytree(root / "solutions", folder, ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    for mistake in MISTAKES:
        with (folder / f"{mistake.partition('.')[0]}.py").open("a", encoding="utf-8") as module:
            module.write(known_mistake(mistake))
    shutil.copy(root / "exercises" / "beyond.py", folder)
    return shown(folder, *LIGHT, "baselines", "lstm", "gradients", "forecasting", "beyond")


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", View, ids=lambda view: view.value)
def test_a_page_needs_nothing_else_fits_its_screen_and_has_no_barrier_that_axe_finds(
    visit, partly_right, view, language, screen
):
    report, exhibits = partly_right
    folders = (find_tests() / "public", find_tests() / "hidden")
    page, asked = visit(html(report, view, Translator(language, folders), exhibits), screen)
    assert len(asked) == 1
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("figure svg").count() == 6
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []


def test_a_student_s_page_has_neither_seed_nor_hidden_value_and_an_instructor_s_has_both(partly_right):
    report, exhibits = partly_right
    details = [str(check.detail) for check in report.checks if check.detail and check.suite is Suite.HIDDEN]
    assert details
    for view, is_there in ((View.STUDENT, False), (View.INSTRUCTOR, True)):
        document = html(replace(report, seed=123454321), view, ENGLISH, exhibits)
        assert ("123454321" in document) is is_there
        assert [detail in document for detail in details] == [is_there] * len(details)


def test_what_a_picture_shows_is_told_in_words_and_what_is_not_in_it_too(partly_right):
    _, exhibits = partly_right
    pictures = {picture.name: picture for picture in draw(exhibits, ENGLISH)}
    assert "0 of the 3 windows" in str(pictures["windows"].alt)
    assert "Dense" in str(pictures["parameters"].alt)
    assert [str(text) for text in pictures["forecast"].left_out] == ["build_gru is not written yet"]


def test_the_reference_s_windows_and_counts_are_shown_as_right(root, shown):
    _, exhibits = shown(root / "solutions", *LIGHT)
    windows, parameters = draw(exhibits, ENGLISH)
    assert str(windows.alt).startswith("3 of the 3 windows")
    assert str(parameters.alt).startswith("All counts of the submission lie on")


def test_exhibits_come_from_public_data_whatever_the_seed_of_the_grade(root, judge):
    def exhibit(seed):
        options = Options(tests=find_tests(), exercises=("windowing",), seed=seed)
        return show(root / "solutions", options, judge)[0].data

    first, second = exhibit(1), exhibit(2)
    assert all(np.array_equal(value, second[name]) for name, value in first.items())


def test_a_submission_that_answers_nothing_has_a_page_with_a_sentence_for_each_picture(root, shown):
    report, exhibits = shown(root / "exercises", *LIGHT, "forecasting")
    assert [picture.svg for picture in draw(exhibits, ENGLISH)] == [""] * 3
    document = html(report, View.STUDENT, ENGLISH, exhibits)
    assert document.count("There is no picture:") == 3
    assert "make_windows is not written yet" in document


def test_a_judge_that_ends_early_leaves_a_sentence_for_what_it_did_not_get_to(tmp_path):
    (tmp_path / "exhibits").write_bytes(encode({"name": "windows", "data": {}, "left_out": []}))
    first, second = read(tmp_path / "exhibits", LIGHT)
    assert (first.name, first.left_out) == ("windows", ())
    assert (second.name, str(second.left_out[0])[:30]) == ("parameters", "the grader could not make it; ")


def test_a_known_mistake_is_explained_once_for_all_checks_that_show_it(partly_right):
    report, exhibits = partly_right
    shared = {"misconception": "make_windows.horizon_ignored", "hint": {"en": "The `horizon` has no effect."}}
    told = {True: shared, False: {"misconception": None}}
    checks = [replace(check, **told[check.function == "make_windows"]) for check in report.checks]
    document = html(replace(report, checks=tuple(checks)), View.STUDENT, ENGLISH, exhibits)
    assert document.count("The <code>horizon</code> has no effect.") == 1
    assert document.count("<strong>Hint</strong>") == 1  # of dense_params


def test_a_page_made_without_the_code_says_why_it_has_no_pictures(partly_right):
    assert "without running the submission" in html(partly_right[0], View.STUDENT, ENGLISH)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory, shown):
    folder = tmp_path_factory.mktemp("hostile") / "<img src=x onerror='owned = 1'>"
    folder.mkdir()
    for exercise, source in HOSTILE.items():
        (folder / f"{exercise}.py").write_text(source, "utf-8")
    return shown(folder, *HOSTILE)


@pytest.mark.parametrize("view", View, ids=lambda view: view.value)
def test_names_messages_and_plots_cannot_alter_a_page(visit, hostile, view):
    report, exhibits = hostile
    document = html(report, view, ENGLISH, exhibits)
    page, asked = visit(document)
    assert len(asked) == 1
    assert page.evaluate("typeof owned") == "undefined"
    for element in ("script", "img", "iframe", "a", "form", "[onerror]"):
        assert page.locator(element).count() == 0, element
    assert "<script>owned" in page.locator("main").inner_text()  # said, and not obeyed
    assert page.locator("figure svg").count() == 1
    assert not set("\x1b\u202e") & set(document)
    assert Axe().run(page).response["violations"] == []


def test_a_page_lets_no_script_run(browser, partly_right, tmp_path):
    document = html(partly_right[0], View.STUDENT, ENGLISH).replace("</main>", "<script>owned = 1</script></main>")
    path = tmp_path / "report.html"
    path.write_text(document, "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("typeof owned") == "undefined"


@pytest.mark.parametrize("values", [[np.nan] * 5, [1e308, -1e308, np.inf, 0.0, 1.0], []], ids=["nan", "huge", "empty"])
def test_curves_that_nobody_could_draw_still_give_a_picture(values):
    curve = Curve(np.array(values, dtype="f8"), np.array(values, dtype="f8"))
    axes = Axes(title="\x00\ud800" * 500, xlabel="$", ylabel="_", legend=("_", "\u202e"), curves=(curve,) * 20)
    exhibit = Exhibit(name="plot", data={"figure": FigureEvidence((axes,))})
    assert draw([exhibit], ENGLISH)[0].svg.startswith("<svg")


def test_every_exhibit_has_a_picture_and_its_own_sentence_when_there_is_none():
    for name in STANDS:
        assert draw([Exhibit(name=name, data={}, left_out=(Text("so"),))], ENGLISH)[0].left_out == (Text("so"),)


def test_github_s_runner_takes_nothing_that_is_printed_for_a_command(tmp_path, root):
    (tmp_path / "parameters.py").write_text(f"def dense_params(*args):\n    raise ValueError({'::error::x ' * 12!r})\n")
    command = [sys.executable, "-m", "grader", "grade", str(tmp_path), "--exercise", "parameters", "--no-cache"]
    environment = {**os.environ, "GITHUB_ACTIONS": "true", "COLUMNS": "80"}
    result = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, check=True)
    first, *between, last = result.stdout.splitlines()
    commands = [line for line in between if line.strip().startswith("::")]
    assert commands  # what a runner would have obeyed
    assert first.startswith("::stop-commands::")
    assert last == first.replace("stop-commands::", "") + "::"
