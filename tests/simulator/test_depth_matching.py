"""How orders fill on quotes and on books: prices, queues, latency, conditions."""

import pytest

from stage import unlimited
from tape_stage import SECOND, book_of, clock_of, play_tape, quotes_of, trades_of
from tradekit.errors import OrderError
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderStatus, Reason, Terms, Trail

FILLED = (OrderStatus.FILLED, Reason.NONE)
BIDS, ASKS = [(99, 5), (98, 10), (97, 20)], [(101, 5), (102, 10), (103, 20)]
BOOK = (0.1, BIDS, ASKS)
NANOSECOND = 1e-9


def run(script, *updates, trades=(), **changes):
    ticks = {"book": [book_of(BOOK, *updates)]} | ({"trades": [trades_of(*trades)]} if trades else {})
    return play_tape(clock_of(["X"], 3), script, ticks=ticks, **changes)


def prices(found):
    return [(size, price) for _, size, price in found.fills]


def test_market_order_takes_level_by_level():
    found = run({0.1: lambda ctx: ctx.buy(12)})
    assert prices(found) == [(5, 101), (7, 102)]
    assert [time for time, _, _ in found.fills] == pytest.approx([0.1 + NANOSECOND] * 2, abs=1e-12)
    assert found.liquidity == ["taker"] * 2


def test_what_was_taken_is_gone_until_the_market_tells_the_level_anew():
    script = {0.1: lambda ctx: ctx.buy(5), 0.2: lambda ctx: ctx.buy(5), 0.3: lambda ctx: ctx.buy(5)}
    found = run(script, (0.2, [(99, 6)], []), (0.3, [], [(101, 2)]))
    assert prices(found) == [(5, 101), (5, 102), (2, 101), (3, 102)]


def test_market_order_beyond_the_book_waits_for_more():
    found = run({0.1: lambda ctx: ctx.buy(40)}, (1.5, [], [(104, 8)]))
    assert prices(found) == [(5, 101), (10, 102), (20, 103), (5, 104)]
    assert found.ends == [FILLED]


def test_order_meets_the_book_of_its_arrival():
    script = {0.1: lambda ctx: ctx.buy(5)}
    late = unlimited(latency_ns=SECOND)
    found = run(script, (0.5, [], [(101, 0)]), (1.2, [], [(102, 0)]), fills=late)
    assert found.fills == [(1.1, 5.0, 102.0)]


