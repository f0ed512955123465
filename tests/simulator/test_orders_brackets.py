"""Brackets: a stop and a target that come to life with their entry, share what it has filled, and end with it."""

import pytest

from stage import limit, play, unlimited
from tradekit import OrderError
from tradekit.model.event import EventKind
from tradekit.model.order import Bracket, OrderKind, OrderStatus, Reason, Terms, Trail
from tradekit.model.risk import LimitKind

FLAT = 100.0
BOTH = Bracket(stop_loss=95, take_profit=105)
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def entered(*bars, bracket=BOTH, **changes):
    """Play an entry of two at the open of the second bar, on the bars from there on."""
    return play({"X": [FLAT, *bars]}, {0: lambda ctx: ctx.buy(2, bracket=bracket)}, **changes)


def ended(run):
    return [(status.name, reason.name) for status, reason in run.ends]


def test_bracket_stop_loss_ends_the_take_profit():
    run = entered(FLAT, (100, 101, 94, 96))
    assert run.fills == [(1, "X", 2, 100), (2, "X", -2, 95)]
    assert ended(run) == [("FILLED", "NONE"), ("FILLED", "NONE"), ("CANCELLED", "LINKED_ORDER")]


def test_bracket_take_profit_ends_the_stop_loss():
    run = entered(FLAT, (100, 106, 99, 104))
    assert run.fills == [(1, "X", 2, 100), (2, "X", -2, 105)]
    assert run.places[1] == ("inside", "maker")
    assert ended(run) == [("FILLED", "NONE"), ("CANCELLED", "LINKED_ORDER"), ("FILLED", "NONE")]


def test_bracket_of_a_short_position_buys_back():
    bracket = Bracket(stop_loss=105, take_profit=95)
    for bar, price in {(100, 106, 99, 104): 105, (100, 101, 94, 96): 95}.items():
        run = play({"X": [FLAT, FLAT, bar]}, {0: lambda ctx: ctx.sell(2, bracket=bracket)}, is_margin=True)
        assert run.fills == [(1, "X", -2, 100), (2, "X", 2, price)]


@pytest.mark.parametrize(
    ("bracket", "price"), [(Bracket(stop_loss=95), 95), (Bracket(take_profit=105), 105), (Bracket(Trail(percent=3)), 97)]
)
def test_bracket_may_have_one_exit_only(bracket, price):
    run = entered(FLAT, FLAT, (100, 106, 94, 100) if price != 97 else (100, 100, 94, 94), bracket=bracket)
    assert run.fills[1:] == [(3, "X", -2, price)]
    assert len(run.orders) == 2


@pytest.mark.parametrize(("path", "price"), [("worst", 95), ("nearest-first", 95), ("high-first", 105), ("low-first", 95)])
def test_bracket_whose_exits_are_both_reached_takes_the_stop_unless_the_path_says_otherwise(path, price):
    bar = (100, 107, 94, 100)
    assert entered(FLAT, bar, fills=unlimited(path=path)).fills[1:] == [(2, "X", -2, price)]
    assert entered(bar, fills=unlimited(path=path)).fills[1:] == [(1, "X", -2, price)]  # on the bar of its entry


@pytest.mark.parametrize("path", PATHS)
def test_bracket_entered_at_the_open_works_in_the_same_bar(path):
    assert entered((100, 106, 99, 104), fills=unlimited(path=path)).fills[1:] == [(1, "X", -2, 105)]
    assert entered((100, 101, 94, 96), fills=unlimited(path=path)).fills[1:] == [(1, "X", -2, 95)]


@pytest.mark.parametrize("path", PATHS)
def test_bracket_whose_stop_the_opening_price_is_beyond_leaves_at_the_open(path):
    run = entered((94, 94.5, 90, 92), fills=unlimited(path=path))
    assert run.fills == [(1, "X", 2, 94), (1, "X", -2, 94)]


@pytest.mark.parametrize("path", PATHS)
def test_bracket_whose_target_the_opening_price_is_beyond_leaves_at_the_open(path):
    run = entered((107, 110, 106, 108), fills=unlimited(path=path))
    assert run.fills == [(1, "X", 2, 107), (1, "X", -2, 107)]
    assert run.places[1] == ("open", "taker")


def limit_entry(bar, path="worst"):
    script = {0: lambda ctx: ctx.buy(2, limit=98, bracket=Bracket(stop_loss=95, take_profit=103))}
    return play({"X": [FLAT, bar]}, script, fills=unlimited(path=path)).fills


def test_bracket_entered_inside_a_bar_is_stopped_there_if_the_bar_allows_it():
    # A fall to 95 lies behind 98 here: there is no other way.
    assert limit_entry((100, 101, 94, 99)) == [(1, "X", 2, 98), (1, "X", -2, 95)]


