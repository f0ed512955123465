"""A run as a whole: its folder, its reporters, and what is left when something fails."""

import errno
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tradekit import EventKind, Reporter, RunError, Strategy, TradekitError
from tradekit.engine import run as running
from tradekit.engine.folder import read_manifest
from tradekit.errors import ConfigError, PluginError, StrategyError

CLOSES = 100.0 + np.arange(60.0) % 11


class Trades(Strategy):
    """Buy and sell in turn."""

    name = "trades"
    at = -1
    deed = staticmethod(lambda ctx: None)

    def on_bar(self, ctx):
        if ctx.index == self.at:
            self.deed(ctx)
        ctx.target(quantity=float(ctx.index % 2))


def trades(deed, at=10):
    return type("Deed", (Trades,), {"__doc__": "Do.", "deed": staticmethod(deed), "at": at})


class Hears(Reporter):
    """Write down what it hears, and when."""

    name = "hears"
    heard = None

    def record(self, event):
        self.heard.append(event)


def hears(name="hears", **members):
    return type("Heard", (Hears,), {"__doc__": "Hear.", "name": name, "heard": [], **members})


def left(lab):
    return sorted(path.name for path in lab.runs.iterdir()) if lab.runs.exists() else []


def test_execute_tells_plain_reporters_all_events_in_order_afterwards(lab):
    reporter = hears()
    lab.bring(reporter)
    lab.give(CLOSES)
    result = lab.run(Trades, "report=[{name='hears'}]").result
    assert [event.number for event in reporter.heard] == list(range(result.journal.num_rows))
    assert [event.time for event in reporter.heard] == [value.value for value in result.journal["time"]]
    assert [event.kind for event in reporter.heard[:3]] == [EventKind.ORDER, EventKind.FILL, EventKind.ORDER]
    by_number = {event.number: event for event in reporter.heard}
    fills = [event for event in reporter.heard if event.kind is EventKind.FILL]
    assert all(by_number[event.cause].kind is EventKind.ORDER for event in fills)


def test_execute_tells_critical_reporters_each_event_as_it_happens(lab):
    critical = hears("critical", critical=True)
    plain = hears("plain")
    known = []
    lab.bring(critical, plain)
    lab.give(CLOSES)

    def look(self, ctx):
        known.append((ctx.index, len(critical.heard), len(plain.heard)))
        Trades.on_bar(self, ctx)

    watching = type("Looks", (Trades,), {"__doc__": "Look.", "on_bar": look})
    finished = lab.run(watching, "report=[{name='critical'}, {name='plain'}]")
    # On bar 1 the first order is made; bar 2 fills it and makes the second, and so on: each hears of the row before.
    assert known[:5] == [(0, 0, 0), (1, 0, 0), (2, 1, 0), (3, 3, 0), (4, 5, 0)]
    assert critical.heard == plain.heard
    assert critical.heard[0].values == {"close": 101.0, "equity": 1000.0, "cash": 1000.0, "position": 0.0}
    assert len(plain.heard) == finished.result.journal.num_rows


def test_execute_shows_pages_and_keeps_them_as_text(lab):
    class Says(Reporter):
        """Say hello."""

        name = "says"

        def report(self, result, folder):
            (folder / "hello.txt").write_text(result.name)
            return f"hello from {result.name}"

    lab.bring(Says)
    lab.give(CLOSES)
    finished = lab.run(Trades, "report=[{name='says'}, {name='json'}]")
    assert finished.pages == ("hello from lab",)
    assert (finished.folder / "report.txt").read_text() == "hello from lab\n"
    assert (finished.folder / "hello.txt").read_text() == "lab"
    assert (finished.folder / "result.json").exists()


def explode(*_):
    raise KeyError("colour")


class Unshowable:
    """A page that can't be rendered."""

    def __rich_console__(self, console, options):
        raise KeyError("colour")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"report": explode}, "reporter 'bad' raised KeyError: 'colour' ("),
        ({"record": explode}, "reporter 'bad' raised KeyError: 'colour' ("),
        ({"report": lambda *_: Unshowable()}, "reporter 'bad' raised KeyError: 'colour' ("),
        ({"report": lambda *_: 5 + "x"}, "reporter 'bad' raised TypeError: "),
    ],
    ids=["report", "record", "page", "type"],
)
def test_execute_reporter_that_fails_leaves_the_run_and_the_other_reporters(lab, members, said):
    lab.bring(hears("bad", **members))
    lab.give(CLOSES)
    with pytest.raises(PluginError) as error:
        lab.run(Trades, "report=[{name='bad'}, {name='summary'}]")
    assert str(error.value).startswith(said)
    run, ledger = left(lab)
    assert ledger == "trials.jsonl"
    assert read_manifest(lab.runs / run)["status"] == "done"
    assert "these figures assume" in (lab.runs / run / "report.txt").read_text()
    assert error.value.__notes__ == [f"the run itself is kept in {lab.runs / run}"]