def test_order_arrives_after_all_that_happens_at_that_time():
    fills = unlimited(latency_ns=SECOND // 10)
    found = run({0.1: lambda ctx: ctx.buy(5)}, (0.2, [], [(101, 0)]), fills=fills)
    assert found.fills == [(0.2, 5.0, 102.0)]


def test_marketable_limit_takes_up_to_its_price_and_rests_with_the_remainder():
    found = run({0.1: lambda ctx: ctx.buy(9, limit=101)}, (0.5, [], [(101, 3)]))
    assert prices(found) == [(5, 101), (3, 101)]
    assert found.liquidity == ["taker", "maker"]


@pytest.mark.parametrize(
    ("time_in_force", "end", "filled"),
    [("ioc", (OrderStatus.EXPIRED, Reason.TIME_IN_FORCE), 5), ("fok", (OrderStatus.EXPIRED, Reason.NOT_FILLED_WHOLE), 0)],
)
def test_order_at_once_that_the_book_can_not_fill_expires(time_in_force, end, filled):
    found = run({0.1: lambda ctx: ctx.buy(9, limit=101, terms=Terms(time_in_force))}, (0.5, [], [(101, 9)]))
    assert found.ends == [end]
    assert sum(size for _, size, _ in found.fills) == filled


def test_order_that_fills_whole_or_not_takes_several_levels():
    found = run({0.1: lambda ctx: ctx.buy(9, limit=102, terms=Terms("fok"))})
    assert (prices(found), found.ends) == ([(5, 101), (4, 102)], [FILLED])


def test_post_only_order_that_would_take_is_rejected_and_another_rests():
    script = {
        0.1: lambda ctx: (ctx.buy(1, limit=101, terms=Terms(post_only=True)), ctx.buy(1, limit=100, terms=Terms(post_only=True)))
    }
    assert run(script).ends == [(OrderStatus.REJECTED, Reason.WOULD_TAKE), (OrderStatus.OPEN, Reason.NONE)]


def test_resting_order_fills_once_those_before_it_are_served():
    trades = [(0.2, 99, 3, -1), (0.3, 99, 4, -1), (0.4, 99, 4, -1)]
    found = run({0.1: lambda ctx: ctx.buy(4, limit=99)}, trades=trades)
    assert found.fills == [(0.3, 2.0, 99.0), (0.4, 2.0, 99.0)]
    assert found.liquidity == ["maker"] * 2


@pytest.mark.parametrize(("side", "filled"), [(1, 0), (-1, 1), (0, 1)])
def test_trade_serves_the_side_that_stood_there(side, filled):
    assert len(run({0.1: lambda ctx: ctx.buy(1, limit=99)}, trades=[(0.2, 99, 9, side)]).fills) == filled
    assert len(run({0.1: lambda ctx: ctx.sell(1, limit=101)}, trades=[(0.2, 101, 9, side)]).fills) == (1 if side >= 0 else 0)


def test_trade_beyond_the_price_fills_no_more_than_its_size():
    found = run({0.1: lambda ctx: ctx.buy(4, limit=98)}, trades=[(0.2, 97.5, 3, -1), (0.3, 97.5, 3, -1)])
    assert found.fills == [(0.2, 3.0, 98.0), (0.3, 1.0, 98.0)]


def test_one_trade_is_shared_by_all_orders_better_prices_first():
    script = {0.1: lambda ctx: (ctx.buy(3, limit=97), ctx.buy(3, limit=99.5), ctx.buy(3, limit=99.5))}
    found = run(script, trades=[(0.2, 96, 7, -1)])
    assert prices(found) == [(3, 99.5), (3, 99.5), (1, 97)]


def test_offer_that_comes_up_to_a_resting_order_fills_it_at_its_price():
    found = run({0.1: lambda ctx: ctx.buy(4, limit=100)}, (0.2, [], [(99.5, 1), (100, 2)]))
    assert (prices(found), found.liquidity) == ([(1, 100), (2, 100)], ["maker"] * 2)


def test_order_inside_the_spread_is_first_at_its_price():
    assert run({0.1: lambda ctx: ctx.buy(1, limit=100)}, trades=[(0.2, 100, 1, -1)]).fills == [(0.2, 1.0, 100.0)]


def test_order_beyond_the_levels_that_are_known_waits_until_its_level_is_told():
    script = {0.1: lambda ctx: ctx.buy(1, limit=96)}
    assert run(script, trades=[(0.2, 96, 900, -1)]).fills == []
    told = run(script, (0.3, [(96, 4)], []), trades=[(0.2, 96, 9, -1), (0.4, 96, 4, -1), (0.5, 96, 1, -1)])
    assert told.fills == [(0.5, 1.0, 96.0)]


@pytest.mark.parametrize(
    ("queue", "power", "needed"),
    # 20 units of 20 stand before the order; 30 come behind it, then 10 of the 50 are cancelled.
    [("behind", 3.0, 20.0), ("power", 1.0, 16.0), ("power", 2.0, 20 - 10 * 4 / 13)],
)
def test_cancellations_move_an_order_up_as_the_model_says(queue, power, needed):
    fills = unlimited(latency_ns=1, queue=queue, queue_power=power)
    updates = [(0.2, [(97, 50)], []), (0.3, [(97, 40)], [])]
    script = {0.1: lambda ctx: ctx.buy(1, limit=97)}
    short = run(script, *updates, trades=[(0.4, 97, needed - 1e-6, -1)], fills=fills)
    enough = run(script, *updates, trades=[(0.4, 97, needed + 1, -1)], fills=fills)
    assert (len(short.fills), len(enough.fills)) == (0, 1)


def test_what_was_traded_at_a_price_is_not_cancelled_there_as_well():
    fills = unlimited(latency_ns=1, queue="power", queue_power=1.0)
    found = run(
        {0.1: lambda ctx: ctx.buy(1, limit=97)}, (0.3, [(97, 15)], []), trades=[(0.2, 97, 5, -1), (0.4, 97, 15, -1)], fills=fills
    )
    assert found.fills == []


def test_level_that_shrinks_below_those_before_an_order_lets_it_up():
    found = run({0.1: lambda ctx: ctx.buy(1, limit=97)}, (0.2, [(97, 2)], []), trades=[(0.3, 97, 3, -1)])
    assert found.fills == [(0.3, 1.0, 97.0)]


def test_snapshot_replaces_the_book_and_keeps_the_place_in_the_queue():
    again = book_of((0.2, [(99, 4)], [(101, 5)]))
    first = book_of(BOOK)
    both = type(first)(*(list(getattr(first, name)) + list(getattr(again, name)) for name in first.__slots__[:6]))
    ticks = {"book": [both], "trades": [trades_of((0.3, 99, 4, -1), (0.4, 99, 1, -1))]}
    found = play_tape(clock_of(["X"], 1), {0.1: lambda ctx: ctx.buy(1, limit=99)}, ticks=ticks)
    assert found.fills == [(0.4, 1.0, 99.0)]


def test_cancel_takes_as_long_as_an_order():
    fills = unlimited(latency_ns=SECOND // 10)
    script = {0.1: lambda ctx: ctx.buy(1, limit=100), 0.3: lambda ctx: ctx["X"].cancel()}
    touched = [(0.3, [(99, 6)], []), (0.35, [], [(100, 1)])]
    assert run(script, *touched, fills=fills).ends == [FILLED]
    touched = [(0.3, [(99, 6)], []), (0.45, [], [(100, 1)])]
    assert run(script, *touched, fills=fills).ends == [(OrderStatus.CANCELLED, Reason.BY_STRATEGY)]


def test_replacement_stands_at_the_end_of_the_queue_again():
    script = {0.1: lambda ctx: ctx.buy(1, limit=99), 0.3: lambda ctx: ctx.replace(0, quantity=2)}
    trades = [(0.2, 99, 4, -1), (0.3, 99, 0.5, -1), (0.4, 99, 5, -1), (0.5, 99, 2, -1)]
    assert run(script, trades=trades).fills == [(0.5, 2.0, 99.0)]


def test_stop_is_set_off_by_a_trade_and_takes_from_the_book():
    found = run({0.1: lambda ctx: ctx.buy(1, stop=105)}, trades=[(0.2, 104, 1, 1), (0.3, 105, 1, 1), (0.4, 90, 1, -1)])
    assert found.fills == [(0.3, 1.0, 101.0)]


def test_stop_without_trades_is_set_off_by_the_side_that_it_trades_with():
    found = run({0.1: lambda ctx: ctx.sell(1, stop=98)}, (0.2, [(99, 0)], []), (0.3, [(99, 1)], []))
    assert found.fills == [(0.2, -1.0, 98.0)]


def test_trailing_stop_follows_the_trades():
    trades = [(0.2, 100, 1, 1), (0.3, 110, 1, 1), (0.4, 106, 1, -1), (0.5, 105, 1, -1)]
    assert run({0.1: lambda ctx: ctx.sell(1, stop=Trail(5))}, trades=trades).fills == [(0.5, -1.0, 99.0)]


def test_bracket_protects_what_its_entry_has_filled():
    script = {0.1: lambda ctx: ctx.buy(2, bracket=Bracket(stop_loss=98, take_profit=104))}
    up = run(script, (0.2, [(104, 9)], [(101, 0), (102, 0), (103, 0), (105, 1)]))
    assert (prices(up), up.ends[1:]) == ([(2, 101), (-2, 104)], [(OrderStatus.CANCELLED, Reason.LINKED_ORDER), FILLED])
    down = run(script, (0.2, [(99, 0)], []))
    assert (prices(down), down.ends[2]) == ([(2, 101), (-2, 98)], (OrderStatus.CANCELLED, Reason.LINKED_ORDER))


def test_quote_has_one_level_and_what_it_lacks_comes_with_the_next():
    ticks = {"quotes": [quotes_of((0.1, 99, 5, 101, 3), (0.2, 99, 5, 102, 3))]}
    found = play_tape(clock_of(["X"], 1), {0.1: lambda ctx: ctx.buy(4)}, ticks=ticks)
    assert found.fills == [(0.1 + NANOSECOND, 3.0, 101.0), (0.2, 1.0, 102.0)]


def test_quote_of_which_only_the_price_is_known_fills_any_size():
    ticks = {"quotes": [quotes_of((0.1, 99, 0, 101, 0))]}
    assert prices(play_tape(clock_of(["X"], 1), {0.1: lambda ctx: ctx.buy(4000)}, ticks=ticks)) == [(4000, 101)]


def test_order_rests_when_the_best_price_falls_back_to_it():
    quotes = quotes_of((0.1, 99, 5, 101, 3), (0.2, 98, 4, 100, 3))
    ticks = {"quotes": [quotes], "trades": [trades_of((0.15, 98, 90, -1), (0.3, 98, 4, -1), (0.4, 98, 1, -1))]}
    found = play_tape(clock_of(["X"], 1), {0.1: lambda ctx: ctx.buy(1, limit=98)}, ticks=ticks)
    assert found.fills == [(0.4, 1.0, 98.0)]


def test_sizes_are_whole_lots_and_dust_of_a_level_is_passed_by():
    book = book_of((0.1, BIDS, [(101, 0.4), (102, 3.7)]))
    found = play_tape(clock_of(["X"], 1), {0.1: lambda ctx: ctx.buy(3)}, [Instrument("X", lot=1.0)], ticks={"book": [book]})
    assert prices(found) == [(3, 102)]


def test_account_short_of_margin_is_liquidated_at_the_trade_that_shows_it():
    script = {0.1: lambda ctx: ctx.buy(35)}
    found = run(script, trades=[(0.2, 101, 1, 1), (0.3, 50, 1, -1), (0.4, 80, 1, 1)], capital=1000.0, leverage=5.0)
    assert found.fills[-1] == (0.3, -35.0, 50.0)


def test_order_for_the_day_ends_with_its_session():
    day = 86_400
    ticks = {"book": [book_of((1, BIDS, ASKS), (day - 5, [(99, 6)], []), (day + 5, [], [(101, 4)]))]}
    found = play_tape(clock_of(["X"], 2, day), {1: lambda ctx: ctx.buy(1, limit=98, terms=Terms("day"))}, ticks=ticks)
    assert found.ends == [(OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            Terms(at="close"),
            r"^an order at the close of a session \('X'\) can't be given in a run on quotes or books yet; leave the ",
        ),
        (Terms(display=1.0), r"^an order that shows a part of itself \('X'\) can't be given in a run on quotes or books yet"),
    ],
)
def test_condition_that_a_book_can_not_meet_is_refused(terms, message):
    with pytest.raises(OrderError, match=message):
        run({0.1: lambda ctx: ctx.buy(1, limit=99, terms=terms)})
