"""Every posting says the same points, and nothing that a submission says gets out of its place."""

import base64
import datetime
import html
import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.contract import Outcome, Suite, View
from grader.course import load_course
from grader.doctor import totals
from grader.errors import UsageError
from grader.post import Form, post
from grader.postings import classroom50, commit, github, gradescope, markdown, reporter
from grader.postings.record import decode
from grader.text import Translator

ENGLISH = Translator("en")
ENVIRONMENT = {
    "CLASSROOM": "networks",
    "ASSIGNMENT": "recurrent",
    "ASSIGNMENT_TYPE": "individual",
    "OWNER": "ana",
    "SUBMISSION_TAG": "submit/2026-11-24T10-00-00Z-abc1234",
    "COMMIT_URL": "https://example.org/commit/abc1234",
    "RELEASE_URL": "https://example.org/releases/tag/submit",
    "REVIEW_URL": "https://example.org/compare/a...b",
}
COMMITTED = datetime.datetime.fromisoformat("2026-11-24T07:00:01-03:00")


def document(checks, view=View.STUDENT, **changes):
    """A report as `--json` writes it, of checks (exercise, function, points, outcome, message)."""
    exercises = []
    for spec in load_course().exercises:
        own = [check for check in checks if check[0] == spec.name]
        score, most = (sum(c[2] for c in own if c[3] in kinds) for kinds in ((Outcome.PASSED,), tuple(Outcome)))
        status = "passed" if score == most else "partial" if score else "failed"
        exercises.append({"name": spec.name, "score": score, "max_score": most, "status": status})
    sums = {key: [e[key] for e in exercises if e["name"] != "beyond"] for key in ("score", "max_score")}
    made = {
        "schema": "grader/report/v1",
        "submission": "ana",
        "view": view.value,
        "score": sum(sums["score"]),
        "max_score": sum(sums["max_score"]),
        "bonus": exercises[-1]["score"],
        "max_bonus": exercises[-1]["max_score"],
        "seed": "a hash",
        "suite": Suite.PUBLIC.value,
        "exercises": exercises,
        "checks": [
            {
                "id": f"{exercise}.{function}.check{number}",
                "exercise": exercise,
                "function": function,
                "outcome": outcome.value,
                "score": points if outcome is Outcome.PASSED else 0,
                "max_score": points,
                "message": message,
                "hint": None if outcome is Outcome.PASSED else "Look at the units.",
                "misconception": None,
                "cached": False,
                "duration_s": 0.5,
            }
            for number, (exercise, function, points, outcome, message) in enumerate(checks)
        ],
        "isolation": {"rung": "bwrap", "detail": "walls"},
        "notes": [{"kind": "left-out", "detail": checks[0][4]}] if checks else [],
        "environment": {},
        "duration_s": 12.5,
    }
    return json.dumps(made | changes).encode()


SAID = st.text(st.characters(codec="utf-8"), max_size=80) | st.sampled_from(
    [
        "\n::error::planted",
        "</pre><script>planted</script>",
        "%0A::set-output name=score::100",
        "```\n# planted [x](y) @all",
        "(lstm.py:9999999)",
        "\r\n##[error]planted",
    ]
)
CHECKS = st.lists(
    st.tuples(
        st.sampled_from(load_course().names),
        st.sampled_from(["build_lstm", "lstm_forward", "scale"]),
        st.integers(0, 9),
        st.sampled_from(Outcome),
        SAID,
    ),
    max_size=40,
)


@given(CHECKS)
def test_every_posting_has_the_total_of_the_report(checks):
    posted = decode(document(checks))
    wanted = (posted.score, posted.max_score)
    assert totals(posted, ENGLISH) == dict.fromkeys(
        ("github", "summary", "reporter", "classroom50", "gradescope"), wanted
    )


@given(CHECKS)
def test_both_totals_of_the_reporter_are_that_of_the_report(checks):
    posted = decode(document(checks))
    results = reporter.results(posted).values()
    assert all(result["tests"] for result in results)
    table = sum(
        sum(test["status"] == "pass" for test in result["tests"]) / len(result["tests"]) * result["max_score"]
        for result in results
    )
    assert table == pytest.approx(posted.score)
    failing = any(result["status"] == "fail" for result in results)
    assert failing == (posted.score < posted.max_score)


