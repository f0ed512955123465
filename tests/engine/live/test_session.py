from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from engine.live.play import Stage, walk
from tradekit import EventKind, Intent, LiveBar, OrderKind, OrderStatus, Strategy, Terms, VenueError, VenueOrder
from tradekit.engine.live.inputs import Row
from tradekit.engine.live.legs import LegState
from tradekit.errors import RunError
from tradekit.journal.events import events
from tradekit.journal.record import Record
from tradekit.journal.store import JournalStore
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


class Rest(Strategy):
    """Let an order rest, and cancel it on the next bar."""

    name = "rest"

    def on_bar(self, ctx):
        view = ctx["BTC/USDT"]
        if view.open_orders:
            view.cancel(view.open_orders[0])
        else:
            ctx.buy(1.0, limit=50.0)


@pytest.mark.parametrize("what", ["lost-before", "lost-after", "late", "throttled"])
def test_session_cancellation_that_goes_wrong_is_asked_for_again(stage, what):
    stage.strategy = Rest
    stage.venue.faults.append(Fault("cancel", what))
    played = stage.play(600)
    assert played.ended.error is None
    states = [order.status for order in stage.venue.orders.values()]
    assert len(states) >= 4
    assert set(states) == {OrderStatus.CANCELLED}
    assert not played.core.legs.working


def test_session_timer_that_failed_often_waits_no_longer_for_it_once_it_went_well(stage):
    asked = []

    def begin(session):
        session.timing = replace(session.timing, light=5.0)
        open_orders = session.executor.open_orders

        async def failing_now_and_then(symbols):
            asked.append(stage.clock())
            if len(asked) % 40 == 0:
                raise VenueError("not now", is_passing=True)
            return await open_orders(symbols)

        session.executor.open_orders = failing_now_and_then

    stage.play(3_000, begin)
    waits = [after - before for before, after in pairwise(asked)]
    assert len(waits) > 400
    assert max(waits) < 20e9


@pytest.mark.parametrize("method", ["find", "open_orders"])
def test_session_venue_that_does_not_answer_holds_neither_bars_nor_an_operator_up(stage, method):
    stage.venue.faults.append(Fault("send", "lost-before"))
    seen = {}

    def begin(session):
        session.timing = replace(session.timing, light=5.0)

        ask = getattr(session.executor, method)

        async def silent(*given):
            if "is silent" in seen:
                await asyncio.sleep(1_000)
            return await ask(*given)

        setattr(session.executor, method, silent)

        async def watch():
            await asyncio.sleep(1)
            seen["is silent"] = True
            await asyncio.sleep(200)
            seen["rows"] = session.books.decider.run.rows
            session.store.ask("halt", "by hand")
            await asyncio.sleep(2 * session.timing.tick)
            seen["is halted"] = session.books.decider.is_halted
            await asyncio.sleep(200)
            seen["later"] = session.books.decider.run.rows

        session._spawn(watch())

    assert stage.play(500, begin).ended.error is None
    assert seen["is halted"]
    assert seen["later"] >= seen["rows"] + 3


class Later(Strategy):
    """Buy at the close of the day, which no venue does."""

    name = "later"

    def on_bar(self, ctx):
        ctx.buy(1.0, terms=Terms(at="close"))


def test_session_order_that_nobody_can_do_is_rejected_with_what_it_asks_for(stage):
    stage.strategy = Later
    played = stage.play(120)
    told = events(Record.of(played.core.simulation, played.core.run.setup))
    assert "unsupported (at the close)" in [event.text for event in told if event.kind is EventKind.REJECT]
    assert stage.venue.received == []


def test_session_order_that_the_venue_refuses_is_rejected_with_what_it_says(stage):
    stage.venue.faults.append(Fault("send", "refused"))
    played = stage.play(120)
    told = events(Record.of(played.core.simulation, played.core.run.setup))
    assert "by venue (send is refused, as the script says)" in [event.text for event in told if event.kind is EventKind.REJECT]


