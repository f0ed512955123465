"""A process that dies at any moment, and the ones after it."""

from __future__ import annotations

import asyncio

import pytest

from engine.live.market import SYMBOL, Busy, Killed, Killer, Market
from engine.live.play import Stage, walk
from tradekit.testing.venue import Fault

MOMENTS = 460
"""More than there are in a run without a death; those behind its end kill nobody."""


def play(stage: Stage, market: Market, seconds: float, killer: Killer | None = None):
    """Run one process, which may be killed; return what there was, `None` after a death."""

    def begin(session):
        session._spawn(market.run())
        if killer is not None:
            killer.watch(session)

    try:
        played = stage.play(seconds, begin)
    except Killed:
        return None
    finally:
        if stage.loop is not None:
            stage.base, stage.loop = stage.clock(), None
    return None if isinstance(played.ended.error, Killed) else played


def check(stage: Stage, played) -> None:
    """The two invariants: no order is at the venue twice, and the account agrees with the venue's."""
    assert played.ended.error is None
    for client_id in {client_id for _, client_id in stage.venue.received}:
        assert len(stage.venue.orders_of(client_id)) <= 1, client_id
    sent = [client_id for method, client_id in stage.venue.received if method == "send"]
    assert len(sent) == len(set(sent))
    core = played.core
    assert float(stage.held()) == pytest.approx(core.position(SYMBOL), abs=1e-9)
    assert {fill.trade_id for fill in stage.venue.trades} == {trade for _, trade, _ in core.legs.counted}
    money = float(stage.venue.balances["USDT"]) - 1_000_000
    assert core.outside.cash() - 10_000 == pytest.approx(money, abs=1e-6)


def make(folder, seed: int) -> tuple[Stage, Market]:
    script = walk(200, seed)
    stage = Stage(folder, Busy, {SYMBOL: script}, base=script.close_time[9])
    market = Market(stage, seed, done=40)
    stage.venue.trade(SYMBOL, f"{script.close[9]:.2f}")
    return stage, market


def test_session_that_nobody_kills_agrees_with_its_venue(tmp_path):
    stage, market = make(tmp_path, 1)
    played = play(stage, market, 3_000)
    check(stage, played)
    assert len(stage.venue.trades) > 20


@pytest.mark.proof("live")
def test_session_killed_at_any_moment_loses_nothing_and_does_nothing_twice(tmp_path_factory, matrix):
    killed = 0
    for at in matrix.some(range(MOMENTS), 4):
        stage, market = make(tmp_path_factory.mktemp("kill"), at % 7)
        first = Killer(at)
        if play(stage, market, 1_500, first) is None:
            killed += 1
            # The second process dies as well, somewhere near its beginning, which is where it finds out what there is.
            play(stage, market, 300, Killer((at * 13) % 40))
        check(stage, play(stage, market, 900))
    assert killed > 0


@pytest.mark.proof("live")
def test_session_with_a_venue_that_goes_wrong_at_random_agrees_with_it_in_the_end(tmp_path_factory, matrix):
    import numpy as np

    for seed in matrix.seeds(2, 300):
        rng = np.random.default_rng(seed)
        stage, market = make(tmp_path_factory.mktemp("faults"), seed)
        stage.venue.doubles = bool(rng.integers(2))
        stage.venue.messages = bool(rng.integers(4))
        stage.venue.hides_for_s = float(rng.choice([0.0, 0.0, 3.0]))
        kinds = ("refused", "lost-before", "lost-after", "late", "garbage", "throttled")
        faults = []
        for method in rng.choice(["send", "send", "cancel", "find", "fills", "open_orders", "holdings"], 12):
            what = "lost-before" if method not in ("send", "cancel") else str(rng.choice(kinds))
            faults.append(Fault(str(method), what, int(rng.integers(1, 3))))

        def begin(session, stage=stage, rng=rng, market=market, faults=faults):
            stage.venue.faults.extend(faults)

            async def cut():
                while True:
                    await asyncio.sleep(float(rng.uniform(20, 200)))
                    stage.venue.break_streams()

            session._spawn(market.run())
            session._spawn(cut())

        played = stage.play(3_000, begin)
        assert played.ended.error is None
        stage.venue.faults.clear()
        stage.venue.messages = True
        stage.venue.hides_for_s = 0.0
        check(stage, stage.play(120))