@given(CHECKS)
def test_an_annotation_is_one_line_and_points_into_the_file(checks):
    sources = {name: (f"exercises/{name}.py", "import numpy\n\n\ndef scale(series):\n    pass\n") for name in ("lstm",)}
    commands = github.annotate(decode(document(checks)), sources)
    assert len(commands) <= github.MAX_ANNOTATIONS
    for command in commands:
        assert re.fullmatch(r"::error file=exercises/lstm\.py,line=[1-5],title=[^:\r\n]*::[^\r\n]*", command)


@given(CHECKS)
def test_an_output_is_one_line_and_holds_what_the_reporter_reads(checks):
    outputs = github.outputs(decode(document(checks)))
    runners = {reporter.runner_id(name) for name in load_course().names}
    assert set(outputs) == {*github.POINTS, *runners}
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]+", value) for value in outputs.values())
    assert all(json.loads(base64.b64decode(outputs[name]))["version"] == 3 for name in runners)


@given(CHECKS)
def test_what_a_submission_says_is_inert_in_markdown(checks):
    page = markdown.page(decode(document(checks)), ENGLISH)
    outside = re.sub(r"<pre>[^<>]*</pre>", "", page)
    assert "planted" not in outside
    assert "<" not in outside
    for _, _, _, outcome, message in checks:
        if outcome not in (Outcome.PASSED, Outcome.MISSING):
            assert html.escape(markdown.cut(message)) in page


def test_a_summary_stays_below_what_github_takes_and_says_that_it_was_cut():
    checks = [("lstm", f"function{number}", 1, Outcome.ERROR, "🙂" * 5000) for number in range(2000)]
    page = markdown.page(decode(document(checks)), ENGLISH)
    assert len(page.encode()) < 2**20
    assert page.rstrip().endswith("There is more, in the report (report.json).")


def test_a_comment_stays_below_what_github_takes_and_is_known_again_by_its_mark():
    checks = [("lstm", f"function{number}", 1, Outcome.ERROR, "🙂" * 5000) for number in range(200)]
    status, comment = commit.make_posts(decode(document(checks)), ENGLISH)
    assert status.text == "0/200"
    assert len(comment.text) < 65_536
    assert "There is more than a comment can hold; ask your instructor." in comment.text
    mark = re.search("[0-9a-f]{64}", comment.text)[0]
    returned = commit.Post(kind=commit.Kind.COMMENT, text=comment.text.replace("\n", "\r\n") + "\r\n")
    assert comment.key == returned.key == mark
    quoted = commit.Post(kind=commit.Kind.COMMENT, text=f"{comment.text} says the grader")
    assert quoted.key is None


def test_an_error_points_to_the_line_that_raised_and_else_to_the_last_definition():
    source = "def lstm_forward(x):\n    return 1 / 0\n\n\ndef lstm_forward(x):\n    return x\n"
    places = {"lstm_forward raised E: (lstm.py:1) (lstm.py:2)": 2, "wrong values": 5, "raised E: x (lstm.py:77)": 5}
    for message, line in places.items():
        checks = [("lstm", "lstm_forward", 6, Outcome.ERROR, message)]
        (command,) = github.annotate(decode(document(checks)), {"lstm": ("exercises/lstm.py", source)})
        assert f"line={line}," in command


def test_what_is_not_written_yet_is_no_error():
    checks = [("lstm", "lstm_forward", 6, Outcome.MISSING, "not written yet")]
    assert github.annotate(decode(document(checks)), {"lstm": ("exercises/lstm.py", "")}) == []


RESULT = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release"),
        *("review", "datetime", "score", "max-score", "tests"),
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **{key: {"type": "string", "minLength": 1} for key in ("classroom", "assignment", "owner")},
        **{key: {"type": "string", "minLength": 1} for key in ("commit", "release", "review")},
        "assignment_type": {"enum": ["individual", "group"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        "datetime": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"},
        "graded_at": {"type": "string"},
        "submitted_by": {"type": "object"},
        "score": {"type": "integer", "minimum": 0},
        "max-score": {"type": "integer", "minimum": 0},
        "tests": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": {"type": "string", "minLength": 1},
                    "passed": {"type": "boolean"},
                    "score": {"type": "integer", "minimum": 0},
                    "max-score": {"type": "integer", "minimum": 0},
                },
            },
        },
    },
}
"""Classroom 50's `result.json` by its published schema; that there are at most 100 tests is its documentation's."""

