"""`tradekit run`, as a person types it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tradekit.cli.main import main

PLUGIN = """
import os
import signal

from tradekit import DataSource, OrderError, Reporter, Strategy, hookimpl

TRADEKIT_API = 1


class Does(Strategy):
    "Do something on the tenth bar."

    name = "does"

    class Options(Strategy.Options):
        pass

    def on_bar(self, ctx):
        ctx.target(weight=ctx.index % 2)
        if ctx.index == 10:
            DEED


class Stopped(DataSource):
    "Be interrupted."

    name = "stopped"

    def bars(self, request):
        raise KeyboardInterrupt


class Fails(Reporter):
    "Fail."

    name = "fails"

    def report(self, result, folder):
        raise KeyError("colour")


@hookimpl
def tradekit_strategies():
    return [Does]


@hookimpl
def tradekit_data_sources():
    return [Stopped]


@hookimpl
def tradekit_reporters():
    return [Fails]
"""


def run(capsys, *arguments):
    code = main(["run", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def left():
    return sorted(path.name for path in Path("runs").iterdir()) if Path("runs").exists() else []


def test_run_shows_the_page_and_says_where_it_is_kept(run_file, capsys):
    code, out, err = run(capsys, run_file)
    assert (code, err) == (0, "")
    folder, ledger = left()
    assert ledger == "trials.jsonl"
    assert out.startswith("trend  backtest, done\n")
    assert "these figures assume" in out
    assert out.endswith(f"\nkept in runs/{folder}\n")
    assert (Path("runs") / folder / "report.txt").read_text() == out.rpartition("kept in")[0]


def test_run_json_has_figures_with_what_they_rest_on(run_file, capsys):
    code, out, _ = run(capsys, run_file, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"id", "folder", "name", "status", "plan", "metrics", "assumptions", "notes"}
    assert found["id"] == left()[0]
    assert found["metrics"]["trades"] > 0
    assert any("fee of 10 bps" in sentence for sentence in found["assumptions"])


def test_run_set_overrules_and_runs_says_where_to(run_file, capsys):
    code, out, _ = run(capsys, run_file, "--set", "strategy.fast=3", "--runs", "elsewhere", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["folder"] == f"elsewhere/{found['id']}"
    assert json.loads((Path("elsewhere") / found["id"] / "manifest.json").read_text())["config"]["strategy"]["fast"] == 3


def test_run_folder_for_runs_can_come_from_the_environment(run_file, capsys, monkeypatch):
    monkeypatch.setenv("TRADEKIT_RUNS", "there")
    _, out, _ = run(capsys, run_file)
    assert "kept in there/" in out


def test_run_without_reporters_says_only_where_it_is_kept(run_file, capsys):
    _, out, _ = run(capsys, run_file, "--set", "report=[]")
    assert out == f"kept in runs/{left()[0]}\n"


def test_run_halted_by_a_rule_is_done(run_file, capsys):
    code, out, _ = run(capsys, run_file, "--set", "risk=[{rule='max-drawdown', limit=0.001}]")
    assert code == 0
    assert "Trading HALTED at 2024-" in out


@pytest.mark.parametrize(
    ("override", "code", "said"),
    [
        ("strategy.fast=0", 2, "fast"),
        ("strategy.name='sma-cros'", 3, "did you mean 'sma-cross'?"),
        ("data.path='none.csv'", 4, "none.csv"),
        ("run.start=2030-01-01", 4, "2030"),
    ],
)
def test_run_mistake_ends_with_its_code_and_leaves_nothing(run_file, capsys, override, code, said):
    found, out, err = run(capsys, run_file, "--set", override)
    assert (found, out) == (code, "")
    assert err.startswith("error: ")
    assert said in err
    assert "Traceback" not in err
    assert left() == []


def plugged(site, run_file, deed):
    site.install("acme", PLUGIN.replace("DEED", deed))
    run_file.write_text(run_file.read_text().replace('name = "sma-cross"\nfast = 2\nslow = 5', 'name = "does"'))


def test_run_json_is_not_mixed_with_what_a_strategy_prints(run_file, site, capsys):
    plugged(site, run_file, "print('hello')")
    code, out, err = run(capsys, run_file, "--json")
    assert code == 0
    assert json.loads(out)["name"]
    assert "hello" in err


def test_run_short_in_a_cash_account_is_refused_with_the_way_out(run_file, capsys):
    code, out, err = run(capsys, run_file, "--set", "strategy.short=true")
    assert (code, out) == (2, "")
    assert err == (
        "error: run.toml, line 16: strategy 'sma-cross' sells short with these options, but account.kind is "
        "'cash', which can't; set account.kind = 'margin', or let the strategy not sell short\n"
    )
    assert not Path("runs").exists()


def test_run_strategy_that_raises_names_bar_and_line(run_file, site, capsys):
    plugged(site, run_file, "1 / 0")
    code, _, err = run(capsys, run_file)
    assert code == 1
    assert err.startswith("error: on_bar() of strategy 'does' raised ZeroDivisionError: division by zero (")
    assert err.endswith("acme/__init__.py:21) at the bar that closed at 2024-01-12T00:00:00Z\n")
    assert left() == []


def test_run_error_of_the_kernel_is_shown_with_its_notes(run_file, site, capsys):
    plugged(site, run_file, "ctx.buy(-1)")
    code, _, err = run(capsys, run_file)
    assert code == 1
    assert err.startswith("error: quantity of an order in 'X' must be above 0, not -1; raised by strategy 'does' at the bar that")
    assert err.endswith("acme/__init__.py:21)\n")


def test_run_reporter_that_fails_says_that_the_run_is_kept(run_file, site, capsys):
    site.install("acme", PLUGIN.replace("DEED", "pass"))
    code, _, err = run(capsys, run_file, "--set", "report=[{name='fails'}]")
    assert code == 3
    assert "error: reporter 'fails' raised KeyError: 'colour' (" in err
    assert err.endswith(f"; the run itself is kept in runs/{left()[0]}\n")


def test_run_interrupted_while_data_is_read_leaves_nothing(run_file, site, capsys):
    site.install("acme", PLUGIN.replace("DEED", "pass"))
    run_file.write_text(run_file.read_text().replace('source = "csv"\npath = "data/x.csv"', 'source = "stopped"'))
    code, out, err = run(capsys, run_file)
    assert (code, out, err) == (130, "", "interrupted\n")
    assert left() == []


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_run_signal_keeps_a_marked_part_and_ends_with_its_code(run_file, site, name, code):
    plugged(site, run_file, f"os.kill(os.getpid(), signal.{name})")
    found = as_process("run", str(run_file))
    assert found.returncode == code
    assert found.stdout.startswith("trend  backtest, interrupted\n")
    assert "INTERRUPTED after 11 of 60 bars" in " ".join(found.stdout.split())
    (folder,) = (path for path in Path("runs").iterdir() if path.is_dir())
    assert json.loads((folder / "manifest.json").read_text())["status"] == "interrupted"


@pytest.mark.parametrize(("name", "code", "said"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_run_second_signal_ends_at_once_and_leaves_nothing(run_file, site, name, code, said):
    plugged(site, run_file, f"signal.raise_signal(signal.{name}); signal.raise_signal(signal.{name})")
    found = as_process("run", str(run_file))
    assert (found.returncode, found.stdout, found.stderr) == (code, "", f"{said}\n")
    assert left() == []


def as_process(*arguments):
    """Run the console script in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "import sys; from tradekit.cli.main import entry; sys.argv[0] = 'tradekit'; entry()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False)


def test_run_signal_numbers_have_exit_codes():
    from tradekit.cli.run import _INTERRUPTED

    assert _INTERRUPTED == {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.mark.usefixtures("run_file")
def test_run_with_bands_shows_how_much_is_assumption(capsys):
    assert main(["run", "run.toml", "--bands"]) == 0
    told = capsys.readouterr().out
    assert "how much of this is assumption (" in told
    assert "orders arrive a bar later" in told
    assert main(["run", "run.toml", "--bands", "--json"]) == 0
    bands = json.loads(capsys.readouterr().out)["bands"]
    assert set(bands["band"]["total_return"]) == {"lowest", "as_written", "highest"}


@pytest.mark.usefixtures("run_file")
def test_run_with_bands_is_for_backtests(capsys):
    assert main(["run", "run.toml", "--bands", "--set", "run.mode=paper", "--set", "data.source=csv"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
