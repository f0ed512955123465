from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.live.play import Stage, walk
from tradekit import Strategy
from tradekit.engine.live.inputs import Row
from tradekit.model.outside import LiveBar
from tradekit.testing.feed import ScriptedSource
from tradekit.testing.venue import Fault

SECOND = 1_000_000_000


class Flip(Strategy):
    """Buy 1 on one bar, and sell it on the next."""

    name = "flip"

    def on_bar(self, ctx):
        if ctx["BTC/USDT"].position == 0.0:
            ctx.buy(1.0)
        else:
            ctx.exit()


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path, Flip, {"BTC/USDT": walk(200)}, base=walk(200).close_time[9])
    made.venue.trade("BTC/USDT", "100")
    return made


def test_session_market_orders_are_sent_and_filled_at_the_venue(stage):
    played = stage.play(600)
    assert played.ended.error is None
    assert len(stage.venue.trades) == 10
    assert float(stage.held()) == played.core.position("BTC/USDT")


@pytest.mark.parametrize("what", ["refused", "lost-before", "lost-after", "late"])
def test_session_send_that_goes_wrong_is_never_sent_twice(stage, what):
    stage.venue.faults.append(Fault("send", what))
    played = stage.play(600)
    assert played.ended.error is None
    sent = [client_id for method, client_id in stage.venue.received if method == "send"]
    assert len(sent) == len(set(sent))
    assert all(len(stage.venue.orders_of(client_id)) <= 1 for client_id in sent)
    assert float(stage.held()) == played.core.position("BTC/USDT")
    assert len(stage.venue.trades) >= 8


def test_session_goes_on_where_the_last_one_ended(stage):
    first = stage.play(300)
    again = stage.play(300)
    assert again.started.replayed > 0
    assert again.ended.error is None
    assert float(stage.held()) == again.core.position("BTC/USDT")
    assert again.core.run.rows > first.core.run.rows
    assert stage.held() in (Decimal(0), Decimal(1))


def test_session_gap_in_which_the_source_has_no_bars_yet_is_asked_for_again(stage):
    late = stage.script["BTC/USDT"].close_time[20]

    def bars(source, request):
        found = ScriptedSource.bars(source, request)
        # As a source that is asked page by page: nothing at all for an instrument without bars.
        return {} if request.end is not None and stage.clock() < late + 5 * SECOND and request.end == late else found

    stage.source.bars = bars
    stage.source.breaks = frozenset({int(stage.script["BTC/USDT"].open_time[20])})
    played = stage.play(900)
    assert played.ended.error is None
    assert played.core.run.rows == 5 + 15


def test_session_final_bar_is_used_at_once_though_this_clock_is_a_little_behind(stage):
    told = []

    def watch(session):
        session.timing = replace(session.timing, tick=100.0)
        session.on_input = lambda given: told.append(given) if isinstance(given, Row) else None
        settle = stage.executor.venue_time

        async def behind(executor):
            return await settle(executor) - SECOND // 2

        stage.executor.venue_time = behind

    stage.play(600, watch)
    assert len(told) > 5
    assert all(given.time == given.closed.close_time for given in told)


def test_session_final_bar_long_before_its_end_is_not_believed(stage):
    told = []
    give = stage.source.live_bars

    async def early(source, request):
        async for heard in give(source, request):
            yield heard
            if isinstance(heard, LiveBar):
                length = heard.close_time - heard.open_time
                yield replace(heard, open_time=heard.close_time, close_time=heard.close_time + length)

    stage.source.live_bars = early
    stage.play(600, lambda session: setattr(session, "on_input", told.append))
    rows = [given for given in told if isinstance(given, Row)]
    assert len(rows) > 5
    assert all(given.time >= given.closed.close_time for given in rows)


def test_session_order_is_sent_before_anybody_hears_of_the_bar(stage):
    seen = []

    def watch(session):
        session.on_input = lambda given: seen.append((type(given).__name__, len(stage.venue.received)))

    stage.play(100, watch)
    assert ("Row", 0) not in seen
    assert seen[0][0] == "Row"


def test_session_what_hears_of_inputs_and_fails_ends_the_session(stage):
    def fail(_given):
        raise ValueError("no more")

    played = stage.play(100, lambda session: setattr(session, "on_input", fail))
    assert isinstance(played.ended.error, ValueError)