def test_bracket_entered_inside_a_bar_takes_its_profit_there_only_if_the_close_proves_it():
    assert limit_entry((100, 104, 97, 99)) == [(1, "X", 2, 98)]  # the high may have been before
    assert limit_entry((100, 105, 97, 104)) == [(1, "X", 2, 98), (1, "X", -2, 103)]


def test_bracket_entered_by_a_stop_is_stopped_in_the_same_bar_if_it_may_have_been():
    script = {0: lambda ctx: ctx.buy(2, stop=103, bracket=Bracket(stop_loss=99, take_profit=110))}
    run = play({"X": [FLAT, (100, 104, 98, 104)]}, script)
    assert run.fills == [(1, "X", 2, 103), (1, "X", -2, 99)]


@pytest.mark.parametrize(
    ("path", "fills"),
    [
        ("high-first", [(1, "X", 2, 98)]),  # 104 comes before 97
        ("low-first", [(1, "X", 2, 98), (1, "X", -2, 103)]),
        ("nearest-first", [(1, "X", 2, 98), (1, "X", -2, 103)]),
    ],
)
def test_bracket_entered_inside_a_bar_goes_on_along_a_known_path(path, fills):
    assert limit_entry((100, 104, 97, 99), path) == fills


def test_bracket_exits_are_held_until_the_entry_is_filled():
    seen = []

    def look(ctx):
        if ctx.index == 0:
            ctx.buy(2, limit=98, bracket=BOTH)
        seen.append([(order.kind, order.status, order.quantity) for order in map(ctx.order, range(3))] if ctx.index else None)
        seen[-1] = seen[-1] and (seen[-1], ctx["X"].open_orders)

    play({"X": [FLAT, FLAT, (98, 99, 97, 98)]}, look)
    (held, numbers), (open_ones, left) = seen[1:]
    assert numbers == (0, 1, 2)
    assert [(status, quantity) for _, status, quantity in held[1:]] == [(OrderStatus.HELD, 0)] * 2
    assert left == (1, 2)
    assert open_ones[1:] == [(OrderKind.STOP, OrderStatus.OPEN, -2), (OrderKind.LIMIT, OrderStatus.OPEN, -2)]


def test_bracket_exits_grow_with_the_fills_of_their_entry():
    rules = unlimited(participation=0.5)
    bars = {"X": [FLAT, (100, 100, 100, 100, 2), (100, 100, 100, 100, 2), (100, 106, 99, 104, 100)]}
    run = play(bars, {0: lambda ctx: ctx.buy(3, bracket=BOTH)}, fills=rules)
    assert run.fills == [(1, "X", 1, 100), (2, "X", 1, 100), (3, "X", 1, 100), (3, "X", -3, 105)]
    assert [order.filled for order in run.orders] == [3, 0, -3]


def test_bracket_exits_share_what_the_volume_lets_them_fill():
    rules = unlimited(participation=0.5)
    bars = {"X": [FLAT, FLAT, (100, 106, 99, 104, 2), (104, 106, 103, 104, 1.2), (100, 101, 94, 95, 100)]}
    run = play(bars, {0: lambda ctx: ctx.buy(3, bracket=BOTH)}, fills=rules)
    assert run.fills[1:] == [(2, "X", -1, 105), (3, "X", pytest.approx(-0.6), 105), (4, "X", pytest.approx(-1.4), 95)]
    assert run.position() == pytest.approx(0, abs=1e-12)
    assert ended(run)[1:] == [("FILLED", "NONE")] * 2
    assert [order.filled for order in run.orders] == pytest.approx([3, -1.4, -1.6])


def test_bracket_entry_that_goes_on_filling_after_an_exit_was_done_is_protected_again():
    rules = unlimited(participation=0.5)
    bars = {
        "X": [
            FLAT,
            (100, 100, 97, 99, 2),  # one of two is bought, at 98
            (104, 106, 104, 104, 100),  # and sold, at 105
            (104, 104, 94.5, 96, 100),  # the other is bought, at 98, and stopped
        ]
    }
    run = play(bars, {0: lambda ctx: ctx.buy(2, limit=98, bracket=BOTH)}, fills=rules)
    assert run.fills == [(1, "X", 1, 98), (2, "X", -1, 105), (3, "X", 1, 98), (3, "X", -1, 95)]
    assert [status for status, _ in run.ends] == [OrderStatus.FILLED] * 3


