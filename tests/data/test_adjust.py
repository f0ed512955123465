import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage import bars_of
from tradekit.data.adjust import adjust
from tradekit.errors import DataError
from tradekit.model.reference import ScheduledKind
from tradekit.model.timeline import Schedule

NAN = float("nan")
SPLIT, DIVIDEND = ScheduledKind.SPLIT, ScheduledKind.DIVIDEND


def schedule(*entries):
    return Schedule.of([(*entry, NAN) for entry in entries])


def test_bars_without_actions_are_the_very_same():
    bars = bars_of({"X": [1.0, 2.0]})
    assert adjust(bars, schedule()) is bars
    assert adjust(bars, schedule((1, 0, ScheduledKind.FUNDING, 0.1), (1, 0, ScheduledKind.DELISTING, 2.0))) is bars


def test_split_scales_what_comes_after_it_and_nothing_before():
    bars = bars_of({"X": [700.0, 707.0, 101.0, 102.0], "Y": [5.0, 5.0, 5.0, 5.0]})
    found = adjust(bars, schedule((2, 0, SPLIT, 7.0)))
    assert found.close[:, 0].tolist() == [700.0, 707.0, 707.0, 714.0]
    assert found.volume[:, 0].tolist() == [1000.0, 1000.0, 1000.0 / 7, 1000.0 / 7]
    assert found.close[:, 1].tolist() == [5.0] * 4
    assert (found.open == found.close).all()
    assert found.open_time is bars.open_time


def test_dividend_is_made_up_for_by_the_close_before_it():
    found = adjust(bars_of({"X": [100.0, 98.0, 49.0]}), schedule((1, 0, DIVIDEND, 2.0)))
    assert found.close[:, 0].tolist() == pytest.approx([100.0, 100.0, 50.0])
    assert found.volume[:, 0].tolist() == [1000.0] * 3


def test_dividend_after_a_hole_takes_the_last_close_there_was():
    found = adjust(bars_of({"X": [100.0, None, 98.0], "Y": [1.0, 1.0, 1.0]}), schedule((2, 0, DIVIDEND, 2.0)))
    assert found.close[2, 0] == pytest.approx(100.0)
    assert np.isnan(found.close[1, 0])


def test_dividend_on_the_date_of_a_split_is_that_of_a_new_unit():
    found = adjust(bars_of({"X": [100.0, 49.0]}), schedule((1, 0, SPLIT, 2.0), (1, 0, DIVIDEND, 1.0)))
    assert found.close[:, 0].tolist() == pytest.approx([100.0, 100.0])


def test_dividend_as_large_as_the_price_is_refused():
    with pytest.raises(DataError) as error:
        adjust(bars_of({"X": [100.0, 98.0]}), schedule((1, 0, DIVIDEND, 100.0)))
    assert str(error.value) == (
        "the dividend 100 of 'X' at 1970-01-01T00:01:00Z is not less than its close before, 100; do both count the same units?"
    )


@given(st.lists(st.tuples(st.integers(1, 19), st.sampled_from([SPLIT, DIVIDEND]), st.floats(0.1, 9.0)), unique_by=lambda e: e[:2]))
def test_adjusted_bars_do_not_change_when_later_ones_are_left_out(entries):
    bars = bars_of({"X": [100.0 + 7 * (row % 3) for row in range(20)]})
    found = schedule(*((row, 0, kind, value) for row, kind, value in entries))
    whole = adjust(bars, found)
    for rows in (1, 7, 19):
        part = adjust(bars.rows(0, rows), found.cut(rows))
        assert part.close.tolist() == whole.close[:rows].tolist()
        assert part.volume.tolist() == whole.volume[:rows].tolist()
