"""A streamed run leaves what the same run leaves with its bars in memory."""

import hashlib

import numpy as np
import pytest

from tradekit import Strategy, atr, bollinger, ema, sma
from tradekit.engine.streaming import feeds_of
from tradekit.errors import ConfigError, StrategyError
from tradekit.model import memory as memory_module
from tradekit.model.bars import PRICE_COLUMNS, Bars
from tradekit.model.timeline import Sessions
from tradekit.plugin.contracts import Indicator

SPAN = ("run.start=2020-01-01", "run.end=2020-05-01", "data.interval=1h", "execution.driver=event")
FILES = ("orders", "fills", "positions", "equity", "trades", "journal")


class Coarse(Strategy):
    """Follow an average of days on hours."""

    name = "coarse"

    def indicators(self):
        return {"fast": sma(5), "days": ema(3).every("1d")}

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.target(weight=0.4 if view["fast"] > view["days"] else 0.0)


class WholeOnly(Indicator):
    """The last of all closes, which only the whole array tells."""

    name = "whole-only"
    warmup = 1

    def step(self):
        raise NotImplementedError

    def compute(self, *columns):
        return columns[0][None, :]


class Whole(Coarse):
    """Read an indicator that has no form bar by bar."""

    name = "whole"

    def indicators(self):
        return {"fast": WholeOnly(), "days": ema(3)}


@pytest.fixture
def market(lab, monkeypatch):
    """A place with two instruments by the hour, the second of which lacks some, worked on in small blocks."""
    monkeypatch.setattr(memory_module, "BLOCK", 100)
    rows = np.arange(121 * 24)
    waves = 100 + 10 * np.sin(rows / 50) + np.sin(rows / 7)
    lab.give(waves, "X", interval="1h")
    lacking = (rows % 17 == 3) | ((rows > 700) & (rows < 790))
    lab.give(200 - waves[~lacking], "Y", rows=rows[~lacking], interval="1h")
    return lab


def hashes(folder):
    return {name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() for name in FILES}


@pytest.mark.parametrize("strategy", [Coarse, "sma-cross"])
def test_streamed_run_leaves_the_same_bytes(market, strategy):
    more = ("strategy.fast=5", "strategy.slow=30", "strategy.weight=0.4") if strategy == "sma-cross" else ()
    whole = market.run(strategy, *SPAN, *more)
    streamed = market.run(strategy, *SPAN, *more, "data.stream=true")
    assert len(whole.result.fills) > 20
    assert hashes(streamed.folder) == hashes(whole.folder)
    assert streamed.result.metrics == whole.result.metrics
    assert [fact["sha256"] for fact in streamed.result.data] == [fact["sha256"] for fact in whole.result.data]


def test_streamed_run_takes_the_event_driver_and_says_why(market):
    result = market.run("sma-cross", "strategy.fast=5", "strategy.slow=30", *SPAN[:3], "data.stream=true").result
    assert result.plan == "event driver: the data are streamed (data.stream = true), and targets() wants them whole"


def test_streamed_indicator_without_a_form_bar_by_bar_is_refused(market):
    with pytest.raises(StrategyError, match=r"indicator 'fast' \(whole-only\) computes all bars at once"):
        market.ready(Whole, *SPAN, "data.stream=true")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("run.start=2020-01-01",), "data.stream is true, so the run must say from when to when: run.end is missing"),
        ((*SPAN, "data.fill_interval=30m"), "data.stream is true, and data.fill_interval reads finer bars"),
        ((*SPAN, "data.policy.gaps=fill"), "data.stream is true, and policy gaps = 'fill' can't fill"),
        ((*SPAN, "data.interval='5 trades'"), "data.stream is true, and bars of 5 trades are made of all trades at once"),
    ],
)
def test_stream_with_what_needs_all_bars_at_once_is_refused(market, overrides, said):
    with pytest.raises(ConfigError) as error:
        market.ready("sma-cross", *overrides, "data.stream=true")
    assert said in str(error.value)


@pytest.mark.parametrize("calendar", [None, "XNYS"])
def test_streamed_coarser_bars_begin_and_end_as_those_in_memory(lab, monkeypatch, calendar):
    monkeypatch.setattr(memory_module, "BLOCK", 7)
    # Half hours from 15:00 on, so that the first day is not whole, of each weekday's session in New York.
    days = [day for day in range(90) if (day + 3) % 7 < 5 and day not in (18, 46)]
    rows = np.concatenate([day * 48 + np.arange(13) for day in days])[1:]
    lab.give(100 + 10 * np.sin(np.arange(len(rows)) / 9), rows=rows, interval="30m", start="2020-01-02T14:30")
    lab.facts["X"] = {"calendar": calendar}
    span = ("run.start=2020-01-01", "run.end=2020-03-06", "data.interval=30m", "execution.driver=event")
    whole, streamed = (lab.run(Coarse, *span, *more) for more in ((), ("data.stream=true",)))
    assert len(whole.result.fills) > 5
    assert hashes(streamed.folder) == hashes(whole.folder)


class OwnFeed(type(sma(2))):
    """An average that wants its bars as arrays."""

    name = "own-feed"

    def feed(self, state, *columns):
        return super().feed(state, *columns)


def hourly(count):
    rng = np.random.default_rng(5)
    close = 100.0 + np.cumsum(rng.normal(0.0, 1.0, count))
    opened = 1_577_836_800_000_000_000 + 3_600_000_000_000 * np.arange(count)
    columns = [close[:, None] + step for step in (0.1, 0.6, -0.6, 0.0)]
    return Bars(("X",), opened, opened + 3_600_000_000_000, *columns, np.ones((count, 1)))


@pytest.mark.parametrize("indicator", [sma(5), ema(3), bollinger(4), atr(3)])
def test_feed_bar_by_bar_gives_the_values_of_all_bars_at_once(indicator):
    bars = hourly(50)
    (_, whole), (_, single) = feeds_of({"x": indicator, "y": indicator}, 3_600_000_000_000, Sessions.of_days(bars))
    rows = zip(*(getattr(bars, name)[:, 0].tolist() for name in PRICE_COLUMNS), strict=True)
    found = np.stack([single.push(row).copy() for row in rows], axis=1)
    np.testing.assert_array_equal(found, whole.take(bars, 0))


@pytest.mark.parametrize("indicator", [sma(2).every("1d"), OwnFeed(sma(2).options)])
def test_feed_of_coarser_bars_or_with_a_way_of_its_own_takes_no_single_bar(indicator):
    bars = hourly(3)
    ((_, feed),) = feeds_of({"x": indicator}, 3_600_000_000_000, Sessions.of_days(bars))
    assert feed.push((1.0, 1.0, 1.0, 1.0, 1.0)) is None