def test_bracket_stop_that_has_nothing_to_protect_is_not_set_off():
    rules = unlimited(participation=0.5)
    bars = {
        "X": [
            FLAT,
            (100, 100, 97, 99, 2),
            (104, 106, 104, 104, 100),  # all that was bought so far is sold
            (94, 94.5, 94, 94.25, 0),  # below the stop, and nothing is traded
            (97, 97.5, 96, 97, 100),  # the rest is bought at 97, above the stop
        ]
    }
    run = play(bars, {0: lambda ctx: ctx.buy(2, limit=98, bracket=BOTH)}, fills=rules)
    assert run.fills == [(1, "X", 1, 98), (2, "X", -1, 105), (4, "X", 1, 97)]
    assert run.entries(EventKind.TRIGGER) == []


@pytest.mark.parametrize(
    ("spoil", "entry"),
    [
        (lambda ctx: ctx.cancel(0), ("CANCELLED", "BY_STRATEGY")),
        (lambda ctx: ctx["X"].cancel(), ("CANCELLED", "BY_STRATEGY")),
    ],
)
def test_bracket_whose_entry_is_cancelled_ends(spoil, entry):
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(2, limit=90, bracket=BOTH), 1: spoil})
    assert ended(run) == [entry, ("CANCELLED", "ENTRY_ENDED"), ("CANCELLED", "ENTRY_ENDED")]
    assert [kind for kind, _, _ in run.reasons] == [EventKind.CANCEL] * 3


def test_bracket_whose_entry_expires_ends():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(2, limit=90, bracket=BOTH, terms=Terms("ioc"))})
    assert ended(run) == [("EXPIRED", "TIME_IN_FORCE"), ("CANCELLED", "ENTRY_ENDED"), ("CANCELLED", "ENTRY_ENDED")]


def test_bracket_whose_entry_is_rejected_is_too():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.sell(2, bracket=Bracket(105, 95))})
    assert ended(run) == [("REJECTED", "SHORT_IN_CASH_ACCOUNT"), ("REJECTED", "ENTRY_ENDED"), ("REJECTED", "ENTRY_ENDED")]


def test_bracket_whose_entry_can_not_be_paid_ends():
    run = play({"X": [FLAT, 5000.0]}, {0: lambda ctx: ctx.buy(2, bracket=BOTH)}, fills=unlimited(insufficient_funds="reject"))
    assert ended(run) == [("REJECTED", "INSUFFICIENT_FUNDS"), ("CANCELLED", "ENTRY_ENDED"), ("CANCELLED", "ENTRY_ENDED")]


def test_bracket_protects_the_part_of_an_entry_that_was_cut():
    run = play({"X": [FLAT, FLAT, (100, 101, 94, 95)]}, {0: lambda ctx: ctx.buy(20, bracket=BOTH)})
    assert [(row, price) for row, _, _, price in run.fills] == [(1, 100), (2, 95)]
    assert run.fills[0][2] == -run.fills[1][2] == pytest.approx(10)


def test_bracket_goes_on_for_the_part_of_an_entry_that_was_filled_before_it_was_cancelled():
    rules = unlimited(participation=0.5)
    bars = {"X": [FLAT, (100, 100, 100, 100, 2), FLAT, (100, 101, 94, 95)]}
    script = {0: lambda ctx: ctx.buy(3, bracket=BOTH), 1: lambda ctx: ctx.cancel(0)}
    run = play(bars, script, fills=rules)
    assert run.fills == [(1, "X", 1, 100), (3, "X", -1, 95)]
    assert ended(run)[0] == ("CANCELLED", "BY_STRATEGY")


def test_bracket_ends_when_the_position_is_closed_by_other_means():
    run = play({"X": [FLAT] * 5}, {0: lambda ctx: ctx.buy(2, bracket=BOTH), 2: lambda ctx: ctx.exit()})
    assert run.fills[1:] == [(3, "X", -2, 100)]
    assert ended(run)[1:3] == [("CANCELLED", "NOTHING_TO_REDUCE")] * 2


def test_bracket_ends_when_the_position_is_turned_around():
    bars = {"X": [FLAT] * 4 + [(100, 106, 94, 100)]}
    run = play(bars, {0: lambda ctx: ctx.buy(2, bracket=BOTH), 2: lambda ctx: ctx.sell(5)}, is_margin=True)
    assert run.fills[1:] == [(3, "X", -5, 100)]
    assert ended(run)[1:3] == [("CANCELLED", "NOTHING_TO_REDUCE")] * 2


def test_bracket_never_sells_more_than_is_held():
    bars = {"X": [FLAT, FLAT, FLAT, (100, 101, 94, 95)]}
    run = play(bars, {0: lambda ctx: ctx.buy(3, bracket=BOTH), 1: lambda ctx: ctx.sell(2)}, is_margin=True)
    assert run.fills[1:] == [(2, "X", -2, 100), (3, "X", -1, 95)]
    assert run.ends[1] == (OrderStatus.FILLED, Reason.NOTHING_TO_REDUCE)


