"""Hidden checks of `forecasting`: errors, free runs, a figure, and the open challenge on a series nobody has seen."""

import numpy as np
import pytest

from grader import skill
from grader.compare import (
    expect,
    expect_array,
    expect_close,
    expect_figure,
    expect_inputs_kept,
    expect_mapping,
    expect_model,
    expect_number,
    expect_rejects,
    expect_tuple,
)
from grader.contract import Text
from grader.series import forecast_task
from grader.training import continuation_forecast

pytestmark = pytest.mark.exercise("forecasting")

ERRORS = ("mae", "rmse", "nrmse")
SHORTER_LOOK_BACKS = (20, 100)


def slow_errors(y_true, y_pred):
    """Mean absolute error, root mean squared error, and the latter over the spread of the true values."""
    differences = [float(true) - float(pred) for true, pred in zip(y_true.ravel(), y_pred.ravel(), strict=True)]
    mae = sum(abs(difference) for difference in differences) / len(differences)
    rmse = (sum(difference**2 for difference in differences) / len(differences)) ** 0.5
    return {"mae": mae, "rmse": rmse, "nrmse": rmse / float(np.std(y_true))}


def draw_forecast(rng, count):
    """True values and a biased forecast, `(count,)` each."""
    y_true = rng.normal(loc=rng.uniform(20.0, 30.0), scale=rng.uniform(3.0, 5.0), size=count)
    return y_true, y_true + rng.normal(loc=0.5, scale=rng.uniform(1.0, 2.0), size=count)


def expect_errors(value, due):
    """Demand the three errors; 0.5 % for `nrmse`, so that either estimate of the standard deviation will do."""
    errors = expect_mapping("forecast_errors", value, ERRORS)
    for name in ERRORS:
        expect_number(name, errors[name], due[name], tolerance=5e-3 if name == "nrmse" else 1e-4)


@pytest.mark.function("forecast_errors")
def test_forecast_errors_values(submission, rng):
    """`mae`, `rmse` and `nrmse` of a forecast, three numbers."""
    for count, unit in ((int(rng.integers(300, 400)), 1.0), (500, 1.0), (int(rng.integers(200, 250)), 0.01)):
        y_true, y_pred = (unit * values for values in draw_forecast(rng, count))
        expect_errors(expect_inputs_kept(submission.forecast_errors, y_true, y_pred), slow_errors(y_true, y_pred))


@pytest.mark.function("forecast_errors")
def test_forecast_errors_columns(submission, rng):
    """A column `(n, 1)`, as a model returns it, counts like `(n,)`, on either side or on both."""
    y_true, y_pred = draw_forecast(rng, int(rng.integers(300, 400)))
    flat = expect_mapping("forecast_errors", submission.forecast_errors(y_true, y_pred), ERRORS)
    due = {name: expect_number(name, flat[name]) for name in ERRORS} | {"mae": slow_errors(y_true, y_pred)["mae"]}
    for true, pred in ((y_true[:, None], y_pred), (y_true, y_pred[:, None]), (y_true[:, None], y_pred[:, None])):
        expect_errors(submission.forecast_errors(true, pred), due)


@pytest.mark.function("forecast_errors")
def test_forecast_errors_arguments(submission):
    """Empty arrays are rejected with a ValueError: by `forecast_errors`, and by `plot_forecast` too."""
    expect_rejects(submission.forecast_errors, np.empty(0), np.empty(0), names=("y_true", "y_pred"))
    expect_rejects(submission.forecast_errors, np.empty((0, 1)), np.empty((0, 1)), names=("y_true", "y_pred"))
    nothing = np.empty(0)
    expect_rejects(submission.plot_forecast, nothing, nothing, nothing, names=("t", "y_true", "y_pred"))


