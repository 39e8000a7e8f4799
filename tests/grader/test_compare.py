"""A check's demands: what is accepted in any style, and the sentence when it is not."""

import numpy as np
import pytest

from grader import compare
from grader.contract import Outcome, Text
from grader.evidence import CheckFailed, Ending, Failure, Opaque, StudentError


def message(call, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        call(*args, **kwargs)
    return str(caught.value.message)


@pytest.mark.parametrize("value", [[1.0, 2.0], (1, 2), np.array([1, 2]), np.array([1, 2], "f4")])
def test_numbers_are_taken_as_lists_and_in_any_real_dtype(value):
    assert compare.expect_close("y", value, [1.0, 2.0]).dtype == np.float64


def test_the_shape_is_said_before_anything_else():
    text = message(compare.expect_close, "y", np.full((3, 1), np.nan), np.zeros(3), ("num_samples",))
    assert text == "y: the shape is (3, 1); expected (3,) = (num_samples,)"


def test_what_is_not_finite_is_said_before_values():
    assert "not finite" in message(compare.expect_close, "y", np.array([0, np.nan]), np.zeros(2))


def test_a_wrong_value_is_told_by_its_first_index_and_the_value_stays_in_the_detail():
    with pytest.raises(CheckFailed) as caught:
        compare.expect_close("X", np.array([[0.0, 7.25], [0.0, 9.0]]), np.zeros((2, 2)))
    assert str(caught.value.message) == "X: wrong at 2 of 4 places, the first at index [0, 1]"
    assert "7.25" in str(caught.value.detail)


@pytest.mark.parametrize("value", [np.array([1 + 2j]), np.array([True]), "text", None, [[1], [1, 2]], {}])
def test_what_is_no_array_of_real_numbers_fails_with_a_sentence(value):
    assert message(compare.expect_array, "y", value, (1,)).startswith("y: ")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(CheckFailed) as caught:
        compare.expect_number("mae", value)
    assert caught.value.outcome is Outcome.REFUSED


def test_an_object_is_refused():
    with pytest.raises(CheckFailed) as caught:
        compare.expect_tuple("f", Opaque("generator"), ("X", "y"))
    assert caught.value.outcome is Outcome.REFUSED
    assert "generator" in str(caught.value.message)


@pytest.mark.parametrize("value", [5, 5.0, np.int64(5).item(), np.array(5)])
def test_a_count_may_be_any_whole_number(value):
    compare.expect_count("params", value, 5)


def test_a_count_is_no_truth_value_and_no_fraction():
    assert "one number" in message(compare.expect_count, "params", True, 1)
    assert "whole" in message(compare.expect_count, "params", 5.5, 5)


class Call:
    """A function of a submission that always fails in the same way."""

    name = "make_windows"

    def __init__(self, text="", bases=("ValueError", "Exception"), ending=Ending.RAISED):
        self.failure = Failure(ending=ending, bases=bases, text=text)

    def __call__(self, *args, **kwargs):
        if self.failure is not None:
            raise StudentError(self.failure, Text("raised"))


@pytest.mark.parametrize(
    "text", ["look_back must be >= 1", "`look_back`=0", "Look back: demasiado corto", "look-back?"]
)
def test_a_message_may_name_the_argument_in_any_sentence(text):
    compare.expect_rejects(Call(text), np.zeros(3), 0, names="look_back")


@pytest.mark.parametrize("text", ["", "bad argument", "lookahead", "training"])
def test_a_message_that_does_not_name_the_argument_fails(text):
    assert "does not name" in message(compare.expect_rejects, Call(text), names=("look_back", "train"))


def test_another_exception_is_named_and_a_subclass_of_value_error_is_one():
    assert "TypeError" in message(compare.expect_rejects, Call("units", ("TypeError",)), names="units")
    compare.expect_rejects(Call("units", ("MyError", "ValueError", "Exception")), names="units")


def test_a_stub_is_missing_and_not_wrong():
    with pytest.raises(StudentError) as caught:
        compare.expect_rejects(Call(ending=Ending.MISSING), names="units")
    assert caught.value.outcome is Outcome.MISSING


@pytest.mark.parametrize("skill", [float("nan"), float("inf"), 0.76])
def test_a_skill_that_is_not_below_the_threshold_fails(skill):
    assert "forecast" in message(compare.expect_skill, "build_lstm", skill, 0.75)
