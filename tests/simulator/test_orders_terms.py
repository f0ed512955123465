"""The conditions of an order: how long it lasts, at once or whole, in auctions, maker only, reducing only, icebergs."""

from datetime import UTC, datetime, timedelta

import pytest

from stage import limit, play, sessions_of, unlimited
from tradekit import OrderError
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderStatus, Reason, Terms, Trail
from tradekit.model.risk import LimitKind

FLAT = 100.0
HALF = unlimited(participation=0.5)
EXPIRED = (OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)
NOT_WHOLE = (OrderStatus.EXPIRED, Reason.NOT_FILLED_WHOLE)
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def minutes(number):
    return datetime.fromtimestamp(60 * number, UTC)


def ordered(bars, terms, size=2, script=None, **changes):
    """Play an order to buy, without prices or with those in `changes`, on bars that follow a flat one."""
    prices = {name: changes.pop(name) for name in ("limit", "stop", "take_profit") if name in changes}
    return play({"X": [FLAT, *bars]}, {0: lambda ctx: ctx.buy(size, terms=terms, **prices), **(script or {})}, **changes)


def test_good_till_cancelled_is_what_an_order_is_by_default():
    run = ordered([FLAT] * 5 + [94], Terms(), limit=95)
    assert run.fills == [(6, "X", 2, 94)]


@pytest.mark.parametrize("path", PATHS)
def test_immediate_or_cancel_fills_what_it_can_and_no_more(path):
    run = ordered([(100, 100, 100, 100, 2), FLAT], Terms("ioc"), fills=unlimited(participation=0.5, path=path))
    assert run.fills == [(1, "X", 1, 100)]
    assert run.ends == [EXPIRED]
    assert run.reasons == [(EventKind.CANCEL, Reason.TIME_IN_FORCE, 1)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["ioc", "fok"])
def test_limit_at_once_that_the_open_is_not_better_than_expires(path, kind):
    run = ordered([(100, 101, 90, 95), FLAT], Terms(kind), limit=99, fills=unlimited(path=path))
    assert (run.fills, run.ends) == ([], [EXPIRED])
    better = ordered([(100, 101, 90, 95), FLAT], Terms(kind), limit=101, fills=unlimited(path=path))
    assert better.fills == [(1, "X", 2, 100)]


@pytest.mark.parametrize(
    ("volume", "fills", "end"), [(4, [(1, "X", 2, 100)], (OrderStatus.FILLED, Reason.NONE)), (3, [], NOT_WHOLE), (0, [], NOT_WHOLE)]
)
def test_fill_or_kill_fills_whole_or_not_at_all(volume, fills, end):
    run = ordered([(100, 100, 100, 100, volume), FLAT], Terms("fok"), fills=HALF)
    assert (run.fills, run.ends) == (fills, [end])


def test_fill_or_kill_that_the_funds_do_not_pay_for_is_killed():
    run = ordered([FLAT, FLAT], Terms("fok"), size=11)
    assert (run.fills, run.ends) == ([], [NOT_WHOLE])


@pytest.mark.parametrize("path", PATHS)
def test_stop_at_once_waits_for_its_price_and_then_fills_at_once(path):
    rules = unlimited(participation=0.5, path=path)
    run = ordered([FLAT, (100, 106, 99, 100, 2), FLAT], Terms("ioc"), stop=105, fills=rules)
    assert (run.fills, run.ends) == ([(2, "X", 1, 105)], [EXPIRED])


@pytest.mark.parametrize("path", PATHS)
def test_stop_limit_at_once_that_is_not_marketable_when_set_off_expires(path):
    run = ordered([(100, 106, 99, 100)], Terms("ioc"), stop=105, limit=103, fills=unlimited(path=path))
    assert (run.fills, run.ends) == ([], [EXPIRED])


def test_order_at_once_waits_for_a_bar():
    run = play({"X": [FLAT, None, 95], "Y": [1.0] * 3}, {0: lambda ctx: ctx["X"].buy(1, terms=Terms("ioc"))})
    assert run.fills == [(2, "X", 1, 95)]


