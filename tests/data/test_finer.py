"""Finer bars and trades on the rows of a run."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest

from tradekit import BarRequest, Bars, DataError, DataSource, Instrument, Series, Trades
from tradekit.builtin.sources import ParquetSource
from tradekit.data.finer import load_finer
from tradekit.data.load import load_bars
from tradekit.data.quality.policy import Policy

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE
NAN = float("nan")


class Memory(DataSource):
    """Series and trades that are there already."""

    name = "memory"

    def __init__(self, series=None, trades=None):
        super().__init__()
        self.series, self.found, self.asked = series or {}, trades or {}, None

    def bars(self, request):
        self.asked = request
        return self.series

    def trades(self, request):
        self.asked = request
        return self.found


def hours(**closes):
    """Return bars of an hour that reach one below and above their close."""
    close = np.array(list(closes.values()), dtype=np.float64).T.copy()
    opened = np.arange(len(close), dtype=np.int64) * HOUR
    return Bars(tuple(closes), opened, opened + HOUR, close, close + 1, close - 1, close, close)


def fine(*bars, length=30 * MINUTE):
    """Return bars given by the minute at which they open and their price."""
    minute, price = (np.array(column) for column in zip(*bars, strict=True))
    opened, price = minute.astype(np.int64) * MINUTE, price.astype(np.float64)
    return Series(opened, opened + length, price, price, price, price, np.ones(len(price)), origin="fine.csv")


def load(bars, interval=30 * MINUTE, **found):
    policy = found.pop("policy", {})
    return load_finer(
        Memory(series=found) if interval else Memory(trades=found),
        bars,
        [Instrument(symbol) for symbol in bars.symbols],
        interval,
        Policy(**policy),
    )


def rows(loaded):
    """Return the close of each instrument in each finer row, by the row of the run."""
    close, first = loaded.finer.bars.close.tolist(), loaded.finer.first.tolist()
    return [close[start:stop] for start, stop in pairwise(first)]


def minutes(times):
    return [time // MINUTE for time in times.tolist()]


def test_finer_bars_are_divided_among_the_rows_they_lie_in():
    loaded = load(hours(X=[10.0, 20.0]), X=fine((0, 10), (30, 11), (60, 20), (90, 21)))
    assert rows(loaded) == [[[10.0], [11.0]], [[20.0], [21.0]]]
    assert loaded.finer.first.dtype == np.int64
    assert loaded.notes == ()
    fact = dict(loaded.facts["X"])
    assert len(fact.pop("sha256")) == 64
    assert fact == {
        "origin": "fine.csv",
        "interval": "30m",
        "rows": 4,
        "first": "1970-01-01T00:00:00Z",
        "last": "1970-01-01T01:30:00Z",
        "repairs": (),
        "whole": 0,
        "outside": 0,
        "beyond": 0,
    }


def test_finer_bars_are_asked_for_over_the_range_of_the_run():
    source = Memory({"X": fine((0, 10), (30, 10), (60, 20), (150, 20))})
    loaded = load_finer(source, hours(X=[10.0, 20.0]), [Instrument("X")], 30 * MINUTE, Policy())
    assert source.asked == BarRequest(("X",), 30 * MINUTE, 0, 2 * HOUR)
    assert loaded.facts["X"]["rows"] == 3


def test_finer_bar_that_has_none_inside_decides_as_a_whole():
    loaded = load(hours(X=[10.0, 20.0, 30.0]), X=fine((0, 10), (30, 11), (150, 30)))
    assert rows(loaded) == [[[10.0], [11.0]], [[20.0]], [[30.0]]]
    whole = loaded.finer.bars.rows(2, 3)
    assert (whole.high[0, 0], whole.low[0, 0], minutes(whole.open_time), minutes(whole.close_time)) == (21.0, 19.0, [60], [120])
    assert loaded.notes == ("X: 1 of its 3 bars have no bars of 30m inside, and decide as a whole.",)
    assert loaded.facts["X"]["whole"] == 1


def test_finer_whole_bar_does_not_overlap_the_finer_ones_of_another():
    bars = hours(X=[10.0, 20.0], Y=[1.0, 2.0])
    loaded = load(bars, X=fine((0, 10), (30, 11), (75, 20), (105, 20)), Y=fine((0, 1), (30, 1)))
    assert rows(loaded)[1] == [pytest.approx(row, nan_ok=True) for row in ([NAN, 2.0], [20.0, NAN], [20.0, NAN])]
    assert minutes(loaded.finer.bars.open_time) == [0, 30, 60, 75, 105]
    assert minutes(loaded.finer.bars.close_time) == [30, 60, 75, 105, 135]


def test_finer_bars_in_no_bar_of_their_instrument_are_left_out_and_counted():
    bars = hours(X=[10.0, NAN, 30.0], Y=[1.0, 2.0, 3.0])
    loaded = load(
        bars,
        X=fine((0, 10), (30, 10), (60, 20), (90, 20), (120, 30)),
        Y=fine((0, 1), (60, 2), (90, 2), (120, 3)),
    )
    assert [[x for x, _ in row] for row in rows(loaded)][1] == pytest.approx([NAN, NAN], nan_ok=True)
    assert loaded.notes == ("X: 2 bars of 30m lie in none of its bars, and are left out.",)


def test_finer_bars_beyond_the_range_of_their_bar_are_counted_and_decide():
    loaded = load(hours(X=[10.0, 20.0]), X=fine((0, 10), (30, 11 + 1e-10), (60, 22.05), (90, 19)))
    assert rows(loaded)[1] == [[22.05], [19.0]]
    assert loaded.notes == ("X: 1 bars of 30m reach beyond the bar that they lie in, by 5.250% at most, and decide all the same.",)


def test_trades_of_one_time_are_rows_of_their_own_in_their_order():
    trades = Trades(np.array([1, 5, 5, 5, HOUR]), np.array([10.0, 11, 9, 10, 20]), np.array([1.0, 2, 3, 4, 5]), "trades.csv")
    loaded = load(hours(X=[10.0, 20.0]), None, X=trades)
    bars = loaded.finer.bars
    assert (bars.open_time.tolist(), bars.close_time.tolist()) == ([1, 5, 5, 5, HOUR], [2, 6, 6, 6, HOUR + 1])
    assert (bars.close[:, 0].tolist(), bars.volume[:, 0].tolist()) == ([10, 11, 9, 10, 20], [1, 2, 3, 4, 5])
    assert (bars.open == bars.close).all()
    assert (bars.high == bars.low).all()
    assert loaded.finer.first.tolist() == [0, 4, 5]
    columns = (trades.time, trades.price, trades.size, trades.side, trades.number)
    month = hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()
    assert loaded.facts["X"]["sha256"] == hashlib.sha256(f"1970-01 {month}\n".encode()).hexdigest()
    assert loaded.facts["X"]["interval"] == "trades"


def test_trades_of_several_instruments_share_rows_in_the_order_of_each():
    x = Trades(np.array([5, 5, 9]), np.array([10.0, 11, 10]), np.ones(3))
    y = Trades(np.array([5, 7]), np.array([1.0, 2]), np.ones(2))
    loaded = load(hours(X=[10.0], Y=[1.0]), None, X=x, Y=y)
    assert loaded.finer.bars.open_time.tolist() == [5, 5, 7, 9]
    assert loaded.finer.bars.close.ravel().tolist() == pytest.approx([10, 1, 11, NAN, NAN, 2, 10, NAN], nan_ok=True)


def test_trades_outside_of_the_run_are_not_used():
    trades = Trades(np.array([5, 2 * HOUR]), np.array([10.0, 11]), np.ones(2))
    assert load(hours(X=[10.0]), None, X=trades).finer.bars.open_time.tolist() == [5]


@pytest.mark.parametrize(
    ("interval", "found", "message"),
    [
        (30 * MINUTE, {}, "data.fill_interval needs bars of 30m: the data source 'memory' gave none of 'X'"),
        (
            30 * MINUTE,
            {"X": fine((600, 1))},
            "data.fill_interval needs bars of 30m: no bar of 'X' at 1970-01-01T00:00:00Z or later before 1970-01-01T02:00:00Z; "
            "'fine.csv' has bars from 1970-01-01T10:00:00Z",
        ),
        (30 * MINUTE, {"X": fine((0, -1))}, "data.fill_interval needs bars of 30m: the finer bars of 'X' from 'fine.csv'"),
        (
            30 * MINUTE,
            {"X": fine((0, 1), (60, 1), (120, 1), (180, 1))},
            "data.fill_interval needs bars of 30m: no two bars of 'X' from 'fine.csv' are 30m apart; the commonest step",
        ),
        (None, {}, "data.fill_interval is 'trades', and the data source 'memory' gave none of 'X'"),
        (None, {"X": 5}, "the data source 'memory' gave 5 for 'X'; expected Trades"),
    ],
)
def test_finer_data_that_is_not_there_is_refused(interval, found, message):
    with pytest.raises(DataError) as error:
        load(hours(X=[10.0, 20.0]), interval, **found)
    assert str(error.value).startswith(message)


def test_finer_repairs_are_told():
    loaded = load(hours(X=[10.0]), X=fine((30, 10), (0, 10)), policy={"unsorted": "sort"})
    assert len(loaded.notes) == 1
    assert loaded.notes[0].startswith("X: 1 bar sorted: a time before that of the bar above")
    assert loaded.facts["X"]["repairs"] == loaded.notes


def test_minutes_of_the_market_data_make_up_its_hours(market_data):
    folder = market_data / "crypto" / "binance_perp_2023_07"
    minute = f"{folder}/{{symbol}}-1m-futures.feather"
    source = ParquetSource(ParquetSource.Options.model_validate({"path": minute.replace("1m", "1h"), "intervals": {"1m": minute}}))
    symbols = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    start = int(np.datetime64("2023-07-18T12:00", "ns").astype(np.int64))
    bars = load_bars(source, BarRequest(symbols, HOUR, start), Policy()).bars
    loaded = load_finer(source, bars, [Instrument(symbol) for symbol in symbols], MINUTE, Policy())
    assert loaded.notes == ()
    finer, first = loaded.finer.bars, loaded.finer.first
    assert (np.diff(first) == 60).all()
    for i in range(2):
        high = np.maximum.reduceat(finer.high[:, i], first[:-1])
        assert (high == bars.high[:, i]).all()
        assert (finer.open[first[:-1], i] == bars.open[:, i]).all()
        assert (finer.close[first[1:] - 1, i] == bars.close[:, i]).all()


def test_trades_of_the_market_data_make_up_its_minutes(market_data):
    folder = market_data / "crypto" / "freqtrade_testdata"
    options = {
        "path": folder / "XRP_ETH-1m.feather",
        "trades": {"path": folder / "XRP_ETH-trades.feather", "columns": {"size": "amount"}},
    }
    source = ParquetSource(ParquetSource.Options.model_validate(options))
    start = int(np.datetime64("2019-10-11", "ns").astype(np.int64))
    bars = load_bars(source, BarRequest(("XRP/ETH",), MINUTE, start), Policy()).bars
    loaded = load_finer(source, bars, [Instrument("XRP/ETH")], None, Policy())
    finer, first = loaded.finer.bars, loaded.finer.first
    volume = np.add.reduceat(finer.volume[:, 0], first[:-1])
    assert loaded.notes == ()
    assert (np.maximum.reduceat(finer.high[:, 0], first[:-1]) == bars.high[:, 0]).all()
    assert volume == pytest.approx(bars.volume[:, 0])
    assert (finer.close[first[1:] - 1, 0] == bars.close[:, 0]).all()