def test_execute_reporter_that_cannot_write_is_named(lab):
    def full(self, result, folder):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lab.bring(hears("bad", report=full))
    lab.give(CLOSES)
    with pytest.raises(RunError, match=r"^reporter 'bad' can't write its report: no space left on device"):
        lab.run(Trades, "report=[{name='bad'}]")


def test_execute_critical_reporter_that_fails_ends_the_run(lab):
    lab.bring(hears("bad", critical=True, record=explode))
    lab.give(CLOSES)
    with pytest.raises(PluginError, match=r"^reporter 'bad' raised KeyError: 'colour'"):
        lab.run(Trades, "report=[{name='bad'}]")
    assert left(lab) == []


def test_execute_strategy_that_raises_leaves_nothing(lab):
    lab.give(CLOSES)
    with pytest.raises(StrategyError):
        lab.run(trades(lambda ctx: 1 / 0))
    assert left(lab) == []


def test_execute_interrupted_run_is_kept_and_marked(lab):
    lab.give(CLOSES)
    finished = lab.run(trades(lambda ctx: os.kill(os.getpid(), signal.SIGTERM)))
    assert finished.stopped_by == signal.SIGTERM
    assert finished.result.status == read_manifest(finished.folder)["status"] == "interrupted"
    assert finished.result.equity.num_rows == 11
    assert left(lab) == [finished.folder.name, "trials.jsonl"]


def test_execute_interrupted_twice_leaves_nothing(lab):
    def twice(ctx):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    lab.give(CLOSES)
    with pytest.raises(KeyboardInterrupt):
        lab.run(trades(twice))
    assert left(lab) == []


def test_execute_two_runs_in_the_same_second_have_folders_of_their_own(lab, monkeypatch):
    class Stopped(running.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2024, 1, 2, 3, 4, 5, tzinfo=tz)

    monkeypatch.setattr(running, "datetime", Stopped)
    lab.give(CLOSES)
    folders = [lab.run(Trades).folder for _ in range(3)]
    assert [folder.name for folder in folders] == [f"20240102-030405-lab{end}" for end in ("", "-2", "-3")]


def test_execute_runs_folder_that_is_a_file_is_refused(lab, tmp_path):
    lab.give(CLOSES)
    (tmp_path / "file").write_text("")
    lab.runs = tmp_path / "file"
    with pytest.raises(ConfigError, match=r"^the folder for runs '.*file' can't be written: file exists; --runs names another$"):
        lab.run(Trades)


@pytest.mark.parametrize("method", ["write_bytes", "rename"])
def test_execute_disk_that_fails_leaves_nothing(lab, monkeypatch, method):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lab.give(CLOSES)
    ready = lab.ready(Trades)
    monkeypatch.setattr(Path, method, full)
    with pytest.raises(RunError, match=r"^the run's folder in '.*' can't be written: no space left on device$"):
        running.execute(ready, lab.runs)
    assert left(lab) == []


def test_execute_ledger_that_cannot_be_written_keeps_the_run(lab, monkeypatch):
    lab.give(CLOSES)
    lab.runs.mkdir(parents=True)
    (lab.runs / "trials.jsonl").mkdir()
    with pytest.raises(
        RunError, match=r"^the run is kept in '.*lab', but it can't be counted in '.*trials.jsonl': is a directory$"
    ):
        lab.run(Trades)


def test_run_returns_the_result_and_applies_overrides(tmp_path, examples):
    result = running.run(examples / "quickstart.toml", ["run.end=2022-03-01", "strategy.fast=20"], tmp_path)
    assert result.config["strategy"]["fast"] == 20
    assert result.equity["time"][-1].as_py().isoformat().startswith("2022-03-01T00:00:00")


def test_run_passes_the_signal_on_after_the_folder_is_kept(lab, monkeypatch):
    lab.give(CLOSES)
    ready = lab.ready(trades(lambda ctx: signal.raise_signal(signal.SIGINT)))
    monkeypatch.setattr(running, "compose_file", lambda path, overrides: None)
    monkeypatch.setattr(running, "make_ready", lambda composed: ready)
    with pytest.raises(KeyboardInterrupt):
        running.run("run.toml", (), lab.runs)
    assert left(lab)[1:] == ["trials.jsonl"]


def test_run_error_is_one_of_tradekit(tmp_path):
    with pytest.raises(TradekitError, match=r"no run file"):
        running.run(tmp_path / "none.toml")
