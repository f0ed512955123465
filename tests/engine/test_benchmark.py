"""What a run is compared with."""

import numpy as np
import pytest

from tradekit import Bars
from tradekit.engine.benchmark import benchmark, chosen
from tradekit.errors import ConfigError

NAN = np.nan
DAY = 86_400_000_000_000


def bars(**closes):
    close = np.array(list(closes.values())).T
    times = np.arange(len(close)) * DAY
    opens = close - 1.0
    return Bars(tuple(closes), times, times + DAY, opens, close, opens, close, np.ones(close.shape))


@pytest.mark.parametrize(
    ("symbols", "wanted", "found"),
    [
        (["X"], None, "X"),
        (["X", "Y"], None, "equal-weight"),
        (["X", "Y"], "Y", "Y"),
        (["X"], "none", "none"),
        (["X"], "equal-weight", "equal-weight"),
    ],
)
def test_chosen_without_a_wish_is_the_instrument_or_all_of_them(symbols, wanted, found):
    assert chosen(symbols, wanted) == found


def test_chosen_unknown_symbol_is_refused():
    with pytest.raises(ConfigError) as error:
        chosen(["BTC/USDT", "ETH/USDT"], "BTC/USD")
    assert str(error.value) == (
        "run.benchmark 'BTC/USD' is no instrument of this run; allowed: 'equal-weight', 'none', 'BTC/USDT', 'ETH/USDT'; "
        "did you mean 'BTC/USDT'?"
    )


def test_benchmark_of_an_instrument_is_bought_at_its_first_open():
    value, sentence = benchmark(bars(X=[11.0, 22.0, 5.0]), 100.0, "X")
    assert value.tolist() == [110.0, 220.0, 50.0]
    assert sentence == "The benchmark buys X with all capital at its first open and holds it, at no cost."


def test_benchmark_is_cash_before_the_first_bar_and_holds_over_holes():
    value, _ = benchmark(bars(X=[NAN, 11.0, NAN, 33.0]), 100.0, "X")
    assert value.tolist() == [100.0, 110.0, 110.0, 330.0]


def test_benchmark_equal_weight_is_the_sum_of_its_parts():
    value, sentence = benchmark(bars(X=[11.0, 22.0], Y=[NAN, 5.0]), 100.0, "equal-weight")
    assert value.tolist() == [105.0, 110.0 + 62.5]
    assert "equal part" in sentence


def test_benchmark_without_any_bar_stays_cash():
    value, _ = benchmark(bars(X=[1.0, 2.0], Y=[NAN, NAN]), 100.0, "Y")
    assert value.tolist() == [100.0, 100.0]


def test_benchmark_none_says_so():
    assert benchmark(bars(X=[1.0]), 100.0, "none") == (None, "There is no benchmark.")
