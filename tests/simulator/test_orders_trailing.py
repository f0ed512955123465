"""Trailing stops: they follow the best price, and fill like a stop at the distance from it."""

import pytest

from stage import finer_of, play, unlimited
from tradekit import OrderError
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderKind, Terms, Trail

FLAT = 100.0
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def protected(bars, trail, path="worst", **changes):
    """Play a long position of one that is protected from the second bar's close on."""
    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(1, stop=trail)}
    return play({"X": [FLAT, FLAT, *bars]}, script, fills=unlimited(path=path), **changes).fills[1:]


def covered(bars, trail, path="worst"):
    """Play a short position of one that is protected from the second bar's close on."""
    script = {0: lambda ctx: ctx.sell(1), 1: lambda ctx: ctx.buy(1, stop=trail)}
    return play({"X": [FLAT, FLAT, *bars]}, script, fills=unlimited(path=path), is_margin=True).fills[1:]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("trail", [Trail(amount=5), Trail(percent=5)])
def test_trailing_stop_to_sell_follows_the_highs(path, trail):
    distance = 5.0 if trail.amount else 0.05 * 120
    bars = [(107, 110, 106, 110), (117, 120, 116, 120), (120, 120, 100, 101)]
    assert protected(bars, trail, path) == [(4, "X", -1, 120 - distance)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("trail", [Trail(amount=5), Trail(percent=5)])
def test_trailing_stop_to_buy_follows_the_lows(path, trail):
    distance = 5.0 if trail.amount else 0.05 * 80
    bars = [(93, 94, 90, 90), (82, 83, 80, 80), (80, 100, 80, 99)]
    assert covered(bars, trail, path) == [(4, "X", 1, 80 + distance)]


def test_trailing_stop_starts_from_the_close_that_it_was_ordered_on():
    assert protected([(99, 99, 96, 97), (97, 97, 95, 96)], Trail(amount=5)) == [(3, "X", -1, 95)]


def test_trailing_stop_never_goes_back():
    assert protected([(100, 104, 100, 104), (104, 104, 101, 102), (102, 103, 99, 100)], Trail(amount=5)) == [(4, "X", -1, 99)]


@pytest.mark.parametrize("path", PATHS)
def test_trailing_stop_gapped_over_fills_at_the_open(path):
    assert protected([(107, 110, 107, 110), (90, 95, 88, 94)], Trail(amount=5), path) == [(3, "X", -1, 90)]
    assert covered([(93, 93, 90, 90), (110, 112, 105, 106)], Trail(amount=5), path) == [(3, "X", 1, 110)]


@pytest.mark.parametrize("path", PATHS)
def test_trailing_stop_has_seen_the_open_before_the_rest_of_the_bar(path):
    # From 100 it would be at 95; but the bar opens at 110, and falls from there.
    assert protected([(110, 110, 94, 96)], Trail(amount=5), path) == [(2, "X", -1, 105)]
    assert covered([(90, 106, 90, 104)], Trail(amount=5), path) == [(2, "X", 1, 95)]


@pytest.mark.parametrize(
    ("path", "fills"),
    [
        ("worst", [(2, "X", -1, 103)]),  # the high may have been before the low
        ("high-first", [(2, "X", -1, 103)]),
        ("low-first", []),
        ("nearest-first", []),  # the low is nearer
    ],
)
def test_trailing_stop_that_the_bars_own_high_may_have_moved_into_its_range(path, fills):
    assert protected([(100, 108, 99, 107)], Trail(amount=5), path) == fills


@pytest.mark.parametrize(("path", "fills"), [("worst", [(2, "X", 1, 97)]), ("low-first", [(2, "X", 1, 97)]), ("high-first", [])])
def test_trailing_stop_that_the_bars_own_low_may_have_moved_into_its_range(path, fills):
    assert covered([(100, 101, 92, 93)], Trail(amount=5), path) == fills


def test_trailing_stop_is_taken_to_be_reached_in_a_bar_that_is_wider_than_its_distance():
    assert protected([(100, 110, 100, 110)], Trail(amount=5)) == [(2, "X", -1, 105)]
    assert protected([(100, 110, 100, 110)], Trail(amount=5), "low-first") == []


def test_trailing_stop_reached_at_its_old_place_and_at_its_new_one_fills_at_the_worse():
    assert protected([(100, 104, 94, 100)], Trail(amount=5)) == [(2, "X", -1, 95)]


def test_trailing_stop_lies_on_the_grid_on_the_side_that_is_later():
    tick = [Instrument("X", tick=0.25)]
    assert protected([(100, 100, 90, 91)], Trail(percent=3.33), "worst") == [(2, "X", -1, pytest.approx(96.67))]
    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(1, stop=Trail(percent=3.33))}
    assert play({"X": [FLAT, FLAT, (100, 100, 90, 91)]}, script, tick).fills[1:] == [(2, "X", -1, 96.5)]
    script = {0: lambda ctx: ctx.buy(1, stop=Trail(percent=3.33))}
    assert play({"X": [FLAT, (100, 110, 100, 109)]}, script, tick).fills == [(1, "X", 1, 103.5)]


