"""`tradekit status`, `halt`, `resume` and `flatten`."""

import json
import struct
import time
from dataclasses import replace

import pytest

from tradekit.cli.main import main
from tradekit.journal.heartbeat import Heartbeat, Timer
from tradekit.journal.store import JournalStore, OrderRow

INTENT = '{"client_id": "tk1", "symbol": "BTC/USDT", "quantity": "-2", "kind": 1, "limit": "99.5", "stop": null}'
HOLD = {"level": "halt", "cause": "operator", "reason": "news", "since": 1_767_225_600_000_000_000}
ORDER = OrderRow("tk1", 0, "BTC/USDT", INTENT, "unknown", "", "0.5", "")


@pytest.fixture
def runs(tmp_path):
    store = JournalStore(tmp_path / "accounts" / "btc.sqlite")
    session = store.begin(1_767_225_600_000_000_000, {"run": {"mode": "live"}, "strategy": {"name": "busy"}}, "digest", b"")
    held = {
        "capital": 900.0,
        "positions": {"BTC/USDT": [1.5, 98.25]},
        "state": "halt",
        "holds": [HOLD],
        "blocked": {"BTC/USDT": "it differs"},
    }
    store.append(session.id, '{"time": 1767225660000000000}', [ORDER], account=held)
    store.close()
    return tmp_path


def test_status_of_an_account_shows_what_it_holds_and_what_is_in_doubt(runs, capsys):
    assert main(["status", "btc", "--runs", str(runs)]) == 0
    out = capsys.readouterr().out
    assert "btc: stopped, halt, mode live, strategy busy, session 1" in out
    assert "halt by operator since 2026-01-01T00:00:00Z: news" in out
    assert "no watchdog watches over it" in out
    assert "last input 2026-01-01T00:01:00Z" in out
    assert "no new risk in BTC/USDT: it differs" in out
    assert "98.25" in out
    assert "unknown" in out
    assert "-2 BTC/USDT limit 99.5" in out


def test_status_of_all_accounts_is_a_list(runs, capsys):
    assert main(["status", "--runs", str(runs)]) == 0
    out = capsys.readouterr().out
    assert "1.5 BTC/USDT" in out


def test_status_as_json_has_everything(runs, capsys):
    assert main(["status", "--json", "--runs", str(runs)]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["positions"] == {"BTC/USDT": {"units": 1.5, "average_price": 98.25}}
    assert one["orders"][0]["intent"]["limit"] == "99.5"


@pytest.mark.parametrize("command", ["reduce-only", "halt", "resume", "flatten"])
def test_command_to_an_account_waits_for_its_next_process(runs, capsys, command):
    assert main([command, "btc", "--reason", "why not", "--runs", str(runs)]) == 0
    assert f"{command} of account 'btc' is asked for; no process trades it now" in capsys.readouterr().out
    store = JournalStore(runs / "accounts" / "btc.sqlite")
    assert [(asked.command, asked.reason) for asked in store.asked()] == [(command, "why not")]
    store.close()


def test_command_to_an_unknown_account_names_those_that_there_are(runs, capsys):
    assert main(["halt", "btd", "--runs", str(runs)]) == 2
    assert "no account 'btd' in " in capsys.readouterr().err
    assert main(["status", "btd", "--runs", str(runs)]) == 2
    assert "did you mean 'btc'?; there are: 'btc'" in capsys.readouterr().err


def test_status_of_several_strategies_says_whose_each_position_and_order_is(tmp_path, capsys):
    store = JournalStore(tmp_path / "accounts" / "two.sqlite")
    session = store.begin(1, {"run": {"mode": "live"}, "strategy": [{"id": "trend"}, {"id": "fade"}]}, "digest", b"")
    shares = {
        "trend": {"capital": 600.123, "positions": {"BTC/USDT": [1.5, 98.25]}, "is_halted": False},
        "fade": {"capital": 400.0, "positions": {}, "is_halted": True},
    }
    held = {"capital": 1000.123, "positions": {"BTC/USDT": [1.5, 98.25]}, "shares": shares}
    orders = [replace(ORDER, client_id=f"tk1234567{share}00000a", number=share) for share in (0, 1)]
    store.append(session.id, '{"time": 1767225660000000000}', orders, account=held)
    store.close()
    assert main(["status", "two", "--runs", str(tmp_path)]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows[-6:] == [
        "strategy cash holds",
        "trend 600.12 1.5 BTC/USDT at 98.25",
        "fade 400.00 - stopped by a rule of its own",
        "order strategy state filled what",
        "tk1234567000000a trend unknown 0.5 -2 BTC/USDT limit 99.5",
        "tk1234567100000a fade unknown 0.5 -2 BTC/USDT limit 99.5",
    ]


def test_status_without_any_account_says_so(tmp_path, capsys):
    assert main(["status", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no account is or was traded in {str(tmp_path)!r}\n"


def test_halt_of_a_process_that_is_silent_says_who_cancels(runs, capsys):
    store = JournalStore(runs / "accounts" / "btc.sqlite")
    store.lease()
    Heartbeat(store.path.with_suffix(".beat")).close(is_clean=False)
    content = struct.pack("<qq", time.monotonic_ns() - 40 * 10**9, 1)
    store.path.with_suffix(".beat").write_bytes(content)
    assert main(["halt", "btc", "--reason", "now", "--runs", str(runs)]) == 0
    said = capsys.readouterr().out
    assert "halt of account 'btc' is asked for; its process gives no sign of life, and begins with it when it goes on" in said
    assert "no watchdog watches over it: cancel at the venue what must not be filled" in said
    watch = store.watch()
    assert main(["flatten", "btc", "--runs", str(runs)]) == 0
    assert "its watchdog cancels what adds risk" in capsys.readouterr().out
    assert main(["status", "btc", "--runs", str(runs)]) == 0
    said = capsys.readouterr().out
    assert "a watchdog watches over it, last sign of life 40" in said
    assert "asked for and not taken up: halt by operator: now" in said
    watch.close()
    store.close()


@pytest.mark.parametrize(("age", "what"), [(20, "in 40 s it cancels"), (80, "it ran out 20 s ago, and cancels")])
def test_status_tells_of_the_venues_timer_whether_or_not_its_process_lives(runs, capsys, monkeypatch, age, what):
    asked = 1_767_225_600_000_000_000
    heart = Heartbeat(runs / "accounts" / "btc.beat")
    heart.note(Timer(asked, 60.0))
    heart.close(is_clean=False)
    monkeypatch.setattr(time, "time_ns", lambda: asked + age * 10**9)
    assert main(["status", "btc", "--runs", str(runs)]) == 0
    said = f"the venue's timer was last set at 2026-01-01T00:00:00Z, for 60 s: {what} all orders"
    assert said in capsys.readouterr().out
    assert main(["status", "btc", "--json", "--runs", str(runs)]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["timer"] == {"set": "2026-01-01T00:00:00Z", "seconds": 60.0, "left_s": 60.0 - age}


def test_resume_without_a_reason_is_refused(runs, capsys):
    assert main(["resume", "btc", "--runs", str(runs)]) == 2
    assert "missing option '--reason'" in capsys.readouterr().err