def linear_network(keras, rng, look_back):
    """Flatten, Dense(1) whose free run settles, though not at once, and its forecast for one window in NumPy."""
    model = keras.Sequential([keras.Input((look_back, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    signs = rng.permutation(np.where(np.arange(look_back) % 2 == 0, 1.0, -1.0))
    sizes = rng.permutation(np.linspace(0.4, 1.0, look_back))
    kernel = 0.9 * signs * sizes / sizes.sum()
    bias = rng.uniform(0.5, 1.0)
    model.set_weights([kernel[:, None], np.array([bias])])
    return model, lambda window: float(window @ kernel + bias)


def recurrent_network(keras, rng, look_back):
    """SimpleRNN, Dense(1) whose free run settles, and its forecast for one window in NumPy."""
    units = 3
    layers = [keras.layers.SimpleRNN(units), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((look_back, 1)), *layers])
    kernel = rng.choice([-1.0, 1.0], size=(1, units)) * rng.uniform(0.4, 0.6, size=(1, units))
    recurrent_kernel = 0.5 * np.linalg.qr(rng.normal(size=(units, units)))[0]
    bias = rng.uniform(0.2, 0.5, size=units)
    w_out, b_out = -np.sign(kernel.T) * 0.4, np.array([rng.uniform(0.5, 1.0)])
    model.set_weights([kernel, recurrent_kernel, bias, w_out, b_out])

    def forecast(window):
        h = np.zeros(units)
        for value in window:
            h = np.tanh(value * kernel[0] + h @ recurrent_kernel + bias)
        return float(h @ w_out[:, 0] + b_out[0])

    return model, forecast


def slow_free_run(forecast, window, steps):
    """Forecast, put the forecast behind the window, drop the oldest value, repeat."""
    values = [float(value) for value in window[:, 0]]
    look_back = len(values)
    for _ in range(steps):
        values.append(forecast(np.array(values[-look_back:])))
    return np.array(values[look_back:])


def free_run_cases(keras, rng):
    """Small networks, their forecasts in NumPy, and a window for each."""
    look_backs = rng.choice(np.arange(4, 9), size=2, replace=False).tolist()
    for make, look_back in zip((linear_network, recurrent_network), look_backs, strict=True):
        model, forecast = make(keras, rng, look_back)
        yield model, forecast, rng.permutation(np.linspace(-2.0, 2.0, look_back))[:, None]


@pytest.mark.function("forecast_recursive")
def test_forecast_recursive_first(submission, rng, keras):
    """One step is one forecast: an array with what the model says after the window."""
    for model, forecast, window in free_run_cases(keras, rng):
        free_run = submission.forecast_recursive(model, window, 1)
        expect_close(Text("the free run"), free_run, slow_free_run(forecast, window, 1), ("steps",), 1e-4)


@pytest.mark.function("forecast_recursive")
def test_forecast_recursive_feedback(submission, rng, keras):
    """Every forecast becomes the newest sample of the next window, also after more steps than the window is long."""
    for model, forecast, window in free_run_cases(keras, rng):
        for steps in (3, len(window) + 6):
            free_run = submission.forecast_recursive(model, window, steps)
            expect_close(Text("the free run"), free_run, slow_free_run(forecast, window, steps), ("steps",), 1e-4)


@pytest.mark.function("forecast_recursive")
def test_forecast_recursive_keeps_window(submission, rng, keras):
    """The window that came in stays as it is."""
    for model, _, window in free_run_cases(keras, rng):
        free_run = expect_inputs_kept(submission.forecast_recursive, model, window, 3)
        expect_array(Text("the free run"), free_run, (3,), ("steps",))


@pytest.mark.function("forecast_recursive")
def test_forecast_recursive_arguments(submission, rng, keras):
    """A number of steps below 1 and an empty window are rejected with a ValueError."""
    model, _ = linear_network(keras, rng, 5)
    window = rng.normal(size=(5, 1))
    expect_rejects(submission.forecast_recursive, model, window, 0, names="steps")
    expect_rejects(submission.forecast_recursive, model, window, -2, names="steps")
    expect_rejects(submission.forecast_recursive, model, np.empty((0, 1)), 4, names="window")


def draws(curve, t, y):
    """Tell whether a curve goes through these points, in any order."""
    if curve.x.shape != t.shape or curve.y.shape != y.shape:
        return False
    order = np.argsort(curve.x, kind="stable")
    return np.allclose(curve.x[order], t, rtol=1e-5) and np.allclose(curve.y[order], y, rtol=1e-5, atol=1e-5)


def draw_plot(rng, count=40):
    """Times that start anywhere and are not evenly spaced, true values and a forecast; all of different shapes."""
    t = rng.uniform(50.0, 90.0) + np.cumsum(rng.uniform(0.5, 1.5, size=count))
    y_true = rng.normal(size=count)
    return t, y_true, y_true + rng.uniform(0.5, 1.0, size=count)


@pytest.mark.function("plot_forecast")
def test_plot_forecast_curves(submission, rng):
    """One pair of axes shows both curves over `t`: the true values and the forecast."""
    for count in (int(rng.integers(30, 50)), int(rng.integers(260, 300))):
        t, y_true, y_pred = draw_plot(rng, count)
        figure = expect_figure("plot_forecast", expect_inputs_kept(submission.plot_forecast, t, y_true, y_pred))
        found = [[any(draws(curve, t, y) for curve in axes.curves) for y in (y_true, y_pred)] for axes in figure.axes]
        if not any(all(pair) for pair in found):
            for number, name in enumerate(("y_true", "y_pred")):
                drawn = any(pair[number] for pair in found)
                expect(drawn, Text("the figure has no curve with all points of {name} over t", {"name": name}))
        expect(any(all(pair) for pair in found), Text("y_true and y_pred are in different axes; draw them in one"))


@pytest.mark.function("plot_forecast")
def test_plot_forecast_labels(submission, rng):
    """The figure explains itself: a legend with an entry for each curve, a label on each axis, a title."""
    figure = expect_figure("plot_forecast", submission.plot_forecast(*draw_plot(rng)))
    expect(figure.axes, Text("the figure is empty"))
    axes = max(figure.axes, key=lambda axes: len(axes.curves))
    entries = {entry.strip() for entry in axes.legend} - {""}
    values = {"came": len(entries)}
    expect(len(entries) >= 2, Text("the legend has {came} different entries; expected one for each curve", values))
    expect(axes.xlabel.strip(), Text("the horizontal axis has no label"))
    expect(axes.ylabel.strip(), Text("the vertical axis has no label"))
    expect(axes.title.strip(), Text("the figure has no title"))


@pytest.fixture(scope="module")
def task(rng_for, origin):
    """A series for the open challenge, and its continuation, which stays here."""
    return forecast_task(rng_for("forecasting.train_forecaster"), origin)


@pytest.fixture(scope="module")
def trained(submission, task):
    """What `train_forecaster` returned for the series, and the arguments that it changed."""
    return submission.train_forecaster.changed_inputs(task.train)


def expect_one_number(name, value):
    """Demand a number; an array with one element will do, since the series may have been a column by then."""
    return expect_number(name, value.reshape(()) if isinstance(value, np.ndarray) and value.size == 1 else value)


def expect_forecaster(value):
    """Demand a model for windows of one feature, how long these are, and how the series is scaled."""
    names = ("model", "look_back", "mean", "std")
    model, look_back, mean, std = expect_tuple("train_forecaster", value, names)
    expect_model("train_forecaster", model)
    look_back = expect_number("look_back", look_back)
    expect(look_back == int(look_back) >= 1, Text("look_back is not a whole number of at least 1"))
    values = {"came": str(model.input_shape), "expected": f"(None, {int(look_back)}, 1)"}
    fits = len(model.input_shape) == 3 and model.input_shape[1] in (None, look_back) and model.input_shape[2] == 1
    expect(fits, Text("the model takes windows of shape {came}; look_back says {expected}", values))
    values = {"came": str(model.input_shape[0])}
    text = Text("the model takes batches of {came} only; it must take any number of windows at once", values)
    expect(model.input_shape[0] is None, text)
    values = {"came": str(model.output_shape)}
    text = Text("the model's output has shape {came}; expected (None, 1), one forecast for each window", values)
    expect(all(size == 1 for size in model.output_shape[1:]), text)
    mean, std = expect_one_number("mean", mean), expect_one_number("std", std)
    expect(std > 0, Text("std is not above 0"))
    return model, int(look_back), mean, std


def forecast_error(value, task):
    """RMSE over the continuation, one step ahead, in the series' own units; and the length of the window."""
    model, look_back, mean, std = expect_forecaster(value)
    limit = len(task.train) - 2
    values = {"came": look_back, "limit": limit}
    text = Text("look_back is {came}; it may be at most {limit}, so that there are windows to learn from", values)
    expect(look_back <= limit, text)
    forecast = continuation_forecast(model, look_back, mean, std, task.train, task.test)
    return skill.rmse(task.test, forecast), look_back


def rivals(task, look_back):
    """What the error is measured against: repeating the last value, the best linear model, the spread of the series."""
    # On a long window the best linear model ignores the oldest samples: too many weights for the windows there are.
    lengths = {look_back} | {min(look_back, shorter) for shorter in SHORTER_LOOK_BACKS}
    linear = min(skill.linear_rmse(task.train, task.test, length) for length in lengths)
    return skill.persistence_rmse(task.train, task.test), linear, float(np.std(task.test))


def expect_better(rival, error, rival_error, threshold):
    """Demand an error of at most `threshold` times that of a rival."""
    ratio = error / rival_error
    text = Text(
        "train_forecaster: the error of its forecasts of the continuation is too large, measured against {rival}",
        {"rival": rival},
    )
    numbers = {"rival": rival, "came": f"{ratio:.3g}", "threshold": f"{threshold:g}"}
    detail = Text("the error is {came} times {rival}; the threshold is {threshold}", numbers)
    expect(ratio <= threshold, text, detail)


@pytest.mark.function("train_forecaster")
def test_train_forecaster_result(trained):
    """A model for windows of one feature, the `look_back` that it takes, and the mean and std that scale the series."""
    value, changed = trained
    expect_forecaster(value)
    expect(not changed, Text("train_forecaster changes the series in place; work on a copy"))


@pytest.mark.function("train_forecaster")
def test_train_forecaster_persistence(trained, task, threshold):
    """The trained model forecasts the unseen continuation clearly better than repeating the last value."""
    error, look_back = forecast_error(trained[0], task)
    persistence, _, _ = rivals(task, look_back)
    expect_better(Text("the error of repeating the last value"), error, persistence, threshold)


@pytest.mark.function("train_forecaster")
def test_train_forecaster_linear(trained, task, threshold):
    """The trained model forecasts the unseen continuation clearly better than any linear model on the same window."""
    error, look_back = forecast_error(trained[0], task)
    _, linear, _ = rivals(task, look_back)
    expect_better(Text("the error of the best linear model"), error, linear, threshold)


@pytest.mark.function("train_forecaster")
def test_train_forecaster_reference(trained, task, threshold):
    """The trained model's error is small against the spread of the series, as the reference solution's is."""
    error, look_back = forecast_error(trained[0], task)
    _, _, spread = rivals(task, look_back)
    expect_better(Text("the spread of the series"), error, spread, threshold)


@pytest.mark.function("train_forecaster")
def test_train_forecaster_arguments(submission):
    """A series without samples is rejected with a ValueError."""
    expect_rejects(submission.train_forecaster, np.empty(0), names=("train", "series"))
