"""Running to the end, or to where a signal or an error stops it."""

import os
import signal
import sys
import threading

import numpy as np
import pytest

from tradekit import Strategy
from tradekit.engine.drive import _pieces, drive
from tradekit.errors import OrderError, StrategyError

CLOSES = 100.0 + np.arange(300.0)


class Buys(Strategy):
    """Buy one unit on each bar, and do on some bar what a test says."""

    name = "buys"
    at = 100
    deed = staticmethod(lambda ctx: None)

    def on_bar(self, ctx):
        if ctx.index == self.at:
            self.deed(ctx)
        ctx.buy(0.01)


def driven(lab, deed=lambda ctx: None, **members):
    lab.give(CLOSES)
    ready = lab.ready(type("Does", (Buys,), {"__doc__": "Do.", "deed": staticmethod(deed), **members}))
    told = []
    return drive(ready.prepared, ready.plan, lambda done, total: told.append((done, total))), told


def test_drive_tells_progress_from_nothing_to_all(lab):
    result, told = driven(lab)
    assert told[0] == (0, 300)
    assert told[-1] == (300, 300)
    assert told == sorted(told)
    assert (result.simulation.done, result.stopped_by) == (300, 0)


def test_pieces_grow_while_they_are_quick_and_cover_every_row():
    pieces = list(_pieces(1_000_000))
    assert [start for start, _ in pieces] == [0, *(stop for _, stop in pieces[:-1])]
    assert pieces[0] == (0, 1)
    assert pieces[-1][1] == 1_000_000
    assert len(pieces) < 30


def test_pieces_shrink_when_they_take_long(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    assert all(stop - start == 1 for start, stop in _pieces(50))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_drive_signal_stops_after_the_current_bar(lab, number):
    result, told = driven(lab, lambda ctx: os.kill(os.getpid(), number))
    assert result.stopped_by == number
    assert result.simulation.done == 101
    assert told[-1] == (101, 300)
    assert len(result.simulation.book.columns()["row"]) == 101


def test_drive_signal_stops_the_compiled_driver(lab):
    lab.give(np.tile(CLOSES, 10))
    ready = lab.ready("buy-and-hold")
    assert ready.plan.driver == "compiled"
    result = drive(ready.prepared, ready.plan, lambda done, total: done == 1 and os.kill(os.getpid(), signal.SIGINT))
    assert result.stopped_by == signal.SIGINT
    assert 1 <= result.simulation.done < 3000


def test_drive_second_signal_acts_as_it_always_does(lab):
    def twice(ctx):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        driven(lab, twice)


def test_drive_signal_on_the_last_bar_leaves_nothing_undone(lab):
    result, _ = driven(lab, lambda ctx: signal.raise_signal(signal.SIGINT), at=299)
    assert (result.stopped_by, result.simulation.done) == (0, 300)


def test_drive_gives_the_handlers_back(lab):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    driven(lab, lambda ctx: signal.raise_signal(signal.SIGTERM))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    with pytest.raises(StrategyError):
        driven(lab, lambda ctx: 1 / 0)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_drive_ignored_signal_stays_ignored(lab, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result, _ = driven(lab, lambda ctx: signal.raise_signal(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.stopped_by, result.simulation.done) == (0, 300)


def test_drive_in_another_thread_leaves_signals_alone(lab):
    found = []
    thread = threading.Thread(target=lambda: found.append(driven(lab)[0].simulation.done))
    thread.start()
    thread.join()
    assert found == [300]


def test_drive_exception_names_strategy_bar_and_line(lab):
    with pytest.raises(StrategyError) as error:
        driven(lab, lambda ctx: {}["missing"])
    said = str(error.value)
    assert said.startswith("on_bar() of strategy 'buys' raised KeyError: 'missing' (")
    assert "test_drive.py:" in said
    assert said.endswith(") at the bar that closed at 2020-04-11T00:00:00Z")
    assert isinstance(error.value.__cause__, KeyError)


def test_drive_strategy_that_calls_exit_is_named(lab):
    with pytest.raises(
        StrategyError, match=r"^on_bar\(\) of strategy 'buys' raised SystemExit: 3 \(.*test_drive.py:\d+\) at the bar"
    ):
        driven(lab, lambda ctx: sys.exit(3))


def test_drive_error_of_the_kernel_gets_a_note_of_bar_and_line(lab):
    with pytest.raises(OrderError, match=r"^quantity of an order in 'X' must be above 0, not -1") as error:
        driven(lab, lambda ctx: ctx.buy(-1))
    (note,) = error.value.__notes__
    assert note.startswith("raised by strategy 'buys' at the bar that closed at 2020-04-11T00:00:00Z (")
    assert "test_drive.py:" in note


def test_drive_listener_hears_of_each_bar_with_news(lab):
    lab.give(CLOSES[:4])
    ready = lab.ready(Buys)
    heard = []
    drive(ready.prepared, ready.plan, lambda done, total: None, lambda simulation, entry: heard.append((simulation.done, entry)))
    assert heard == [(1, 0), (2, 1), (3, 3), (4, 5)]
