"""`tradekit watch`; what it does is tried in `tests/engine/live` and, as a process, in `tests/live`."""

from pathlib import Path

import pytest

from tradekit.cli.main import main
from tradekit.journal.store import JournalStore

EXAMPLE = Path(__file__).parents[2] / "examples" / "live-on-a-local-venue" / "btc.toml"


def test_watch_of_a_run_that_has_nothing_at_a_venue_is_refused(capsys):
    pytest.importorskip("tradekit_ccxt")
    assert main(["watch", str(EXAMPLE)]) == 2
    assert "run.mode is 'paper', and only live runs have something at a venue; say run.mode = 'live'" in capsys.readouterr().err


def test_watch_of_an_account_that_is_watched_already_is_refused_and_names_who_does(tmp_path, capsys):
    pytest.importorskip("tradekit_ccxt")
    store = JournalStore(tmp_path / "accounts" / "btc-local.sqlite")
    lock = store.watch()
    assert main(["watch", str(EXAMPLE), "--set", "run.mode=live", "--runs", str(tmp_path)]) == 1
    assert "account 'btc-local' is watched by process " in capsys.readouterr().err
    lock.close()
    store.close()
