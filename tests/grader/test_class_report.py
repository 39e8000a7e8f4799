"""The report on a class as a page: in a real browser, read by axe; what it counts, whom it names, what it lets run."""

import stat
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from grader.classroom.attempts import Attempts
from grader.classroom.overview import mistakes, rates
from grader.classroom.page import ClassPages
from grader.classroom.tables import Student
from grader.contract import Check, Outcome, Suite, Text, View
from grader.course import load_points, load_titles, suite_folder
from grader.errors import GraderError
from grader.grade import find_tests
from grader.render.page import html
from grader.report import from_json, to_json
from grader.text import LANGUAGES, Translator
from tests.grader.classes import ENGLISH, HIDDEN, MISTAKES, drawn, forecasts, report, scores
from tests.grader.conftest import SCREENS
from tests.grader.test_class import hand_in, run

SUITES = tuple(suite_folder(find_tests(), suite) for suite in (Suite.PUBLIC, Suite.HIDDEN))
TITLES = {id: title for folder in SUITES for id, title in load_titles(folder).items()}
SHUFFLED, ORDER = "split_series.shuffled", "split_series.test_before_val"
PIECES, FRACTIONS = "windowing.split_series.pieces", "windowing.split_series.fractions"
INVERSE = "windowing.unscale.inverse"
EVIL = "</script></svg><script>owned = 1</script><img src=x onerror='owned = 1'>{0}{{x}}"


def pages(made, language="en", forecasts=None):
    return ClassPages(made, find_tests(), Translator(language, SUITES), forecasts or {})


def three(**how):
    """A class of three, of whom one handed in nothing."""
    students = [Student(id=id, first_name=id.title(), last_name="Núñez") for id in ("ana", "beto", "caro")]
    first = report(
        {PIECES: Outcome.FAILED, FRACTIONS: Outcome.MISSING},
        mistakes={PIECES: SHUFFLED},
        notes=[("limit", "it took too long: ana's own words"), ("left-out", "notes.txt was left out")],
        duration_s=31.5,
    )
    return scores(students, {"ana": first, "beto": report({})}, **how)


@pytest.fixture(scope="module")
def forty():
    return drawn(40)


@pytest.mark.parametrize(
    ("language", "screen", "anonymous"),
    [*((language, screen, False) for language in LANGUAGES for screen in SCREENS), ("en", "telephone", True)],
)
def test_the_page_needs_nothing_else_fits_its_screen_and_has_no_barrier_that_axe_finds(
    visit, forty, language, screen, anonymous
):
    made = pages(forty, language, forecasts(forty))
    page, asked = visit(made.of_class("pages", anonymous=anonymous), screen)
    assert len(asked) == 1
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []


@pytest.fixture
def strict(browser, tmp_path):
    """Opens a page with its policy in force; gives it, and what was refused or went wrong."""
    context = browser.new_context()

    def open_page(document):
        path = tmp_path / "class.html"
        path.write_text(document, "utf-8")
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        return page, said

    yield open_page
    context.close()


def column(page, table, number):
    return page.locator(f"#{table} tbody tr:visible > :nth-child({number})").all_inner_texts()


def test_students_are_sorted_by_any_column_and_found_without_accents(strict, forty):
    page, said = strict(pages(forty).of_class())
    header = page.locator("#table-students thead th").nth(2)
    header.get_by_role("button").click()
    points = [each.attempt.points.score if each.attempt else -1 for each in forty.standings]
    shown = [int(text.partition("/")[0].replace("–", "-1")) for text in column(page, "table-students", 3)]
    assert shown == sorted(points)
    assert header.get_attribute("aria-sort") == "ascending"
    header.get_by_role("button").click()
    shown = [int(text.partition("/")[0].replace("–", "-1")) for text in column(page, "table-students", 3)]
    assert shown == sorted(points, reverse=True)
    page.locator("#search-table-students input").fill("NUNEZ u007")
    assert column(page, "table-students", 2) == ["u007"]
    assert page.locator("#search-table-students output").inner_text() == "1 / 40"
    page.locator("#search-table-students input").fill("100")
    assert column(page, "table-students", 2) == []  # the points are no words
    page.locator("#search-table-students input").fill("")
    assert len(column(page, "table-students", 2)) == 40
    assert said == []


def test_no_script_runs_but_the_page_s_own(strict):
    document = pages(three()).of_class().replace("</main>", "<script>owned = 1</script></main>")
    page, said = strict(document)
    assert page.evaluate("typeof owned") == "undefined"
    assert page.locator("#table-students thead button").count() == 6
    assert any("Content Security Policy" in sentence for sentence in said)


