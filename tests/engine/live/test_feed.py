"""Rows from bars that change."""

from tradekit.engine.live.feed import Feed
from tradekit.model.outside import LiveBar

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def feed(*symbols):
    return Feed(symbols or ("A",), MINUTE, 0, 3 * SECOND, 30 * SECOND)


def bar(symbol, minute, close, is_final=True):
    return LiveBar(symbol, minute * MINUTE, (minute + 1) * MINUTE, close, close, close, close, 1.0, is_final)


def test_row_is_there_when_all_have_closed_and_the_clock_has_passed_the_end():
    one = feed("A", "B")
    one.push(bar("A", 0, 1.0))
    one.push(bar("B", 0, 2.0))
    assert one.take(MINUTE - 1) is None
    closed = one.take(MINUTE)
    assert (closed.open_time, closed.close_time) == (0, MINUTE)
    assert closed.bars == {"A": (1.0, 1.0, 1.0, 1.0, 1.0), "B": (2.0, 2.0, 2.0, 2.0, 1.0)}
    assert one.take(MINUTE) is None


def test_bar_that_is_not_final_is_not_used_and_is_asked_for():
    one = feed()
    one.push(bar("A", 0, 1.0, is_final=False))
    assert one.take(MINUTE + SECOND) is None
    assert one.missing(MINUTE + 2 * SECOND) == ()
    assert one.missing(MINUTE + 3 * SECOND) == ("A",)
    one.push(bar("A", 0, 1.5))
    assert one.take(MINUTE + 3 * SECOND).bars["A"][3] == 1.5


def test_row_goes_on_without_a_bar_after_a_while():
    one = feed("A", "B")
    one.push(bar("A", 0, 1.0))
    assert one.take(MINUTE + 29 * SECOND) is None
    assert set(one.take(MINUTE + 30 * SECOND).bars) == {"A"}


def test_rows_in_which_nobody_has_a_bar_are_left_out():
    one = feed()
    one.push(bar("A", 3, 1.0))
    assert one.take(4 * MINUTE + 31 * SECOND).open_time == 3 * MINUTE


def test_later_bar_does_not_make_the_last_state_of_an_earlier_one_final():
    one = feed()
    one.push(bar("A", 0, 1.0, is_final=False))
    one.push(bar("A", 1, 2.0, is_final=False))
    assert one.take(MINUTE + SECOND) is None
    assert one.missing(MINUTE + 4 * SECOND) == ("A",)


def test_bar_whose_row_has_been_is_put_aside_once_it_is_final():
    one = feed()
    one.push(bar("A", 0, 1.0))
    assert one.take(MINUTE) is not None
    one.push(bar("A", 0, 5.0, is_final=False))
    assert one.late == []
    one.push(bar("A", 0, 9.0))
    assert one.late == [bar("A", 0, 9.0)]
    assert one.take(2 * MINUTE) is None
