"""The example of live trading, as its README says: the real ccxt, on a local exchange, in processes of their own."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proofs import deep
from tradekit.engine.compose import compose_file

EXAMPLE = Path(__file__).parents[1] / "examples" / "live-on-a-local-venue"
DATA = EXAMPLE.parent / "data" / "BTC-USDT-1h.csv.gz"
COMMAND = [sys.executable, "-c", "from tradekit.cli.main import entry; entry()"]

pytestmark = [
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("tradekit_ccxt", "tradekit_venue")), reason="needs both packages"
    ),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send"),
]


@pytest.fixture
def venue(tmp_path):
    arguments = ["venue", "--data", str(DATA), "--symbol", "BTC/USDT", "--speed", "7200"]
    with subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[-1]
            while "keys and token" not in process.stdout.readline():
                pass
            keys = json.loads((tmp_path / "venue.json").read_text())
            yield url, {"TRADEKIT_VENUE_KEY": keys["apiKey"], "TRADEKIT_VENUE_SECRET": keys["secret"]}
        finally:
            process.terminate()


def test_run_file_of_the_perpetual_can_be_run():
    composed = compose_file(EXAMPLE / "btc-perpetual.toml")
    assert composed.executor.options.leverage == 5


def lines_until(process, words):
    """Read what a run says, up to a line with these words."""
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return said
    raise AssertionError(f"it ended before {words!r}:\n{''.join(said)}{process.stdout.read()}")


def started(venue, folder, *more):
    url, keys = venue
    arguments = ["run", str(EXAMPLE / "btc.toml"), "--runs", str(folder), *more]
    arguments += ["--set", f"data.url={url}", "--set", f"execution.url={url}"]
    environment = os.environ | keys
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def status(folder, account):
    done = subprocess.run(
        [*COMMAND, "status", account, "--json", "--runs", str(folder)], capture_output=True, text=True, check=True
    )
    (found,) = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("mode", ["paper", "shadow"][: deep(1, 2)])
def test_paper_and_shadow_runs_fill_orders_by_themselves(venue, tmp_path, mode):
    with started(venue, tmp_path, "--set", f"run.mode={mode}") as process:
        lines_until(process, "fill BTC/USDT")
        process.send_signal(signal.SIGTERM)
        assert "assume" in process.stdout.read()
        assert process.wait() == 143
    assert status(tmp_path, "btc-local")["orders"] == []


def test_live_run_that_is_killed_goes_on_and_sends_nothing_twice(venue, tmp_path):
    live = ("--set", "run.mode=live", "--live")
    with started(venue, tmp_path, *live) as process:
        lines_until(process, "fill BTC/USDT")
        process.kill()
    before = status(tmp_path, "btc-local")
    with started(venue, tmp_path, *live) as process:
        said = lines_until(process, "goes on with session 1")
        lines_until(process, "fill BTC/USDT")
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read() + "".join(said)
        assert process.wait() == 143
    after = status(tmp_path, "btc-local")
    assert before["session"] == after["session"] == 1
    assert before["positions"] != after["positions"]
    _, keys = venue
    for secret in keys.values():
        assert secret not in told
        kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "venue.json"]
        assert not any(secret.encode() in path.read_bytes() for path in kept)
