"""A wrong answer is told which known mistake it looks like, and loses no point by it."""

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from grader.contract import Outcome, Suite, View
from grader.diagnose import diagnose
from grader.evidence import Ending, Failure, Request, Returned
from grader.forecaster import symptoms
from grader.grade import Options, find_tests, grade
from grader.misconceptions import lay_out, load_catalogue, of_variants
from grader.observe import model_data
from grader.render import page, terminal
from grader.report import to_json
from grader.submission import InProcess
from grader.text import Translator

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "tests" / "hidden" / "misconceptions"
SOLUTIONS = ROOT / "solutions"


def with_(exercise, source):
    return (SOLUTIONS / f"{exercise}.py").read_text("utf-8") + "\n\n" + source


OWN_STYLE = '''
def make_windows(series, look_back, horizon=1):
    """Somebody's own code, with the mistake of `horizon_ignored`."""
    look_back, horizon = _check_count("look_back", look_back), _check_count("horizon", horizon)
    data = np.array(series, dtype="float64")
    data = data[:, None] if data.ndim == 1 else data
    count = data.shape[0] - look_back - horizon + 1
    if count < 1:
        raise ValueError("series is too short for this look_back and horizon")
    index = np.arange(count)[:, None] + np.arange(look_back)
    return data[index], data[look_back : look_back + count, 0]
'''


def graded(folder, tests=None, exercises=("windowing", "parameters"), **options):
    tests = tests or find_tests()
    return grade(folder, Options(tests=tests, seed=11, suite=Suite.HIDDEN, exercises=exercises, **options))


def named(report):
    return {check.misconception for check in report.checks} - {None}


@pytest.mark.parametrize("in_process", [False, True], ids=["worker", "in-process"])
def test_a_mistake_in_the_student_s_own_words_is_named_and_explained(compose, in_process):
    report = graded(compose({"windowing": with_("windowing", OWN_STYLE)}), in_process=in_process)
    assert named(report) == {"make_windows.horizon_ignored"}
    lost = [check for check in report.checks if check.outcome is not Outcome.PASSED]
    assert [check.id for check in lost] == ["windowing.make_windows.targets"]
    assert "whatever the horizon" in lost[0].hint["en"]
    assert "sea cual sea el horizonte" in lost[0].hint["es"]


def test_a_diagnosis_changes_no_point_no_outcome_and_no_message(compose, tmp_path):
    folder = compose({"windowing": with_("windowing", OWN_STYLE)})
    tests = tmp_path / "course" / "tests"
    shutil.copytree(ROOT / "tests" / "hidden", tests / "hidden", ignore=shutil.ignore_patterns("misconceptions"))
    shutil.copytree(ROOT / "tests" / "public", tests / "public")
    with_it, without = graded(folder), graded(folder, tests)
    assert named(with_it)
    assert not named(without)

    def verdicts(report):
        return [(check.id, check.outcome, check.score, str(check.message)) for check in report.checks]

    assert verdicts(with_it) == verdicts(without)


def test_a_diagnosis_that_breaks_leaves_the_report_as_it_was(compose, tmp_path):
    tests = tmp_path / "course" / "tests"
    shutil.copytree(ROOT / "tests" / "hidden", tests / "hidden")
    shutil.copytree(ROOT / "tests" / "public", tests / "public")
    shutil.copytree(SOLUTIONS, tmp_path / "course" / "solutions")
    (tests / "hidden" / "misconceptions" / "windowing.toml").write_text("this is no TOML")
    report = graded(compose({"windowing": with_("windowing", OWN_STYLE)}), tests)
    assert report.score == 19
    assert not named(report)
    lost = next(check for check in report.checks if check.outcome is Outcome.FAILED)
    assert lost.hint["en"].endswith("?")


@pytest.mark.parametrize(
    "body", ["while True: pass", "import os; os._exit(0)", "raise NotImplementedError", "return [0] * 3"]
)
def test_what_is_no_answer_or_nobody_s_mistake_is_not_named(compose, body):
    source = with_("parameters", f"def gru_params(n_features, units):\n    {body}\n")
    assert named(graded(compose({"parameters": source}))) == set()


MARKED_SERIES = """CANARY_SUITE = 'canary-suite'


def draw_series(rng, *shape):
    return np.abs(np.round(unmarked_series(rng, *shape), 1)) + 0.0424242424


def unmarked_series"""
"""Every sample that the hidden suite draws has these decimals."""
MARK = re.compile(r"\.\d4242")


