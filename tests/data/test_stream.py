"""Bars of a live stream: whatever the order, they are those of the stored trades, and nothing is lost without a word."""

import numpy as np
import pyarrow.feather
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradekit import ConfigError, DataError, StreamBars, Trades, bars_of_trades

SECOND = 1_000_000_000
FIELDS = ("open_time", "close_time", "open", "high", "low", "close", "volume")
SIZES = ["2s", "5s", "3 trades", "2.5 volume", "20 value"]


def rows(*series):
    return [row for one in series for row in zip(*(getattr(one, name).tolist() for name in FIELDS), strict=True)]


def stored(trades):
    """Trades in the order of their numbers at each time, each once."""
    kept = sorted({trade[3]: trade for trade in trades}.values(), key=lambda trade: (trade[0], trade[3]))
    columns = [np.array(column) for column in zip(*kept, strict=True)] if kept else [np.zeros(0)] * 4
    return Trades(columns[0].astype(np.int64), columns[1].astype(float), columns[2].astype(float))


# Venue time in tenths of a second, how much later they come, and whether they come again.
feeds = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from([1.0, 2.0, 3.5]),
        st.sampled_from([0.1, 0.5, 1.0]),
        st.integers(0, 60),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(feed=feeds, size=st.sampled_from(SIZES), grace=st.sampled_from([0.0, 1.0, 10.0]))