def test_trailing_stop_slips_and_is_a_taker():
    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(1, stop=Trail(amount=5))}
    run = play({"X": [FLAT, FLAT, (100, 101, 90, 91)]}, script, slippage_rate=0.01)
    assert run.fills[1:] == [(2, "X", -1, pytest.approx(95 * 0.99))]
    assert run.places[1:] == [("inside", "taker")]


def test_trailing_stop_says_in_the_journal_where_it_was_set_off():
    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(1, stop=Trail(amount=5))}
    run = play({"X": [FLAT, FLAT, (117, 120, 117, 120), (118, 119, 110, 111)]}, script)
    [trigger] = run.entries(EventKind.TRIGGER)
    assert (trigger.order, trigger.row, trigger.code, trigger.a, trigger.b) == (1, 3, OrderKind.TRAILING_STOP, -1, 115)


def test_trailing_stop_keeps_its_place_over_a_hole():
    script = {0: lambda ctx: ctx["X"].buy(1), 1: lambda ctx: ctx["X"].sell(1, stop=Trail(amount=5))}
    run = play({"X": [FLAT, FLAT, (107, 110, 107, 110), None, (108, 109, 104, 105)], "Y": [1.0] * 5}, script)
    assert run.fills[1:] == [(4, "X", -1, 105)]


def test_trailing_stop_of_a_bracket_follows_from_where_its_entry_is_filled():
    bracket = Bracket(stop_loss=Trail(amount=5))
    run = play({"X": [FLAT, (90, 91, 90, 91), (91, 91, 84, 86)]}, {0: lambda ctx: ctx.buy(1, bracket=bracket)})
    assert run.fills == [(1, "X", 1, 90), (2, "X", -1, 86)]


def test_trailing_stop_that_comes_to_life_inside_a_bar_has_surely_seen_its_close_only():
    bracket = Bracket(stop_loss=Trail(amount=5))
    bars = [FLAT, (100, 110, 94, 98), (98, 99, 92, 93)]  # entered at 95, at a moment that is not known
    run = play({"X": bars}, {0: lambda ctx: ctx.buy(1, limit=95, bracket=bracket)})
    assert run.fills == [(1, "X", 1, 95), (2, "X", -1, 93)]


@pytest.mark.parametrize(("path", "level"), [("high-first", 91), ("low-first", 105)])
def test_trailing_stop_that_comes_to_life_on_a_known_path_follows_it_from_there(path, level):
    bracket = Bracket(stop_loss=Trail(amount=5))
    bars = [FLAT, (100, 110, 94, 96) if path == "high-first" else (100, 110, 94, 109), (106, 106, 80, 81)]
    run = play({"X": bars}, {0: lambda ctx: ctx.buy(1, limit=95, bracket=bracket)}, fills=unlimited(path=path))
    assert run.fills == [(1, "X", 1, 95), (2, "X", -1, level if path == "low-first" else 101)]