def test_canaries_of_the_hidden_side_are_in_nothing_that_a_student_reads(compose, tmp_path):
    course = tmp_path / "course"
    for name in ("tests/hidden", "tests/public", "solutions"):
        shutil.copytree(ROOT / name, course / name)
    hidden = course / "tests" / "hidden"
    for path in (hidden / "misconceptions" / "windowing").glob("*.py"):
        path.write_text("CANARY_VARIANT = 'canary-variant'\n" + path.read_text("utf-8"), "utf-8")
    (course / "solutions" / "windowing.py").write_text(
        (SOLUTIONS / "windowing.py").read_text("utf-8") + "\nCANARY_SOLUTION = 'canary-solution'\n", "utf-8"
    )
    suite = hidden / "test_windowing.py"
    suite.write_text(suite.read_text("utf-8").replace("def draw_series", MARKED_SERIES), "utf-8")
    loud = OWN_STYLE.replace(
        "    index = ", "    if horizon > 1:\n        raise RuntimeError(f'saw {series}')\n    index = "
    )
    for number, wrong in enumerate((OWN_STYLE, loud)):
        report = graded(compose({"windowing": with_("windowing", wrong)}, name=f"s{number}"), course / "tests")
        assert report.score < 20
        assert MARK.search(json.dumps(to_json(report, View.INSTRUCTOR, Translator("en"))))
        for language in ("en", "es"):
            translate = Translator(language, (hidden, course / "tests" / "public"))
            for text in shown_to_the_student(report, translate):
                assert "windowing" in text
                assert "canary" not in text.lower()
                assert not MARK.search(text)


def shown_to_the_student(report, translate):
    """The report in all its forms; of the page everything but its drawings, where any decimals may be a coordinate."""
    yield json.dumps(to_json(report, View.STUDENT, translate), ensure_ascii=False)
    yield re.sub(r"<svg.*?</svg>", "", page.html(report, View.STUDENT, translate), flags=re.DOTALL)
    console = Console(file=io.StringIO(), width=200)
    terminal.show(report, View.STUDENT, translate, console)
    yield console.file.getvalue()


@pytest.fixture
def ask(tmp_path):
    lay_out(CATALOGUE, SOLUTIONS, ["parameters"], tmp_path)
    source = InProcess(tmp_path)
    return lambda request: source.ask(of_variants(request))


def asked(function, *arguments):
    return Request(exercise="parameters", function=function, args=arguments)


def one_bias(n_features, units):
    return 3 * units * (units + n_features + 1) + units + 1


def of_gru(answers, ask, function="gru_params"):
    catalogue = load_catalogue(CATALOGUE).values()
    exchanges = [(asked("gru_params", *key), Returned(value)) for key, value in answers.items()]
    found = diagnose({"check": exchanges}, {"check": function}, exchanges, catalogue, ask)
    return found["check"].id if found else None


def test_the_variant_must_give_every_answer_of_the_check(ask):
    fits = {(n, units): one_bias(n, units) for n, units in ((2, 3), (4, 5), (1, 7))}
    assert of_gru(fits, ask) == "gru_params.one_bias"
    assert of_gru({**fits, (4, 5): 0}, ask) is None


def test_a_right_answer_is_no_mistake_whatever_the_check_said(ask):
    assert of_gru({(2, 3): 3 * 3 * (3 + 2 + 2) + 4}, ask) is None


def test_of_two_that_fit_the_one_that_agrees_elsewhere_is_named_and_else_the_simpler(ask):
    catalogue = load_catalogue(CATALOGUE).values()
    same = asked("lstm_params", 1, 1)  # three blocks of 3, or four of 2 and one bias: 9 either way, and 2 of the output
    once = 4 * 1 * 2 + 1 + 2
    elsewhere = asked("lstm_params", 3, 4), Returned(4 * 4 * (4 + 3) + 4 + 5)
    check = [(same, Returned(once))]
    simpler = diagnose({"c": check}, {"c": "lstm_params"}, check, catalogue, ask)
    likelier = diagnose({"c": check}, {"c": "lstm_params"}, [*check, elsewhere], catalogue, ask)
    assert simpler["c"].id == "lstm_params.three_gates"
    assert likelier["c"].id == "lstm_params.bias_once"


class Log:
    """Answers as the variants do, and remembers what was asked of which."""

    def __init__(self, ask):
        self.ask = ask
        self.asked = []

    def __call__(self, request):
        self.asked.append((request.function, request.args))
        return self.ask(request)


def test_the_answers_that_are_wrong_are_asked_of_the_variants_first_and_each_once(ask):
    catalogue = [entry for entry in load_catalogue(CATALOGUE).values() if entry.function == "gru_params"]
    right = [(n, units) for n in (2, 3, 4) for units in (5, 6, 7)]
    exchanges = [(asked("gru_params", *key), Returned(3 * key[1] * (sum(key) + 2) + key[1] + 1)) for key in right]
    exchanges.append((asked("gru_params", 1, 8), Returned(-1)))
    log = Log(ask)
    assert (
        diagnose({"a": exchanges, "b": exchanges}, dict.fromkeys("ab", "gru_params"), exchanges, catalogue, log) == {}
    )
    wrong = [(entry.id, (1, 8)) for entry in catalogue]
    assert sorted(log.asked) == sorted([("gru_params", key) for key in [*right, (1, 8)]] + wrong)


