"""`tradekit check`: what it prints, and that it runs nothing."""

import json
from pathlib import Path

import pytest

from tradekit import __version__
from tradekit.cli.main import main


def check(capsys, *arguments):
    code = main(["check", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_check_shows_components_data_and_driver(run_file, capsys):
    code, out, err = check(capsys, run_file)
    ours = f"tradekit {__version__}"
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "KIND         NAME       PACKAGE         OPTIONS OTHER THAN DEFAULT",
        f"data source  csv        {ours}  path = data/x.csv",
        f"strategy     sma-cross  {ours}  fast = 2, slow = 5",
        f"executor     simulated  {ours}",
        f"cost model   fee        {ours}  bps = 10",
        f"reporter     summary    {ours}",
        "",
        "INSTRUMENT  BARS  FIRST       LAST        FROM",
        "X             60  2024-01-01  2024-02-29  data/x.csv",
        "",
        "compiled driver: the strategy gives targets(), proven equal to its on_bar() on the first 60 bars",
        "nothing trades in an instrument's first 5 bars (warm-up)",
        "run.toml is ready to run",
    ]
    assert not Path("runs").exists()


def test_check_of_a_table_shows_what_is_not_at_its_default(run_file, capsys):
    Path("data/trades.csv").write_text("ts,paid,size\n1704067260,100,1\n1704067320,101,2\n")
    table = "data.trades={path='data/trades.csv', unit='s', tz='UTC', columns={price='paid'}}"
    code, out, _ = check(capsys, run_file, "--set", table)
    assert code == 0
    assert "path = data/x.csv, trades = {unit: s, path: data/trades.csv, columns: {price: paid}}\n" in out


def test_check_counts_holes_on_the_clock_of_several_instruments(run_file, capsys):
    lines = ["time,symbol,open,high,low,close,volume"]
    lines += [f"2024-01-0{day},{symbol},1,1,1,1,1" for symbol, days in (("A", "123456789"), ("B", "1389")) for day in days]
    Path("data/x.csv").write_text("\n".join(lines) + "\n")
    _, out, _ = check(capsys, run_file, "--set", "data.instruments=['A', 'B']", "--set", "strategy={name='buy-and-hold'}")
    start = out.index("INSTRUMENT")
    assert out[start:].splitlines()[:3] == [
        "INSTRUMENT  BARS  HOLES  FIRST       LAST        FROM",
        "A              9      0  2024-01-01  2024-01-09  data/x.csv",
        "B              4      5  2024-01-01  2024-01-09  data/x.csv",
    ]
    assert "warm-up" not in out


def test_check_json_has_the_whole_configuration(run_file, capsys):
    code, out, _ = check(capsys, run_file, "--json", "--set", "strategy.slow=7")
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"config", "components", "data", "notes", "assumptions", "driver", "reason", "warmup"}
    assert found["config"]["strategy"]["slow"] == found["warmup"] == 7
    assert found["data"][0]["origin"] == "data/x.csv"


def test_check_tables_of_options_are_shown_key_by_key(run_file, capsys):
    _, out, err = check(
        capsys, run_file, "--set", "data.columns={close='open'}", "--set", "data.names=['time','open','high','low','close','v']"
    )
    assert err == ""
    assert "path = data/x.csv, columns.close = open, names = [time, open, high, low, close, v]" in out


def test_check_fits_eighty_columns(run_file, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = check(capsys, run_file)
    assert max(map(len, out.splitlines())) <= 80


def test_check_warns_of_what_a_run_would_note(run_file, capsys):
    _, out, _ = check(capsys, run_file, "--set", "run.start=2023-06-01")
    assert "! X: its bars begin at 2024-01-01T00:00:00Z, 214 days after the start of the run" in out


def test_check_many_instruments_are_cut_short(run_file, capsys):
    lines = ["time,symbol,open,high,low,close"]
    lines += [f"2024-01-0{day},S{number:02},1,1,1,1" for number in range(30) for day in range(1, 9)]
    Path("data/x.csv").write_text("\n".join(lines) + "\n")
    run_file.write_text(run_file.read_text().replace('instruments = ["X"]\n', ""))
    _, out, _ = check(capsys, run_file)
    assert sum(line.startswith("S") for line in out.splitlines()) == 20
    assert "and 10 more instruments" in out


@pytest.mark.parametrize(("override", "code"), [("strategy.fast='x'", 2), ("strategy.name='x'", 3), ("data.path='x'", 4)])
def test_check_mistake_has_the_code_that_run_gives(run_file, capsys, override, code):
    found, out, err = check(capsys, run_file, "--set", override)
    assert (found, out) == (code, "")
    assert err.startswith("error: ")
