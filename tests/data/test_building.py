"""Bars that a user asks for: against pandas and the venues' own on real data, within sessions, and what is refused."""

import numpy as np
import pandas as pd
import pyarrow.feather
import pytest

from tradekit import ConfigError, DataError, Series, Trades, bars_of_trades, coarser_bars
from tradekit.data.interval import parse_interval

MINUTE = 60_000_000_000
FIELDS = ("open", "high", "low", "close", "volume")


def moment(text):
    return int(np.datetime64(text, "ns").astype(np.int64))


def times(series, name="open_time"):
    return [str(time)[:16] for time in getattr(series, name).view("M8[ns]")]


def trades(*stamps, size=1.0):
    time = np.array([moment(stamp) for stamp in stamps])
    return Trades(time, 10.0 + np.arange(len(time)), np.full(len(time), size), "trades.csv")


def bars(*stamps, length="5m"):
    opened = np.array([moment(stamp) for stamp in stamps])
    price = 10.0 + np.arange(len(opened))
    return Series(opened, opened + parse_interval(length), price, price + 1, price - 1, price, np.ones(len(opened)), "bars.csv")


@pytest.fixture(scope="module")
def xrp(market_data):
    table = pyarrow.feather.read_table(market_data / "crypto" / "freqtrade_testdata" / "XRP_ETH-trades.feather")
    return Trades(table["timestamp"].to_numpy() * 1_000_000, table["price"].to_numpy(), table["amount"].to_numpy(), "xrp")


@pytest.mark.parametrize(("size", "rows"), [("1m", 2469), ("5m", 706)])
def test_bars_of_real_trades_are_those_that_the_venue_gives(market_data, xrp, size, rows):
    given = pyarrow.feather.read_table(market_data / "crypto" / "freqtrade_testdata" / f"XRP_ETH-{size}.feather")
    found = bars_of_trades(xrp, size)
    assert len(found) == rows
    np.testing.assert_array_equal(found.open_time, given["date"].to_numpy().astype("M8[ns]").astype(np.int64))
    for name in FIELDS[:4]:
        np.testing.assert_array_equal(getattr(found, name), given[name].to_numpy())
    np.testing.assert_allclose(found.volume, given["volume"].to_numpy(), rtol=1e-12)


@pytest.mark.parametrize(("size", "rule"), [("1s", "1s"), ("3m", "3min"), ("1h", "1h"), ("1d", "1D"), ("1w", "W-MON")])
def test_bars_of_real_trades_are_those_of_pandas(xrp, size, rule):
    frame = pd.DataFrame({"price": xrp.price, "size": xrp.size}, pd.to_datetime(xrp.time)).resample(
        rule, label="left", closed="left"
    )
    expected = frame["price"].ohlc().assign(volume=frame["size"].sum()).dropna()
    found = bars_of_trades(xrp, size)
    np.testing.assert_array_equal(found.open_time, expected.index.as_unit("ns").astype(np.int64))
    np.testing.assert_array_equal(found.close_time, found.open_time + parse_interval(size))
    for name in FIELDS[:4]:
        np.testing.assert_array_equal(getattr(found, name), expected[name])
    np.testing.assert_allclose(found.volume, expected["volume"], rtol=1e-12)


@pytest.mark.parametrize(("size", "of"), [("100 trades", np.ones_like), ("5000 volume", None), ("12.5 value", None)])
def test_bars_of_an_amount_hold_it_with_their_last_time_and_not_without(xrp, size, of):
    found = bars_of_trades(xrp, size)
    amount, what = float(size.split()[0]), size.split()[1]
    counted = {"trades": np.ones(len(xrp)), "volume": xrp.size, "value": xrp.price * xrp.size}[what]
    first = np.searchsorted(xrp.time, found.open_time)
    last = np.searchsorted(xrp.time, found.close_time)
    before = np.searchsorted(xrp.time, found.close_time - 1)
    assert len(found) > 20
    assert first[0] == 0
    np.testing.assert_array_equal(first[1:], last[:-1])
    for start, stop, without in zip(first, last, before, strict=True):
        assert counted[start:stop].sum() >= amount * (1 - 1e-9)
        assert counted[start:without].sum() < amount
    rest = counted[last[-1] :].sum()
    assert rest < amount
    np.testing.assert_allclose(found.volume.sum() + xrp.size[last[-1] :].sum(), xrp.size.sum())