def test_session_light_look_at_the_venue_finds_an_order_in_doubt_beside_a_foreign_one(stage):
    stage.venue.messages = False
    stage.venue.faults.append(Fault("send", "lost-after"))
    foreign = VenueOrder("99", "", "BTC/USDT", OrderStatus.OPEN, Decimal(1))
    seen = {}

    def begin(session):
        session.timing = replace(session.timing, doubt=1e6, light=1e6)  # nothing but what is asked for below
        stage.venue.orders["99"] = foreign
        stage.venue.intents["99"] = Intent("", "BTC/USDT", Decimal(1), OrderKind.LIMIT, limit=Decimal(1))

        async def look():
            await asyncio.sleep(90)
            (leg,) = session.books.decider.legs.working.values()
            seen["before"] = (leg.state, leg.venue_id)
            await session.resolver.reconcile(session.since, is_full=False)
            seen["after"] = leg.state

        session._spawn(look())

    assert stage.play(100, begin).ended.error is None
    assert seen == {"before": (LegState.UNKNOWN, ""), "after": LegState.FILLED}


def test_session_trade_that_the_stream_tells_of_is_booked_while_the_books_are_still_being_compared(stage):
    seen = {}

    def begin(session):
        session.timing = replace(session.timing, doubt=1e6, light=1e6)
        answer = session.executor.open_orders

        async def slow(symbols):
            await asyncio.sleep(45.0)
            seen["compared"] = stage.loop.time()
            return await answer(symbols)

        def break_off():
            session.executor.open_orders = slow
            stage.venue.break_streams()

        def look():
            seen["looked"] = stage.loop.time(), stage.held(), session.books.decider.position("BTC/USDT")

        stage.loop.call_later(90.0, break_off)
        stage.loop.call_later(121.0, look)

    assert stage.play(150, begin).ended.error is None
    when, there, here = seen["looked"]
    assert when < seen["compared"]
    assert len(stage.venue.trades) > 1
    assert float(there) == here


def test_session_trade_that_nobody_told_of_is_booked_before_the_session_ends(stage):
    def begin(session):
        session.timing = replace(session.timing, light=1e6, full=1e6)

        def hush():
            stage.venue.prices.clear()  # what comes now waits
            stage.venue.messages = False

        stage.loop.call_later(90.0, hush)
        stage.loop.call_later(140.0, stage.venue.trade, "BTC/USDT", "100")

    played = stage.play(150, begin)
    assert played.ended.error is None
    assert [trade.quantity for trade in stage.venue.trades] == [1, -1]
    assert played.core.position("BTC/USDT") == 0.0


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
        session.on_input = lambda given, _actions: told.append(given) is None
        settle = stage.executor.venue_time

        async def behind(executor):
            return await settle(executor) - SECOND // 2

        stage.executor.venue_time = behind

    stage.play(600, watch)
    rows = [given for given in told if isinstance(given, Row)]
    assert len(rows) > 5
    assert all(given.time == given.closed.close_time for given in rows)


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
    stage.play(600, lambda session: setattr(session, "on_input", lambda given, _actions: told.append(given) is None))
    rows = [given for given in told if isinstance(given, Row)]
    assert len(rows) > 5
    assert all(given.time >= given.closed.close_time for given in rows)


def test_session_order_is_sent_before_people_are_told_of_its_bar(stage):
    seen = []

    def watch(session):
        session.on_input = lambda given, _actions: seen.append((type(given).__name__, len(stage.venue.received))) is None
        session.say = lambda: seen.append(("said", len(stage.venue.received)))

    stage.play(70, watch)
    row = seen.index(("Row", 0))
    said = next(sent for what, sent in seen[row:] if what == "said")
    assert said == 1


def test_session_what_tells_people_and_fails_ends_the_session(stage):
    def fail():
        raise ValueError("no more")

    played = stage.play(100, lambda session: setattr(session, "say", fail))
    assert isinstance(played.ended.error, ValueError)


def test_journal_that_can_not_be_written_says_so_and_sends_nothing(stage):
    def fill_the_disk(session):
        used = session.store._db.execute("PRAGMA page_count").fetchone()[0]
        session.store._db.execute(f"PRAGMA max_page_count = {used}")

    played = stage.play(6_000, fill_the_disk)
    assert isinstance(played.ended.error, RunError)
    assert "can't be written: database or disk is full; nothing that was not written down was sent" in str(played.ended.error)
    store = JournalStore(stage.folder / "accounts" / "trial.sqlite")
    kept = {row.client_id for row in store.orders()}
    store.close()
    sent = {client_id for method, client_id in stage.venue.received if method == "send"}
    assert sent
    assert sent <= kept
