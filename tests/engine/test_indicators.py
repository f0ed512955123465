"""Indicators of a strategy, computed for all bars, and held to the past."""

import numpy as np
import pytest

from tradekit import Indicator, Strategy, donchian, sma
from tradekit.engine.indicators import differs
from tradekit.errors import StrategyError

CLOSES = 100.0 + np.random.default_rng(3).normal(0, 1, 60).cumsum()


class Array(Indicator):
    """Compute what a test says."""

    name = "array"
    warmup = 1

    def __init__(self, whole):
        super().__init__()
        self.whole = whole

    def step(self):
        raise NotImplementedError

    def compute(self, *columns):
        return self.whole(*columns)


class Python(Indicator):
    """Give the close, bar by bar."""

    name = "python"
    warmup = 1

    def step(self):
        class Step:
            def push(self, close):
                return close

        return Step()


def values_of(lab, **indicators):
    class Reads(Strategy):
        """Read indicators."""

        name = "reads"

        def indicators(self):
            return indicators

        def on_bar(self, ctx): ...

    setup = lab.ready(Reads).prepared.setup
    return {name: setup.values[row] for name, row in setup.names.items()}


def refusal(lab, **indicators):
    with pytest.raises(StrategyError) as error:
        values_of(lab, **indicators)
    return str(error.value)


def test_compute_several_outputs_have_names_of_their_own(lab):
    lab.give(CLOSES)
    values = values_of(lab, mean=sma(3), range=donchian(4))
    assert list(values) == ["mean", "range.upper", "range.middle", "range.lower"]
    assert values["mean"][0, 2] == pytest.approx(CLOSES[:3].mean())
    assert values["range.upper"][0, 10] == np.maximum(CLOSES, np.concatenate(([CLOSES[0]], CLOSES[:-1])))[7:11].max()


def test_compute_hole_keeps_the_last_value_and_does_not_count(lab):
    lab.give(CLOSES[:6])
    lab.give(CLOSES[:4], "Y", rows=[1, 2, 4, 5])
    mean = values_of(lab, mean=sma(2))["mean"][1]
    expected = [np.nan, np.nan, CLOSES[:2].mean(), CLOSES[:2].mean(), CLOSES[1:3].mean(), CLOSES[2:4].mean()]
    np.testing.assert_allclose(mean, expected)


def test_compute_indicator_written_in_python_is_fed_bar_by_bar(lab):
    lab.give(CLOSES)
    np.testing.assert_array_equal(values_of(lab, close_again=Python())["close_again"][0], CLOSES)


def test_declared_is_no_indicator_is_refused(lab):
    lab.give(CLOSES)
    assert refusal(lab, fast=20) == "indicator 'fast' of strategy 'reads' is 20, which is no indicator; make one, such as sma(20)"


def test_declared_name_of_a_price_is_refused(lab):
    lab.give(CLOSES)
    assert (
        refusal(lab, close=sma(3)) == "indicator 'close' of strategy 'reads' has the value 'close', and so has a price; rename it"
    )


def test_declared_value_of_two_indicators_is_refused(lab):
    lab.give(CLOSES)
    said = refusal(lab, **{"range.upper": sma(3), "range": donchian(3)})
    assert (
        said == "indicator 'range' of strategy 'reads' has the value 'range.upper', and so has indicator 'range.upper'; rename it"
    )


def test_declared_unknown_column_is_refused(lab):
    lab.give(CLOSES)
    odd = Python()
    odd.inputs = ("closes",)
    said = refusal(lab, odd=odd)
    assert said.startswith(
        "indicator 'odd' of strategy 'reads' reads 'closes', which no bar has; allowed: open, high, low, close, volume"
    )
    assert said.endswith("did you mean 'close'?")


def test_declared_that_raises_is_named_with_its_line(lab):
    class Raises(Strategy):
        """Fail."""

        name = "raises"

        def indicators(self):
            return {"fast": sma(self.options.fast)}

        def on_bar(self, ctx): ...

    lab.give(CLOSES)
    with pytest.raises(
        StrategyError, match=r"^indicators\(\) of strategy 'raises' raised AttributeError: .* \(.*test_indicators.py:\d+\)$"
    ):
        lab.ready(Raises)


def test_compute_that_raises_is_named(lab):
    lab.give(CLOSES)
    said = refusal(lab, bad=Array(lambda close: close[1000]))
    assert said.startswith("indicator 'bad' (array) raised IndexError: index 1000 is out of bounds")


def test_compute_wrong_shape_is_refused(lab):
    lab.give(CLOSES)
    assert refusal(lab, bad=Array(lambda close: close)).endswith("returned values of shape (60,), expected [output, time] (1, 60)")


@pytest.mark.parametrize(
    "peek",
    [
        lambda close: np.roll(close, -1)[None],
        lambda close: ((close - close.mean()) / close.std())[None],
        lambda close: (close / close.max())[None],
        lambda close: close[::-1][None],
        lambda close: np.full((1, len(close)), close[-1]),
    ],
    ids=["next", "z-score", "highest", "reversed", "last"],
)
def test_compute_that_looks_into_the_future_is_found_out(lab, peek):
    lab.give(CLOSES)
    said = refusal(lab, oracle=Array(peek))
    assert said.startswith("indicator 'oracle' (array) looks into the future: its value for 'X' at 2020-")
    assert " when the data ends at 2020-" in said


def test_compute_look_ahead_names_the_bar_and_both_values(lab):
    lab.give(np.arange(1.0, 61.0))
    said = refusal(lab, oracle=Array(lambda close: np.concatenate((close[1:], [0.0]))[None]))
    assert said.endswith("at 2020-01-21T00:00:00Z is 21.0, but 0.0 when the data ends at 2020-01-21T00:00:00Z")


def test_compute_rounding_that_depends_on_the_length_is_no_look_ahead(lab):
    lab.give(CLOSES)
    wobble = Array(lambda close: (close * (1 + 1e-13 * len(close)))[None])
    assert values_of(lab, wobble=wobble)["wobble"].shape == (1, 60)


def test_differs_takes_nan_for_equal_and_infinity_for_itself():
    first = np.array([np.nan, np.inf, 1.0, np.nan, 1.0])
    second = np.array([np.nan, np.inf, 1.0 + 1e-12, 1.0, 1.1])
    assert differs(first, second).tolist() == [False, False, False, True, True]
