"""`tradekit replay` on the command line."""

import json

import pytest

from engine.replay.plants import Draws
from engine.replay.recorded import Session
from tradekit.cli.main import main
from tradekit.engine.replay import premises


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return Session(tmp_path_factory.mktemp("recorded"), strategy=Draws, minutes=40).record()


@pytest.fixture
def replay(session, monkeypatch, capsys):
    """Call the command with what the run was made of installed; return its exit code and what it printed."""
    monkeypatch.setattr(premises, "registry_of", lambda _document: session.stage.registry())

    def replay(*arguments):
        code = main(["replay", session.run.name[:8], "--runs", str(session.folder), *arguments])
        return code, capsys.readouterr()

    return replay


def test_replay_of_a_clean_run_says_equal(replay):
    code, printed = replay()
    assert code == 0
    first, second = printed.out.splitlines()
    assert first.startswith("paper run ")
    assert "decisions on 40 bars, 2026-01-01T00:40:00Z to 2026-01-01T01:20:00Z" in first
    assert second.startswith("equal: the replay takes the same ")


def test_replay_that_differs_names_the_cause_and_exits_with_1(replay):
    code, printed = replay("--set", "run.seed=5")
    assert code == 1
    assert "cause: configuration: run.seed was 0, is 5" in printed.out
    assert "TERM" in printed.out
    assert "close " not in printed.out  # what is the same on both sides is for -v
    assert printed.out.endswith("-v shows all that either side knew, and all that is another\n")


def test_replay_verbose_shows_all_that_either_side_knew(replay):
    code, printed = replay("--set", "run.seed=5", "-v")
    assert code == 1
    for words in ("close ", "position ", "run: max-weight: ", "equity at the end: ", "what is another in the replay"):
        assert words in printed.out


def test_replay_that_changes_nothing_tells_what_is_another(replay):
    code, printed = replay("--set", "live.history=39")
    assert code == 0
    assert "warm-up: live.history was 40, is 39" in printed.out


def test_replay_json_has_both_sides(replay):
    code, printed = replay("--set", "run.seed=5", "--json")
    told = json.loads(printed.out)
    assert code == 1
    assert (told["same"], told["mode"], told["bars"]) == (False, "paper", 40)
    assert told["causes"] == [{"kind": "configuration", "text": "run.seed was 0, is 5"}]
    assert {"first", "second", "values"} <= told["difference"].keys()


def test_replay_with_the_venues_fills_of_a_paper_run_is_refused(replay):
    code, printed = replay("--fills", "venue")
    assert code == 2
    assert "is a paper run, whose orders no venue has filled" in printed.err


def test_replay_of_a_run_that_is_not_there_is_refused(session, capsys):
    assert main(["replay", "nothing", "--runs", str(session.folder)]) == 1
    assert "no run 'nothing'" in capsys.readouterr().err