POINTS = {"type": "number", "minimum": 0}
RESULTS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": POINTS,
        "execution_time": {"type": "number"},
        **{
            key: {"enum": ["text", "md", "html", "simple_format", "ansi"]}
            for key in ("output_format", "test_output_format")
        },
        **{
            key: {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
            for key in ("visibility", "stdout_visibility")
        },
        "output": {"type": "string"},
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": POINTS,
                    "max_score": POINTS,
                    "status": {"enum": ["passed", "failed"]},
                    **{key: {"type": "string"} for key in ("name", "number", "output", "output_format")},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": {"enum": ["hidden", "after_due_date", "after_published", "visible"]},
                },
            },
        },
    },
}
"""Gradescope's `results.json`, as its documentation has it."""


@given(CHECKS)
def test_the_results_have_the_shape_that_their_readers_ask_for(checks):
    posted = decode(document(checks))
    result = classroom50.result(posted, classroom50.identity(ENVIRONMENT), COMMITTED)
    jsonschema.validate(result, RESULT)
    assert all(part["score"] <= part["max-score"] for part in [result, *result["tests"]])  # else it is not collected
    assert result["datetime"] == "2026-11-24T10:00:01Z"
    jsonschema.validate(gradescope.results(posted, ENGLISH), RESULTS)


def test_a_bonus_counts_nothing_and_is_shown():
    checks = [("lstm", "build_lstm", 4, Outcome.FAILED, "wrong"), ("beyond", "build_gru", 2, Outcome.PASSED, "right")]
    posted = decode(document(checks))
    assert reporter.results(posted)["beyond"]["max_score"] == 0
    assert classroom50.result(posted, classroom50.identity(ENVIRONMENT), COMMITTED)["tests"][1] == {
        "test-name": "beyond.build_gru.check1",
        "passed": True,
        "score": 0,
        "max-score": 0,
        "bonus": 2,
        "max-bonus": 2,
        "message": "right",
    }
    assert "Provisional score: 0/4, bonus 2/2" in markdown.page(posted, ENGLISH)
    assert classroom50.status(posted)["status"] == "failure"


def test_more_checks_than_classroom50_takes_are_refused():
    checks = [("lstm", "build_lstm", 1, Outcome.PASSED, "right")] * 101
    with pytest.raises(UsageError, match="at most 100"):
        classroom50.result(decode(document(checks)), {}, COMMITTED)


CHECK = [("lstm", "build_lstm", 4, Outcome.PASSED, "right")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "no report"),
        (b'{"schema": "grader/report/v1"}', "missing required field"),
        (document(CHECK, schema="grader/report/v2"), "v2"),
        (document(CHECK, view=View.INSTRUCTOR), "--view student"),
        (document(CHECK, score=100), "changed"),
        (document(CHECK).replace(b'"score": 4, "max_score": 4, "m', b'"score": 3, "max_score": 4, "m'), "changed"),
    ],
)
def test_what_is_no_report_for_students_is_not_posted(content, reason):
    with pytest.raises(UsageError, match=reason):
        decode(content)


@pytest.mark.parametrize("form", [Form.GITHUB, Form.CLASSROOM50])
def test_outside_of_a_workflow_a_posting_says_what_is_missing(form, tmp_path, monkeypatch):
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", *ENVIRONMENT):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "report.json").write_bytes(document(CHECK))
    with pytest.raises(UsageError, match="is not set"):
        post(tmp_path / "report.json", form, tmp_path, ENGLISH)


def test_a_link_in_the_place_of_a_result_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("kept", "utf-8")
    (tmp_path / "results.json").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "report.json").write_bytes(document(CHECK))
    post(tmp_path / "report.json", Form.GRADESCOPE, tmp_path, ENGLISH)
    assert (tmp_path / "elsewhere").read_text("utf-8") == "kept"
    assert json.loads((tmp_path / "results.json").read_text("utf-8"))["score"] == 4


def test_a_module_that_is_a_link_is_not_read_for_annotations(tmp_path, monkeypatch, capsys):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "lstm.py").symlink_to("/etc/passwd")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    (tmp_path / "report.json").write_bytes(document([("lstm", "build_lstm", 4, Outcome.FAILED, "wrong")]))
    post(tmp_path / "report.json", Form.GITHUB, tmp_path, ENGLISH)
    assert capsys.readouterr().out == ""
    assert "score=0\n" in (tmp_path / "output").read_text("utf-8")
    assert "Provisional" in (tmp_path / "summary.md").read_text("utf-8")