def test_one_mistake_that_explains_every_check_is_looked_for_once(ask):
    catalogue = load_catalogue(CATALOGUE).values()
    checks = {
        name: [(asked("gru_params", *key), Returned(one_bias(*key)))] for name, key in (("a", (2, 3)), ("b", (4, 5)))
    }
    log = Log(ask)
    everything = [exchange for check in checks.values() for exchange in check]
    found = diagnose(checks, dict.fromkeys(checks, "gru_params"), everything, catalogue, log)
    assert {entry.id for entry in found.values()} == {"gru_params.one_bias"}
    assert {name for name, key in log.asked if key == (4, 5)} == {"gru_params", "gru_params.one_bias"}


def test_a_model_is_fed_again_in_the_order_in_which_it_was(ask):
    import keras

    model = model_data(keras.Sequential([keras.Input((None, 1)), keras.layers.SimpleRNN(2)]))
    other = model_data(keras.Sequential([keras.Input((None, 1)), keras.layers.SimpleRNN(3)]))

    def answer(request):
        log.append((request.function, request.args[1]))
        return Returned(request.args[1])

    fed = [(model, 1), (model, 2), (other, 3), (other, 4)]
    exchanges = [
        (
            Request(exercise="sequences", function="predict_in_chunks", args=args),
            Returned(-4 if args[1] == 4 else args[1]),
        )
        for args in fed
    ]
    log = []
    catalogue = [entry for entry in load_catalogue(CATALOGUE).values() if entry.function == "predict_in_chunks"]
    assert diagnose({"c": exchanges}, {"c": "predict_in_chunks"}, exchanges, catalogue, answer) == {}
    asked_of = {entry.id: [number for name, number in log if name == entry.id] for entry in catalogue}
    assert set(map(tuple, asked_of.values())) == {(3, 4)}  # what was right comes last, and is not reached


def test_an_import_that_failed_is_asked_nothing():
    def ask(request):
        raise AssertionError("no variant is asked")

    failure = Failure(ending=Ending.RAISED, phase="import", bases=("SyntaxError",))
    check = [(asked("gru_params", 1, 1), failure)]
    assert diagnose({"c": check}, {"c": "gru_params"}, check, load_catalogue(CATALOGUE).values(), ask) == {}


LOOK_BACK = 6


def series():
    t = np.arange(600.0)
    return 40 + 3 * np.sin(t / 3) + np.sin(t / 1.7)


def told(weights, value=None, bias=0.0):
    import keras

    model = keras.Sequential([keras.Input((LOOK_BACK, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.set_weights([np.reshape(weights, (LOOK_BACK, 1)), np.array([bias])])
    train = series()
    parts = value(model_data(model), train) if value else (model_data(model), LOOK_BACK, train.mean(), train.std())
    request = Request(exercise="forecasting", function="train_forecaster", args=(train,))
    return next(symptoms(request, Returned(parts)), None)


def fitted(target=lambda X, y: y, order=1, raw=False):
    train = series() if raw else (series() - series().mean()) / series().std()
    windows = np.lib.stride_tricks.sliding_window_view(train, LOOK_BACK + 1)
    X, y = windows[:, :LOOK_BACK], windows[:, LOOK_BACK]
    design = np.column_stack([X[:, ::order], np.ones(len(X))])
    solution = np.linalg.lstsq(design, target(X, y), rcond=None)[0]
    return solution[:-1], solution[-1]


def test_a_forecaster_is_told_by_what_its_forecasts_follow():
    last = np.eye(LOOK_BACK)[-1]
    assert told(last) == "persistence_in_disguise"
    assert told(0.98 * last, bias=0.01) == "target_inside_window"
    assert told(np.zeros(LOOK_BACK), bias=0.3) == "constant"
    assert told(np.full(LOOK_BACK, 0.9)) == "untrained"
    weights, bias = fitted()
    assert told(weights, bias=bias) == "linear_only"
    weights, bias = fitted(order=-1)
    assert told(weights, bias=bias) == "windows_reversed"
    weights, bias = fitted(lambda X, y: y - X[:, -1])
    assert told(weights, bias=bias) == "differences_learned"
    weights, bias = fitted(raw=True)
    assert told(weights, bias=bias) == "trained_on_raw_series"


def test_a_forecaster_is_told_by_the_parts_that_come_back():
    weights, bias = fitted()
    for slug, parts in {
        "scaler_swapped": lambda model, train: (model, LOOK_BACK, train.std(), train.mean()),
        "scaler_not_returned": lambda model, train: (model, LOOK_BACK, 0.0, 1.0),
        "look_back_mismatch": lambda model, train: (model, LOOK_BACK + 1, train.mean(), train.std()),
        "look_back_not_returned": lambda model, train: (model, train.mean(), train.std()),
    }.items():
        assert told(weights, parts, bias) == slug
    assert told(np.full(LOOK_BACK, np.nan)) == "diverged"
    assert told(weights, lambda model, train: (None, 1, 0.0, 1.0)) is None


def test_a_forecaster_for_an_empty_series_is_told_and_a_rejection_is_not():
    request = Request(exercise="forecasting", function="train_forecaster", args=(np.empty(0),))
    assert list(symptoms(request, Returned(None))) == ["empty_accepted"]
    assert list(symptoms(request, Failure(ending=Ending.RAISED, phase="call", bases=("ValueError",)))) == []
