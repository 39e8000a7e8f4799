"""Public checks of `forecasting`: errors, a free run, a figure, and a first look at the open challenge."""

import numpy as np
import pytest

from grader import skill
from grader.compare import (
    expect,
    expect_close,
    expect_figure,
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


@pytest.mark.function("forecast_errors")
def test_forecast_errors_example(submission, rng):
    """A forecast that is always 2 too high has `mae` and `rmse` 2, and `nrmse` 2 over the spread of `y_true`."""
    y_true = rng.normal(size=400)
    errors = expect_mapping("forecast_errors", submission.forecast_errors(y_true, y_true + 2), ("mae", "rmse", "nrmse"))
    expect_number("mae", errors["mae"], 2.0)
    expect_number("rmse", errors["rmse"], 2.0)
    expect_number("nrmse", errors["nrmse"], 2.0 / np.std(y_true), tolerance=5e-3)


@pytest.mark.function("forecast_errors")
def test_forecast_errors_column(submission, rng):
    """A Keras model returns a column `(n, 1)`; compared with a `y_true` of shape `(n,)` the errors stay the same."""
    y_true = rng.normal(size=50)
    column = y_true[:, None] + 0.5
    errors = expect_mapping("forecast_errors", submission.forecast_errors(y_true, column), ("mae", "rmse", "nrmse"))
    expect_number("mae", errors["mae"], 0.5)
    expect_number("rmse", errors["rmse"], 0.5)


@pytest.mark.function("forecast_recursive")
def test_forecast_recursive_example(submission, rng, keras):
    """A model that says "half of the last sample" halves it again and again when its forecasts are fed back."""
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.set_weights([np.array([[0.0], [0.0], [0.5]]), np.zeros(1)])
    window = rng.uniform(1.0, 2.0, size=(3, 1))
    free_run = submission.forecast_recursive(model, window, 5)
    expect_close(
        Text("the free run"), free_run, window[-1, 0] * 0.5 ** np.arange(1, 6), axes=("steps",), tolerance=1e-4
    )


@pytest.mark.function("forecast_recursive")
def test_forecast_recursive_senseless(submission, rng, keras):
    """A free run of 0 steps makes no sense: a ValueError says so and names the argument."""
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    expect_rejects(submission.forecast_recursive, model, rng.normal(size=(3, 1)), 0, names="steps")


@pytest.mark.function("plot_forecast")
def test_plot_forecast_example(submission, rng):
    """A figure with two curves, a legend with an entry for each, a label on each axis, and a title."""
    t = np.arange(100.0, 130.0)
    y_true = rng.normal(size=30)
    figure = expect_figure("plot_forecast", submission.plot_forecast(t, y_true, y_true + 0.5))
    expect(figure.axes, Text("the figure is empty"))
    axes = max(figure.axes, key=lambda axes: len(axes.curves))
    expect(len(axes.curves) >= 2, Text("the figure has {came} curves; expected two", {"came": len(axes.curves)}))
    entries = {"came": len(axes.legend)}
    expect(len(axes.legend) >= 2, Text("the legend has {came} entries; expected one for each curve", entries))
    expect(axes.xlabel and axes.ylabel, Text("an axis has no label"))
    expect(axes.title, Text("the figure has no title"))


def expect_one_number(name, value):
    """Demand a number; an array with one element will do, since the series may have been a column by then."""
    return expect_number(name, value.reshape(()) if isinstance(value, np.ndarray) and value.size == 1 else value)


@pytest.mark.slow
@pytest.mark.function("train_forecaster")
def test_train_forecaster_example(submission, rng, origin):
    """Trained on 2,000 samples, it forecasts the 500 that follow better than repeating the last value would."""
    task = forecast_task(rng, origin)
    value = submission.train_forecaster(task.train)
    model, look_back, mean, std = expect_tuple("train_forecaster", value, ("model", "look_back", "mean", "std"))
    expect_model("train_forecaster", model)
    look_back = int(expect_number("look_back", look_back))
    expect(1 <= look_back < len(task.train), Text("look_back must be at least 1 and leave room for training windows"))
    fits = len(model.input_shape) == 3 and model.input_shape[1] in (None, look_back) and model.input_shape[2] == 1
    expect(fits, Text("the model must take windows of shape (look_back, 1)"))
    expect(model.input_shape[0] is None, Text("the model must take any number of windows at once"))
    mean, std = expect_one_number("mean", mean), expect_one_number("std", std)
    expect(std > 0, Text("std is not above 0"))
    forecast = continuation_forecast(model, look_back, mean, std, task.train, task.test)
    better = skill.rmse(task.test, forecast) < skill.persistence_rmse(task.train, task.test)
    expect(better, Text("the forecasts of the continuation are not better than repeating the last value"))
