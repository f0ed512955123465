"""`tradekit data resample`."""

import json

import numpy as np
import pytest

from tradekit import DataKey, Store, Trades
from tradekit.cli.main import main

LEFT_OUT = "1 of which the data have only a part\n"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    time = np.arange(10) * 30_000_000_000
    store.create(DataKey("lab", "X", "trades")).put(Trades(time, 10.0 + np.arange(10), np.ones(10)), "test", "to begin with")
    return store


def test_resample_command_says_what_it_made(store, tmp_path, capsys):
    assert main(["data", "resample", "lab", "X", "trades", "--to", "2m", "--store", str(tmp_path / "store")]) == 0
    told = capsys.readouterr().out
    assert told == "lab X bars 2m: 2 bars, 1970-01-01T00:00:00Z to 1970-01-01T00:02:00Z, revision 1; left out: " + LEFT_OUT
    assert main(["data", "resample", "lab X trades", "--to", "3 trades", "--store", str(tmp_path / "store")]) == 0
    assert "lab X bars 3 trades: 3 bars, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "size", "code", "message"),
    [
        ("lab X trader", "2m", 4, "is called 'lab X trader'; it has 'lab X trades'; did you mean 'lab X trades'?"),
        ("lab X trades", "2 ticks", 2, "'2 ticks' is no size of a bar; did you mean '2 trades'?"),
    ],
)
def test_resample_command_of_what_can_not_be_is_refused(store, tmp_path, capsys, words, size, code, message):
    assert main(["data", "resample", words, "--to", size, "--store", str(tmp_path / "store")]) == code
    assert message in capsys.readouterr().err


def test_resample_command_tells_programs_what_it_made(store, tmp_path, capsys):
    assert main(["data", "resample", "lab X trades", "--to", "2m", "--store", str(tmp_path / "store"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "data_set": "lab X bars 2m",
        "rows": 2,
        "first": "1970-01-01T00:00:00Z",
        "last": "1970-01-01T00:02:00Z",
        "revision": 1,
        "left_out": 1,
    }
