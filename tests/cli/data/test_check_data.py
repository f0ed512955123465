"""`tradekit data check`: what it prints, and its exit codes."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tradekit import Actions, Trades
from tradekit.cli.main import main
from tradekit.data.resample import resample
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.testing.markets import DAY, scaled, taken, walk

RUN = """\
risk = []
[run]
name = "checked"
[account]
currency = "USD"
capital = 1000
[data]
source = "csv"
path = "NAME.csv"
instruments = ["X"]
interval = "1d"
[strategy]
name = "buy-and-hold"
[execution]
costs = []
"""


def write(series, name="x"):
    """Write bars and a run file that reads them; return its name."""
    lines = ["time,open,high,low,close,volume"]
    columns = (series.open_time.view("M8[ns]"), series.open, series.high, series.low, series.close, series.volume)
    lines += [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    Path(f"{name}.csv").write_text("\n".join(lines) + "\n")
    Path(f"{name}.toml").write_text(RUN.replace("NAME", name))
    return f"{name}.toml"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "TRADEKIT_STORE"):
        monkeypatch.delenv(name, raising=False)


def check(capsys, *arguments):
    code = main(["data", "check", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_good_data_have_all_points(capsys):
    code, out, err = check(capsys, write(walk(50)))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "DATA  ROWS  QUALITY  VERDICT  CHECK  COUNT  WHAT",
        "X       50      100                         nothing found",
        "",
        "a run may use these data",
    ]


def test_what_a_run_refuses_ends_with_its_code_and_a_waiver_helps(capsys):
    file = write(scaled(walk(60), slice(30, None), 0.5))
    code, out, _ = check(capsys, file)
    assert code == 4
    assert "1 bar after a jump like a split that nothing explains (1:2), at 2024-01-31T00:00:00Z" in out
    assert out.endswith("\na run refuses X because of split-like-jump\n")
    code, out, _ = check(capsys, file, "--set", "data.quality.waive=[{check='split-like-jump'}]")
    assert (code, "waived" in out) == (0, True)


def test_quality_below_what_the_run_file_demands_ends_with_its_code(capsys):
    file = write(taken(walk(60), np.arange(60) != 30))
    assert check(capsys, file)[0] == 0
    code, out, _ = check(capsys, file, "--set", "data.quality.min_quality=99")
    assert (code, out.splitlines()[-1]) == (4, "a run refuses X because its quality is below 99")


def test_json_has_each_finding(capsys):
    code, out, _ = check(capsys, write(taken(walk(60), np.arange(60) != 30)), "--json")
    (one,) = json.loads(out)
    assert (code, one["data"], one["rows"], one["quality"]) == (0, "X", 59, 98.33)
    assert one["findings"][0] == {
        "check": "gaps",
        "verdict": "noted",
        "count": 1,
        "what": "1 bar of 1d missing in 1 gap, the longest of 1 bar before 2024-02-01T00:00:00Z",
        "at": ["2024-01-31T00:00:00Z"],
    }


def test_second_run_file_is_what_the_first_is_held_against(capsys):
    first = write(walk(60), "x")
    second = write(scaled(walk(60), slice(20, 21), 1.1), "y")
    assert "differs" not in check(capsys, first, "--against", first)[1]
    code, out, _ = check(capsys, first, "--against", second)
    assert (code, "1 bar of 1d with prices other than those of" in out) == (0, True)


def test_quotes_of_a_run_file_are_looked_at_if_they_are_asked_for(capsys):
    file = write(walk(20))
    lines = ["time,bid,ask"] + [f"2024-01-01T00:00:{second:02},{100 + second},{101 + second}" for second in range(20)]
    lines[7] = "2024-01-01T00:00:06,107.5,107"
    Path("quotes.csv").write_text("\n".join(lines) + "\n")
    quotes = ("--kind", "quotes", "--set", "data.quotes={path='quotes.csv'}")
    code, out, _ = check(capsys, file, *quotes)
    assert (code, out.splitlines()[-1]) == (
        4,
        "what reads quotes, which no run does yet, refuses X quotes because of crossed",
    )
    assert "1 quote with the bid above the ask, at 2024-01-01T00:00:06Z" in out
    assert check(capsys, file, "--kind", "trades")[0] == 4


def test_options_about_a_run_file_need_one(capsys):
    code, _, err = check(capsys, "--kind", "quotes")
    assert (code, "--set, --kind and --against are about a run file; name one" in err) == (2, True)


def test_empty_store_is_an_error(capsys):
    code, _, err = check(capsys)
    assert (code, err) == (4, "error: the store 'store' is empty; name a run file, or another store with --store\n")


def test_all_that_a_store_keeps_is_checked_and_held_against_each_other(capsys):
    store = Store("store")
    days = scaled(walk(70), slice(35, None), 0.5)
    weeks = resample(days, 7 * DAY)
    volume = weeks.volume.copy()
    volume[3] += 5
    weeks = type(weeks)(weeks.open_time, weeks.close_time, weeks.open, weeks.high, weeks.low, weeks.close, volume)
    split = Actions(days.open_time[[35]], np.array([0], np.int32), np.array([2.0]))
    for key, data in (("bars", days), ("actions", split)):
        store.create(DataKey("nyse", "ACME", key, "1d" if key == "bars" else "")).put(data, "a test", "made up")
    code, out, _ = check(capsys)
    assert (code, out.splitlines()[1]) == (0, "nyse ACME bars 1d    70      100                         nothing found")
    store.create(DataKey("nyse", "ACME", "bars", "1w")).put(weeks, "a test", "made up")
    code, out, _ = check(capsys, "--json")
    found = {one["data"]: [finding["check"] for finding in one["findings"]] for one in json.loads(out)}
    assert found == {"nyse ACME bars 1d": ["differs"], "nyse ACME bars 1w": ["differs"]}
    store.create(DataKey("lse", "ACME", "bars", "1d")).put(days, "a test", "made up")
    assert check(capsys)[0] == 4


def test_data_set_that_can_not_be_checked_does_not_keep_others_from_it(capsys, monkeypatch):
    store = Store("store")
    store.create(DataKey("nyse", "ACME", "bars", "1d")).put(walk(30), "a test", "made up", instrument={"calendar": "XNYS"})
    store.create(DataKey("nyse", "BETA", "bars", "1d")).put(walk(30), "a test", "made up")
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    code, out, err = check(capsys)
    assert (code, err) == (3, "")
    assert "nyse BETA bars 1d    30      100" in out
    assert "not checked" in out
    assert "calendar 'XNYS' needs the package exchange_calendars, which is not installed: pip install 'tradekit[calendars]'" in out
    assert out.endswith("\nnyse ACME bars 1d could not be checked\n")
    code, out, _ = check(capsys, "--json")
    assert [set(one) for one in json.loads(out)][1] == {"data", "error"}
    store.create(DataKey("nyse", "GAMMA", "bars", "1d")).put(scaled(walk(30), slice(15, None), 0.5), "a test", "made up")
    assert check(capsys)[0] == 4


def test_data_sets_of_a_store_are_checked_by_words_of_their_names(capsys):
    store = Store("store")
    for symbol in ("ACME", "BETA"):
        store.create(DataKey("nyse", symbol, "bars", "1d")).put(walk(30), "a test", "made up")
    split = Actions(walk(30).open_time[[5]], np.array([0], np.int32), np.array([1.01]))
    store.create(DataKey("nyse", "BETA", "actions")).put(split, "a test", "made up")
    code, out, _ = check(capsys, "BETA", "--store", "store")
    assert (code, [line.split()[:2] for line in out.splitlines()[1:2]]) == (0, [["nyse", "BETA"]])
    assert "ACME" not in out
    assert len(json.loads(check(capsys, "nyse", "--json")[1])) == 2
    code, _, err = check(capsys, "GAMMA")
    assert (code, "no data set of 'store' is called 'GAMMA'; it has 'nyse ACME bars 1d'" in err) == (4, True)
    code, _, err = check(capsys, "actions")
    assert (code, err) == (4, "error: there are no checks of nyse BETA actions; there are of bars, trades, quotes and book\n")


def test_trades_that_are_refused_are_refused_to_runs_that_read_them(capsys):
    number = np.array([*range(20), 7])
    time = 1_704_067_200_000_000_000 + np.arange(21) * 10**9
    trades = Trades(time, 100.0 + np.arange(21) % 2, np.ones(21), "a test", number=number)
    Store("store").create(DataKey("lab", "X", "trades")).put(trades, "a test", "made up")
    code, out, _ = check(capsys)
    assert (code, out.splitlines()[-1]) == (
        4,
        "a run on bars that are made of them, or whose fills they decide, refuses lab X trades because of number-twice",
    )
