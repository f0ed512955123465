"""Latency: orders, cancellations and replacements take a while to reach the venue, and may be too late."""

import pytest

from stage import MINUTE, finer_of, play, sessions_of, unlimited
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderStatus, Reason, Terms, Trail

FLAT = 100.0
HALF_A_BAR = MINUTE // 2
FILLED = (OrderStatus.FILLED, Reason.NONE)
TOO_LATE = (OrderStatus.REJECTED, Reason.TOO_LATE)
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def late(path="worst", latency=HALF_A_BAR, **changes):
    return unlimited(latency_ns=latency, path=path, **changes)


@pytest.mark.parametrize("path", PATHS)
def test_market_order_that_arrives_inside_a_bar_finds_the_price_on_the_way_to_its_worse_end(path):
    bars = {"X": [FLAT, (100, 110, 94, 105)]}
    assert play(bars, {0: lambda ctx: ctx.buy(1)}, fills=late(path)).fills == [(1, "X", 1, 105)]
    assert play(bars, {0: lambda ctx: ctx.sell(1)}, fills=late(path), is_margin=True).fills == [(1, "X", -1, 97)]
    sooner = play(bars, {0: lambda ctx: ctx.buy(1)}, fills=late(path, MINUTE // 10))
    assert (sooner.fills, sooner.places) == ([(1, "X", 1, 101)], [("inside", "taker")])


def test_arrival_price_lies_on_the_grid_and_in_the_bar():
    bars = {"X": [FLAT, (100, 101.1, 94, 99)]}
    script = {0: lambda ctx: (ctx.buy(1), ctx.sell(1))}
    run = play(bars, script, [Instrument("X", tick=0.5)], fills=late(), is_margin=True)
    assert sorted(price for _, _, _, price in run.fills) == [97, 101]
    run = play({"X": [FLAT, (100, 100.1, 94, 99)]}, {0: lambda ctx: ctx.buy(1)}, [Instrument("X", tick=0.5)], fills=late())
    assert run.fills == [(1, "X", 1, 100.1)]


@pytest.mark.parametrize(("latency", "row"), [(MINUTE, 2), (MINUTE + 1, 2), (2 * MINUTE, 3), (1, 1)])
def test_order_arrives_when_its_time_has_come(latency, row):
    run = play({"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(1)}, fills=late(latency=latency))
    assert [fill[0] for fill in run.fills] == [row]


def test_order_that_arrives_with_the_open_fills_at_the_open():
    run = play({"X": [FLAT, FLAT, (102, 110, 90, 100)]}, {0: lambda ctx: ctx.buy(1)}, fills=late(latency=MINUTE))
    assert (run.fills, run.places) == ([(2, "X", 1, 102)], [("open", "taker")])


@pytest.mark.parametrize("path", PATHS)
def test_limit_that_arrives_inside_a_bar_can_not_have_filled_before(path):
    # The path goes through 95, but where the price was when the order arrived is not known.
    bars = {"X": [FLAT, (100, 110, 94, 96), (96, 97, 94, 96)]}
    run = play(bars, {0: lambda ctx: ctx.buy(1, limit=95)}, fills=late(path))
    assert (run.fills, run.places) == ([(2, "X", 1, 95)], [("inside", "maker")])


@pytest.mark.parametrize("path", PATHS)
def test_limit_that_arrives_inside_a_bar_fills_there_if_the_close_proves_it(path):
    run = play({"X": [FLAT, (100, 110, 90, 94)]}, {0: lambda ctx: ctx.buy(1, limit=95)}, fills=late(path))
    assert (run.fills, run.places) == ([(1, "X", 1, 95)], [("inside", "maker")])


@pytest.mark.parametrize("path", PATHS)
def test_limit_that_is_marketable_on_arrival_pays_the_price_of_then(path):
    run = play({"X": [FLAT, (100, 110, 94, 96)]}, {0: lambda ctx: ctx.buy(1, limit=106)}, fills=late(path))
    assert (run.fills, run.places) == ([(1, "X", 1, 105)], [("inside", "taker")])


@pytest.mark.parametrize("path", PATHS)
def test_stop_that_arrives_inside_a_bar_is_set_off_if_the_bar_allows_it(path):
    bars = {"X": [FLAT, (100, 110, 94, 105)]}
    assert play(bars, {0: lambda ctx: ctx.buy(1, stop=108)}, fills=late(path)).fills == [(1, "X", 1, 108)]
    assert play(bars, {0: lambda ctx: ctx.buy(1, stop=103)}, fills=late(path)).fills == [(1, "X", 1, 105)]  # beyond it already


@pytest.mark.parametrize("path", PATHS)
def test_order_at_once_that_arrives_inside_a_bar_is_filled_then_or_never(path):
    bars = {"X": [FLAT, (100, 110, 90, 94), FLAT]}
    run = play(bars, {0: lambda ctx: ctx.buy(1, limit=95, terms=Terms("ioc"))}, fills=late(path))
    assert run.ends == [(OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)]
    run = play(bars, {0: lambda ctx: ctx.buy(1, limit=106, terms=Terms("ioc"))}, fills=late(path))
    assert run.fills == [(1, "X", 1, 105)]


@pytest.mark.parametrize("path", PATHS)
def test_post_only_that_arrives_inside_a_bar(path):
    bars = {"X": [FLAT, (100, 110, 90, 94), FLAT]}
    taken = play(bars, {0: lambda ctx: ctx.buy(1, limit=106, terms=Terms(post_only=True))}, fills=late(path))
    assert taken.ends == [(OrderStatus.REJECTED, Reason.WOULD_TAKE)]
    made = play(bars, {0: lambda ctx: ctx.buy(1, limit=95, terms=Terms(post_only=True))}, fills=late(path))
    assert (made.fills, made.places) == ([(1, "X", 1, 95)], [("inside", "maker")])


def test_order_in_an_instrument_without_a_bar_arrives_all_the_same():
    bars = {"X": [FLAT, None, (103, 104, 102, 103)], "Y": [1.0] * 3}
    run = play(bars, {0: lambda ctx: ctx["X"].buy(1)}, fills=late())
    assert (run.fills, run.places) == ([(2, "X", 1, 103)], [("open", "taker")])


def test_order_under_way_is_not_filled():
    run = play({"X": [FLAT, 90, 90, 90]}, {0: lambda ctx: ctx.buy(1, limit=95)}, fills=late(latency=5 * MINUTE))
    assert (run.fills, run.ends) == ([], [(OrderStatus.OPEN, Reason.NONE)])


def test_latency_counts_in_finer_bars():
    finer = finer_of({"X": [[FLAT], [(100, 101, 99, 101), (101, 103, 100, 102), (102, 108, 101, 107), (107, 110, 106, 109)]]})
    bars = {"X": [FLAT, (100, 110, 99, 109)]}
    assert play(bars, {0: lambda ctx: ctx.buy(1)}, fills=late(), finer=finer).fills == [(1, "X", 1, 102)]
    assert play(bars, {0: lambda ctx: ctx.buy(1)}, fills=late(latency=MINUTE * 5 // 8), finer=finer).fills == [(1, "X", 1, 105)]


@pytest.mark.parametrize("path", PATHS)
def test_cancellation_that_arrives_in_time_is_done(path):
    script = {0: lambda ctx: ctx.buy(1, limit=95), 1: lambda ctx: ctx.cancel(0)}
    run = play({"X": [FLAT, FLAT, (100, 100, 94, 96)]}, script, fills=late(path))
    assert run.ends == [(OrderStatus.CANCELLED, Reason.BY_STRATEGY)]
    assert run.story(0) == [(EventKind.ORDER, 0), (EventKind.REQUEST, 1), (EventKind.CANCEL, 2)]


def test_cancellation_of_an_order_that_is_filled_meanwhile_is_too_late():
    script = {0: lambda ctx: ctx.buy(1, limit=95), 1: lambda ctx: ctx.cancel(0)}
    run = play({"X": [FLAT, FLAT, 94]}, script, fills=late())
    assert (run.fills, run.ends) == ([(2, "X", 1, 94)], [FILLED])
    assert run.story(0) == [(EventKind.ORDER, 0), (EventKind.REQUEST, 1), (EventKind.FILL, 2), (EventKind.REJECT, 2)]
    assert run.reasons == [(EventKind.REJECT, Reason.TOO_LATE, 0)]


def test_cancellation_is_asked_for_once():
    script = {0: lambda ctx: ctx.buy(1, limit=95), 1: lambda ctx: ctx.cancel(0), 2: lambda ctx: ctx.cancel(0)}
    run = play({"X": [FLAT] * 5}, script, fills=late(latency=2 * MINUTE))
    assert len(run.entries(EventKind.REQUEST)) == 1
    assert [entry.row for entry in run.entries(EventKind.CANCEL)] == [4]


def test_order_cancelled_on_its_own_bar_never_leaves():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.cancel(ctx.buy(1))}, fills=late())
    assert (run.fills, run.ends, run.entries(EventKind.REQUEST)) == ([], [(OrderStatus.CANCELLED, Reason.BY_STRATEGY)], [])


def replaced(bars, latency=MINUTE, first=2, second=None, **changes):
    """Play a limit order that is replaced by a better one on its second bar."""
    script = {0: lambda ctx: ctx.buy(first, limit=95), 2: lambda ctx: ctx.replace(0, second, limit=97)}
    return play({"X": [FLAT, *bars]}, script, fills=late(latency=latency, **changes))


def test_replacement_works_from_its_arrival_on_and_the_first_until_then():
    run = replaced([FLAT, FLAT, FLAT, (98, 99, 96, 98)])
    assert (run.fills, run.ends) == ([(4, "X", 2, 97)], [(OrderStatus.REPLACED, Reason.REPLACED), FILLED])
    assert run.story(0) == [(EventKind.ORDER, 0), (EventKind.REQUEST, 2), (EventKind.CANCEL, 4)]


def test_replacement_of_an_order_that_is_filled_meanwhile_is_too_late():
    run = replaced([FLAT, FLAT, (96, 96, 94, 95), (98, 99, 96, 98)])
    assert (run.fills, run.ends) == ([(3, "X", 2, 95)], [FILLED, TOO_LATE])


def test_replacement_is_smaller_by_what_the_first_has_filled_meanwhile():
    run = replaced([FLAT, FLAT, (96, 96, 94, 95, 2), (98, 99, 96, 98)], first=3, second=4, participation=0.5)
    assert run.fills == [(3, "X", 1, 95), (4, "X", 3, 97)]


def test_replacement_that_is_smaller_than_what_the_first_has_filled_meanwhile_is_too_late():
    run = replaced([FLAT, FLAT, (96, 96, 94, 95, 4), (98, 99, 96, 98)], first=3, second=1, participation=0.5)
    assert run.fills == [(3, "X", 2, 95)]
    assert run.ends == [(OrderStatus.REPLACED, Reason.REPLACED), (OrderStatus.CANCELLED, Reason.TOO_LATE)]


def test_replacement_that_is_linked_with_what_it_replaces_stays_linked_with_the_others():
    def change(ctx):
        ctx.one_cancels_other(0, ctx.replace(0, limit=97), 1)

    script = {0: lambda ctx: (ctx.buy(1, limit=90), ctx.buy(2, limit=90)), 2: change}
    run = play({"X": [FLAT, FLAT, FLAT, FLAT, 96, 80]}, script, fills=late(latency=MINUTE))
    assert run.fills == [(4, "X", 1, 96)]
    assert run.ends[1] == (OrderStatus.CANCELLED, Reason.LINKED_ORDER)


def test_orders_after_a_replacement_that_is_too_late_end():
    def change(ctx):
        ctx.sell(1, limit=110, terms=Terms(after=ctx.replace(0, limit=97)))

    script = {0: lambda ctx: ctx.buy(2, limit=95), 2: change}
    run = play({"X": [FLAT, FLAT, FLAT, 94, FLAT]}, script, fills=late(latency=MINUTE))
    assert run.ends == [FILLED, TOO_LATE, (OrderStatus.CANCELLED, Reason.ENTRY_ENDED)]


def test_replacement_of_an_exit_has_what_its_entry_has_filled_by_its_arrival():
    bars = [FLAT, (100, 100, 100, 100, 2), (100, 100, 100, 100, 2), FLAT, (100, 101, 94, 96)]
    script = {0: lambda ctx: ctx.buy(3, bracket=Bracket(stop_loss=90)), 2: lambda ctx: ctx.replace(1, stop=95)}
    run = play({"X": [FLAT, *bars]}, script, fills=late(latency=MINUTE, participation=0.5))
    assert run.fills == [(2, "X", 1, 100), (3, "X", 1, 100), (4, "X", 1, 100), (5, "X", -3, 95)]
    assert run.ends == [FILLED, (OrderStatus.REPLACED, Reason.REPLACED), FILLED]


def test_replacement_of_an_exit_that_is_held_is_held_unless_its_entry_has_been_filled_meanwhile():
    def played(*bars):
        script = {0: lambda ctx: ctx.buy(1, limit=98, bracket=Bracket(stop_loss=80)), 2: lambda ctx: ctx.replace(1, stop=90)}
        return play({"X": [FLAT, FLAT, FLAT, *bars]}, script, fills=late(latency=MINUTE))

    before, after = played((99, 99, 97, 99), FLAT, (99, 99, 89, 95)), played(FLAT, FLAT, (99, 99, 97, 99), (99, 99, 89, 95))
    assert before.fills == [(3, "X", 1, 98), (5, "X", -1, 90)]
    assert after.fills == [(5, "X", 1, 98), (6, "X", -1, 90)]
    assert played(FLAT, FLAT).ends[2] == (OrderStatus.HELD, Reason.NONE)


def test_replacement_of_an_order_that_waits_is_sent_if_what_it_waits_for_has_been_filled_meanwhile():
    def two(ctx):
        ctx.buy(1, limit=80, terms=Terms(after=ctx.buy(1, limit=98)))

    script = {0: two, 2: lambda ctx: ctx.replace(1, limit=90)}
    run = play({"X": [FLAT, FLAT, FLAT, (99, 99, 97, 99), FLAT, 89]}, script, fills=late(latency=MINUTE))
    assert run.fills == [(3, "X", 1, 98), (5, "X", 1, 89)]


def test_targets_replace_each_other_with_latency_without_holding_too_much():
    script = {0: lambda ctx: ctx.target(quantity=3), 1: lambda ctx: ctx.target(quantity=5)}
    run = play({"X": [FLAT] * 6}, script, fills=late(latency=3 * MINUTE // 2))
    assert run.position() == 3  # the first was done before the second could replace it
    script = {0: lambda ctx: ctx.target(quantity=3), 2: lambda ctx: ctx.target(quantity=5)}
    run = play({"X": [FLAT] * 6}, script, fills=late(latency=HALF_A_BAR))
    assert run.position() == 5


def test_trailing_stop_follows_from_where_it_arrives():
    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(1, stop=Trail(amount=5))}
    bars = {"X": [FLAT, FLAT, (90, 91, 88, 90), (90, 91, 82, 84)]}
    assert play(bars, script, fills=late()).fills[1:] == [(3, "X", -1, 85)]
    assert play(bars, script, fills=late(latency=MINUTE), is_margin=True).fills[1:] == [(3, "X", -1, 85)]


def test_replaced_trailing_stop_goes_on_from_the_best_price_seen_by_its_arrival():
    bars = {"X": [FLAT, FLAT, FLAT, (109, 110, 109, 110), FLAT + 8, (107, 107, 102, 103)]}
    script = {
        0: lambda ctx: ctx.buy(2),
        1: lambda ctx: ctx.sell(1, stop=Trail(amount=5)),
        2: lambda ctx: ctx.replace(1, quantity=2),
    }
    assert play(bars, script, fills=late(latency=MINUTE), is_margin=True).fills[1:] == [(5, "X", -2, 105)]


def test_child_that_is_under_way_when_its_entry_fills_is_filled_no_sooner_than_it_arrives():
    script = {0: lambda ctx: ctx.buy(1, limit=98), 2: lambda ctx: ctx.buy(1, limit=99, terms=Terms(after=0))}
    run = play({"X": [FLAT, FLAT, FLAT, (99, 99, 97, 98), 98.5]}, script, fills=late(latency=MINUTE))
    assert run.fills == [(3, "X", 1, 98), (4, "X", 1, 98.5)]


@pytest.mark.parametrize("path", PATHS)
def test_bracket_whose_entry_arrives_inside_a_bar_can_be_stopped_there(path):
    script = {0: lambda ctx: ctx.buy(1, bracket=Bracket(stop_loss=95, take_profit=108))}
    run = play({"X": [FLAT, (100, 110, 94, 101)]}, script, fills=late(path))
    assert run.fills == [(1, "X", 1, 105), (1, "X", -1, 95)]


def test_order_for_the_day_is_for_the_session_in_which_it_arrives():
    def ends(*lengths):
        run = play(
            {"X": [FLAT] * 5},
            {0: lambda ctx: ctx.buy(1, limit=90, terms=Terms("day"))},
            fills=late(latency=MINUTE),
            sessions=sessions_of(*lengths),
        )
        return [entry.row for entry in run.entries(EventKind.CANCEL)]

    assert ends(2, 1, 2) == [3]  # it arrives with the open of the second session
    assert ends(3, 2) == [3]
    run = play(
        {"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(1, limit=90, terms=Terms("day"))}, fills=late(), sessions=sessions_of(2, 2)
    )
    assert [entry.row for entry in run.entries(EventKind.CANCEL)] == [2]  # it arrived inside the last bar of the first
