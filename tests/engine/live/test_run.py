"""A live run from its file to its folder."""

from __future__ import annotations

import asyncio
import signal

import pytest

from engine.live.market import Busy
from engine.live.play import Stage, walk
from tradekit import OrderStatus
from tradekit.engine.live import run as live
from tradekit.errors import ConfigError, RunError
from tradekit.testing import run_virtually

SCRIPT = walk(200, seed=3)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setattr(live.asyncio, "run", run_virtually)
    made = Stage(tmp_path, Busy, {"BTC/USDT": SCRIPT}, mode="paper", base=int(SCRIPT.close_time[9]))
    made.venue.trade("BTC/USDT", "100")
    return made


def ending_after(stage, seconds):
    """Return what ends a session after some time, as Ctrl-C would."""

    def on_start(started):
        stage.loop = asyncio.get_running_loop()
        stage.loop.call_later(seconds, started.session.stop, signal.SIGINT)

    return on_start


def clock(stage):
    """Return a clock that goes with the loop as soon as there is one."""
    return lambda: stage.clock()


def test_paper_run_leaves_a_folder_like_that_of_a_backtest(stage):
    outcome = live.run_live(stage.compose(), stage.folder, on_start=ending_after(stage, 3_010), clock=clock(stage))
    result = outcome.finished.result
    assert outcome.stopped_by == signal.SIGINT
    assert result.status == "done"
    assert result.mode == "paper"
    assert result.fills.num_rows > 5
    assert result.equity.num_rows == 5 + 50
    assert (outcome.finished.folder / "manifest.json").exists()
    assert not outcome.is_halted


def test_live_run_without_the_flag_is_refused(stage):
    stage.mode = "live"
    with pytest.raises(ConfigError, match=r"which trades real money; say so on the command line too, with --live"):
        live.run_live(stage.compose(), stage.folder)


def test_run_of_another_strategy_on_the_same_journal_says_what_changed(stage):
    live.run_live(stage.compose(), stage.folder, on_start=ending_after(stage, 200), clock=clock(stage))
    stage.base, stage.loop = stage.clock(), None
    stage.settings = "grace_s = 5.0"
    with pytest.raises(
        ConfigError, match=r"session with other settings \(live.grace_s was 3.0 and is 5.0\); go on with those, or begin"
    ):
        live.run_live(stage.compose(), stage.folder, clock=clock(stage))


def test_new_session_takes_over_the_position(stage):
    stage.mode = "live"
    first = live.run_live(stage.compose(), stage.folder, may_trade=True, on_start=ending_after(stage, 900), clock=clock(stage))
    assert first.finished.result.fills.num_rows > 0
    assert first.finished.result.assumptions[0].startswith("Orders were carried out by a venue")
    stage.base, stage.loop = stage.clock(), None
    seen = {}

    def look(started):
        seen["position"] = started.session.books.decider.position("BTC/USDT")
        ending_after(stage, 100)(started)

    is_open = any(order.status is OrderStatus.OPEN for order in stage.venue.orders.values())
    if is_open:
        # An exit that protects the position is still at the venue: a new session must not forget it.
        with pytest.raises(RunError, match="of the last session of account 'trial' is 'open'; go on with"):
            live.run_live(stage.compose(), stage.folder, may_trade=True, is_new=True, on_start=look, clock=clock(stage))
        for venue_id in list(stage.venue.orders):
            stage.venue.end(venue_id, OrderStatus.CANCELLED)
        live.run_live(stage.compose(), stage.folder, may_trade=True, on_start=ending_after(stage, 30), clock=clock(stage))
        stage.base, stage.loop = stage.clock(), None
    held = stage.held()
    live.run_live(stage.compose(), stage.folder, may_trade=True, is_new=True, on_start=look, clock=clock(stage))
    assert seen["position"] == float(held)


def test_operator_halts_and_closes_everything(stage):
    stage.mode = "live"

    def on_start(started):
        ending_after(stage, 1_500)(started)
        stage.loop.call_later(700, lambda: started.session.store.ask("flatten", "enough"))

    outcome = live.run_live(stage.compose(), stage.folder, may_trade=True, on_start=on_start, clock=clock(stage))
    assert outcome.is_halted
    assert stage.held() == 0
    halts = [event for event in outcome.finished.result.journal.to_pylist() if event["event"] == "halt"]
    assert len(halts) == 1

    stage.base, stage.loop = stage.clock(), None
    again = live.run_live(stage.compose(), stage.folder, may_trade=True, on_start=ending_after(stage, 600), clock=clock(stage))
    assert again.is_halted  # it is latched over restarts
    assert stage.held() == 0