def test_trailing_stop_that_waits_for_another_order_follows_from_then():
    def both(ctx):
        entry = ctx.buy(1, limit=90)
        ctx.sell(1, stop=Trail(amount=5), terms=Terms(after=entry))

    run = play({"X": [FLAT, (100, 120, 100, 120), (95, 96, 89, 92), (92, 92, 86, 87)]}, {0: both})
    assert run.fills == [(2, "X", 1, 90), (3, "X", -1, 87)]


def test_trailing_stop_follows_finer_bars_one_by_one():
    def finer(*bars):
        return finer_of({"X": [[FLAT], [FLAT], list(bars)]})

    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(1, stop=Trail(amount=5))}
    bars = {"X": [FLAT, FLAT, (100, 108, 99, 107)]}
    assert play(bars, script, finer=finer((100, 101, 99, 101), (101, 108, 101, 107))).fills[1:] == [(2, "X", -1, 103)]
    assert play(bars, script, finer=finer((100, 101, 99, 101), (101, 104, 101, 104), (104, 108, 104, 107))).fills[1:] == []


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ({}, "a trail needs an amount or a percent, and not both; got Trail(amount=None, percent=None)"),
        ({"amount": 1.0, "percent": 1.0}, "a trail needs an amount or a percent, and not both; got Trail(amount=1.0, percent=1.0)"),
        ({"amount": 0}, "amount of a trail must be above 0, not 0"),
        ({"amount": float("inf")}, "amount of a trail must be above 0, not inf"),
        ({"percent": 100}, "percent of a trail must be above 0 and below 100, not 100"),
        ({"percent": float("nan")}, "percent of a trail must be above 0 and below 100, not nan"),
    ],
)
def test_trail_that_makes_no_sense_is_an_error(amounts, said):
    with pytest.raises(OrderError) as caught:
        Trail(**amounts)
    assert str(caught.value) == said


def test_trailing_exit_that_has_nothing_to_do_goes_on_following_its_side():
    bars = {"X": [FLAT, (104, 104.25, 103.5, 103.5, 6), (102.5, 102.5, 101, 101, 6), (101.5, 105, 101, 103, 60)]}
    script = {0: lambda ctx: ctx.sell(4, limit=103, bracket=Bracket(Trail(amount=2), take_profit=102.75))}
    run = play(bars, script, fills=unlimited(participation=0.5), is_margin=True)
    # The rest is sold at 103 while the best price has been 101: the stop stands at 103, and is met there.
    assert [fill.order for fill in run.entries(EventKind.FILL)][-2:] == [0, 1]
    assert run.fills[-1] == (3, "X", 1, 103)


@pytest.mark.parametrize(
    ("trail", "stands"), [(Trail(amount=5), [95, 97, 105, 105]), (Trail(percent=5), [95, 96.75, 104.5, 104.5])]
)
def test_trailing_stop_shows_where_it_stands(trail, stands):
    seen = []

    def follow(ctx):
        if ctx.index == 1:
            ctx.sell(1, stop=trail)
        if ctx.index > 0:
            seen.append(ctx.order(1).stop)

    bars = [FLAT, (100, 102, 99, 101), (108, 110, 107, 109), (108, 109, 106, 107)]
    facts = [Instrument("X", tick=0.25)]
    play({"X": [FLAT, *bars]}, lambda ctx: ctx.buy(1) if ctx.index == 0 else follow(ctx), facts)
    assert seen == stands


def test_trailing_stop_to_buy_shows_where_it_stands():
    seen = []
    script = {0: lambda ctx: ctx.buy(1, stop=Trail(amount=5)), 1: lambda ctx: seen.append(ctx.order(0).stop)}
    play({"X": [FLAT, (100, 101, 97.1, 98)]}, script, [Instrument("X", tick=0.25)])
    assert seen == [102.25]


def test_trailing_stop_that_is_held_stands_nowhere_yet():
    seen = []
    held = {0: lambda ctx: ctx.sell(1, stop=Trail(amount=5), terms=Terms(after=ctx.buy(1, limit=90)))}
    play({"X": [FLAT, FLAT]}, held | {1: lambda ctx: seen.append(ctx.order(1).stop)})
    assert seen == [None]
