"""How much of an order a bar fills: by volume, by the queue, by finer bars."""

import numpy as np
import pytest

from stage import finer_of, play, prints, sessions_of, unlimited
from tradekit.model.event import EventKind
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderStatus, Terms

FLAT = 100.0
TENTH = FillRules()
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def of_volume(*volumes, price=FLAT):
    """Return a flat bar, then bars of one price with these volumes."""
    return {"X": [FLAT, *((price, price, price, price, volume) for volume in volumes)]}


def test_order_takes_a_tenth_of_the_volume_by_default_and_the_rest_later():
    run = play(of_volume(20, 50, 1000), {0: lambda ctx: ctx.buy(9)}, fills=TENTH)
    assert run.fills == [(1, "X", 2, 100), (2, "X", 5, 100), (3, "X", 2, 100)]
    assert [(order.status, order.filled) for order in run.orders] == [(OrderStatus.FILLED, 9)]


def test_rest_of_a_stop_goes_on_as_a_market_order():
    bars = {"X": [FLAT, (100, 106, 99, 100, 10), (98, 99, 97, 98)]}
    run = play(bars, {0: lambda ctx: ctx.buy(3, stop=105)}, fills=TENTH)
    assert run.fills == [(1, "X", 1, 105), (2, "X", 2, 98)]
    assert len(run.entries(EventKind.TRIGGER)) == 1


def test_rest_of_a_limit_goes_on_at_its_limit():
    bars = {"X": [FLAT, (100, 101, 94, 96, 10), FLAT, (100, 101, 94, 96)]}
    run = play(bars, {0: lambda ctx: ctx.buy(3, limit=95)}, fills=TENTH)
    assert run.fills == [(1, "X", 1, 95), (3, "X", 2, 95)]


def test_parts_of_an_order_are_whole_lots():
    run = play(of_volume(25, 9, 1000), {0: lambda ctx: ctx.buy(5)}, [Instrument("X", lot=1)], fills=TENTH)
    assert run.fills == [(1, "X", 2, 100), (3, "X", 3, 100)]  # nine tenths of a lot are none


def test_bar_without_volume_fills_nothing():
    run = play(of_volume(0, 1000), {0: lambda ctx: ctx.buy(5)}, fills=TENTH)
    assert run.fills == [(2, "X", 5, 100)]


def test_bar_of_unknown_volume_fills_whole():
    run = play(of_volume(np.nan, 1000), {0: lambda ctx: ctx.buy(5)}, fills=TENTH)
    assert run.fills == [(1, "X", 5, 100)]


@pytest.mark.parametrize("nothing", [0, np.nan])
def test_instrument_of_which_no_volume_is_known_is_not_limited_by_it(nothing):
    bars = {"X": [(100, 100, 100, 100, nothing)] * 2}
    assert play(bars, {0: lambda ctx: ctx.buy(5)}, fills=TENTH).fills == [(1, "X", 5, 100)]


def test_orders_of_a_bar_share_its_volume_by_price_then_time():
    def several(ctx):
        for limit, size in ((95, 3), (97, 2), (96, 4), (97, 1)):
            ctx.buy(size, limit=limit)

    run = play({"X": [FLAT, (98, 99, 94, 95, 80)]}, {0: several}, fills=TENTH)
    assert [(fill.order, fill.a, fill.b) for fill in run.entries(EventKind.FILL)] == [
        (1, 2, 97),
        (3, 1, 97),
        (2, 4, 96),
        (0, 1, 95),
    ]


def test_market_orders_come_before_limits_and_earlier_ones_before_later():
    def several(ctx):
        ctx.buy(2, limit=101)
        ctx.buy(2)
        ctx.buy(2)

    run = play(of_volume(50), {0: several}, fills=TENTH)
    assert [(fill.order, fill.a) for fill in run.entries(EventKind.FILL)] == [(1, 2), (2, 2), (0, 1)]


def test_buys_and_sells_of_a_bar_share_its_volume():
    def both(ctx):
        ctx.sell(4)
        ctx.buy(4, limit=95)

    run = play({"X": [FLAT, FLAT, (100, 101, 94, 96, 60)]}, {0: lambda ctx: ctx.buy(4), 1: both}, fills=TENTH)
    assert run.fills[1:] == [(2, "X", -4, 100), (2, "X", 2, 95)]


@pytest.mark.parametrize("path", PATHS)
def test_exits_of_a_bar_share_its_volume_with_their_entry(path):
    bars = {"X": [FLAT, (100, 101, 94, 96, 50), (96, 97, 94.5, 96)]}
    rules = unlimited(participation=0.1, path=path)
    run = play(bars, {0: lambda ctx: ctx.buy(4, bracket=Bracket(stop_loss=95))}, fills=rules)
    assert run.fills == [(1, "X", 4, 100), (1, "X", -1, 95), (2, "X", -3, 96)]


