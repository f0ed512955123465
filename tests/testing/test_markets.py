import inspect
from itertools import pairwise

import numpy as np
import pytest

from tradekit import Instrument
from tradekit.data.quality.inspect import inspect_bars
from tradekit.data.quality.policy import Policy, Quality
from tradekit.data.sound import is_sound
from tradekit.plugin.contracts import BarRequest
from tradekit.testing import markets

SCENARIOS = {
    "walk": markets.walk,
    "trend": markets.trend,
    "flat": markets.flat,
    "flash crash": markets.flash_crash,
    "gap": markets.gap,
    "halt": markets.halt,
    "missing": markets.missing,
    "split": lambda *rest, **more: markets.split(*rest, **more)[0],
}


@pytest.mark.parametrize("make", SCENARIOS.values(), ids=SCENARIOS)
@pytest.mark.parametrize("step", [markets.DAY, markets.MINUTE])
def test_scenario_is_sound_and_the_same_each_time(make, step):
    first, second = make(200, step), make(200, step)
    assert is_sound(first)
    for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    report = inspect_bars(Instrument("X"), first, BarRequest(("X",), step), Policy(), Quality())
    assert [
        finding.check for finding in report.findings if finding.verdict == "refused" and finding.check != "split-like-jump"
    ] == []


@pytest.mark.parametrize("make", [markets.walk, markets.flash_crash, markets.gap, markets.halt, markets.missing, markets.trend])
def test_scenario_of_another_seed_is_another(make):
    assert not np.array_equal(make(50, seed=1).close[:40], make(50, seed=2).close[:40])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_walk_of_few_bars_is_whole(count):
    series = markets.walk(count)
    assert [len(getattr(series, name)) for name in ("open_time", "open", "close", "volume")] == [count] * 4


def test_flat_market_never_moves():
    series = markets.flat(10)
    assert {*series.open, *series.high, *series.low, *series.close} == {100.0}


def test_flash_crash_falls_and_recovers_within_a_bar():
    series, calm = markets.flash_crash(100, depth=0.4), markets.walk(100)
    assert series.low[50] == pytest.approx(min(calm.open[50], calm.close[50]) * 0.6)
    assert series.volume[50] == 20 * calm.volume[50]
    np.testing.assert_array_equal(series.close, calm.close)


def test_gap_opens_away_from_the_close_before():
    series = markets.gap(100, size=-0.15)
    steps = series.open[1:] / series.close[:-1] - 1
    assert np.flatnonzero(np.abs(steps) > 1e-9).tolist() == [49]
    assert steps[49] == pytest.approx(-0.15)


def test_halt_stands_still_without_volume_and_goes_on():
    series = markets.halt(100, length=10)
    assert set(series.close[50:60]) == {series.close[49]}
    assert series.volume[50:60].tolist() == [0.0] * 10
    assert series.open[60] == series.close[59]
    assert (series.volume[60:] > 0).all()


def test_missing_bars_are_between_the_first_and_the_last():
    series, whole = markets.missing(200, share=0.2), markets.walk(200)
    assert 0.7 * 200 < len(series) < 0.9 * 200
    assert (series.open_time[0], series.open_time[-1]) == (whole.open_time[0], whole.open_time[-1])
    assert set(series.open_time.tolist()) < set(whole.open_time.tolist())


def test_trend_goes_where_its_drift_does():
    up, down = markets.trend(400), markets.trend(400, drift=-0.01)
    assert up.close[-1] > 2 * up.close[0]
    assert down.close[-1] < down.close[0] / 10


def test_split_keeps_the_value_of_what_is_held(lab):
    series, action = markets.split(120, ratio=4.0)
    assert series.close[60] / series.close[59] == pytest.approx(0.25, rel=0.05)
    lab.series["X"] = series
    lab.known["actions"]["X"] = action
    equity = lab.run("buy-and-hold", "account.capital=1000").result.equity["equity"].to_pylist()
    assert max(abs(after / before - 1) for before, after in pairwise(equity[5:])) < 0.05


def test_trades_make_the_bars_that_they_were_made_of():
    from tradekit import bars_of_trades

    series = markets.walk(30, markets.HOUR)
    built = bars_of_trades(markets.trades(series), "1h")
    for name in ("open_time", "open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(built, name), getattr(series, name)[: len(built)])
    np.testing.assert_allclose(built.volume, series.volume[: len(built)])
    assert len(built) >= 29


def test_trades_are_left_out_where_nothing_was_traded():
    series = markets.halt(30, markets.SECOND, length=5)
    made = markets.trades(series)
    assert len(made) == 4 * 25
    assert (made.size > 0).all()
    assert set(made.side.tolist()) == {1, -1}
    rises = made.price[1:] > made.price[:-1]
    assert (made.side[1:][rises] == 1).all()


@pytest.mark.parametrize(
    "series", [markets.walk(30), markets.flat(30), markets.trend(900, drift=-0.01)], ids=["walk", "flat", "fall"]
)
def test_quotes_and_books_are_never_crossed_and_show_what_is_taken(series):
    quotes, book, trades = markets.quotes(series), markets.book(series), markets.trades(series)
    assert (quotes.bid > 0).all()
    assert (quotes.bid < quotes.ask).all()
    np.testing.assert_array_equal(np.where(trades.side > 0, quotes.ask, quotes.bid), trades.price)
    assert (quotes.time == trades.time).all()
    price, side = book.price.reshape(-1, 10), book.side.reshape(-1, 10)
    np.testing.assert_array_equal(price[:, 0], quotes.bid)
    np.testing.assert_array_equal(price[:, 5], quotes.ask)
    assert (price > 0).all()
    assert (np.diff(price[:, :5]) < 0).all()
    assert (np.diff(price[:, 5:]) > 0).all()
    assert (side == [1] * 5 + [-1] * 5).all()
    assert book.is_snapshot.all()


def test_bars_of_a_market_are_on_one_clock():
    bars = markets.bars({"AAA": markets.walk(50), "BBB": markets.missing(50, seed=3)})
    assert bars.symbols == ("AAA", "BBB")
    assert bars.exists.sum(axis=0).tolist() == [50, len(markets.missing(50, seed=3))]


def test_every_market_is_documented():
    assert [
        name for name in markets.__all__ if callable(getattr(markets, name)) and not inspect.getdoc(getattr(markets, name))
    ] == []
