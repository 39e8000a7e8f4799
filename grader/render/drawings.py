"""What each picture of a page shows of an exhibit, drawn on a matplotlib figure.

A drawing returns in words what is to be seen, for those who cannot see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.contract import Scalar, Text, printable, shortened
from grader.evidence import Array
from grader.evidence import Axes as AxesFacts
from grader.text import Translator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONT_POINTS = 10

# Okabe and Ito's colours: told apart with every kind of colour vision. The page has a lighter set for a dark ground.
PALETTE = {"ink": "#1a1d21", "faint": "#7d8590", "blue": "#0072b2", "red": "#d55e00", "green": "#00825f"}
PALETTE |= {"violet": "#a8558a", "paper": "#fffffe"}
INK, FAINT, BLUE, RED, GREEN, VIOLET, PAPER = PALETTE.values()

SHOWN_SAMPLES = 60
MAX_CURVES = 8
MAX_POINTS = 5_000
MAX_WORDS = 60
MAX_VALUE = 1e9
"""What is farther out is not drawn: an axis with such numbers shows nothing."""

WORST = 3
"""Forecasts that are drawn apart in the picture of a class."""
MAX_LINES = 12
"""Of other students; more are drawn as a band."""
BAND = (0.1, 0.9)
DRAWN_ERRORS = (0.01, 10.0)
"""What is smaller or larger is drawn at the end."""
MEASURES = {"reference": (GREEN, "--"), "persistence": (VIOLET, ":")}

Values = dict[str, Scalar | Text]
Drawing = Callable[["Figure", Mapping[str, Any], Translator], Text]


def _windows(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """Above the submission's windows, below the right ones: each sample where in the series it comes from."""
    series, X, y = (np.asarray(data[name]) for name in ("series", "X", "y"))
    look_back, horizon = data["look_back"], data["horizon"]
    count = len(series) - look_back - horizon + 1
    shown = (0, count // 2, count - 1)
    right = [(series[i : i + look_back], series[i + look_back + horizon - 1]) for i in shown]
    came = [(X[i, :, 0], y[i]) if i < min(len(X), len(y)) else None for i in shown]
    rows = figure.subplots(2, 1, sharex=True, sharey=True)
    _row(rows[0], translate(Text("submission")), series, came, shown, look_back + horizon - 1)
    _row(rows[1], translate(Text("right")), series, right, shown, look_back + horizon - 1)
    # For the legend alone.
    rows[0].plot([], [], "o-", color=INK, markersize=4, label=translate(Text("window")))
    rows[0].plot([], [], "D", color=INK, markersize=6, markerfacecolor=PAPER, label=translate(Text("target")))
    figure.legend(loc="outside lower center", ncols=2)
    rows[1].set_xlabel(translate(Text("sample")))
    same = [
        drawn is not None and np.allclose(drawn[0], due[0]) and np.isclose(drawn[1], due[1])
        for drawn, due in zip(came, right, strict=True)
    ]
    values: Values = {"right": sum(same), "shown": len(shown), "came": len(X), "due": count}
    return Text(
        "{right} of the {shown} windows shown are right, with their targets. There are {came} windows; expected {due}.",
        values,
    )


def _row(
    axes: Axes,
    title: str,
    series: Array,
    windows: Sequence[tuple[Array, float] | None],
    starts: Sequence[int],
    ahead: int,
) -> None:
    axes.plot(series, color=FAINT, linewidth=1)
    for window, start, colour in zip(windows, starts, (BLUE, GREEN, VIOLET), strict=True):
        if window is not None:
            _window(axes, series, window, start, start + ahead, colour)
    axes.set_title(title, loc="left", fontsize=FONT_POINTS)


def _window(axes: Axes, series: Array, window: tuple[Array, float], start: int, due: int, colour: str) -> None:
    """One window and its target. A value that is not in the series is drawn at the place where it should be from."""
    values, target = window
    places = [_place(series, value, start + step) for step, value in enumerate(values)]
    axes.plot(places, values, "o-", color=colour, markersize=4)
    axes.plot(_place(series, target, due), target, "D", color=colour, markersize=6, markerfacecolor=PAPER)


def _place(series: Array, value: float, due: int) -> int:
    # Windows in single precision are right too.
    found = np.flatnonzero(np.isclose(series, value, rtol=1e-6, atol=0))
    return int(found[0]) if len(found) else due


def _parameters(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """Counts over the length of the window: Keras's as lines, the submission's as points."""
    axes = figure.add_subplot()
    names = {"dense_params": ("Dense", BLUE, "o"), "lstm_params": ("LSTM", RED, "s")}
    names |= {"gru_params": ("GRU", VIOLET, "^"), "simple_rnn_params": ("SimpleRNN", GREEN, "v")}
    look_backs, wrong = data["look_backs"], []
    for name, (label, colour, marker) in names.items():
        if name not in data["came"]:
            continue
        axes.plot(look_backs, data["right"][name], color=colour, linewidth=1.2)
        axes.plot(look_backs, _bounded(data["came"][name]), marker, color=colour, label=label)
        wrong += [] if np.array_equal(data["came"][name], data["right"][name]) else [label]
    if data["crossover"] is not None and 0 < data["crossover"] <= 2 * max(look_backs):
        axes.axvline(data["crossover"], color=INK, linestyle=":", label="crossover_look_back")
    axes.set_xlabel("look_back")
    axes.set_ylabel(translate(Text("parameters")))
    figure.legend(loc="outside upper center", ncols=3)
    if wrong:
        return Text("Wrong at some window length: {names}.", {"names": ", ".join(wrong)})
    return Text("All counts of the submission lie on Keras's lines. Only that of the dense network grows.")


def _bounded(values: Array) -> Array:
    return np.where(np.abs(values) <= MAX_VALUE, values, np.nan)


NAMES: dict[str, Text | str] = {
    "persistence": Text("persistence"),
    "reference": Text("reference"),
    "build_linear": Text("linear"),
    "build_dense": Text("dense"),
    "build_simple_rnn": "SimpleRNN",
    "build_lstm": "LSTM",
    "build_gru": "GRU",
}


def _best(data: Mapping[str, Any]) -> str:
    trained = {name: error for name, error in data["errors"].items() if name != "persistence"}
    return str(min(trained, key=trained.__getitem__))


def _forecast(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """The first samples of a continuation: truth, persistence, and the best of the submission's networks."""
    axes = figure.add_subplot()
    best = _best(data)
    axes.plot(data["truth"][:SHOWN_SAMPLES], color=INK, linewidth=1, label=translate(Text("truth")))
    style = {"persistence": (FAINT, ":"), best: (RED, "--")}
    for name, (colour, line) in style.items():
        forecast = _bounded(data["forecasts"][name][:SHOWN_SAMPLES])
        axes.plot(forecast, line, color=colour, label=translate(NAMES[name]))
    axes.set_xlabel(translate(Text("sample")))
    axes.set_ylabel(translate(Text("standardised series")))
    figure.legend(loc="outside upper center", ncols=3)
    came, persistence = data["errors"][best], data["errors"]["persistence"]
    values: Values = {
        "name": NAMES[best],
        "error": f"{came:.2f}",
        "persistence": f"{persistence:.2f}",
    }
    return Text("The nrmse of {name} is {error}; that of persistence is {persistence}.", values)


def _errors(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """A bar for each model; a diamond where the submission's own `forecast_errors` puts it."""
    axes = figure.add_subplot()
    errors = {name: min(error, MAX_VALUE) for name, error in data["errors"].items()}
    labels = [translate(NAMES[name]) for name in errors]
    colours = [FAINT if name == "persistence" else BLUE for name in errors]
    bars = axes.barh(labels, list(errors.values()), color=colours, height=0.6)
    axes.bar_label(bars, [f"{error:.2f}" for error in errors.values()], padding=8)
    own = [(name, row) for row, name in enumerate(errors) if data["own_errors"].get(name) is not None]
    if own:
        drawn = _bounded(np.array([data["own_errors"][name] for name, _ in own]))
        label = translate(Text("by the submission's forecast_errors"))
        axes.plot(drawn, [row for _, row in own], "D", color=RED, markeredgecolor=PAPER, markersize=8, label=label)
        figure.legend(loc="outside upper center")
    axes.invert_yaxis()
    axes.set_xlabel("nrmse")
    axes.margins(x=0.15)
    named = ", ".join(f"{label} {error:.2f}" for label, error in zip(labels, errors.values(), strict=True))
    return Text("The nrmse by model: {errors}.", {"errors": named})


def _gradients(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """The norms of each network over the steps of the window, on a logarithmic axis."""
    axes = figure.add_subplot()
    styles = {"SimpleRNN": (BLUE, "o-"), "LSTM": (RED, "s-")}
    for layer, norms in data["norms"].items():
        colour, line = styles[layer]
        label = Text("LSTM, forget gate near 1") if layer == "LSTM" else layer
        # A logarithmic axis has no place for zero.
        drawn = np.where(_bounded(norms) > 0, norms, np.nan)
        axes.plot(np.arange(len(norms)) - len(norms), drawn, line, color=colour, markersize=3, label=translate(label))
    axes.set_yscale("log")
    axes.set_xlabel(translate(Text("step, counted from the end of the window")))
    axes.set_ylabel(translate(Text("norm of the gradient")))
    figure.legend(loc="outside upper center", ncols=2)
    ratios = {layer: norms[0] / norms[-1] for layer, norms in data["norms"].items() if norms[-1] > 0}
    named = ", ".join(f"{layer} {ratio:.2g}" for layer, ratio in ratios.items())
    return Text("Norm at the oldest step over that at the newest: {ratios}.", {"ratios": named or "-"})


def _plot(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """The submission's own figure, drawn again from its facts."""
    drawn: tuple[AxesFacts, ...] = data["figure"].axes[:1]
    for facts in drawn:
        axes = figure.add_subplot()
        # What a student has between dollar signs is no formula: one that makes no sense would end the drawing.
        axes.set_title(_words(facts.title), parse_math=False)
        axes.set_xlabel(_words(facts.xlabel), parse_math=False)
        axes.set_ylabel(_words(facts.ylabel), parse_math=False)
        styles = ((INK, "-"), (RED, "--"), (BLUE, "-."), (GREEN, ":"))
        for number, curve in enumerate(facts.curves[:MAX_CURVES]):
            colour, line = styles[number % len(styles)]
            label = _words(facts.legend[number]) if number < len(facts.legend) else None
            # They come from a submission, and need not be of one length.
            count = min(len(curve.x), len(curve.y), MAX_POINTS)
            axes.plot(_bounded(curve.x[:count]), _bounded(curve.y[:count]), line, color=colour, label=label or None)
        if facts.legend:
            for text in figure.legend(loc="outside upper center", ncols=2).get_texts():
                text.set_parse_math(False)
    curves = len(drawn[0].curves) if drawn else 0
    return Text("Curves in the figure: {curves}.", {"curves": curves})


def _scores(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """How many students have how many points, in steps of a tenth, and where the median is."""
    from matplotlib.ticker import MaxNLocator

    scores, most = np.asarray(data["scores"]), max(data["max_score"], 1)
    # This method gives scores that somebody has, and no 73.25.
    lower, median, upper = np.quantile(scores, (0.25, 0.5, 0.75), method="inverted_cdf")
    axes = figure.add_subplot()
    axes.hist(np.minimum(scores, most), bins=10, range=(0, most), color=BLUE, edgecolor=PAPER)
    axes.axvline(median, color=RED, linestyle="--", label=translate(Text("median")))
    axes.set_xlabel(translate(Text("points")))
    axes.set_ylabel(translate(Text("students")))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper center")
    values: Values = {"median": f"{median:g}", "most": f"{most:g}", "lower": f"{lower:g}", "upper": f"{upper:g}"}
    return Text("The median is {median} of {most}; half of the scores lie between {lower} and {upper}.", values)


def _challenge(figure: Figure, data: Mapping[str, Any], translate: Translator) -> Text:
    """Above the forecasts of a class over time, below a stroke for the error of each; the worst ones stand out."""
    upper, lower = figure.subplots(2, 1, height_ratios=(5, 1))
    errors = np.asarray(data["errors"])
    # Stable, so that equal errors give the same picture each time.
    order = np.argsort(-errors, kind="stable")
    _curves(upper, data, order[:WORST], order[WORST:], translate)
    for rows, colour in ((order[WORST:], BLUE), (order[:WORST], RED)):
        lower.plot(np.clip(errors[rows], *DRAWN_ERRORS), np.zeros(len(rows)), "|", color=colour, markersize=12)
    for name, (colour, line) in MEASURES.items():
        if data[name] is not None:
            lower.axvline(data[f"{name}_error"], color=colour, linestyle=line, linewidth=1.2)
    lower.set_xscale("log")
    lower.set_xlim(*DRAWN_ERRORS)
    lower.xaxis.set_major_formatter("{x:g}")
    lower.set_yticks([])
    lower.set_xlabel("nrmse")
    figure.legend(loc="outside upper center", ncols=3)
    return _of_errors(errors, data)


def _curves(axes: Axes, data: Mapping[str, Any], worst: Array, rest: Array, translate: Translator) -> None:
    """Truth and measures; the middle of the forecasts as a band, or each where they are few; the worst ones."""
    truth, forecasts = np.asarray(data["truth"]), np.asarray(data["forecasts"])
    if len(rest) > MAX_LINES:
        low, high = np.quantile(forecasts, BAND, axis=0)
        label = translate(Text("8 in 10 students"))
        axes.fill_between(np.arange(len(truth)), low, high, color=BLUE, alpha=0.4, linewidth=0, label=label)
    groups = [(worst, RED, Text("largest errors"))]
    groups += [(rest, BLUE, Text("students"))] if len(rest) <= MAX_LINES else []
    for rows, colour, words in groups:
        for number, row in enumerate(rows):
            axes.plot(forecasts[row], color=colour, linewidth=0.7, label=None if number else translate(words))
    axes.plot(truth, color=INK, linewidth=1, label=translate(Text("truth")))
    for name, (colour, line) in MEASURES.items():
        if data[name] is not None:
            axes.plot(data[name], line, color=colour, linewidth=1.2, label=translate(NAMES[name]))
    # One forecast far out would flatten all others.
    axes.set_ylim(truth.min() - 1, truth.max() + 1)
    axes.set_xlabel(translate(Text("sample")))
    axes.set_ylabel(translate(Text("standardised series")))


def _of_errors(errors: Array, data: Mapping[str, Any]) -> Text:
    values: Values = {"count": len(errors), "median": f"{np.median(errors):.2f}"}
    values |= {"worse": int(np.sum(errors >= data["persistence_error"]))}
    values |= {"persistence": f"{data['persistence_error']:.2f}", "reference": "-"}
    if data["reference"] is not None:
        values["reference"] = f"{data['reference_error']:.2f}"
    return Text(
        "The median nrmse of {count} forecasters is {median}; that of the reference is {reference}, that of "
        "persistence {persistence}. Not better than persistence: {worse}.",
        values,
    )


def _words(text: str) -> str:
    return shortened(printable(text), MAX_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One picture: of which exhibit, how it is drawn, and what is written beside it."""

    name: str
    exhibit: str
    draw: Drawing
    title: Text
    caption: Text


PLANS = (
    Plan(
        name="windows",
        exhibit="windows",
        draw=_windows,
        title=Text("Windows on the series"),
        caption=Text(
            "The first, a middle and the last window that make_windows cut, and where each target lies; below, where "
            "they belong. Here look_back is 6 and horizon 3."
        ),
    ),
    Plan(
        name="parameters",
        exhibit="parameters",
        draw=_parameters,
        title=Text("Parameters against look_back"),
        caption=Text(
            "Points: the submission's counts for 1 feature and 5 units. Lines: what Keras counts. A recurrent network "
            "uses the same weights at each step; a dense one has its own for each sample of the window."
        ),
    ),
    Plan(
        name="forecast",
        exhibit="forecasts",
        draw=_forecast,
        title=Text("Forecast, truth and persistence"),
        caption=Text(
            "The judge trained the submission's networks on a public Mackey-Glass series. This is the best of them, "
            "one step ahead, on the continuation that it had not seen. Persistence repeats the last value."
        ),
    ),
    Plan(
        name="errors",
        exhibit="forecasts",
        draw=_errors,
        title=Text("Error by model"),
        caption=Text(
            "Smaller is better: 0 is perfect, and 1 is no better than the mean of the series. Each network was trained "
            "once, for 750 steps; another start may change the order of two that are close."
        ),
    ),
    Plan(
        name="gradients",
        exhibit="gradients",
        draw=_gradients,
        title=Text("Gradients that vanish"),
        caption=Text(
            "What input_gradient_norms gives for two fixed networks with 8 units, on a logarithmic axis. In the simple "
            "RNN the norm shrinks by about the same factor at each step back, which makes a straight line. The LSTM "
            "hands more of it on."
        ),
    ),
    Plan(
        name="plot",
        exhibit="plot",
        draw=_plot,
        title=Text("The submission's own plot_forecast"),
        caption=Text("Drawn again from its curves and words, for a public series and a forecast one step late."),
    ),
    Plan(
        name="scores",
        exhibit="scores",
        draw=_scores,
        title=Text("Distribution of the scores"),
        caption=Text("How many students have how many points, without the bonus; those without a score are left out."),
    ),
    Plan(
        name="challenge",
        exhibit="challenge",
        draw=_challenge,
        title=Text("Forecasts of the class"),
        caption=Text(
            "What each student's train_forecaster has learned, one step ahead on the continuation of one public "
            "series; below, a stroke for the error of each. Persistence repeats the last value. Who has no forecaster "
            "is left out."
        ),
    ),
)
