"""What stops a live account from inside, and what it may still do at each level."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from engine.live.play import MINUTE, Stage, walk
from tradekit import Bracket, OrderStatus, Strategy
from tradekit.engine.live.inputs import Command
from tradekit.testing.venue import Fault

SCRIPT = walk(200)


class Both(Strategy):
    """Buy on one bar and sell on the next, and let an order rest far below."""

    name = "both"

    def on_bar(self, ctx):
        view = ctx["BTC/USDT"]
        if not view.open_orders:
            ctx.buy(1.0, limit=50.0)
        if view.position == 0.0:
            ctx.buy(1.0)
        else:
            ctx.sell(view.position)


class Rests(Strategy):
    """Let an order rest far below."""

    name = "rests"

    def on_bar(self, ctx):
        if not ctx["BTC/USDT"].open_orders:
            ctx.buy(1.0, limit=50.0)


class Guarded(Strategy):
    """Buy once, protected by a bracket."""

    name = "guarded"

    def on_bar(self, ctx):
        if not ctx["BTC/USDT"].open_orders and ctx["BTC/USDT"].position == 0.0:
            ctx.buy(1.0, bracket=Bracket(stop_loss=50.0, take_profit=500.0))


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path, Both, {"BTC/USDT": SCRIPT}, base=int(SCRIPT.close_time[9]))
    made.venue.trade("BTC/USDT", "100")
    return made


def told(session):
    """Return a list of what the run is told from now on."""
    found = []
    session.on_input = lambda given, _actions: found.append(given) is None
    return found


def of(found):
    """Return the commands among it, but for the one that ends a session."""
    return [(one.command, one.cause) for one in found if isinstance(one, Command) and one.command != "pause"]


def asking(stage, at, *asked):
    """Return what asks for something at some second of a session."""

    def begin(session):
        for second, command in zip((at,) if isinstance(at, int) else at, asked, strict=True):
            asyncio.get_running_loop().call_later(second, session.store.ask, command, "by hand")

    return begin


def bought(stage):
    return [one for one in stage.venue.intents.values() if one.quantity > 0]


def test_reduce_only_lets_the_strategy_close_and_nothing_else(stage):
    seen = {}

    def begin(session):
        asking(stage, 70, "reduce-only")(session)
        asyncio.get_running_loop().call_later(75, lambda: seen.update(bought=len(bought(stage))))

    played = stage.play(600, begin)
    assert played.core.switch.level.text == "reduce-only"
    assert len(bought(stage)) == seen["bought"]
    assert stage.held() == 0  # it had bought, and was let to sell
    assert all(order.status is not OrderStatus.OPEN for order in stage.venue.orders.values())


def test_halt_asks_the_strategy_no_more_and_keeps_what_protects(stage):
    stage.strategy = Guarded
    played = stage.play(600, asking(stage, 100, "halt"))
    assert played.core.switch.level.text == "halt"
    assert stage.held() == Decimal(1)
    stops = [one.venue_id for one in stage.venue.orders.values() if one.status is OrderStatus.OPEN]
    # What it holds covers one exit: the other waits for its price here.
    assert [(stage.venue.intents[one].stop, stage.venue.intents[one].limit) for one in stops] == [(Decimal(50), None)]
    rows = played.core.run.rows
    assert rows >= 5 + 9  # bars go on
    sent = len(stage.venue.orders)
    again = stage.play(300)
    assert again.core.switch.told() == played.core.switch.told()
    assert len(stage.venue.orders) == sent


def test_halt_lasts_until_a_person_resumes(stage):
    stage.play(400, asking(stage, 70, "halt"))
    before = len(stage.venue.orders)
    stage.play(300)
    assert len(stage.venue.orders) == before
    played = stage.play(300, asking(stage, 10, "resume"))
    assert len(stage.venue.orders) > before
    assert played.core.switch.level.text == "run"


def test_halt_that_was_asked_for_before_the_start_lets_no_order_leave(stage):
    stage.play(10)
    sent = len(stage.venue.orders)
    stage.play(300, lambda session: session.store.ask("halt", "before") and None)
    assert len(stage.venue.orders) == sent


def test_halt_between_the_decision_and_the_request_keeps_the_order_here(stage):
    seen = []

    def begin(session):
        spawn = session.outbox.spawn

        def late(work):
            # The decision is written down, and the request is about to leave.
            if not seen and work.__name__ == "_send":
                seen.append(session.store.ask("halt", "in between"))
            spawn(work)

        session.outbox.spawn = late

    played = stage.play(300, begin)
    assert played.ended.error is None
    assert seen
    assert stage.venue.received == [("cancel", client_id) for _, client_id in stage.venue.received]
    assert {leg.state.value for leg in played.core.legs.by_id.values()} == {"rejected"}
    assert "not sent: in between" in [leg.text for leg in played.core.legs.by_id.values()]


def test_flatten_closes_everything_and_stays(stage):
    played = stage.play(600, asking(stage, 70, "flatten"))
    assert stage.held() == 0
    assert played.core.switch.level.text == "flatten"


def test_data_that_fall_silent_stop_new_risk_until_they_are_back(stage):
    stage.settings = "silence_bars = 2.0"
    quiet = range(int(SCRIPT.open_time[12]), int(SCRIPT.open_time[22]), MINUTE)
    give, bars = stage.source.live_bars, stage.source.bars

    async def live_bars(source, request):
        async for heard in give(source, request):
            while stage.clock() in range(quiet[0], quiet[-1]):
                await asyncio.sleep(1.0)
            yield heard

    def nothing(source, request):
        return {} if stage.clock() in range(quiet[0], quiet[-1]) else bars(source, request)

    stage.source.live_bars, stage.source.bars = live_bars, nothing
    found = []
    played = stage.play(1_500, lambda session: found.append(told(session)))
    assert played.ended.error is None
    assert of(found[0]) == [("reduce-only", "stale data"), ("clear", "stale data")]
    (why,) = [one.reason for one in found[0] if isinstance(one, Command) and one.command == "reduce-only"]
    assert why.startswith("nothing was heard of the data for 12")
    assert why.endswith("and 120 s are allowed")
    assert played.core.switch.level.text == "run"


def test_event_loop_that_stands_still_stops_new_risk_for_a_minute(stage):
    found = []

    def begin(session):
        found.append(told(session))
        loop = asyncio.get_running_loop()
        # As if something had kept the loop from everything else for so long.
        loop.call_later(100, lambda: session.guard._watch_loop(7.0, loop.time()))

    played = stage.play(400, begin)
    assert of(found[0]) == [("reduce-only", "event loop"), ("clear", "event loop")]
    lagged, over = (one for one in found[0] if isinstance(one, Command) and one.cause == "event loop")
    assert lagged.reason == "the event loop stood still for 7.0 s, and 5 s are allowed"
    assert 60e9 <= over.time - lagged.time <= 70e9
    assert played.core.switch.level.text == "run"


def test_clock_that_is_off_stops_new_risk_until_it_is_right(stage):
    stage.skew = -3_000_000_000
    found = []

    def begin(session):
        found.append(told(session))
        asyncio.get_running_loop().call_later(150, setattr, stage, "skew", 0)

    played = stage.play(400, begin)
    assert of(found[0]) == [("reduce-only", "clock"), ("clear", "clock")]
    (why,) = [one.reason for one in found[0] if isinstance(one, Command) and one.command == "reduce-only"]
    assert why == "this machine's clock differs from the venue's by 3.0 s, and 1 s are allowed"
    assert len(bought(stage)) > 0
    assert played.core.switch.level.text == "run"


def test_clock_of_a_venue_that_shows_another_day_is_not_judged(stage):
    stage.skew = -3_000_000_000
    stage.executor.has_true_time = False
    found = []
    stage.play(200, lambda session: found.append(told(session)))
    assert of(found[0]) == []


def test_halt_is_taken_though_the_source_does_not_answer(stage):
    seen = {}

    def begin(session):
        async def never():
            await asyncio.sleep(1_000)

        session._fill_gap = never
        asyncio.get_running_loop().call_later(200, session.store.ask, "halt", "by hand")
        asyncio.get_running_loop().call_later(205, lambda: seen.update(level=session.books.decider.switch.level.text))

    stage.source.silent = frozenset(SCRIPT.open_time[11:].tolist())
    stage.play(300, begin)
    assert seen == {"level": "halt"}


def test_order_in_doubt_when_a_halt_comes_is_found_and_cancelled(stage):
    stage.strategy = Rests
    stage.venue.faults.append(Fault("send", "lost-after"))
    played = stage.play(200, asking(stage, 61, "halt"))
    assert played.ended.error is None
    assert not played.core.legs.working
    assert [order.status for order in stage.venue.orders.values()] == [OrderStatus.CANCELLED]