def test_order_for_the_day_lasts_until_its_session_ends():
    run = ordered([FLAT, FLAT, 94], Terms("day"), limit=95, sessions=sessions_of(3, 1))
    assert (run.fills, run.ends) == ([], [EXPIRED])
    assert run.entries(EventKind.CANCEL)[0].row == 3
    longer = ordered([FLAT, FLAT, 94], Terms("day"), limit=95, sessions=sessions_of(4))
    assert longer.fills == [(3, "X", 2, 94)]


def test_order_for_the_day_given_at_the_end_of_one_is_for_the_next():
    run = ordered([FLAT, 94, 94], Terms("day"), limit=95, sessions=sessions_of(1, 2, 1))
    assert run.fills == [(2, "X", 2, 94)]


def test_order_for_the_day_that_waits_for_another_lasts_for_the_session_in_which_it_is_sent():
    def both(ctx):
        ctx.buy(1, limit=90, terms=Terms("day", after=ctx.buy(1, limit=95)))

    bars = {"X": [FLAT, FLAT, FLAT, 94, 89]}
    assert len(play(bars, {0: both}, sessions=sessions_of(3, 2)).fills) == 2
    run = play(bars, {0: both}, sessions=sessions_of(3, 1, 1))
    assert (len(run.fills), run.ends[1]) == (1, EXPIRED)


def test_order_good_till_a_time_ends_then():
    run = ordered([FLAT, FLAT, 94], Terms("gtd", until=minutes(3)), limit=95)
    assert (run.fills, run.ends) == ([], [EXPIRED])
    longer = ordered([FLAT, FLAT, 94], Terms("gtd", until=minutes(3) + timedelta(microseconds=1)), limit=95)
    assert longer.fills == [(3, "X", 2, 94)]  # at the open, which is before


@pytest.mark.parametrize("path", PATHS)
def test_order_good_till_a_time_inside_a_bar_fills_at_its_open_only(path):
    run = ordered([(100, 100, 90, 99)], Terms("gtd", until=minutes(1.5)), limit=95, fills=unlimited(path=path))
    assert (run.fills, run.ends) == ([], [EXPIRED])


def test_order_good_till_a_time_that_is_past_is_an_error_and_leaves_none():
    def order(ctx):
        with pytest.raises(OrderError) as caught:
            ctx.buy(1, terms=Terms("gtd", until=datetime(1970, 1, 1, 0, 1)))  # noqa: DTZ001 - one without a zone is UTC
        assert (
            str(caught.value) == "an order in 'X' is good until 1970-01-01 00:01:00, which is past: it is 1970-01-01 00:01:00+00:00"
        )

    assert play({"X": [FLAT] * 2}, {0: order}).orders == []


def test_order_good_till_the_end_of_all_time_is_good():
    assert ordered([FLAT], Terms("gtd", until=datetime.max.replace(tzinfo=UTC))).fills == [(1, "X", 2, 100)]


@pytest.mark.parametrize("path", PATHS)
def test_order_at_the_open_fills_in_the_first_bar_of_the_next_session(path):
    run = ordered([101, 102, 103], Terms(at="open"), sessions=sessions_of(2, 2), fills=unlimited(path=path))
    assert (run.fills, run.places) == ([(2, "X", 2, 102)], [("open", "taker")])


def test_order_at_the_open_fills_in_the_first_bar_that_its_instrument_has_in_the_session():
    bars = {"X": [FLAT, 101, None, 103, 104], "Y": [1.0] * 5}
    run = play(bars, {0: lambda ctx: ctx["X"].buy(1, terms=Terms(at="open"))}, sessions=sessions_of(2, 3))
    assert run.fills == [(3, "X", 1, 103)]


@pytest.mark.parametrize(
    ("limit", "fills", "end"), [(102, [(2, "X", 2, 102)], OrderStatus.FILLED), (101.5, [], OrderStatus.EXPIRED)]
)
def test_limit_at_the_open_takes_part_if_the_opening_price_is_within_it(limit, fills, end):
    run = ordered([101, (102, 103, 99, 100), 90], Terms(at="open"), limit=limit, sessions=sessions_of(2, 2))
    assert (run.fills, run.ends[0][0]) == (fills, end)


