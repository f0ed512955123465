import numpy as np
import pytest

from tradekit.errors import DataError
from tradekit.model.reference import ActionKind, Actions, FundingRates

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


def funding(time, rate, mark=None):
    return FundingRates(np.array(time), np.array(rate), np.full(len(time), np.nan) if mark is None else np.array(mark))


def actions(*rows):
    time, kind, value = zip(*rows, strict=True) if rows else ((), (), ())
    return Actions(np.array(time, np.int64) * DAY, np.array(kind, np.int32), np.array(value, np.float64))


def test_funding_rates_are_at_whole_seconds_whatever_a_venue_stamps():
    found = funding([28_800 * SECOND + 15_000_000, 57_600 * SECOND - 3_000_000], [1e-4, -2e-4], [100.0, np.nan])
    assert found.time.tolist() == [28_800 * SECOND, 57_600 * SECOND]
    assert len(found) == 2
    assert not any(array.flags.writeable for array in (found.time, found.rate, found.mark))


def test_given_arrays_stay_writeable():
    rate = np.array([0.1])
    funding([0], rate)
    assert rate.flags.writeable


def test_actions_of_one_date_may_be_of_several_kinds():
    found = actions((1, ActionKind.SPLIT, 7.0), (1, ActionKind.DIVIDEND, 0.5), (3, ActionKind.DELISTING, 0.0))
    assert found.kind.dtype == np.int32
    assert len(found) == 3
    assert len(actions()) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: funding([SECOND, SECOND + 5], [0.1, 0.1]),
            "funding rates must be in order of time, and 1970-01-01T00:00:01Z is there twice",
        ),
        (
            lambda: funding([2 * SECOND, SECOND], [0.1, 0.1]),
            "funding rates must be in order of time, and 1970-01-01T00:00:01Z comes after 1970-01-01T00:00:02Z",
        ),
        (lambda: funding([SECOND], [np.nan]), "a funding rate must be finite, got nan at 1970-01-01T00:00:01Z"),
        (lambda: funding([SECOND], [0.1], [0.0]), "a mark price must be above 0, got 0.0 at 1970-01-01T00:00:01Z"),
        (lambda: funding([SECOND], [0.1], [0.0, 1.0]), "mark is float64 of shape (2,); expected float64 [time], as long as time"),
        (lambda: funding([0.5], [0.1]), "time is float64 of shape (1,); expected int64 [time], as long as time"),
        (
            lambda: actions((2, 0, 2.0), (1, 0, 2.0)),
            "corporate actions must be in order of time, and 1970-01-02T00:00:00Z comes after 1970-01-03T00:00:00Z",
        ),
        (
            lambda: actions((1, 1, 0.5), (1, 1, 0.5)),
            "actions of one time must be in the order split (0), dividend (1), delisting (2), each there once, got 1 at "
            "1970-01-02T00:00:00Z",
        ),
        (lambda: actions((1, 1, 0.5), (1, 0, 2.0)), "actions of one time must be in the order split (0), dividend (1)"),
        (
            lambda: actions((1, 4, 0.5)),
            "an action must be of kind 0 (split), 1 (dividend) or 2 (delisting), got 4 at 1970-01-02T00:00:00Z",
        ),
        (lambda: actions((1, 0, 0.0)), "the value of a split must be above 0, got 0.0 at 1970-01-02T00:00:00Z"),
        (lambda: actions((1, 1, -0.5)), "the value of a dividend must be 0 or more, got -0.5 at 1970-01-02T00:00:00Z"),
        (
            lambda: actions((1, 2, np.nan), (2, 2, -1.0)),
            "the value of a delisting must be 0 or more, got nan at 1970-01-02T00:00:00Z (2 such)",
        ),
    ],
)
def test_reference_data_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert str(error.value).startswith(message)
