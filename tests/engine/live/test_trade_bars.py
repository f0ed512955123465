"""Bars that a live run makes of the trades of its source."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from engine.live.play import BEGIN, MINUTE, Stage, walk
from tradekit import Strategy
from tradekit.engine.live.trade_bars import TradeBars, bars_of_trades
from tradekit.errors import ConfigError
from tradekit.model.bars import PRICE_COLUMNS, Series
from tradekit.model.outside import LiveBar, Reconnected
from tradekit.model.ticks import Trades
from tradekit.plugin.contracts import BarRequest
from tradekit.testing.feed import ScriptedSource
from tradekit.testing.loop import run_virtually

SECOND = 1_000_000_000
SYMBOL = "BTC/USDT"


def trades(*rows):
    """Return trades of (seconds, price, size, number)."""
    time, price, size, number = zip(*rows, strict=True)
    when = BEGIN + np.round(np.array(time) * SECOND).astype(np.int64)
    return Trades(when, np.array(price, float), np.array(size, float), number=np.array(number, np.int64))


def shown(bars):
    return [((bar.open_time - BEGIN) // SECOND, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.is_final) for bar in bars]


def test_trade_bars_come_as_they_stand_and_once_when_they_are_finished():
    maker = TradeBars(SYMBOL, MINUTE, 1.0, BEGIN)
    assert shown(maker.push(trades((1, 100, 1, 1), (2, 103, 2, 2)))) == [(0, 100, 103, 100, 103, 3, False)]
    assert shown(maker.push(trades((59, 99, 1, 3)))) == [(0, 100, 103, 99, 99, 4, False)]
    assert shown(maker.advance(BEGIN + MINUTE + SECOND - 1)) == []
    growing = (60, 101, 101, 101, 101, 1, False)
    assert shown(maker.push(trades((61, 101, 1, 5)))) == [(0, 100, 103, 99, 99, 4, True), growing]
    assert shown(maker.advance(BEGIN + MINUTE + 2 * SECOND)) == []


def test_trade_that_comes_late_but_in_time_is_in_its_bar_and_one_that_comes_twice_counts_once():
    maker = TradeBars(SYMBOL, MINUTE, 2.0, BEGIN)
    list(maker.push(trades((1, 100, 1, 1), (60.5, 101, 1, 3))))
    list(maker.push(trades((59, 90, 1, 2), (60.5, 101, 1, 3))))
    assert shown(maker.advance(BEGIN + 70 * SECOND)) == [(0, 100, 100, 90, 90, 2, True)]


def test_trade_that_comes_too_late_is_in_no_bar_and_is_told(caplog):
    maker = TradeBars(SYMBOL, MINUTE, 0.0, BEGIN)
    list(maker.push(trades((1, 100, 1, 1), (61, 101, 1, 3))))
    told = list(maker.push(trades((59, 90, 1, 2))))
    assert not any(bar.is_final for bar in told)
    assert "1 of the BTC/USDT trades came after their bar was made, and are in none: live.late_s is too short" in caplog.text


def test_bar_that_began_before_the_stream_is_not_made():
    maker = TradeBars(SYMBOL, MINUTE, 0.0, BEGIN + 30 * SECOND)
    assert list(maker.push(trades((40, 100, 1, 1)))) == []
    assert shown(maker.push(trades((61, 101, 1, 2)))) == [(60, 101, 101, 101, 101, 1, False)]
    assert shown(maker.anew(BEGIN + 61 * SECOND).push(trades((62, 101, 1, 3)))) == []


class Telling(ScriptedSource):
    """Tells what a list says, each at its time in seconds."""

    name = "telling"
    has_live_trades = True
    clock = staticmethod(lambda: BEGIN + round(asyncio.get_running_loop().time() * SECOND))
    closed = False

    async def live_trades(self, request):
        assert request.interval == 0
        try:
            for when, what in self.telling:
                await asyncio.sleep(when - asyncio.get_running_loop().time())
                yield what
            await asyncio.Event().wait()
        finally:
            type(self).closed = True


def told(telling, seconds):
    """Return what bars of trades are told in some seconds, with the second at which they were."""
    source = type("Mine", (Telling,), {"telling": telling})()

    async def run():
        found = []

        async def listen():
            async for one in bars_of_trades(source, 1.0, source.clock, BarRequest((SYMBOL,), MINUTE)):
                found.append((asyncio.get_running_loop().time(), one))  # noqa: PERF401 - what was found is kept when it is cancelled

        task = asyncio.create_task(listen())
        await asyncio.wait({task}, timeout=seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return found

    return run_virtually(run()), source


def test_bars_of_trades_are_final_by_the_clock_where_nothing_is_traded():
    found, source = told([(1, {SYMBOL: trades((1, 100, 1, 1)), "ETH/USDT": trades((1, 5, 1, 1))})], 100)
    ((_, growing), (when, final)) = found
    assert not growing.is_final
    assert final.is_final
    assert 61.0 <= when <= 61.5
    assert source.closed


def test_bars_of_trades_after_a_gap_leave_the_bar_out_of_which_trades_are_missing():
    telling = [
        (1, {SYMBOL: trades((1, 100, 1, 1))}),
        (30, Reconnected()),
        (31, {SYMBOL: trades((31, 100, 1, 9))}),
        (70, {SYMBOL: trades((70, 100, 1, 10))}),
    ]
    found, _ = told(telling, 190)
    assert Reconnected() in [one for _, one in found]
    finals = [one.open_time for _, one in found if isinstance(one, LiveBar) and one.is_final]
    assert finals == [BEGIN + MINUTE]


def test_bars_of_trades_end_with_the_stream():
    class Ending(Telling):
        telling = ()

        async def live_trades(self, request):
            yield {SYMBOL: trades((1, 100, 1, 1))}

    async def run():
        return [one async for one in bars_of_trades(Ending(), 1.0, Ending.clock, BarRequest((SYMBOL,), MINUTE))]

    assert [bar.is_final for bar in run_virtually(run())] == [False]


class Follow(Strategy):
    """Buy after a bar that rose, and sell after one that fell."""

    name = "follow"

    def on_bar(self, ctx):
        view = ctx["BTC/USDT"]
        view.target(weight=0.5 if view.close > view.open else 0.0)


class Trading(ScriptedSource):
    """Tells the bars of the script as four trades each."""

    has_live_trades = True

    async def live_trades(self, request):
        yield Reconnected()
        bars: Series = self.script[SYMBOL]
        for row in range(len(bars)):
            prices = [getattr(bars, name)[row] for name in PRICE_COLUMNS[:4]]
            for part, price in enumerate(prices):
                time = int(bars.open_time[row]) + (part + 1) * 10 * SECOND
                wait = (time - type(self).clock()) / SECOND
                if wait >= 0:
                    await asyncio.sleep(wait)
                    size = np.array([bars.volume[row] / 4])
                    yield {SYMBOL: Trades(np.array([time]), np.array([price]), size, number=np.array([4 * row + part + 1]))}
        await asyncio.Event().wait()


def stage_of(folder, settings, **more):
    made = Stage(folder, Follow, {SYMBOL: walk(60)}, base=walk(60).close_time[9], settings=settings)
    made.venue.trade(SYMBOL, "100")
    made.source = type("Source", (Trading,), {"script": made.script, "clock": made.clock, "known": [made.instrument], **more})
    return made


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ('bars = "trades"', {}),
        ("", {"has_live_bars": False, "live_bars": None}),
        ("", {"streams_bars": lambda _self: False, "live_bars": None}),
    ],
)
def test_session_on_bars_made_of_trades_decides_as_on_those_of_the_source(settings, more, tmp_path):
    for name in ("bars", "trades"):
        (tmp_path / name).mkdir()
    of_bars = stage_of(tmp_path / "bars", "").play(1210)
    of_trades = stage_of(tmp_path / "trades", settings, **more).play(1210)
    assert of_trades.ended.error is None
    first, second = ([leg.intent.quantity for leg in played.core.legs.by_id.values()] for played in (of_bars, of_trades))
    assert len(first) > 4
    assert first == second
    rows = of_trades.core.run.rows
    np.testing.assert_array_equal(of_trades.core.run.setup.bars.close[:rows], of_bars.core.run.setup.bars.close[:rows])


def test_run_on_trades_of_a_source_without_a_stream_of_them_is_refused(tmp_path):
    stage = stage_of(tmp_path, 'bars = "trades"', has_live_trades=False)
    with pytest.raises(ConfigError, match=r"line \d+: data source 'scripted' has no stream of trades; leave live.bars out"):
        stage.play(10)
    stage = stage_of(tmp_path, "", has_live_trades=False, has_live_bars=False)
    with pytest.raises(ConfigError, match=r"line \d+: data source 'scripted' has no live data"):
        stage.play(10)