def test_order_at_the_open_keeps_no_rest():
    run = ordered([101, (102, 103, 99, 100, 2), FLAT], Terms(at="open"), sessions=sessions_of(2, 2), fills=HALF)
    assert (run.fills, run.ends) == ([(2, "X", 1, 102)], [EXPIRED])


@pytest.mark.parametrize("path", PATHS)
def test_order_at_the_close_fills_at_the_close_of_the_session(path):
    run = ordered([101, (102, 110, 90, 103), 104], Terms(at="close"), sessions=sessions_of(3, 1), fills=unlimited(path=path))
    assert (run.fills, run.places) == ([(2, "X", 2, 103)], [("close", "taker")])
    assert run.entries(EventKind.FILL)[0].time == run.setup.bars.close_time[2]


@pytest.mark.parametrize(("limit", "filled"), [(103, True), (102.9, False)])
def test_limit_at_the_close_takes_part_if_the_closing_price_is_within_it(limit, filled):
    run = ordered([101, (102, 110, 90, 103), 104], Terms(at="close"), limit=limit, sessions=sessions_of(3, 1))
    assert run.fills == [(2, "X", 2, 103)] * filled
    assert run.ends[0] == ((OrderStatus.FILLED, Reason.NONE) if filled else EXPIRED)


def test_order_at_the_close_given_at_the_last_close_of_a_session_is_for_the_next():
    run = ordered([101, 102], Terms(at="close"), sessions=sessions_of(1, 2))
    assert run.fills == [(2, "X", 2, 102)]


def test_order_at_the_close_of_an_instrument_without_a_bar_there_expires():
    bars = {"X": [FLAT, 101, None, 103], "Y": [1.0] * 4}
    run = play(bars, {0: lambda ctx: ctx["X"].buy(1, terms=Terms(at="close"))}, sessions=sessions_of(3, 1))
    assert (run.fills, run.ends) == ([], [EXPIRED])


def test_orders_at_the_close_sell_before_they_buy_and_share_the_volume_of_the_bar():
    def leave(ctx):
        ctx["Y"].buy(10, terms=Terms(at="close"))
        ctx["X"].sell(10, terms=Terms(at="close"))
        ctx["Y"].buy(1)

    bars = {"X": [FLAT] * 3, "Y": [50.0, 50.0, (50, 50, 50, 50, 14)]}
    run = play(bars, {0: lambda ctx: ctx["X"].buy(9), 1: leave}, sessions=sessions_of(3), fills=HALF)
    assert run.fills[1:] == [(2, "Y", 1, 50), (2, "X", -9, 100), (2, "Y", 6, 50)]


def test_bracket_of_an_order_at_the_close_works_from_the_next_bar():
    bracket = Bracket(stop_loss=95)
    bars = {"X": [FLAT, (100, 100, 90, 96), (96, 97, 94, 95)]}
    run = play(bars, {0: lambda ctx: ctx.buy(1, terms=Terms(at="close"), bracket=bracket)}, sessions=sessions_of(2, 1))
    assert run.fills == [(1, "X", 1, 96), (2, "X", -1, 95)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("bar", "fill"), [((94, 96, 93, 95), None), ((100, 101, 94, 95), (1, "X", 2, 95))])
def test_post_only_is_rejected_rather_than_taking(path, bar, fill):
    run = ordered([bar, FLAT], Terms(post_only=True), limit=95, fills=unlimited(path=path))
    assert run.fills == ([fill] if fill else [])
    assert run.ends == [(OrderStatus.FILLED, Reason.NONE) if fill else (OrderStatus.REJECTED, Reason.WOULD_TAKE)]


def test_post_only_that_rests_takes_a_better_open_as_a_maker():
    run = ordered([FLAT, 94], Terms(post_only=True), limit=95)
    assert (run.fills, run.places) == ([(2, "X", 2, 94)], [("open", "maker")])


@pytest.mark.parametrize("path", PATHS)
def test_post_only_stop_limit_that_would_take_when_set_off_is_rejected(path):
    run = ordered([(100, 106, 99, 100)], Terms(post_only=True), stop=105, limit=106, fills=unlimited(path=path))
    assert run.ends == [(OrderStatus.REJECTED, Reason.WOULD_TAKE)]