def test_names_ids_and_messages_cannot_alter_the_pages(visit):
    student = Student(id="<img src=x onerror='owned = 1'>", first_name=EVIL, last_name="\x1b[2J\u202e")
    made = report(
        {PIECES: Outcome.FAILED}, mistakes={PIECES: "<b>of.no.catalogue"}, notes=[("died", EVIL)], message=EVIL
    )
    found = scores([student], {student.id: made}, strangers=[EVIL])
    documents = [pages(found).of_class("pages/<i>"), *pages(found).of_students().values()]
    for document, scripts in zip(documents, (1, 0), strict=True):
        page, asked = visit(document)
        assert len(asked) == 1
        assert page.evaluate("typeof owned") == "undefined"
        assert page.locator("script").count() == scripts
        for element in ("img", "iframe", "i", "b", "[onerror]"):
            assert page.locator(element).count() == 0, element
        assert "<script>owned" in page.locator("main").inner_text()  # said, and not obeyed
        assert not set("\x1b\u202e") & set(document)
        assert Axe().run(page).response["violations"] == []


def test_a_check_has_its_rate_and_a_mistake_counts_once_for_each_student_who_made_it():
    both, left = {PIECES: Outcome.FAILED, FRACTIONS: Outcome.FAILED}, {INVERSE: Outcome.MISSING}
    made = [
        report(both | left, mistakes=dict.fromkeys(both, SHUFFLED)),
        report(both | left, mistakes={PIECES: SHUFFLED, FRACTIONS: ORDER}),
        report({PIECES: Outcome.MISSING} | left),
        report(left),
    ]
    assert mistakes(made) == [(SHUFFLED, 2), (ORDER, 1)]
    first, second, third, *others = rates(made)
    assert (first.check.id, first.passed, first.failed, first.count, first.percent) == (PIECES, 1, 2, 4, 25)
    assert (second.check.id, second.passed, second.failed) == (FRACTIONS, 2, 2)
    # What nobody passed, since nobody has come to it, says less of a class than what some tried in vain.
    assert (third.check.id, third.passed, third.failed) == (INVERSE, 0, 0)
    assert {rate.percent for rate in others} == {100}
    assert len(rates(made)) == len(load_points(HIDDEN))


@pytest.mark.parametrize("language", LANGUAGES)
def test_mistakes_and_checks_are_told_in_the_language_of_the_page(visit, language):
    page, _ = visit(pages(three(), language).of_class())
    said = page.locator("main").inner_text()
    assert MISTAKES[SHUFFLED].words[language].what.replace("`", "") in said
    assert Translator(language, SUITES)(TITLES[PIECES]).replace("`", "") in said


def test_the_page_says_who_has_no_score_and_who_is_not_on_the_roster(visit):
    page, _ = visit(pages(three(strangers=["zoe"])).of_class())
    without = page.locator("section", has=page.locator("#without")).inner_text()
    assert [line for line in without.splitlines() if line] == [
        "Without a score",
        "nothing handed in",
        "Núñez, Caro",
        "not on the roster",
        "zoe",
    ]
    page, _ = visit(pages(three(failed=["caro"])).of_class())
    assert "could not be graded\nNúñez, Caro" in page.locator("section", has=page.locator("#without")).inner_text()


@pytest.mark.parametrize(("count", "drawn_as"), [(8, "students"), (40, "8 in 10 students")])
def test_the_forecasts_are_held_against_the_reference_and_persistence_and_the_worst_are_named(visit, count, drawn_as):
    made = drawn(count)
    found = forecasts(made)
    page, _ = visit(pages(made, forecasts=found).of_class())
    section = page.locator("section", has=page.locator("#challenge"))
    said = section.get_by_role("img").get_attribute("aria-label")
    assert f"of {len(found)} forecasters" in said
    assert "that of the reference is 0.02, that of persistence 0.82. Not better than persistence: 1." in said
    rows = [row.split("\t") for row in section.locator("tbody tr").all_inner_texts()]
    assert len(rows) == 3
    assert rows[0] == [f"Núñez {len(found) - 1}, Ana {len(found) - 1}", "3.00"]
    page, _ = visit(pages(made).of_class())
    assert page.locator("#challenge").count() == 0