def test_bracket_exit_may_be_cancelled_alone():
    run = play(
        {"X": [FLAT, FLAT, FLAT, (100, 106, 94, 100)]}, {0: lambda ctx: ctx.buy(2, bracket=BOTH), 1: lambda ctx: ctx.cancel(1)}
    )
    assert run.fills[1:] == [(3, "X", -2, 105)]
    assert ended(run)[1:] == [("CANCELLED", "BY_STRATEGY"), ("FILLED", "NONE")]


def test_bracket_cancelled_whole_ends_each_order_once():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(2, bracket=BOTH), 1: lambda ctx: ctx["X"].cancel()})
    assert [order for order in range(3) for kind, _ in run.story(order) if kind is EventKind.CANCEL] == [1, 2]


def test_bracket_of_an_order_sized_by_a_rule_fits_what_it_gets():
    rules = [limit(LimitKind.FRACTION_SIZE, 0.5)]
    run = play({"X": [FLAT, FLAT, (100, 101, 94, 95)]}, {0: lambda ctx: ctx.buy(bracket=BOTH)}, rules=rules)
    assert run.fills == [(1, "X", 5, 100), (2, "X", -5, 95)]


def test_bracket_survives_a_halt():
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.05, "halt")]
    bracket = Bracket(stop_loss=80, take_profit=150)
    run = play({"X": [FLAT, FLAT, 90, 79]}, {0: lambda ctx: ctx.buy(9, bracket=bracket)}, rules=rules)
    assert run.fills == [(1, "X", 9, 100), (3, "X", -9, 79)]


@pytest.mark.parametrize(
    ("bracket", "said"),
    [
        (lambda: Bracket(), "a bracket needs a stop_loss, a take_profit or both"),
        (lambda: Bracket(stop_loss=-5), "stop_loss of an order in 'X' must be above 0, not -5"),
        (lambda: Bracket(take_profit=0), "take_profit of an order in 'X' must be above 0, not 0"),
        (lambda: Bracket(105, 95), "stop_loss of a bracket in 'X' must lie below its take_profit 95.0, not at 105.0"),
        (lambda: Bracket(stop_loss="95"), "stop_loss of 'X' must be a finite number, not '95'"),
    ],
)
def test_bracket_that_makes_no_sense_is_an_error_and_leaves_no_order(bracket, said):
    def order(ctx):
        with pytest.raises(OrderError) as caught:
            ctx.buy(1, bracket=bracket())
        assert str(caught.value).startswith(said)

    run = play({"X": [FLAT] * 2}, {0: order})
    assert (run.orders, run.fills) == ([], [])


def test_bracket_of_a_short_position_the_other_way_round_is_an_error():
    def order(ctx):
        with pytest.raises(OrderError, match=r"must lie above its take_profit 105\.0, not at 95\.0"):
            ctx.sell(1, bracket=Bracket(95, 105))

    play({"X": [FLAT]}, {0: order})


def test_bracket_of_an_order_that_only_reduces_is_an_error():
    def order(ctx):
        with pytest.raises(OrderError, match="an order in 'X' that may only reduce opens no position for a bracket to leave"):
            ctx.buy(1, bracket=BOTH, terms=Terms(reduce_only=True))

    play({"X": [FLAT]}, {0: order})


def test_bracket_exit_that_had_nothing_left_takes_what_comes_to_it_beyond_its_limit():
    bars = {"X": [FLAT, (100, 106, 99, 105.5, 2), (107, 108, 106.5, 107, 100)]}
    script = {0: lambda ctx: ctx.buy(3, stop=105, bracket=Bracket(take_profit=106))}
    run = play(bars, script, fills=unlimited(participation=0.5, path="high-first"), slippage_rate=0.01)
    assert [quantity for _, _, quantity, _ in run.fills] == [1, -1, 2, -2]
    # The first unit has rested in the book; the other two find the market beyond their limit, and slip to it.
    assert run.places == [("inside", "taker"), ("open", "maker"), ("open", "taker"), ("open", "taker")]
    assert [price for _, _, _, price in run.fills[1:]] == pytest.approx([107, 108.07, 106])


def test_bracket_exit_that_gets_more_to_do_inside_a_bar_takes_its_profit_there_only_if_the_close_proves_it():
    rules = unlimited(participation=0.5)
    script = {0: lambda ctx: ctx.sell(3, limit=103, bracket=Bracket(take_profit=95))}
    bars = [FLAT, (103.5, 104, 103, 103.5, 2)]
    for bar, exits in ({(100, 106, 94, 100): [], (100, 106, 94, 94.5): [(2, "X", 3, 95)]}).items():
        run = play({"X": [*bars, bar]}, script, fills=rules, is_margin=True)
        assert run.fills == [(1, "X", -1, 103.5), (2, "X", -2, 103), *exits]
