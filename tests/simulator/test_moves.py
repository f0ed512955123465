"""What is read out of a log as traded, by hand."""

import numpy as np
import pytest

from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind
from tradekit.simulator.moves import Moves

NAN = float("nan")
FILL, ACTION, CASH, ORDER = (int(kind) for kind in (EventKind.FILL, EventKind.ACTION, EventKind.CASH, EventKind.ORDER))
SPLIT, DELISTING, DIVIDEND = (int(kind) for kind in (ScheduledKind.SPLIT, ScheduledKind.DELISTING, ScheduledKind.DIVIDEND))
IN_LIEU = int(CashKind.IN_LIEU)


def log_of(*entries):
    """Make the columns of entries (kind, code, instrument, a, b, c, d, e, f)."""
    columns = list(zip(*entries, strict=True)) or [()] * 9
    kinds = [np.int8, np.int8, np.int32, *[np.float64] * 6]
    names = ("kind", "code", "instrument", *"abcdef")
    return {name: np.array(column, dtype=kind) for name, column, kind in zip(names, columns, kinds, strict=True)}


def told(log, *names, size=1):
    columns = Moves(log, size).columns()
    return [tuple(row) for row in zip(*(columns[name].tolist() for name in names), strict=True)]


def test_moves_are_fills_with_what_they_close():
    log = log_of(
        (FILL, 0, 0, 3.0, 10.0, 0.5, 0.1, 3.0, 10.0),
        (ORDER, 0, 0, -5.0, NAN, NAN, NAN, NAN, NAN),
        (FILL, 0, 0, -5.0, 12.0, 0.6, 0.2, -2.0, 12.0),
        (FILL, 0, 1, 1.0, 7.0, 0.0, 0.0, 1.0, 7.0),
        (FILL, 0, 0, 2.0, 11.0, 0.4, 0.3, 0.0, NAN),
    )
    assert told(log, "entry", "instrument", "quantity", "price", "fee", "slippage", size=2) == [
        (0, 0, 3.0, 10.0, 0.5, 0.1),
        (2, 0, -5.0, 12.0, 0.6, 0.2),
        (3, 1, 1.0, 7.0, 0.0, 0.0),
        (4, 0, 2.0, 11.0, 0.4, 0.3),
    ]
    assert told(log, "closed", size=2) == [(0.0,), (3.0,), (0.0,), (-2.0,)]
    averages = Moves(log, 2).columns()["average"]
    assert np.array_equal(averages, [NAN, 10.0, NAN, 12.0], equal_nan=True)
    held, average, split = Moves(log, 2).ends()
    assert (held.tolist(), average[1], split.tolist()) == ([0.0, 1.0], 7.0, [1.0, 1.0])


def test_moves_of_a_fee_in_units_are_what_has_come_in():
    assert told(log_of((FILL, 0, 0, 3.0, 10.0, 0.3, 0.0, 2.97, 10.0)), "quantity") == [(2.97,)]


def test_moves_over_a_split_pay_out_what_is_less_than_a_unit():
    log = log_of(
        (FILL, 0, 0, 3.0, 10.0, 0.0, 0.0, 3.0, 10.0),
        (ACTION, SPLIT, 0, 0.5, NAN, NAN, NAN, 1.0, 20.0),
        (CASH, IN_LIEU, 0, 11.0, NAN, 22.0, 0.5, NAN, NAN),
        (ACTION, DIVIDEND, 0, 1.0, NAN, NAN, NAN, 1.0, 20.0),
        (ACTION, DELISTING, 0, 30.0, NAN, NAN, NAN, 0.0, NAN),
    )
    assert told(log, "entry", "quantity", "price", "split", "closed", "average")[1:] == [
        (2, -0.5, 22.0, 0.5, 0.5, 20.0),
        (4, -1.0, 30.0, 0.5, 1.0, 20.0),
    ]
    held, _, split = Moves(log, 1).ends()
    assert (held.tolist(), split.tolist()) == ([0.0], [0.5])


def test_moves_of_a_split_that_leaves_nothing_are_paid_out_at_the_old_average():
    log = log_of(
        (FILL, 0, 0, 3.0, 10.0, 0.0, 0.0, 3.0, 10.0),
        (ACTION, SPLIT, 0, 0.1, NAN, NAN, NAN, 0.0, NAN),
        (CASH, IN_LIEU, 0, 11.0, NAN, 90.0, 0.3, NAN, NAN),
    )
    assert told(log, "quantity", "price", "closed", "average")[1:] == [(pytest.approx(-0.3), 90.0, pytest.approx(0.3), 100.0)]


def test_moves_of_money_and_of_nothing_are_none():
    assert told(log_of((CASH, int(CashKind.INTEREST), -1, 1.0, NAN, NAN, NAN, NAN, NAN)), "entry") == []
    assert told(log_of(), "entry") == []


def test_moves_of_an_unknown_instrument_are_refused():
    with pytest.raises(ValueError, match="there are 1 instruments, and an entry of number 1"):
        Moves(log_of((FILL, 0, 1, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0)), 1)
