"""What is shown while something takes long: only on a terminal, and only from some time on."""

import os
import pty
import sys
import threading

import pytest

from tradekit.cli import progress
from tradekit.cli.progress import progress_bar, waiting


@pytest.fixture
def terminal(monkeypatch):
    """Make standard error a terminal; the function gives what was written to it."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(progress, "_PATIENCE_S", -1.0)
    parts = []

    def listen():
        # On Linux, reading fails once the other end is closed.
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:
            pass

    listener = threading.Thread(target=listen)
    listener.start()
    stream = os.fdopen(theirs, "w")
    monkeypatch.setattr(sys, "stderr", stream)

    def written():
        stream.close()
        listener.join()
        os.close(ours)
        return b"".join(parts).decode()

    return written


def work(name):
    with progress_bar(name) as tell:
        for done in range(0, 1001, 250):
            tell(done, 1000)


def test_progress_bar_shows_what_is_done_the_rate_and_the_time_left(terminal):
    work("trend [bold]x[/bold]")
    text = terminal()
    assert "trend [bold]x[/bold]" in text
    assert "1000/1000" in text
    assert " bars/s" in text
    assert "0:00:00" in text


def test_progress_bar_before_its_time_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE_S", 1000.0)
    work("trend")
    assert terminal() == ""


def test_progress_bar_of_what_is_done_already_shows_nothing(terminal):
    with progress_bar("trend") as tell:
        tell(10, 10)
    assert terminal() == ""


def test_progress_bar_is_taken_down_when_the_work_fails(terminal):
    with pytest.raises(ZeroDivisionError), progress_bar("trend") as tell:
        tell(0, 10)
        raise ZeroDivisionError
    assert terminal().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_waiting_says_what_for(terminal, monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE_S", 0.0)
    shown = threading.Event()
    real = progress._console

    def console():
        found = real()
        found.push_render_hook(Hook(shown))
        return found

    monkeypatch.setattr(progress, "_console", console)
    with waiting("reading and checking"):
        assert shown.wait(10)
    assert "reading and checking" in terminal()


class Hook:
    """Tell when something is rendered."""

    def __init__(self, shown):
        self.shown = shown

    def process_renderables(self, renderables):
        self.shown.set()
        return renderables


def test_waiting_for_what_is_quick_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE_S", 1000.0)
    with waiting("reading"):
        pass
    assert terminal() == ""


@pytest.mark.parametrize("stream", [None, open(os.devnull, "w")])  # noqa: PTH123, SIM115 - never written to
def test_without_a_terminal_nothing_is_shown(monkeypatch, capfd, stream):
    monkeypatch.setattr(progress, "_PATIENCE_S", -1.0)
    monkeypatch.setattr(sys, "stderr", stream)
    work("trend")
    with waiting("reading"):
        pass
    assert capfd.readouterr() == ("", "")
