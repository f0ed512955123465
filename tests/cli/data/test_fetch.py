import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from local_venue import COLUMNS, KLINES, Klines, Reply, serving
from tradekit.cli.main import main
from tradekit.data.fetch.asking import Patience
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey

START = 1_704_067_200_000  # 2024-01-01, in ms
ROWS = [[START + i * 3_600_000, "100", "102", "99", "101", "7.25"] for i in range(60)]
FILE = """\
[data]
source = "http"
address = "{address}"
columns = {{ time = 0, open = 1, high = 2, low = 3, close = 4, volume = 5 }}
limit = 20
per_second = 1000
instruments = ["BTC/USDT", "ETH/USDT"]
interval = "1h"
"""
ASKED = ["--venue", "binance", "--start", "2024-01-01", "--end", "2024-01-03T12:00"]
BTC = DataKey("binance", "BTC/USDT", "bars", "1h")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "TRADEKIT_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Patience, "wait_s", lambda _self, _failures: 0.0)
    return tmp_path


def run(capsys, *arguments):
    code = main(["data", "fetch", *map(str, arguments)])
    return (code, *capsys.readouterr())


def write(venue, name="venue.toml"):
    Path(name).write_text(FILE.format(address=venue.address + KLINES))
    return name


def test_fetch_by_a_file_keeps_its_instruments_and_says_what_came(capsys):
    with serving(Klines(ROWS)) as venue:
        code, out, err = run(capsys, write(venue), *ASKED)
    assert (code, err) == (0, "")
    assert out == (
        "DATA                      NEW ROWS  REQUESTS  REVISION\n"
        "binance BTC/USDT bars 1h        60         3         1\n"
        "binance ETH/USDT bars 1h        60         3         1\n"
    )
    assert len(Store("store").open(BTC).read()) == 60


def test_fetch_again_asks_for_nothing_and_tells_programs_so(capsys):
    with serving(Klines(ROWS)) as venue:
        run(capsys, write(venue), *ASKED, "--store", "elsewhere", "--symbol", "BTC/USDT")
        count = len(venue.paths)
        code, out, _ = run(capsys, "venue.toml", *ASKED, "--store", "elsewhere", "--symbol", "BTC/USDT", "--json")
        assert len(venue.paths) == count
    assert code == 0
    assert json.loads(out) == [
        {"venue": "binance", "symbol": "BTC/USDT", "kind": "bars", "interval": "1h", "rows": 0, "requests": 0, "revision": 1}
    ]


def test_fetch_by_a_name_takes_its_options_from_the_command_line(capsys):
    options = [f"columns.{name}={place}" for name, place in COLUMNS.items()]
    with serving(Klines(ROWS)) as venue:
        options += [f"address={venue.address}{KLINES}", "limit=30", "per_second=1000"]
        sets = [word for option in options for word in ("--set", option)]
        code, out, err = run(capsys, "http", *sets, *ASKED, "--symbol", "BTC/USDT", "--interval", "60m")
    assert (code, err) == (0, "")
    assert "binance BTC/USDT bars 1h        60         2         1" in out


def test_fetch_overrules_keys_of_a_file(capsys):
    with serving(Klines(ROWS)) as venue:
        code, out, _ = run(capsys, write(venue), *ASKED, "--set", "data.limit=60", "--set", "data.instruments=['BTC/USDT']")
    assert code == 0
    assert out.splitlines()[1:] == ["binance BTC/USDT bars 1h        60         1         1"]


def test_fetch_from_files_works_as_from_a_venue(capsys):
    Path("x.csv").write_text("time,open,high,low,close,volume\n2024-01-01,1,2,1,2,5\n2024-01-02,2,3,2,3,5\n2024-01-03,3,3,3,3,5\n")
    code, out, _ = run(capsys, "csv", "--set", "path=x.csv", *ASKED, "--symbol", "X", "--interval", "1d")
    assert code == 0
    assert "binance X bars 1d         3         1         1" in out