@pytest.mark.parametrize("path", ["worst", "high-first"])
def test_post_only_stop_limit_that_rests_when_set_off_fills_in_the_same_bar(path):
    run = ordered([(100, 106, 99, 100)], Terms(post_only=True), stop=105, limit=103, fills=unlimited(path=path))
    assert (run.fills, run.places) == ([(1, "X", 2, 103)], [("inside", "maker")])


def test_reduce_only_sells_no_more_than_is_held():
    run = play(
        {"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(3), 1: lambda ctx: ctx.sell(5, terms=Terms(reduce_only=True))}, is_margin=True
    )
    assert run.fills[1:] == [(2, "X", -3, 100)]
    assert run.reasons == [(EventKind.CANCEL, Reason.NOTHING_TO_REDUCE, -2)]


def test_reduce_only_without_a_position_is_rejected():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.sell(5, terms=Terms(reduce_only=True))}, is_margin=True)
    assert run.ends == [(OrderStatus.REJECTED, Reason.NOTHING_TO_REDUCE)]


@pytest.mark.parametrize("other", [3, 5])
def test_reduce_only_ends_when_the_position_is_gone_or_turned(other):
    def leave(ctx):
        ctx.sell(3, stop=90, terms=Terms(reduce_only=True))
        ctx.sell(other)

    run = play({"X": [FLAT, FLAT, FLAT, 80]}, {0: lambda ctx: ctx.buy(3), 1: leave}, is_margin=True)
    assert run.fills[1:] == [(2, "X", -other, 100)]
    assert run.ends[1] == (OrderStatus.CANCELLED, Reason.NOTHING_TO_REDUCE)


def test_reduce_only_is_cut_to_a_position_that_has_become_smaller():
    def leave(ctx):
        ctx.sell(3, stop=90, terms=Terms(reduce_only=True))
        ctx.sell(2)

    run = play({"X": [FLAT, FLAT, FLAT, 80]}, {0: lambda ctx: ctx.buy(3), 1: leave}, is_margin=True)
    assert run.fills[1:] == [(2, "X", -2, 100), (3, "X", -1, 80)]
    assert run.ends[1] == (OrderStatus.FILLED, Reason.NOTHING_TO_REDUCE)


def test_reduce_only_buys_back_no_more_than_was_sold_short():
    run = play(
        {"X": [FLAT] * 3}, {0: lambda ctx: ctx.sell(3), 1: lambda ctx: ctx.buy(5, terms=Terms(reduce_only=True))}, is_margin=True
    )
    assert run.fills[1:] == [(2, "X", 3, 100)]


def test_reduce_only_counts_for_no_limit_of_a_rule():
    def leave(ctx):
        ctx.sell(4, limit=120, terms=Terms(reduce_only=True))
        ctx.sell(4, stop=80, terms=Terms(reduce_only=True))
        ctx.buy(1)

    rules = [limit(LimitKind.MAX_WEIGHT, 0.5, "reject")]
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(4), 1: leave}, rules=rules)
    assert run.fills[1:] == [(2, "X", 1, 100)]


def test_iceberg_shows_one_slice_a_bar():
    run = ordered([(96, 97, 94, 95), (96, 97, 94, 95), (96, 97, 94, 95)], Terms(display=2), size=5, limit=95)
    assert run.fills == [(1, "X", 2, 95), (2, "X", 2, 95), (3, "X", 1, 95)]


def test_iceberg_of_which_the_volume_fills_a_part_shows_a_whole_slice_again():
    run = ordered([(96, 97, 94, 95, 2), (96, 97, 94, 95)], Terms(display=2), size=5, limit=95, fills=HALF)
    assert run.fills == [(1, "X", 1, 95), (2, "X", 2, 95)]


def test_iceberg_shows_whole_lots():
    run = ordered([(96, 97, 94, 95)], Terms(display=2.5), size=5, limit=95, instruments=[Instrument("X", lot=1)])
    assert run.fills == [(1, "X", 2, 95)]


