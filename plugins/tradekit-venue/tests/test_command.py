import gzip
import http.client
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tradekit_venue.command import venue_command
from tradekit_venue.control import Control

from tradekit import TradekitError

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "data"
TRADEKIT = [sys.executable, "-c", "import sys; from tradekit.cli.main import entry; entry()"]


def fails(*arguments):
    """Return what the command raises."""
    with pytest.raises(TradekitError) as error:
        venue_command.main([*map(str, arguments)], standalone_mode=False)
    return str(error.value)


def get(url, path):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path)
    found = json.load(connection.getresponse())
    connection.close()
    return found


def test_command_replays_a_file_until_it_is_told_to_end(tmp_path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('[[fault]]\nmatch = "GET ping"\ndo = "status"\nstatus = 418\ncode = -1003\n')
    data = EXAMPLES / "BTC-USDT-1h.csv.gz"
    options = ["--data", data, "--symbol", "BTC/USDT", "--start", "2022-06-01", "--speed", "0"]
    more = ["--balance", "BTC=2", "--faults", script]
    process = subprocess.Popen(
        [*TRADEKIT, "venue", *map(str, options + more)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        lines = [process.stdout.readline().rstrip() for _ in range(6)]
        secrets = json.loads((tmp_path / "venue.json").read_text())
        url = secrets["url"]
        assert lines[:4] == [
            f"binance at {url}",
            "BTC/USDT  bars of 1h, 2022-06-01T00:00:00Z to 2024-01-01T00:00:00Z, tick 0.01, lot 0.000001",
            "its clock stands still, so times of requests are not checked",
            "keys and token: venue.json",
        ]
        assert lines[-1].strip() == f'exchange.urls["api"] = at_venue(exchange.urls["api"], "{url}")'
        assert os.name == "nt" or stat.S_IMODE((tmp_path / "venue.json").stat().st_mode) == 0o600
        assert get(url, "/api/v3/time") == {"serverTime": 1_654_041_600_000}
        assert get(url, "/api/v3/ping")["code"] == -1003
        control = Control(url, secrets["token"])
        assert control.state()["accounts"]["trader"]["balances"]["BTC"]["free"] == "2"
        control.advance(3 * 3_600_000)
        # Three bars have ended, and the fourth has begun.
        rows = [
            row.split(",") for row in gzip.decompress(data.read_bytes()).decode().splitlines() if row.startswith("2022-06-01T0")
        ][:4]
        candles = get(url, "/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=4")
        assert [[float(number) for number in candle[1:6]] for candle in candles[:3]] == [[*map(float, row[1:])] for row in rows[:3]]
        assert float(candles[3][4]) == float(rows[3][1])
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "interrupted\n")
    assert not (tmp_path / "venue.json").exists()


def test_importing_the_command_imports_no_server() -> None:
    code = "import sys, tradekit_venue.command; print({'aiohttp', 'numpy', 'tradekit.engine'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"


def test_command_refuses_what_can_not_be_replayed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = EXAMPLES / "BTC-USDT-1h.csv.gz"
    assert "does not say what it holds; add --symbol, such as --symbol BTC/USDT" in fails("--data", data)
    assert "does not tell what it holds; say what reads it, such as --source csv" in fails("--data", "x.dat", "--symbol", "A/B")
    assert "--interval '7m' is none that a venue offers" in fails("--data", data, "--symbol", "A/B", "--interval", "7m")
    assert "does not count in contracts; leave --contract out, or speak okx-swap" in fails(
        "--data", data, "--symbol", "BTC/USDT:USDT", "--dialect", "binance-usdm", "--contract", "0.01"
    )
    assert "x.toml" in fails("--data", data, "--symbol", "BTC/USDT", "--faults", "x.toml")
    Path("x.toml").write_text("[[fault]]\nmatch = 1\n")
    assert "match of a fault must be a str, got 1" in fails("--data", data, "--symbol", "BTC/USDT", "--faults", "x.toml")
    Path("x.toml").write_text("fault = 1")
    assert "it takes [[fault]] tables only" in fails("--data", data, "--symbol", "BTC/USDT", "--faults", "x.toml")
    Path("x.toml").write_text("[[fault")
    assert "is no valid TOML" in fails("--data", data, "--symbol", "BTC/USDT", "--faults", "x.toml")


@pytest.mark.parametrize(
    ("option", "value", "said"), [("--tick", "-1", "'-1' is no number above 0"), ("--balance", "5", "write ASSET=AMOUNT")]
)
def test_option_that_is_no_amount_is_refused(option, value, said) -> None:
    import click

    with pytest.raises(click.BadParameter) as error:
        venue_command.main(["--data", "x.csv", option, value], standalone_mode=False)
    assert said in error.value.message


def test_keys_that_can_not_be_written_are_an_error(tmp_path) -> None:
    place = tmp_path / "none" / "venue.json"
    said = fails("--data", EXAMPLES / "BTC-USDT-1h.csv.gz", "--symbol", "BTC/USDT", "--secrets", place)
    assert said == f"the keys can't be written to {str(place)!r}: no such file or directory; say --secrets FILE"