def test_fetch_of_trades_by_time(capsys):
    trades = [[START + place // 2, "100", "1", place] for place in range(10)]

    def reply(path):
        start = int(path.partition("from=")[2])
        return Reply(json.dumps([row for row in trades if row[0] >= start][:4]).encode())

    with serving(reply) as venue:
        table = "{{ address = '{}/?from={{start}}', columns = {{ time = 0, price = 1, size = 2, number = 3 }} }}"
        options = [f"address={venue.address}/{{start}}", "limit=4", "per_second=1000", "trades=" + table.format(venue.address)]
        sets = [word for option in options for word in ("--set", option)]
        code, out, err = run(capsys, "http", *sets, *ASKED, "--symbol", "X", "--kind", "trades")
    assert (code, err) == (0, "")
    assert "binance X trades        10" in out
    assert Store("store").open(DataKey("binance", "X", "trades")).read().number.tolist() == list(range(10))


def test_fetch_says_what_it_waits_for(capsys):
    with serving(Klines(ROWS, lambda number, _path: "429" if number == 1 else None)) as venue:
        code, out, err = run(capsys, write(venue), *ASKED, "--symbol", "BTC/USDT")
    assert code == 0
    assert "binance BTC/USDT bars 1h        60         4         1" in out
    assert err.endswith(
        'answered 429 (too many requests): \'{"msg": "Too many requests."}\'; asking again in 0.02 s (try 2 of 8)\n'
    )


def test_fetch_from_a_venue_that_stays_broken_keeps_what_came_and_ends_with_6(capsys):
    with serving(Klines(ROWS, lambda number, _path: "500" if number >= 2 else None)) as venue:
        code, out, err = run(capsys, write(venue), *ASKED, "--symbol", "BTC/USDT")
    assert (code, out) == (6, "")
    assert err.splitlines()[-1].startswith(f"error: '{venue.address}/klines?symbol=BTCUSDT")
    assert err.endswith("answered 500 (internal server error): 'Internal error'; given up after 8 tries\n")
    assert len(Store("store").open(BTC).read()) == 40


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["venue.toml", "--start", "2024-01-01"], 2, "missing option '--venue'"),
        (
            ["venue.toml", "--venue", "x"],
            2,
            "nothing of x BTC/USDT bars 1h is there yet to go on from; say from when on: --start 2024-01-01",
        ),
        (
            ["venue.toml", "--venue", "x", "--start", "2024-01-02", "--end", "2024-01-02"],
            2,
            "--end must be after --start, and is 2024-01-02T00:00:00Z",
        ),
        (["csv", "--set", "path=x.csv", *ASKED], 2, "no instrument is named; add --symbol"),
        (["csv", "--set", "path=x.csv", *ASKED, "--symbol", "X"], 2, "bars have a length; add --interval"),
        (["csv", "--set", "path=x.csv", *ASKED, "--symbol", "X", "--interval", "hour"], 2, "--interval: 'hour' is not an interval"),
        (["csv", "--set", "path=x.csv", *ASKED, "--symbol", "X", "--interval", "1d"], 4, "x.csv'"),
        (["htp", *ASKED, "--symbol", "X", "--interval", "1d"], 3, "did you mean 'http'?"),
        (["http", *ASKED, "--symbol", "X", "--interval", "1d"], 2, "address is missing; data source 'http' needs it"),
        (["http", "--set", "adress=x", *ASKED], 2, "unknown key adress"),
        (
            ["csv", "--set", "path=y.csv", *ASKED, "--symbol", "X", "--kind", "quotes"],
            4,
            "the data source 'csv' has no quotes of 'X'",
        ),
        (["nowhere.toml", *ASKED], 2, "no run file 'nowhere.toml'"),
    ],
)
def test_fetch_of_what_can_not_be_says_why(capsys, arguments, code, said):
    Path("venue.toml").write_text(FILE.format(address="http://127.0.0.1:1/{start}"))
    Path("y.csv").write_text("time,open,high,low,close,volume\n2024-01-01,1,2,1,2,5\n")
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert said in err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGTERM, 143, "terminated\n"), (signal.SIGINT, 130, "interrupted\n")])
def test_fetch_stopped_by_a_signal_keeps_what_came_and_goes_on_there(capsys, number, code, said):
    stopping = {}

    def fault(count, _path):
        if count == 2:
            stopping["process"].send_signal(number)
            return "silence"
        return None

    klines = Klines(ROWS, fault)
    with serving(klines) as venue:
        command = [sys.executable, "-c", "from tradekit.cli.main import entry; entry()", "data", "fetch", write(venue), *ASKED]
        process = stopping["process"] = subprocess.Popen(
            [*command, "--symbol", "BTC/USDT"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (code, "", said)
        assert len(Store("store").open(BTC).read()) == 40
        assert run(capsys, "venue.toml", *ASKED, "--symbol", "BTC/USDT")[0] == 0
    assert [(start - START) // 3_600_000 for _, start, _ in klines.asked] == [0, 20, 40, 40]
    assert np.diff(Store("store").open(BTC).read().open_time).tolist() == [3_600_000_000_000] * 59


RUN = """\
risk = []
[run]
name = "straight"
start = 2024-01-01
end = 2024-01-03
[account]
currency = "USDT"
capital = 1000
{data}
[strategy]
name = "buy-and-hold"
[execution]
costs = []
"""


def test_a_run_reads_from_the_venue_itself(capsys):
    with serving(Klines(ROWS)) as venue:
        data = FILE.format(address=venue.address + KLINES).replace(', "ETH/USDT"', "")
        Path("run.toml").write_text(RUN.format(data=data))
        assert main(["run", "run.toml"]) == 0
        assert len(venue.paths) == 3
    (folder,) = (path for path in Path("runs").iterdir() if path.is_dir())
    (fact,) = json.loads((folder / "manifest.json").read_text())["data"]
    assert (fact["rows"], fact["first"], fact["last"]) == (48, "2024-01-01T00:00:00Z", "2024-01-02T23:00:00Z")
    assert fact["origin"] == f"{venue.address}/klines (3 answers)"


def test_a_run_of_a_venue_needs_a_start(capsys):
    Path("run.toml").write_text(
        RUN.format(data=FILE.format(address="http://127.0.0.1:1" + KLINES)).replace("start = 2024-01-01\n", "")
    )
    assert main(["check", "run.toml"]) == 2
    assert "the data source 'http' is asked page by page, so it must know where to begin" in capsys.readouterr().err


def test_fetch_without_a_start_goes_on_with_what_is_there(capsys):
    with serving(Klines(ROWS)) as venue:
        file = write(venue)
        run(capsys, file, *ASKED[:4], "--end", "2024-01-02", "--symbol", "BTC/USDT")
        code, out, _ = run(capsys, file, "--venue", "binance", "--end", "2024-01-03T12:00", "--symbol", "BTC/USDT")
    assert code == 0
    assert "binance BTC/USDT bars 1h        36         2         2" in out


def test_fetch_that_fails_at_once_leaves_nothing_for_a_reader(capsys):
    with serving(Klines(ROWS, lambda _number, _path: "500")) as venue:
        assert run(capsys, write(venue), *ASKED, "--symbol", "BTC/USDT")[0] == 6
    assert (Store("store").keys(), Store("store").remnants()) == ([], [])


def test_fetch_of_another_interval_than_the_source_has_ends_at_once(capsys):
    with serving(Klines(ROWS)) as venue:
        code, out, err = run(capsys, write(venue), *ASKED, "--symbol", "BTC/USDT", "--interval", "4h")
        assert (code, out, len(venue.paths)) == (6, "", 1)
    assert "are 1h apart, and 4h was asked for; ask for 1h, or tell the source how its intervals are called" in err


def test_fetch_of_funding_rates_goes_page_by_page_and_on(capsys):
    rates = [{"at": START + hour * 3_600_000 + 2, "rate": str(hour / 1e6)} for hour in range(0, 80, 8)]

    def reply(path):
        start = int(path.partition("from=")[2])
        return Reply(json.dumps([row for row in rates if row["at"] >= start][:4]).encode())

    with serving(reply) as venue:
        table = f"{{ address = '{venue.address}/?from={{start}}', columns = {{ time = 'at' }} }}"
        options = [f"address={venue.address}/{{start}}", "limit=4", "per_second=1000", f"funding={table}"]
        sets = [word for option in options for word in ("--set", option)]
        asked = ("http", *sets, "--venue", "binance", "--symbol", "X", "--kind", "funding")
        code, out, err = run(capsys, *asked, "--start", "2024-01-01", "--end", "2024-01-03")
        assert (code, err) == (0, "")
        assert "binance X funding         6" in out
        count = len(venue.paths)
        assert run(capsys, *asked, "--end", "2024-01-05")[0] == 0
        assert f"from={START + 48 * 3_600_000 - 1000}" in venue.paths[count]
    kept = Store("store").open(DataKey("binance", "X", "funding")).read()
    assert kept.rate.tolist() == [hour / 1e6 for hour in range(0, 80, 8)]