def test_iceberg_that_would_show_less_than_a_lot_is_an_error_and_leaves_no_order():
    def order(ctx):
        with pytest.raises(OrderError, match=r"^display of an order in 'X' must be a lot at least, not 0.5$"):
            ctx.buy(5, limit=95, terms=Terms(display=0.5))

    assert play({"X": [FLAT] * 2}, {0: order}, [Instrument("X", lot=1)]).orders == []


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"time_in_force": "gtx"}, "unknown time in force 'gtx'; allowed: 'gtc', 'ioc', 'fok', 'day', 'gtd'"),
        ({"time_in_force": "gtd"}, "until goes with time_in_force 'gtd', and only with it; got 'gtd', None"),
        ({"until": minutes(5)}, f"until goes with time_in_force 'gtd', and only with it; got 'gtc', {minutes(5)!r}"),
        ({"at": "noon"}, "at must be 'open' or 'close', not 'noon'"),
        ({"at": "open", "time_in_force": "day"}, "an order at the open ends there anyway; leave out time_in_force 'day'"),
        (
            {"post_only": True, "time_in_force": "ioc"},
            "post_only waits to be filled, and this order is filled at once or not at all; leave one of them out",
        ),
        (
            {"post_only": True, "at": "close"},
            "post_only waits to be filled, and this order is filled at once or not at all; leave one of them out",
        ),
        ({"display": 0}, "display must be above 0, not 0"),
        ({"display": float("nan")}, "display must be above 0, not nan"),
    ],
)
def test_terms_that_contradict_themselves_are_an_error(terms, said):
    with pytest.raises(OrderError) as caught:
        Terms(**terms)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("prices", "terms", "said"),
    [
        ({}, Terms(post_only=True), "post_only needs an order with a limit, and this one in 'X' is a market order"),
        ({"stop": 99}, Terms(post_only=True), "post_only needs an order with a limit, and this one in 'X' is a stop order"),
        ({"take_profit": 99}, Terms(display=1), "display needs an order with a limit, and this one in 'X' is a take profit order"),
        ({"stop": 99}, Terms(at="open"), "an order at the open of a session is a market or a limit order, not a stop order"),
        (
            {"stop": Trail(1)},
            Terms(at="close"),
            "an order at the close of a session is a market or a limit order, not a trailing stop order",
        ),
        ({"stop": Trail(1), "limit": 95}, None, "a trailing stop in 'X' becomes a market order; leave out the limit"),
        (
            {"stop": 95, "take_profit": 105},
            None,
            "an order in 'X' can wait for a stop or for a take_profit, "
            "not for both; give a bracket, or two orders and one_cancels_other",
        ),
    ],
)
def test_order_whose_terms_do_not_fit_it_is_an_error_and_leaves_none(prices, terms, said):
    def order(ctx):
        with pytest.raises(OrderError) as caught:
            ctx.buy(1, terms=terms, **prices)
        assert str(caught.value) == said

    assert play({"X": [FLAT] * 2}, {0: order}).orders == []


def test_terms_are_shown_with_the_order():
    terms = Terms("ioc", reduce_only=True)
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1, limit=95, terms=terms)})
    assert (run.context.order(0).terms, run.context.order(0).bracket) == (terms, None)


def test_order_at_the_open_that_comes_to_life_after_it_waits_for_the_next():
    script = {0: lambda ctx: ctx.buy(1, terms=Terms(at="open", after=ctx.buy(1, limit=95)))}
    run = play({"X": [FLAT, FLAT, (100, 101, 94, 96), 97]}, script, sessions=sessions_of(2, 1, 1))
    assert run.fills == [(2, "X", 1, 95), (3, "X", 1, 97)]


def test_limits_at_the_close_share_the_volume_by_price():
    def both(ctx):
        ctx.buy(4, limit=103, terms=Terms(at="close"))
        ctx.buy(4, limit=104, terms=Terms(at="close"))

    run = play({"X": [FLAT, (100, 103, 99, 102, 10)]}, {0: both}, sessions=sessions_of(2), fills=HALF)
    assert [(fill.order, fill.a) for fill in run.entries(EventKind.FILL)] == [(1, 4), (0, 1)]
    assert [status for status, _ in run.ends] == [OrderStatus.EXPIRED, OrderStatus.FILLED]
