import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from random_play import random_play
from stage import MINUTE, play
from tradekit.model.event import EventKind
from tradekit.simulator.build import is_compiled

FLAT = 100.0


def times_of(run):
    """Return kind and time, in minutes and nanoseconds off them, of each entry."""
    split = [divmod(time + MINUTE // 2, MINUTE) for time in run.record.times.tolist()]
    return [
        (EventKind(kind).name, minute, left - MINUTE // 2)
        for kind, (minute, left) in zip(run.record.log["kind"], split, strict=True)
    ]


def test_decisions_happen_at_the_close_and_fills_at_the_next_open():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx["X"].cancel(ctx.buy(2))})
    assert times_of(run) == [("ORDER", 1, 0), ("FILL", 1, 0), ("ORDER", 2, 0), ("CANCEL", 2, 0)]


def test_fill_inside_the_bar_has_its_last_nanosecond():
    run = play({"X": [FLAT, (FLAT, FLAT, 80, 80)]}, {0: lambda ctx: ctx.buy(1, limit=90)})
    assert times_of(run) == [("ORDER", 1, 0), ("FILL", 2, -1)]


def test_what_is_given_up_has_the_time_at_which_it_was_due():
    def on_bar(ctx):
        ctx.buy(20)
        ctx.buy(1, limit=90)  # for which there is nothing left

    run = play({"X": [FLAT, (FLAT, FLAT, 80, 80)]}, {0: on_bar})
    assert times_of(run)[2:] == [("FILL", 1, 0), ("CANCEL", 1, 0), ("REJECT", 2, -1)]


def test_reject_of_a_decision_is_at_the_close():
    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.sell(1)})
    assert times_of(run) == [("ORDER", 1, 0), ("REJECT", 1, 0)]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100 if is_compiled() else 20, deadline=None)
def test_times_never_go_back(seed):
    assert (np.diff(random_play(seed).record.times) >= 0).all()


def test_entries_are_found_by_kind():
    record = play({"X": [FLAT] * 3}, lambda ctx: ctx.buy(1)).record
    assert record.entries(EventKind.ORDER).tolist() == [0, 2, 4]
    assert record.entries(EventKind.FILL).tolist() == [1, 3]
    assert record.entries(EventKind.HALT).tolist() == []