def test_instruments_have_a_volume_each():
    bars = {"X": [FLAT, (100, 100, 100, 100, 10)], "Y": [FLAT, (100, 100, 100, 100, 20)]}
    run = play(bars, {0: lambda ctx: [ctx[symbol].buy(3) for symbol in "XY"]}, fills=TENTH)
    assert run.fills == [(1, "X", 1, 100), (1, "Y", 2, 100)]


def test_fee_of_an_order_filled_in_parts_has_its_minimum_once():
    run = play(of_volume(20, 1000), {0: lambda ctx: ctx.buy(5)}, fills=TENTH, fee_rate=0.001, minimum=0.4)
    assert [fill.c for fill in run.entries(EventKind.FILL)] == pytest.approx([0.4, 0.1])


def test_part_that_the_funds_do_not_pay_for_ends_the_order():
    run = play(of_volume(50, 1000), {0: lambda ctx: ctx.buy(20)}, [Instrument("X", lot=1)], fills=TENTH)
    assert run.fills == [(1, "X", 5, 100), (2, "X", 5, 100)]
    assert run.reasons[0][2] == 10


def queued(trades, ahead=10.0, size=3, limit=95, terms=None, **rules):
    """Play a limit order to buy on trades that come one by one."""
    fills = FillRules(**{"participation": None, "queue_ahead": ahead, **rules})
    return play({"X": [FLAT, *prints(*trades)]}, {0: lambda ctx: ctx.buy(size, limit=limit, terms=terms)}, fills=fills)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("limit_fills", ["through", "touch"])
def test_trades_at_the_limit_go_to_those_before_in_the_queue_first(path, limit_fills):
    run = queued([(96, 5), (95, 6), (95, 5), (96, 9), (95, 1), (95, 50)], path=path, limit_fills=limit_fills)
    assert run.fills == [(3, "X", 1, 95), (5, "X", 1, 95), (6, "X", 1, 95)]
    assert run.places == [("inside", "maker")] * 3


def test_trade_beyond_the_limit_has_been_through_the_queue():
    assert queued([(96, 5), (94, 1)]).fills == [(2, "X", 3, 94)]
    run = queued([(96, 5), (94, 10), (95, 10)], participation=0.1)
    assert run.fills == [(2, "X", 1, 94), (3, "X", 1, 95)]


def test_trades_at_the_limit_fill_nothing_without_a_queue_unless_touching_is_enough():
    assert queued([(95, 100)], ahead=None).fills == []
    assert queued([(95, 100)], ahead=None, limit_fills="touch").fills == [(1, "X", 3, 95)]
    assert queued([(95, 100)], ahead=0.0).fills == [(1, "X", 3, 95)]


def test_queue_is_limited_by_participation_too():
    assert queued([(95, 10), (95, 20), (95, 20)], participation=0.1).fills == [(2, "X", 2, 95), (3, "X", 1, 95)]


def test_trade_of_unknown_size_at_the_limit_fills_nothing():
    assert queued([(95, np.nan), (95, 12)]).fills == [(2, "X", 2, 95)]


def test_iceberg_stands_at_the_end_of_the_queue_with_each_slice():
    run = queued([(95, 12), (95, 12), (95, 12)], size=5, terms=Terms(display=2))
    assert run.fills == [(1, "X", 2, 95), (2, "X", 2, 95), (3, "X", 1, 95)]
    run = queued([(95, 12), (95, 9), (95, 3)], size=5, terms=Terms(display=2))
    assert run.fills == [(1, "X", 2, 95), (3, "X", 2, 95)]


def test_exit_of_a_bracket_stands_in_the_queue():
    rules = FillRules(participation=None, queue_ahead=10)
    bars = {"X": [FLAT, *prints((100, 1), (105, 8), (105, 3), (105, 9))]}
    run = play(bars, {0: lambda ctx: ctx.buy(2, bracket=Bracket(take_profit=105))}, fills=rules)
    assert run.fills == [(1, "X", 2, 100), (3, "X", -1, 105), (4, "X", -1, 105)]


def test_queue_does_not_matter_to_what_takes():
    rules = FillRules(participation=None, queue_ahead=1000)
    script = {0: lambda ctx: (ctx.buy(2, limit=96), ctx.buy(1), ctx.sell(1, stop=96))}
    run = play({"X": [FLAT, *prints((95, 1))]}, script, fills=rules, is_margin=True)
    assert sorted(run.fills) == [(1, "X", -1, 95), (1, "X", 1, 95), (1, "X", 2, 95)]


