"""What reporters hear besides the events: how a run begins and ends, and each of them whatever the others do."""

from __future__ import annotations

from typing import ClassVar

import pytest

from tradekit import Reporter, RunStart, Strategy, TradekitError, sma
from tradekit.testing import Lab, markets


class Trades(Strategy):
    """Buy and sell in turn, and fail at a bar."""

    name = "trades"
    fails_at = -1

    def indicators(self):
        return {"mean": sma(2)}

    def on_bar(self, ctx):
        if ctx.index == type(self).fails_at:
            raise ValueError("no more")
        view = ctx["AAA"]
        view.target(weight=0.0 if view.position else 0.5)


class Listens(Reporter):
    """Keep what it is told."""

    name = "listens"
    critical: ClassVar[bool] = True
    told: ClassVar[list[object]] = []

    def begin(self, start):
        self.told.append(start)

    def record(self, event):
        self.told.append(event)

    def end(self, status, reason):
        self.told.append((status, reason))


class Raises(Listens):
    """Fail in one of its methods."""

    name = "raises"
    told: ClassVar[list[object]] = []
    where = ""

    def begin(self, start):
        self._do("begin")

    def record(self, event):
        self._do("record")

    def end(self, status, reason):
        self._do("end")

    def _do(self, what):
        if type(self).where == what:
            raise ValueError(f"broken {what}")


@pytest.fixture
def lab(tmp_path):
    Listens.told.clear()
    Trades.fails_at = -1
    lab = Lab(tmp_path, {"AAA": markets.walk(20)})
    lab.bring(Listens, Raises)
    return lab


def test_reporter_hears_what_a_run_is_made_of_before_its_first_event(lab):
    lab.run(Trades, "report=[{name='listens'}]", "risk=[{rule='max-weight', limit=0.4}, {rule='max-drawdown', limit=0.9}]")
    start = Listens.told[0]
    assert isinstance(start, RunStart)
    assert (start.mode, start.judges, start.runs, len(start.bars)) == ("backtest", ("max-weight",), lab.runs, 20)
    assert start.about["name"] == "lab"
    assert [use["name"] for use in start.about["components"] if use["kind"] == "strategy"] == ["trades"]
    assert start.about["data"][0]["symbol"] == "AAA"
    assert "tradekit" in start.about["environment"]
    assert set(start.about["code"]) == {"tradekit", Trades.__module__.partition(".")[0]}
    assert Listens.told[-1] == ("done", "")


def test_critical_reporter_hears_what_each_decision_rests_on(lab):
    result = lab.run(Trades, "report=[{name='listens'}]").result
    heard = [event for event in Listens.told[1:-1] if event.kind.text == "order"]
    series = lab.series["AAA"]
    equity = dict(zip(result.equity["time"].cast("int64").to_pylist(), result.equity["equity"].to_pylist(), strict=True))
    held = 0.0
    fills = iter(result.fills["quantity"].to_pylist())
    for event in heard:
        row = series.close_time.tolist().index(event.time)
        assert event.values["close"] == series.close[row]
        assert event.values["mean"] == pytest.approx(series.close[row - 1 : row + 1].mean())
        assert event.values["equity"] == equity[event.time]
        assert event.values["position"] == pytest.approx(held)
        held += next(fills, 0.0)


@pytest.mark.parametrize("where", ["begin", "record", "end"])
@pytest.mark.parametrize("order", ["{name='listens'}, {name='raises'}", "{name='raises'}, {name='listens'}"])
def test_reporter_that_fails_keeps_no_other_from_hearing(lab, where, order):
    Raises.where = where
    with pytest.raises(TradekitError, match=f"reporter 'raises' raised ValueError: broken {where}"):
        lab.run(Trades, f"report=[{order}]")
    if where == "end":
        assert Listens.told[-1] == ("done", "")
        assert (next(lab.runs.glob("*-lab")) / "manifest.json").exists()
    else:
        status, reason = Listens.told[-1]
        assert (status, f"broken {where}" in reason) == ("failed", True)
        assert len(list(lab.runs.glob("*-lab"))) == 0
    if where == "record":
        assert [event.number for event in Listens.told[1:-1]] == [0]


def test_events_of_the_bar_on_which_a_strategy_fails_are_told(lab):
    Raises.where = ""
    Trades.fails_at = 4
    with pytest.raises(TradekitError, match="no more"):
        lab.run(Trades, "report=[{name='listens'}]")
    kinds = [event.kind.text for event in Listens.told[1:-1]]
    # Bars 1, 2 and 3 have decided; what bar 3 asked for was filled on bar 4 before it failed.
    assert kinds == ["order", "fill", "order", "fill", "order", "fill"]
    status, reason = Listens.told[-1]
    assert (status, "no more" in reason) == ("failed", True)
