"""Paper decides what a backtest on the same bars decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.live.market import Busy
from engine.live.play import BTC, MINUTE, Stage, walk
from tradekit import EventKind, Strategy
from tradekit.builtin import strategies
from tradekit.builtin.strategies import SmaCross
from tradekit.cli.main import main
from tradekit.engine import compose
from tradekit.engine.drive import drive
from tradekit.engine.indicators import declared, warmup_of
from tradekit.engine.run import make_ready

COLUMNS = ("open_time", "close_time", "open", "high", "low", "close", "volume")
SHIPPED = [
    one
    for one in vars(strategies).values()
    if isinstance(one, type) and issubclass(one, Strategy) and one.__module__ == strategies.__name__
]


def part(series, first):
    """Return the bars from a row on."""
    return type(series)(*(getattr(series, name)[first:] for name in COLUMNS))


@pytest.mark.parametrize("strategy", [*SHIPPED, Busy], ids=lambda one: one.name)
def test_paper_on_the_bars_of_a_backtest_decides_the_same(tmp_path, strategy):
    _hold_equal(tmp_path, strategy)


def test_paper_on_a_perpetual_goes_long_and_short_as_a_backtest_does(tmp_path):
    perpetual = replace(BTC, kind="perpetual", initial_margin=0.2, maintenance_margin=0.004)
    options = {"fast": 3, "slow": 8, "short": True, "weight": 2.0}
    log = _hold_equal(tmp_path, SmaCross, options, instrument=perpetual, account='kind = "margin"\nleverage = 5')
    positions = log["e"][log["kind"] == EventKind.FILL]
    assert (positions > 0).any()
    assert (positions < 0).any()


def test_check_of_a_run_on_live_data_reads_the_bars_that_would_warm_it_up(tmp_path, monkeypatch, capsys):
    script = walk(40)
    stage = Stage(tmp_path, SmaCross, {"BTC/USDT": script}, mode="paper", base=int(script.close_time[29]), history=20)
    monkeypatch.setattr(compose, "compose_file", lambda *_: stage.compose(fast=2, slow=5))
    assert main(["check", str(stage.folder / "run.toml")]) == 0
    said = capsys.readouterr().out
    assert "BTC/USDT      20  2026-01-01 00:10  2026-01-01 00:29" in said
    assert "event driver: bars come one by one" in said
    assert "is ready to run" in said


def _hold_equal(tmp_path, strategy, options=None, **more):
    """Run on paper, and then a backtest on the same bars; hold both equal, and return the log of the first."""
    script, options = walk(500, seed=5), options or {}
    # A backtest decides as soon as it is warm, and the history of a live run only warms up: both begin on the same bar.
    one = strategy(strategy.Options(**options))
    history = max(warmup_of(one, declared(one, MINUTE), MINUTE) - 1, 1)
    base = int(script.close_time[history - 1])
    stage = Stage(tmp_path, strategy, {"BTC/USDT": script}, mode="paper", base=base, history=history, **more)
    played = stage.play(300 * 60 + 1, **options)
    rows = played.core.run.rows
    assert played.ended.error is None
    assert rows == history + 300

    # Of a strategy that needs no warm-up, the backtest begins after the one bar of history.
    skipped = 1 if one.warmup == 0 and not one.indicators() else 0
    stage.source.script = {"BTC/USDT": part(script, skipped)}
    stage.mode, stage.base = "backtest", int(script.close_time[rows - 1])
    ready = make_ready(stage.compose(**options))
    backtest = drive(ready.prepared, ready.plan, lambda _done, _total: None).simulation
    first, second = played.core.simulation.log.columns(), backtest.log.columns()
    assert len(first["row"]) > 0 or strategy.name == "momentum-rotation"  # which moves at the turn of a month
    ended = first["time"] < script.close_time[rows - 1]  # when the session ends, it cancels what is open
    first["row"] = first["row"] - skipped
    for name in first:
        assert np.array_equal(first[name][ended], second[name][: ended.sum()], equal_nan=True), name
    assert np.array_equal(played.core.simulation.equity_curve()[skipped:], backtest.equity_curve())
    return first


def test_paper_bars_that_come_late_or_not_at_all_are_asked_for(tmp_path):
    script = walk(100, seed=5)
    stage = Stage(tmp_path, Busy, {"BTC/USDT": script}, mode="paper", base=int(script.close_time[9]))
    stage.source.silent = frozenset({int(script.open_time[20]), int(script.open_time[21])})
    stage.source.unclosed = frozenset({int(script.open_time[30])})
    stage.source.breaks = frozenset({int(script.open_time[40])})
    played = stage.play(80 * 60 + 20)
    bars = played.core.run.setup.bars
    assert np.array_equal(bars.close[5:85, 0], script.close[10:90])
    assert not played.core.revised


def test_paper_a_source_that_has_no_bar_leaves_a_hole(tmp_path):
    script = walk(60, seed=5)
    keep = np.arange(60) != 25
    holed = type(script)(*(getattr(script, name)[keep] for name in COLUMNS))
    stage = Stage(tmp_path, Busy, {"BTC/USDT": holed}, mode="paper", base=int(script.close_time[9]))
    played = stage.play(40 * 60 + 1)
    times = played.core.run.setup.bars.open_time[: played.core.run.rows]
    assert int(script.open_time[25]) not in times
    assert np.all(np.diff(times) >= MINUTE)


@pytest.mark.parametrize("mode", ["paper", "live"])
@pytest.mark.parametrize("skew", [-(10**17), 10**17])
def test_clock_of_this_machine_that_is_wrong_changes_nothing(tmp_path, mode, skew):
    script = walk(60, seed=5)
    stage = Stage(tmp_path, Busy, {"BTC/USDT": script}, mode=mode, base=int(script.close_time[9]), skew=skew)
    stage.settings = "clock_s = 0"
    stage.venue.trade("BTC/USDT", "100")
    played = stage.play(30 * 60 + 5)
    assert played.ended.error is None
    assert played.core.run.rows == 5 + 30
    assert np.array_equal(played.core.run.setup.bars.close[5:35, 0], script.close[10:40])
