"""`tradekit snapshot`: it keeps decisions, and says which one is no longer the same."""

import json
from pathlib import Path

import pytest

from tradekit.cli.main import main


def snapshot(capsys, *arguments):
    code = main(["snapshot", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def kept(run_file, capsys):
    """A run file whose snapshot lies beside it."""
    assert snapshot(capsys, run_file) == (0, "7 decisions kept in run.snapshot.jsonl\n", "")
    return run_file


def test_snapshot_keeps_neither_run_nor_trial(kept):
    assert {path.name for path in Path().iterdir()} == {"data", "run.toml", "run.snapshot.jsonl"}


def test_snapshot_that_is_there_is_replaced_only_when_asked(kept, capsys):
    before = Path("run.snapshot.jsonl").read_bytes()
    assert snapshot(capsys, kept, "--set", "strategy.fast=3") == (
        2,
        "",
        "error: there is a snapshot 'run.snapshot.jsonl' already; --check compares with it, --update replaces it\n",
    )
    assert Path("run.snapshot.jsonl").read_bytes() == before
    assert snapshot(capsys, kept, "--update", "--set", "strategy.fast=3")[0] == 0
    assert Path("run.snapshot.jsonl").read_bytes() != before


def test_update_makes_a_snapshot_where_there_is_none(run_file, capsys):
    assert snapshot(capsys, run_file, "--update", "--output", "golden.jsonl") == (0, "7 decisions kept in golden.jsonl\n", "")


def test_check_and_update_exclude_each_other(kept, capsys):
    code, out, err = snapshot(capsys, kept, "--check", "--update")
    assert (code, out) == (2, "")
    assert err.startswith("error: --check changes nothing and --update does; give one of them\nusage: tradekit snapshot")


def test_check_without_a_snapshot_says_how_to_make_it(run_file, capsys):
    message = "error: there is no snapshot 'run.snapshot.jsonl'; without --check this command makes it\n"
    assert snapshot(capsys, run_file, "--check") == (2, "", message)


def test_check_of_the_same_run_says_so(kept, capsys):
    assert snapshot(capsys, kept, "--check") == (0, "the same 7 decisions as in run.snapshot.jsonl\n", "")


def test_check_of_other_terms_shows_both_sides(kept, capsys):
    code, out, err = snapshot(capsys, kept, "--check", "--set", "account.capital=20_000")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "decision 1 of 7 in run.snapshot.jsonl is not the same",
        "",
        "2024-01-12T00:00:00Z  X  market",
        "TERM           SNAPSHOT            NOW",
        "quantity  98.0392156863  196.078431373  differs",
        "",
        "VALUE     SNAPSHOT    NOW",
        "close          102    102",
        "fast         101.5  101.5",
        "slow         101.2  101.2",
        "equity       10000  20000  differs",
        "cash         10000  20000  differs",
        "position         0      0",
        "",
        "! account.capital was 10000.0, is 20000.0",
        "If this is as it should be, --update keeps the new decisions.",
    ]


def test_check_of_a_decision_that_is_gone_shows_what_is_known_now(kept, capsys):
    code, out, _ = snapshot(capsys, kept, "--check", "--set", "strategy.slow=6")
    lines = out.splitlines()
    assert code == 1
    assert lines[:5] == [
        "decision 1 of 7 in run.snapshot.jsonl is not the same",
        "",
        "2024-01-12T00:00:00Z  X  market",
        "TERM                            SNAPSHOT   NOW",
        "decision  market, quantity 98.0392156863  none  differs",
    ]
    assert [line.split()[0] for line in lines if line.endswith("differs")] == ["decision", "slow"]
    assert "! strategy.slow was 5, is 6" in lines


def test_check_of_a_decision_that_is_new_shows_the_snapshots_next_one(run_file, capsys):
    snapshot(capsys, run_file, "--set", "strategy.slow=6")
    code, out, _ = snapshot(capsys, run_file, "--check")
    assert code == 1
    new, _, following = out.partition("\nThe snapshot's next decision is 2024-01-13T00:00:00Z X market, quantity ")
    assert "decision      none  market, quantity 98.0392156863  differs\n" in new
    told, *table = following.splitlines()[:5]
    assert told.endswith("; behind it:")
    assert [line.split()[0] for line in table] == ["VALUE", "close", "fast", "slow"]
    assert table[3].endswith("differs")


def test_check_of_the_same_decisions_with_another_end_passes_and_says_so(run_file, capsys):
    hold = "--set", "strategy={name='buy-and-hold'}"
    snapshot(capsys, run_file, *hold)
    code, out, _ = snapshot(capsys, run_file, "--check", *hold, "--set", "execution.costs=[]")
    assert code == 0
    said, was, reason = out.splitlines()
    assert said == "the same 1 decision as in run.snapshot.jsonl"
    assert was.startswith("! equity at the end was ")
    assert reason == '! execution.costs[0] ("fee") is only in the snapshot'


def test_check_of_values_that_drift_passes_and_says_since_when(kept, capsys):
    path = Path("run.snapshot.jsonl")
    path.write_text(path.read_text().replace('"fast": 101.5', '"fast": 101.6'))
    code, out, _ = snapshot(capsys, kept, "--check")
    assert (code, out.splitlines()[1:]) == (
        0,
        ["! fast differs since the decision of 2024-01-12T00:00:00Z X: it was 101.6, is 101.5"],
    )


def test_check_with_nothing_that_explains_it_says_what_is_left(kept, capsys):
    path = Path("run.snapshot.jsonl")
    path.write_text(path.read_text().replace('"quantity": 98.0392156863', '"quantity": 107.0'))
    code, out, _ = snapshot(capsys, kept, "--check")
    assert code == 1
    assert "! data, settings, code and versions are the same; what is left is chance without a seed" in out


def test_check_json_has_the_difference_and_its_reasons(kept, capsys):
    code, out, _ = snapshot(capsys, kept, "--check", "--json", "--set", "account.capital=20_000")
    found = json.loads(out)
    assert code == 1
    assert set(found) == {"snapshot", "decisions", "same", "difference", "upcoming", "drift", "outcome", "reasons"}
    assert found["difference"]["terms"]["quantity"] == [pytest.approx(98.0392156863), pytest.approx(196.078431373)]
    assert json.loads(snapshot(capsys, kept, "--check", "--json")[1])["same"] is True


def test_snapshot_json_says_where_it_is(run_file, capsys):
    assert json.loads(snapshot(capsys, run_file, "--json")[1]) == {"snapshot": "run.snapshot.jsonl", "decisions": 7}


def test_snapshot_of_a_strategy_that_fails_leaves_no_file(run_file, capsys):
    code, _, err = snapshot(capsys, run_file, "--set", "strategy.fast=9")
    assert code != 0
    assert err.startswith("error: ")
    assert not Path("run.snapshot.jsonl").exists()