def test_bars_until_a_time_leave_out_what_has_not_ended():
    found = trades("2024-01-02T10:00:30", "2024-01-02T10:01:30", "2024-01-02T10:02:30")
    assert len(bars_of_trades(found, "1m")) == 3
    assert len(bars_of_trades(found, "1m", until=moment("2024-01-02T10:02:59"))) == 2
    assert len(bars_of_trades(found, "1m", until=moment("2024-01-02T10:03:00"))) == 3
    assert times(bars_of_trades(found, "2 trades", until=moment("2024-01-02T10:03:00"))) == ["2024-01-02T10:00"]


def test_bars_of_no_trades_are_none():
    none = Trades(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    assert len(bars_of_trades(none, "1m", "XNYS")) == len(bars_of_trades(none, "5 volume", until=1)) == 0


# On 2024-07-03 New York closed at 13:00, 17:00 UTC; the session before ran from 13:30 to 20:00 UTC.
WEEK = ("2024-07-02T13:30", "2024-07-02T14:29", "2024-07-02T14:30", "2024-07-02T19:59", "2024-07-03T13:31", "2024-07-03T16:45")


def test_bars_with_a_calendar_begin_at_the_open_and_end_at_the_close():
    found = bars_of_trades(trades(*WEEK), "1h", "XNYS")
    assert times(found) == [
        "2024-07-02T13:30",
        "2024-07-02T14:30",
        "2024-07-02T19:30",
        "2024-07-03T13:30",
        "2024-07-03T16:30",
    ]
    assert times(found, "close_time") == [
        "2024-07-02T14:30",
        "2024-07-02T15:30",
        "2024-07-02T20:00",
        "2024-07-03T14:30",
        "2024-07-03T17:00",
    ]
    assert found.volume.tolist() == [2.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("size", "opened", "closed"),
    [
        ("1d", ["2024-07-02T13:30", "2024-07-03T13:30"], ["2024-07-02T20:00", "2024-07-03T17:00"]),
        ("1w", ["2024-07-01T13:30"], ["2024-07-05T20:00"]),
    ],
)
def test_bars_of_days_with_a_calendar_hold_whole_sessions(size, opened, closed):
    found = bars_of_trades(trades(*WEEK), size, "XNYS")
    assert (times(found), times(found, "close_time")) == (opened, closed)


def test_bars_of_an_amount_with_a_calendar_end_with_the_session():
    found = bars_of_trades(trades(*WEEK), "3 trades", "XNYS")
    assert times(found) == ["2024-07-02T13:30", "2024-07-02T19:59"]
    assert (found.close_time[0], times(found, "close_time")[1]) == (moment("2024-07-02T14:30") + 1, "2024-07-02T20:00")
    assert len(bars_of_trades(trades(*WEEK), "3 trades", "XNYS", until=moment("2024-07-03T17:00"))) == 3


def test_bars_go_on_after_a_break():
    # Tokyo: 09:00 to 11:30 and 12:30 to 15:00, 9 hours ahead.
    found = trades("2024-01-10T02:29", "2024-01-10T03:30", "2024-01-10T05:59")
    assert times(bars_of_trades(found, "2h", "XTKS")) == ["2024-01-10T02:00", "2024-01-10T04:00"]
    with pytest.raises(DataError, match=r"1 of the 1 trades from 'trades.csv' lie in no session of calendar 'XTKS'"):
        bars_of_trades(trades("2024-01-10T03:00"), "2h", "XTKS")


def test_bars_of_trades_off_session_are_refused_or_dropped():
    early = trades("2024-07-02T12:00", *WEEK, "2024-07-03T17:00")
    with pytest.raises(
        DataError, match=r"2 of the 8 trades from 'trades.csv' lie in no session .*, the first at 2024-07-02T12:00:00Z;"
    ):
        bars_of_trades(early, "1h", "XNYS")
    with pytest.raises(ConfigError, match=r"off_session is 'keep'; allowed: 'refuse', 'drop'"):
        bars_of_trades(early, "1h", "XNYS", off_session="keep")
    kept = bars_of_trades(early, "1h", "XNYS", off_session="drop")
    assert kept.open_time.tolist() == bars_of_trades(trades(*WEEK), "1h", "XNYS").open_time.tolist()


def test_bars_of_a_size_that_is_none_are_refused():
    with pytest.raises(ConfigError, match=r"'100 ticks' is no size of a bar; did you mean '100 trades'"):
        bars_of_trades(trades(*WEEK), "100 ticks")
    with pytest.raises(ConfigError, match=r"bars of '5 volume' can't be made of other bars"):
        coarser_bars(bars(*WEEK), "5 volume")


def test_coarser_bars_of_sessions_begin_at_the_open_and_end_at_the_close():
    stamps = ("2024-07-02T13:30", "2024-07-02T14:25", "2024-07-02T14:30", "2024-07-02T19:55", "2024-07-03T16:55")
    found = coarser_bars(bars(*stamps), "1h", "XNYS")
    assert times(found) == ["2024-07-02T13:30", "2024-07-02T14:30", "2024-07-02T19:30", "2024-07-03T16:30"]
    assert times(found, "close_time")[-2:] == ["2024-07-02T20:00", "2024-07-03T17:00"]
    assert (found.high.tolist(), found.low.tolist()) == ([12.0, 13.0, 14.0, 15.0], [9.0, 11.0, 12.0, 13.0])


def test_coarser_bars_of_dates_stand_for_their_sessions():
    found = coarser_bars(bars("2024-07-01", "2024-07-02", "2024-07-03", "2024-07-05", length="1d"), "1w", "XNYS")
    assert (times(found), times(found, "close_time")) == (["2024-07-01T13:30"], ["2024-07-05T20:00"])
    assert found.volume.tolist() == [4.0]


def test_coarser_bars_off_session_are_refused_or_dropped():
    early = bars("2024-07-02T12:00", "2024-07-02T13:30")
    with pytest.raises(DataError, match=r"1 of the 2 bars from 'bars.csv' lie in no session of calendar 'XNYS'"):
        coarser_bars(early, "1h", "XNYS")
    assert times(coarser_bars(early, "1h", "XNYS", "drop")) == ["2024-07-02T13:30"]


@pytest.mark.parametrize(
    ("given", "size", "calendar", "message"),
    [
        (bars("2024-07-02T13:30"), "1m", None, "does not fit into one of '1m', from 2024-07-02T13:30:00Z to 2024-07-02T13:31:00Z"),
        (
            bars("2024-07-02T14:00", length="1h"),
            "1h",
            "XNYS",
            "to 2024-07-02T15:00:00Z of 'bars.csv' does not fit into one of '1h'",
        ),
        (bars("2024-07-02T14:00", "2024-07-02T13:00"), "1h", None, "out of order, or there twice, at 2024-07-02T13:00:00Z"),
    ],
)
def test_coarser_bars_of_what_does_not_fit_are_refused(given, size, calendar, message):
    with pytest.raises(DataError, match=message):
        coarser_bars(given, size, calendar)


def test_coarser_bars_with_a_blank_are_refused():
    given = bars("2024-07-02T14:00", "2024-07-02T14:05")
    given.high[1] = np.nan
    with pytest.raises(DataError, match=r"high of the bar at 2024-07-02T14:05:00Z from 'bars.csv' is nan"):
        coarser_bars(given, "1h")


def test_coarser_bars_of_real_minutes_are_those_of_trades(xrp):
    minutes = bars_of_trades(xrp, "1m")
    for size in ("5m", "1h", "1d"):
        coarse, direct = coarser_bars(minutes, size), bars_of_trades(xrp, size)
        for name in ("open_time", "close_time", *FIELDS[:4]):
            np.testing.assert_array_equal(getattr(coarse, name), getattr(direct, name))
        np.testing.assert_allclose(coarse.volume, direct.volume, rtol=1e-12)