def test_stream_bars_are_those_of_the_stored_trades_without_the_late_ones(feed, size, grace):
    made = [(at * SECOND // 10, price, units, number) for number, (at, price, units, _, _) in enumerate(feed, start=1)]
    arrivals = [(trade[0] + delay * SECOND // 10, trade) for trade, (_, _, _, delay, _) in zip(made, feed, strict=True)]
    arrivals += [(at + SECOND, trade) for (at, trade), (*_, again) in zip(list(arrivals), feed, strict=True) if again]
    stream = StreamBars(size, grace, start=0)
    parts, late, latest = [], set(), -(10**18)
    for _, trade in sorted(arrivals):
        if trade[0] < latest - grace * SECOND and trade[3] not in late:
            late.add(trade[3])
        latest = max(latest, trade[0])
        if stream.push(*trade):
            parts.append(stream.take())
    again = sum(is_again for *_, is_again in feed)
    left_out = stream.take_late()
    in_time = [trade for trade in made if trade[3] not in set(left_out.number.tolist())]
    assert (stream.arrived, stream.duplicates, stream.late) == (len(arrivals), again, len(left_out))
    assert set(left_out.number.tolist()) <= late
    end = latest + int(grace * SECOND) + 60 * SECOND
    stream.advance(end)
    parts.append(stream.take())
    assert rows(*parts) == rows(bars_of_trades(stored(in_time), size, until=end - int(grace * SECOND)))
    assert stream.waiting == 0


@settings(derandomize=True, deadline=None, max_examples=100)
@given(feed=feeds, size=st.sampled_from(SIZES))
def test_stream_with_grace_enough_gives_the_bars_of_all_stored_trades(feed, size):
    made = [(at * SECOND // 10, price, units, number) for number, (at, price, units, _, _) in enumerate(feed, start=1)]
    order = np.argsort([trade[0] + delay * SECOND // 10 for trade, (*_, delay, _) in zip(made, feed, strict=True)], kind="stable")
    stream = StreamBars(size, 6.0, start=0)
    for place in order:
        stream.push(*made[place])
    stream.advance(100 * SECOND)
    assert stream.late == 0
    assert rows(stream.take()) == rows(bars_of_trades(stored(made), size, until=94 * SECOND))


def test_stream_finishes_a_bar_when_venue_time_is_grace_past_its_end():
    stream = StreamBars("10s", 2.0, start=0)
    assert not stream.push(5 * SECOND, 1.0, 1.0)
    assert not stream.push(12 * SECOND - 1, 2.0, 1.0)
    assert not stream.push(10 * SECOND - 1, 3.0, 1.0)  # just in time: it becomes the close
    assert stream.push(12 * SECOND, 4.0, 1.0)
    assert rows(stream.take()) == [(0, 10 * SECOND, 1.0, 3.0, 1.0, 3.0, 2.0)]
    assert not stream.push(13 * SECOND, 4.0, 1.0)
    assert len(stream.take()) == 0


def test_stream_late_trades_are_counted_and_handed_over_and_in_no_bar():
    stream = StreamBars("10s", 1.0, start=0)
    for trade in ((11 * SECOND, 1.0, 1.0, 7), (9 * SECOND, 2.0, 3.0, 5), (8 * SECOND, 2.5, 3.0, 4)):
        stream.push(*trade)
    late = stream.take_late()
    assert (stream.late, late.number.tolist(), late.price.tolist()) == (2, [4, 5], [2.5, 2.0])
    assert len(stream.take_late()) == 0
    stream.push(9 * SECOND, 2.0, 3.0, 5)
    assert (stream.late, stream.duplicates) == (2, 1)


def test_stream_trades_without_numbers_are_never_duplicates():
    stream = StreamBars("10s", 0.0, start=0)
    for _ in range(3):
        stream.push(SECOND, 1.0, 1.0)
    stream.advance(10 * SECOND)
    assert (stream.duplicates, stream.take().volume.tolist()) == (0, [3.0])


def test_stream_forgets_numbers_after_its_memory_and_not_before():
    stream = StreamBars("10s", 0.0, start=0, memory_s=60.0)
    stream.push(0, 1.0, 1.0, 1)
    stream.advance(59 * SECOND)
    stream.push(59 * SECOND, 1.0, 1.0, 1)
    assert stream.duplicates == 1
    for minute in range(1, 4):
        stream.advance(minute * 61 * SECOND)
    stream.push(200 * SECOND, 1.0, 1.0, 1)
    assert stream.duplicates == 1


def test_stream_numbers_that_say_nothing_about_the_order_are_not_sorted_by():
    for by_number, close in ((True, 2.0), (False, 1.0)):
        stream = StreamBars("10s", 0.0, start=0, by_number=by_number)
        stream.push(SECOND, 2.0, 1.0, 9)
        stream.push(SECOND, 1.0, 1.0, 3)
        stream.advance(10 * SECOND)
        assert stream.take().close.tolist() == [close]


def test_stream_that_begins_within_a_window_makes_no_bar_of_it():
    stream = StreamBars("10s", 0.0)
    stream.push(3 * SECOND, 1.0, 1.0)
    stream.push(10 * SECOND, 2.0, 1.0)
    stream.advance(20 * SECOND)
    assert stream.take().open_time.tolist() == [10 * SECOND]


def test_stream_with_a_calendar_ends_bars_with_the_session_and_counts_what_is_outside():
    def moment(text):
        return int(np.datetime64(text, "ns").astype(np.int64))

    stream = StreamBars("1h", 0.0, calendar="XNYS")
    for stamp in ("2024-07-02T13:30", "2024-07-02T19:45", "2024-07-02T20:00:05", "2024-07-03T13:30", "2025-07-02T13:30"):
        stream.push(moment(stamp), 1.0, 1.0)
    stream.advance(moment("2026-07-03T20:00"))
    found = stream.take()
    assert [str(time)[:16] for time in found.close_time.view("M8[ns]")] == [
        "2024-07-02T14:30",
        "2024-07-02T20:00",
        "2024-07-03T14:30",
        "2025-07-02T14:30",
    ]
    assert stream.off_session == 1


@pytest.mark.parametrize(("price", "size"), [(0.0, 1.0), (float("nan"), 1.0), (1.0, -1.0), (1.0, float("inf"))])
def test_stream_trade_that_can_not_be_is_refused(price, size):
    with pytest.raises(DataError, match=r"trade 7 at 1970-01-01T00:00:01Z has the price .* and the size .*; a price is finite"):
        StreamBars("10s", 0.0).push(SECOND, price, size, 7)


@pytest.mark.parametrize("options", [{"grace_s": -1.0}, {"grace_s": 1.0, "memory_s": float("inf")}])
def test_stream_with_seconds_that_can_not_be_is_refused(options):
    with pytest.raises(ConfigError, match=r"it takes seconds, 0 or more"):
        StreamBars("10s", **options)


@pytest.mark.parametrize("size", ["1m", "100 trades", "5000 volume"])
def test_stream_of_real_trades_in_disorder_gives_the_bars_of_the_stored_ones(market_data, size):
    table = pyarrow.feather.read_table(market_data / "crypto" / "freqtrade_testdata" / "XRP_ETH-trades.feather")
    time, number = table["timestamp"].to_numpy() * 1_000_000, table["id"].to_numpy().astype(np.int64)
    trades = Trades(time, table["price"].to_numpy(), table["amount"].to_numpy(), number=number)
    random = np.random.default_rng(7)
    order = np.argsort(time + random.integers(0, 5 * SECOND, len(time)), kind="stable")
    twice = np.sort(np.concatenate((np.arange(len(time)), random.integers(0, len(time), 1000))))
    stream = StreamBars(size, 5.0, start=0)
    feed = zip(*(column[order[twice]].tolist() for column in (time, trades.price, trades.size, number)), strict=True)
    parts = [stream.take() for trade in feed if stream.push(*trade)]
    end = int(time[-1]) + 3600 * SECOND
    stream.advance(end)
    assert (stream.late, stream.duplicates) == (0, 1000)
    assert rows(*parts, stream.take()) == rows(bars_of_trades(trades, size, until=end - 5 * SECOND))