def test_queue_does_not_matter_to_a_price_that_a_take_profit_waits_for():
    rules = FillRules(participation=None, queue_ahead=0)
    bars = {"X": [FLAT, *prints((100, 1), (105, 9), (106, 9))]}
    run = play(bars, {0: lambda ctx: ctx.sell(1, take_profit=105)}, is_margin=True, fills=rules)
    assert run.fills == [(3, "X", -1, 106)]


def decided(finer, script, bar=(100, 106, 94, 100), path="worst", **changes):
    """Play on a bar inside which finer ones decide."""
    bars = {"X": [FLAT, FLAT, bar]}
    return play(
        bars, script, fills=changes.pop("fills", unlimited(path=path)), finer=finer_of({"X": [[FLAT], [FLAT], finer]}), **changes
    )


LONG = {0: lambda ctx: ctx.buy(1, bracket=Bracket(stop_loss=95, take_profit=105))}
UP_FIRST = [(100, 106, 99, 105), (105, 105, 94, 95), (95, 100, 95, 100)]
DOWN_FIRST = [(100, 101, 94, 95), (95, 106, 95, 105), (105, 105, 100, 100)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("finer", "price"), [(UP_FIRST, 105), (DOWN_FIRST, 95)])
def test_finer_bars_decide_which_exit_is_reached_first(path, finer, price):
    assert decided(finer, LONG, path=path).fills[1:] == [(2, "X", -1, price)]


def test_finer_bars_that_hold_both_prices_leave_the_question_open():
    finer = [(100, 106, 94, 100), FLAT]
    assert decided(finer, LONG).fills[1:] == [(2, "X", -1, 95)]


def test_finer_bars_tell_when_an_order_was_filled():
    run = decided(UP_FIRST, LONG)
    first, second = run.entries(EventKind.FILL)
    bars = run.setup.finer.bars
    assert (first.time, second.time) == (bars.open_time[1], bars.close_time[2] - 1)


def test_finer_bars_have_opens_of_their_own():
    run = decided([FLAT, (97, 98, 96, 97), (93, 96, 92, 95)], {1: lambda ctx: ctx.sell(1, stop=95)}, is_margin=True)
    assert run.fills == [(2, "X", -1, 93)]


def test_finer_bars_have_volumes_of_their_own():
    finer = [(100, 100, 100, 100, 20), (101, 101, 101, 101, 10), (102, 102, 102, 102, 500)]
    run = decided(finer, {1: lambda ctx: ctx.buy(5)}, fills=TENTH)
    assert run.fills == [(2, "X", 2, 100), (2, "X", 1, 101), (2, "X", 2, 102)]


def test_finer_bars_of_one_instrument_may_be_missing_where_another_has_some():
    bars = {"X": [FLAT, FLAT], "Y": [FLAT, (100, 106, 94, 100)]}
    finer = finer_of({"X": [[FLAT], [FLAT, None, None]], "Y": [[FLAT], [None, (100, 106, 100, 105), (105, 105, 94, 100)]]})
    script = {0: lambda ctx: ctx.one_cancels_other(ctx["Y"].sell(1, limit=105), ctx["Y"].sell(1, stop=95))}
    run = play(bars, script, finer=finer, is_margin=True)
    assert run.fills == [(1, "Y", -1, 105)]


def test_trades_may_be_the_finer_bars():
    finer = prints((100, 5), (96, 5), (95, 8), (95, 8), (97, 5))
    rules = FillRules(participation=None, queue_ahead=10)
    run = decided(finer, {1: lambda ctx: ctx.buy(4, limit=95)}, fills=rules)
    assert run.fills == [(2, "X", 4, 95)]


def test_orders_at_the_open_and_the_close_fill_in_the_first_and_last_finer_bar():
    def both(ctx):
        ctx.buy(5, terms=Terms(at="open"))
        ctx.buy(5, terms=Terms(at="close"))

    finer = [(100, 101, 99, 101, 20), (101, 102, 100, 102, 100), (102, 103, 101, 103, 30), None]
    run = decided(finer, {1: both}, fills=TENTH, sessions=sessions_of(2, 1))
    assert run.fills == [(2, "X", 2, 100), (2, "X", 3, 103)]
    assert [status for status, _ in run.ends] == [OrderStatus.EXPIRED] * 2


def test_target_is_filled_in_parts_until_a_newer_one_takes_its_place():
    run = play(of_volume(20, 20, 1000), {0: lambda ctx: ctx.target(quantity=9), 2: lambda ctx: ctx.target(quantity=5)}, fills=TENTH)
    assert run.fills == [(1, "X", 2, 100), (2, "X", 2, 100), (3, "X", 1, 100)]
    assert run.orders[0].status is OrderStatus.REPLACED
