"""What is shown while something takes long: only on a terminal, and only from some time on."""

import os
import pty
import sys
import threading
from contextlib import contextmanager, redirect_stderr

import pytest

from tradekit.cli import progress
from tradekit.cli.progress import progress_bar, waiting


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Show at once what is shown at all."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(progress, "_PATIENCE_S", -1.0)


@contextmanager
def terminal():
    """Make standard error a terminal; the list holds what was written to it, afterwards."""
    ours, theirs = pty.openpty()
    parts = []

    def listen():
        # Reading fails, or gives nothing, once the other end is closed.
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:
            pass

    listener = threading.Thread(target=listen)
    listener.start()
    shown = []
    try:
        with os.fdopen(theirs, "w") as stream, redirect_stderr(stream):
            yield shown
    finally:
        listener.join()
        os.close(ours)
        shown.append(b"".join(parts).decode())


def work(name):
    with progress_bar(name) as tell:
        for done in range(0, 1001, 250):
            tell(done, 1000)


def test_progress_bar_shows_what_is_done_the_rate_and_the_time_left():
    with terminal() as shown:
        work("trend [bold]x[/bold]")
    assert "trend [bold]x[/bold]" in shown[0]
    assert "1000/1000" in shown[0]
    assert " bars/s" in shown[0]
    assert "0:00:00" in shown[0]


def test_progress_bar_before_its_time_shows_nothing(monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE_S", 1000.0)
    with terminal() as shown:
        work("trend")
    assert shown == [""]


def test_progress_bar_of_what_is_done_already_shows_nothing():
    with terminal() as shown, progress_bar("trend") as tell:
        tell(10, 10)
    assert shown == [""]


def fail():
    with progress_bar("trend") as tell:
        tell(0, 10)
        raise ZeroDivisionError


def test_progress_bar_is_taken_down_when_the_work_fails():
    with terminal() as shown, pytest.raises(ZeroDivisionError):
        fail()
    hidden, back = "\x1b[?25l", "\x1b[?25h"
    assert hidden in shown[0]
    assert shown[0].rindex(back) > shown[0].rindex(hidden)
    assert shown[0].endswith("\x1b[1A\x1b[2K")


class Hook:
    """Tell when something is rendered."""

    def __init__(self):
        self.called = threading.Event()

    def process_renderables(self, renderables):
        self.called.set()
        return renderables


def test_waiting_says_what_for(monkeypatch):
    hook, real = Hook(), progress._console

    def console():
        found = real()
        found.push_render_hook(hook)
        return found

    monkeypatch.setattr(progress, "_console", console)
    with terminal() as shown, waiting("reading and checking"):
        assert hook.called.wait(10)
    assert "reading and checking" in shown[0]


def test_waiting_for_what_is_quick_shows_nothing(monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE_S", 1000.0)
    with terminal() as shown, waiting("reading"):
        pass
    assert shown == [""]


def test_without_a_terminal_nothing_is_shown(capsys):
    work("trend")
    with waiting("reading"):
        pass
    assert capsys.readouterr() == ("", "")


def test_without_standard_error_nothing_fails(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    work("trend")
    with waiting("reading"):
        pass
