"""Bars that are read month by month are those that are read at once."""

import numpy as np
import pytest

from tradekit import BarRequest, DataSource, Instrument, Series
from tradekit.data.load import load_bars
from tradekit.data.quality.policy import Policy
from tradekit.data.streaming import stream_bars
from tradekit.errors import DataError
from tradekit.model.memory import Scratch

HOUR = 3_600_000_000_000
START = int(np.datetime64("2024-01-30", "ns").astype(np.int64))
END = int(np.datetime64("2024-04-02", "ns").astype(np.int64))


class Walk(DataSource):
    """A random walk by the hour for each instrument, without the hours that it lacks."""

    name = "walk"

    def __init__(self, **lacking):
        super().__init__()
        self.lacking = lacking
        self.asked = []

    def instruments(self):
        return [Instrument(symbol) for symbol in self.lacking]

    def bars(self, request):
        self.asked.append((request.start, request.end))
        return {symbol: self._series(symbol, request) for symbol in request.symbols}

    def _series(self, symbol, request):
        times = np.arange(START, END, HOUR)
        close = 100.0 + np.cumsum(np.random.default_rng(len(symbol)).normal(0, 0.1, len(times)))
        opened = np.concatenate(([100.0], close[:-1]))
        keep = (times >= request.start) & (times < request.end) & ~np.isin((times - START) // HOUR, list(self.lacking[symbol]))
        prices = opened, np.maximum(opened, close), np.minimum(opened, close), close, np.full(len(times), 5.0)
        return Series(times[keep], times[keep] + HOUR, *(column[keep] for column in prices), origin="a walk")


def both(source, policy=None):
    symbols = tuple(source.lacking)
    request, policy = BarRequest(symbols, HOUR, START, END), policy or Policy()
    whole = load_bars(source, request, policy)
    source.asked.clear()
    streamed, inspected = stream_bars(source, request, policy, source.instruments(), {}, Scratch())
    return whole, streamed, inspected


def test_streamed_bars_and_facts_are_those_of_bars_read_at_once():
    february = range(48, 48 + 29 * 24)
    source = Walk(A={5, 6, 700}, BB=set(february), CCC=set())
    whole, streamed, _ = both(source)
    for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(whole.bars, name), getattr(streamed.bars, name))
    assert streamed.facts == whole.facts
    assert streamed.notes == whole.notes
    assert [np.datetime64(start, "ns").astype("M8[D]").item().isoformat() for start, _ in source.asked] == [
        "2024-01-30",
        "2024-02-01",
        "2024-03-01",
        "2024-04-01",
    ]


def test_streamed_gaps_are_counted_within_months_and_between_them():
    # The last two hours of January and the first of February, and one in March.
    source = Walk(A={46, 47, 48, 1000})
    whole, _, inspected = both(source)
    (gaps,) = inspected["A"].findings
    (expected,) = whole.checked["A"].findings
    assert (gaps.check, gaps.count) == ("gaps", 4)
    assert sorted(gaps.times.tolist()) == expected.times.tolist()
    assert gaps.what.endswith("; and 1 more such case in 1 other month")


def test_streamed_gaps_between_months_are_refused_where_the_policy_says_so():
    with pytest.raises(DataError, match="1 bar of 1h missing in 1 gap"):
        stream_bars(Walk(A={48}), BarRequest(("A",), HOUR, START, END), Policy(gaps="refuse"), [Instrument("A")], {}, Scratch())


def test_streamed_instrument_without_bars_is_an_error_that_names_the_range():
    source = Walk(A=set(), BB=set(range(10_000)))
    with pytest.raises(DataError, match="there are no bars of 'BB'"):
        stream_bars(source, BarRequest(("A", "BB"), HOUR, START, END), Policy(), source.instruments(), {}, Scratch())
