"""The venue's own timer, which cancels all orders when it hears nothing any more."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine.live.play import Stage, walk
from tradekit import Strategy
from tradekit.engine.live.start import journal_path, start
from tradekit.errors import ConfigError
from tradekit.journal.store import JournalStore
from tradekit.plugin.contracts import Executor
from tradekit.testing.loop import run_virtually
from tradekit.testing.venue import Fault, ScriptedExecutor

SYMBOL = "BTC/USDT"


class Resting(Strategy):
    """Buy, and let a stop rest far below the market."""

    name = "resting"

    def on_bar(self, ctx):
        if ctx[SYMBOL].position == 0.0:
            ctx.buy(1.0)
        elif not ctx[SYMBOL].open_orders:
            ctx.sell(1.0, stop=50.0)


@pytest.fixture
def stage(tmp_path):
    script = walk(200)
    made = Stage(tmp_path, Resting, {SYMBOL: script}, base=script.close_time[9], settings="cancel_all_after_s = 60")
    made.venue.trade(SYMBOL, "100")
    return made


def resting(stage):
    return [order for order in stage.venue.orders.values() if order.status.name == "OPEN"]


def test_orders_rest_for_as_long_as_the_run_lives_and_are_left_there_when_it_ends(stage):
    played = stage.play(1_000)
    assert played.ended.error is None
    # At the start, then each third of the time, and taken back at the end.
    assert 1 + 1_000 // 20 <= stage.venue.countdowns <= 1 + 1_000 // 20 + 2

    async def wait():
        stage.loop = asyncio.get_running_loop()
        before = resting(stage)
        await asyncio.sleep(300.0)
        return before, resting(stage)

    before, after = run_virtually(wait())
    assert len(before) == 1
    assert after == before


def test_venue_cancels_all_orders_of_a_process_that_is_gone(stage):
    async def die():
        stage.loop = asyncio.get_running_loop()
        store = JournalStore(journal_path(stage.folder, "trial"))
        started = await start(stage.compose(), store, is_new=False, clock=stage.clock)
        started.session.timing = replace(started.session.timing, tick=2.0)
        task = asyncio.create_task(started.session.run())
        await asyncio.sleep(200.0)
        assert resting(stage)
        for one in [task, *started.session._tasks]:
            one.cancel()
        await asyncio.gather(task, return_exceptions=True)
        store.close()
        await asyncio.sleep(30.0)
        still = resting(stage)
        await asyncio.sleep(40.0)
        return still, resting(stage)

    still, after = run_virtually(die())
    assert still
    assert after == []


def test_timer_that_can_not_be_set_for_a_moment_is_set_soon_after(stage):
    def trouble(session):
        stage.loop.call_later(100.0, lambda: stage.venue.faults.append(Fault("cancel_all_after", "lost-before", times=2)))

    played = stage.play(600, trouble)
    assert played.ended.error is None
    assert [order.status.name for order in stage.venue.orders.values()] == ["FILLED", "OPEN"]


def test_timer_is_noted_when_the_venue_has_answered_as_of_when_it_was_asked(stage):
    noted = []

    def trouble(session):
        session.countdown.note = lambda timer: noted.append((timer, stage.clock()))
        stage.loop.call_later(19.0, lambda: stage.venue.faults.append(Fault("cancel_all_after", "lost-after")))

    began = stage.clock()
    stage.play(100, trouble)
    assert [timer.seconds for timer, _ in noted] == [60.0] * (len(noted) - 1) + [0.0]
    assert [timer.asked for timer, _ in noted] == sorted(timer.asked for timer, _ in noted)
    assert all(began <= timer.asked <= now for timer, now in noted)
    # One was carried out and not answered: nobody can say until when that holds.
    assert len(noted) == stage.venue.countdowns - 1


def test_timer_that_can_not_be_taken_back_is_told(stage, caplog):
    def trouble(session):
        stage.loop.call_later(590.0, lambda: stage.venue.faults.append(Fault("cancel_all_after", "lost-before", times=9)))

    stage.play(600, trouble)
    assert "the venue's timer could not be stopped: it cancels all orders within 60 s" in caplog.text


def test_venue_without_a_timer_is_refused_before_anything_is_sent(stage, monkeypatch):
    monkeypatch.setattr(ScriptedExecutor, "cancel_all_after", Executor.cancel_all_after)
    played = stage.play(100)
    assert isinstance(played.ended.error, ConfigError)
    said = "executor 'scripted' knows no timer of its venue that cancels all orders; leave live.cancel_all_after_s out"
    assert str(played.ended.error) == said
    assert stage.venue.received == []


def test_without_the_setting_no_timer_is_touched(tmp_path):
    script = walk(200)
    made = Stage(tmp_path, Resting, {SYMBOL: script}, base=script.close_time[9])
    made.venue.trade(SYMBOL, "100")
    made.play(200)
    assert made.venue.countdowns == 0
