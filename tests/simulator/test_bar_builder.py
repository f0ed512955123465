"""The builder of bars: against a plain reference, pushed against run, and in parts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.feather
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradekit
from tradekit import DataError
from tradekit.model.bars import Threshold
from tradekit.simulator.bar_builder import BACKWARD, COUNTS, OFF_SESSION, BarBuilder
from tradekit.simulator.build import is_compiled

EVER = 2**63 - 1
ALWAYS = np.array([[-EVER], [EVER], [0], [EVER]])
# Two sessions, the first with a break: trading 10-30 and 40-57 with windows from 10 on, then 100-133.
SESSIONS = np.array([[10, 40, 100], [30, 57, 133], [10, 10, 100], [57, 57, 133]])
FIELDS = ("open_time", "close_time", "open", "high", "low", "close", "volume")

trades = st.lists(
    st.tuples(st.integers(-5, 140), st.sampled_from([1.0, 1.5, 2.25, 3.0]), st.sampled_from([0.0, 0.1, 0.7, 2.0])), max_size=60
).map(sorted)
sizes = st.one_of(
    st.integers(1, 50),
    st.builds(Threshold, st.integers(1, 6).map(float), st.just("trades")),
    st.builds(Threshold, st.sampled_from([0.3, 1.0, 2.5]), st.sampled_from(["volume", "value"])),
)
spans = st.sampled_from([ALWAYS, SESSIONS])
repeatable = settings(derandomize=True, deadline=None, max_examples=200)


def made(size, times):
    if isinstance(size, Threshold):
        return BarBuilder(times, 1, COUNTS.index(size.of), size.amount)
    return BarBuilder(times, size)


def rows(series):
    return list(zip(*(getattr(series, name).tolist() for name in FIELDS), strict=True))


def amount(size, inside):
    counted = {"trades": [1.0] * len(inside), "volume": [t[2] for t in inside], "value": [t[1] * t[2] for t in inside]}
    return sum(counted[size.of], 0.0) >= size.amount * (1 - 1e-9)


def reference(found, size, times):
    """The definition, as plain as can be: bars that have ended when the trades have, and those that are off session."""
    bars, inside, off, end = [], [], 0, None

    def put():
        prices = [price for _, price, _ in inside]
        start = inside[0][0] if isinstance(size, Threshold) else window
        bars.append((start, end, prices[0], max(prices), min(prices), prices[-1], sum(t[2] for t in inside)))
        inside.clear()

    for trade in found:
        time = trade[0]
        if inside and (time >= end or (isinstance(size, Threshold) and amount(size, inside) and time > inside[-1][0])):
            end = inside[-1][0] + 1 if isinstance(size, Threshold) and amount(size, inside) else end
            put()
        column = next((c for c in times.T.tolist() if c[0] <= time < c[1]), None)
        if column is None:
            off += 1
            continue
        if not inside:
            window = column[2] + (time - column[2]) // (1 if isinstance(size, Threshold) else size) * (
                1 if isinstance(size, Threshold) else size
            )
            end = column[3] if isinstance(size, Threshold) else min(window + size, column[3])
        inside.append(trade)
    if inside and (not isinstance(size, Threshold) or amount(size, inside)):
        end = inside[-1][0] + 1 if isinstance(size, Threshold) else end
        put()
    return bars, off


def columns(found):
    time, price, size = (np.array(column) for column in zip(*found, strict=True)) if found else (np.zeros(0),) * 3
    return time.astype(np.int64), price.astype(float), size.astype(float)


@repeatable
@given(found=trades, size=sizes, times=spans)
def test_builder_pushed_is_what_the_definition_says_to_the_last_bit(found, size, times):
    builder = made(size, times)
    answers = [builder.push(*trade) for trade in found]
    builder.finish()
    expected, off = reference(found, size, times)
    assert rows(builder.take()) == expected
    assert (answers.count(OFF_SESSION), answers.count(0)) == (off, len(found) - off)


@repeatable
@given(found=trades, size=sizes, cuts=st.lists(st.integers(0, 60), max_size=3).map(sorted))
def test_builder_run_in_any_parts_gives_what_is_pushed(found, size, cuts):
    pushed, run = made(size, ALWAYS), made(size, ALWAYS)
    for trade in found:
        assert pushed.push(*trade) == 0
    parts = []
    for start, stop in zip([0, *cuts], [*cuts, 60], strict=True):
        time, price, volume = columns(found[start:stop])
        assert run.run(time, (price,) * 4, volume) == len(time)
        parts += rows(run.take())
    pushed.finish()
    run.finish()
    assert parts + rows(run.take()) == rows(pushed.take())


def test_builder_run_stops_before_what_it_can_not_take_and_says_why():
    times, price = np.array([12, 35, 41, 40]), np.ones(4)
    builder = BarBuilder(SESSIONS, 10)
    assert (builder.run(times, (price,) * 4, price), builder.why) == (1, OFF_SESSION)
    assert (builder.run(times, (price,) * 4, price, 2), builder.why) == (3, BACKWARD)
    builder.finish()
    assert rows(builder.take())[-1] == (40, 50, 1.0, 1.0, 1.0, 1.0, 1.0)


def test_builder_advance_ends_a_bar_and_takes_nothing_earlier_any_more():
    builder = BarBuilder(ALWAYS, 10)
    builder.push(3, 1.0, 2.0)
    builder.advance(9)
    assert builder.count == 0
    builder.advance(10)
    assert rows(builder.take()) == [(0, 10, 1.0, 1.0, 1.0, 1.0, 2.0)]
    assert builder.push(9, 1.0, 1.0) == BACKWARD
    assert builder.push(10, 1.0, 1.0) == 0


def test_builder_sums_that_rounding_leaves_short_reach_the_amount():
    builder = made(Threshold(1.0, "volume"), ALWAYS)
    assert sum([0.1] * 10) < 1.0
    for time in range(11):
        builder.push(time, 5.0, 0.1)
    assert builder.take().close_time.tolist() == [10]


def test_builder_with_columns_of_different_lengths_is_refused():
    with pytest.raises(DataError, match="can't read columns of different lengths"):
        BarBuilder(ALWAYS, 10).run(np.arange(3), (np.ones(3),) * 4, np.ones(2))


def test_builder_of_finer_bars_takes_their_highs_and_lows():
    builder = BarBuilder(ALWAYS, 4)
    opened, high, low, close = np.array([[2.0, 3.0], [5.0, 4.0], [1.0, 2.0], [3.0, 2.5]])
    builder.run(np.array([0, 2]), (opened, high, low, close), np.array([1.0, 2.0]))
    builder.finish()
    assert rows(builder.take()) == [(0, 4, 2.0, 5.0, 1.0, 2.5, 3.0)]


SCRIPT = """
import sys
import numpy as np
from tradekit.simulator import bar_builder
assert bar_builder.__file__.endswith(".py"), bar_builder.__file__
trades = np.load(sys.argv[1])
spans, found = trades["spans"], []
for size in ((60_000_000_000, 0, 0.0), (1, 1, 100.0), (1, 2, 5000.0), (1, 3, 10.0)):
    builder = bar_builder.BarBuilder(spans, *size)
    builder.run(trades["time"], (trades["price"],) * 4, trades["size"])
    builder.finish()
    bars = builder.take()
    found += [bars.open_time, bars.close_time, bars.open, bars.high, bars.low, bars.close, bars.volume]