def test_what_ran_badly_and_what_was_slow_is_shown_and_a_file_left_out_is_neither(visit):
    page, _ = visit(pages(three()).of_class())
    harmed = page.locator("section", has=page.locator("#harmed")).inner_text()
    assert "it took too long: ana's own words" in harmed
    assert "Submissions: 1." in harmed
    assert "left out" not in harmed
    assert column(page, "table-students", 5) == ["1", "–", "–"]
    slowest = page.locator("section", has=page.locator("#slowest")).locator("tbody tr").all_inner_texts()
    assert [row.split("\t") for row in slowest] == [["Núñez, Ana", "31.5 s"], ["Núñez, Beto", "2.5 s"]]


def test_without_names_the_page_has_no_name_no_id_and_no_word_of_the_code_and_says_as_much_else(visit):
    made = three(strangers=["zoe"])
    document = pages(made, forecasts=forecasts(made)).of_class("pages", anonymous=True)
    for word in ("ana", "Ana", "beto", "Beto", "caro", "Caro", "Núñez", "zoe", "pages/"):
        assert word not in document, word
    page, _ = visit(document)
    assert column(page, "table-students", 1) == ["student 1", "student 2", "student 3"]
    points = column(page, "table-students", 2)
    assert points[0] == "100/100"  # by score, so that the roster's order says nothing
    assert points[2] == "–"
    assert "a limit was met: 1" in page.locator("section", has=page.locator("#harmed")).inner_text()


def test_a_class_without_any_score_has_a_page_too(visit):
    page, _ = visit(pages(scores([Student(id="ana")], {})).of_class())
    assert column(page, "table-students", 1) == ["ana"]
    assert page.locator("figure").count() == 0
    assert Axe().run(page).response["violations"] == []


def test_a_kept_report_gives_the_page_that_the_report_itself_gives():
    lost = report({PIECES: Outcome.FAILED, FRACTIONS: Outcome.TIMEOUT}, notes=[("limit", "{so}")], message="{0} `x`")
    public = next(iter(load_points(SUITES[0])))
    exercise, function, _ = public.split(".")
    title = Text(TITLES[public])
    extra = Check(
        id=public,
        suite=Suite.PUBLIC,
        exercise=exercise,
        function=function,
        title=title,
        outcome=Outcome.FAILED,
        score=0,
        max_score=0,
        message=Text("X has shape {came}", {"came": "(3,)"}),
        detail=Text("expected {shape}", {"shape": "(4,)"}),
    )
    whole = replace(lost, suite=Suite.ALL, checks=(*lost.checks, extra))
    kept = from_json(to_json(whole, View.INSTRUCTOR, ENGLISH), TITLES)
    assert html(kept, View.INSTRUCTOR, ENGLISH) == html(whole, View.INSTRUCTOR, ENGLISH)


@pytest.mark.parametrize("change", [{"checks": [{}]}, {"suite": "none"}, {"isolation": None}, {"notes": 3}])
def test_what_is_no_report_is_refused_in_a_sentence(change):
    document = to_json(report({}), View.INSTRUCTOR, ENGLISH) | change
    with pytest.raises(GraderError, match="no report of ours"):
        from_json(document, TITLES)


@pytest.mark.parametrize("folder", SUITES, ids=lambda folder: folder.name)
def test_every_check_has_a_title_without_being_imported(folder):
    assert list(load_titles(folder)) == list(load_points(folder))


def test_grader_class_writes_the_page_of_the_class_and_one_for_each_student(tmp_path, strict):
    submissions = hand_in(tmp_path / "submissions" / "ana #1?", "beto").parent
    roster = tmp_path / "roster.csv"
    roster.write_text("id,last_name,first_name\nana #1?,Núñez,Ana\nzoe,Ávila,Zoe\n", "utf-8")
    out, students = tmp_path / "out" / "class.html", tmp_path / "students here"
    out.parent.mkdir()
    run(tmp_path, submissions, "--roster", roster, "--html", out, "--pages", students)
    page, said = strict(out.read_text("utf-8"))
    assert said == []
    assert column(page, "table-students", 1) == ["Núñez, Ana", "Ávila, Zoe"]
    assert "make_windows.horizon_ignored" in page.locator("section", has=page.locator("#mistakes")).inner_text()
    page.goto(out.as_uri())
    page.get_by_role("link", name="Núñez, Ana").first.click()
    assert page.locator("h1").inner_text() == "ana #1?"
    kept = Attempts(tmp_path / "attempts" / "recurrent-networks").newest("ana #1?")
    assert str(kept.seed) in page.locator("main").inner_text()  # the instructor's view
    assert [path.name for path in students.iterdir()] == ["ana #1?.html"]
    assert stat.S_IMODE(students.stat().st_mode) == 0o700
    done = run(tmp_path, submissions, "--anonymous", "--pages", students, status=2)
    assert "not both" in done.stderr
