"""A fetch is killed at random moments, from a venue that does everything wrong: nothing is lost, and nothing is asked for twice."""

import csv
import gzip
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from local_venue import FAULTS, Klines, serving, wait_until
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.data.store.verify import verify

TESTS = Path(__file__).parents[2]
KEY = DataKey("binance", "BTC/USDT", "bars", "1h")
START = int(np.datetime64("2022-12-20", "ns").astype(np.int64))
HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def rows():
    """Real bars, among them the hour that the venue has never filled."""
    path = TESTS.parent / "examples" / "data" / "BTC-USDT-1h.csv.gz"
    with gzip.open(path, "rt") as file:
        lines = list(csv.reader(file))[1:]
    return [[int(datetime.fromisoformat(line[0]).timestamp()) * 1000, *line[1:]] for line in lines]


def started(store, address, end):
    """Start a fetch in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), str(store), address, str(START), str(end)]
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def covered(folder):
    """Return what a store has been told, staged pages included, after verifying all of it."""
    store = Store(folder)
    if not store.keys():
        return []
    assert store.keys() == [KEY]
    data_set = store.open(KEY)
    (found,) = verify(store)
    assert found.problems == ()
    return data_set.covered()


def contents(folder):
    """Return the hash of the content of each month."""
    data_set = Store(folder).open(KEY)
    return {month: part.content for month, part in data_set.manifest.parts(data_set.revision).items()}


def faults_of(chance):
    """Return faults for about a third of the requests, and those of a time-out seldom, because they take theirs."""

    def fault(_number, _path):
        if chance.random() > 0.35:
            return None
        return str(chance.choice([*FAULTS, *(name for name in FAULTS if name != "silence")]))

    return fault


def fetch_and_kill(folder, rows, end, deaths, seed):
    """Kill a fetch so often, each time a few requests later, then let it finish."""
    chance = np.random.default_rng(seed)
    klines = Klines(rows, faults_of(np.random.default_rng(seed + 1)))
    with serving(klines) as venue:
        for life in range(deaths + 1):
            before = covered(folder)
            # A name of its own tells what this process asks for from what a dead one had asked for, and nobody had answered yet.
            process = started(folder, f"{venue.address}/life{life}", end)
            if life < deaths:
                wanted = len(klines.asked) + chance.integers(1, 6)
                assert wait_until(lambda at=wanted, child=process: len(klines.asked) >= at or child.poll() is not None)
                time.sleep(chance.uniform(0, 0.03))
                process.kill()
            _, said = process.communicate(timeout=120)
            assert process.returncode == (-signal.SIGKILL if life < deaths else 0), f"life {life}: {said.decode()}"
            assert_new([span for path, *span in klines.asked if path == f"/life{life}/klines"], before)


def assert_new(asked, before):
    """Make sure that a process asked for nothing that was stored when it began, and for nothing that it had stored itself."""
    spans = [(start * 10**6, (last + 1) * 10**6) for start, last in asked]
    for start, end in spans:
        assert all(end <= has_start or has_end <= start for has_start, has_end in before), "what was stored was asked for again"
    assert all(later == earlier or later[0] >= earlier[1] for earlier, later in pairwise(spans)), "it went back"


def fetch_in_peace(folder, rows, end):
    """Fetch without any fault."""
    with serving(Klines(rows)) as venue:
        process = started(folder, venue.address, end)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()


@pytest.mark.proof("data")
def test_a_fetch_that_is_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path, rows, matrix):
    deaths = len(matrix.seeds(3, 50))
    end = START + 24 * HOUR * (60 + 6 * deaths)
    fetch_and_kill(tmp_path / "killed", rows, end, deaths, seed=4)
    fetch_in_peace(tmp_path / "calm", rows, end)
    assert covered(tmp_path / "killed") == covered(tmp_path / "calm") == [(START, end)]
    assert contents(tmp_path / "killed") == contents(tmp_path / "calm")
    data = Store(tmp_path / "killed").open(KEY).read()
    expected = [row for row in rows if START <= row[0] * 10**6 < end]
    assert data.open_time.tolist() == [row[0] * 10**6 for row in expected]
    assert data.close.tolist() == [float(row[4]) for row in expected]