np.savez(sys.argv[2], *found)
"""


@pytest.mark.skipif(not is_compiled(), reason="the simulator is not compiled, so there is nothing to compare with")
def test_builder_compiled_and_uncompiled_give_the_same_bits_on_real_trades(market_data, tmp_path):
    table = pyarrow.feather.read_table(market_data / "crypto" / "freqtrade_testdata" / "XRP_ETH-trades.feather")
    time, price, size = table["timestamp"].to_numpy() * 1_000_000, table["price"].to_numpy(), table["amount"].to_numpy()
    np.savez(tmp_path / "trades.npz", time=time, price=price, size=size, spans=ALWAYS)
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "__pycache__", "_build.json")
    shutil.copytree(Path(tradekit.__file__).parent, tmp_path / "tradekit", ignore=ignored)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "trades.npz"), str(tmp_path / "bars.npz")],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
    )
    with np.load(tmp_path / "bars.npz") as uncompiled:
        for place, made_of in enumerate(((60_000_000_000, 0, 0.0), (1, 1, 100.0), (1, 2, 5000.0), (1, 3, 10.0))):
            builder = BarBuilder(ALWAYS, *made_of)
            builder.run(time, (price,) * 4, size)
            builder.finish()
            bars = builder.take()
            assert len(bars) > 100
            for column, name in enumerate(FIELDS):
                assert getattr(bars, name).tobytes() == uncompiled[f"arr_{7 * place + column}"].tobytes()
