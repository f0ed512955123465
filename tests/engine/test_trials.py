"""The ledger that counts what was tried."""

import json
import os

import numpy as np
import pytest

from tradekit import RunError
from tradekit.engine.trials import append_lines, data_sets, read_trials, record_trial

CLOSES = 100.0 + np.arange(60.0) % 11


def ledger(lab):
    return [json.loads(line) for line in (lab.runs / "trials.jsonl").read_text().splitlines()]


def test_record_trial_every_run_adds_a_line(lab):
    lab.give(CLOSES)
    first = lab.run("sma-cross", "strategy.fast=2", "strategy.slow=5")
    second = lab.run("sma-cross", "strategy.fast=3", "strategy.slow=5")
    lines = ledger(lab)
    assert [line["run"] for line in lines] == [first.folder.name, second.folder.name]
    assert [line["options"]["fast"] for line in lines] == [2, 3]
    assert lines[0]["data"] == lines[1]["data"]
    assert lines[0]["metrics"]["sharpe"] == first.result.metrics["sharpe"]
    assert {(line["strategy"], line["status"]) for line in lines} == {("sma-cross", "done")}


def test_record_trial_on_other_data_is_another_set(lab):
    lab.give(CLOSES)
    lab.run("buy-and-hold")
    lab.give(CLOSES + 1e-9)
    lab.run("buy-and-hold")
    first, second = ledger(lab)
    assert first["data"] != second["data"]


def test_record_trial_line_that_does_not_fit_is_an_error(lab, monkeypatch):
    lab.give(CLOSES)
    finished = lab.run("buy-and-hold")
    monkeypatch.setattr(os, "write", lambda descriptor, content: len(content) - 1)
    with pytest.raises(OSError, match=os.strerror(28)):
        record_trial(finished.result, finished.folder)


def test_ledger_tells_of_each_data_set_how_much_was_tried(lab):
    lab.give(CLOSES)
    for fast in (2, 3, 3):
        lab.run("sma-cross", f"strategy.fast={fast}", "strategy.slow=5")
    lab.give(CLOSES + 1.0)
    lab.run("buy-and-hold")
    entries, damaged = read_trials(lab.runs / "trials.jsonl")
    first, second = data_sets(entries)
    assert (first.trials, first.distinct, first.strategies, damaged) == (3, 2, ("sma-cross",), 0)
    sharpes = [entry["metrics"]["sharpe"] for entry in entries[:2]]
    assert first.best_sharpe == max(sharpes)
    assert first.sharpe_variance == pytest.approx(np.var(sharpes, ddof=1))
    assert (second.trials, second.sharpe_variance) == (1, None)


def test_ledger_goes_on_after_a_line_that_was_cut_off(tmp_path):
    path = tmp_path / "trials.jsonl"
    append_lines(path, [{"trial": 1}])
    path.write_bytes(path.read_bytes() + b'{"trial": 2, "opt')
    append_lines(path, [{"trial": 3}, {"trial": 4}])
    entries, damaged = read_trials(path)
    assert ([entry["trial"] for entry in entries], damaged) == ([1, 3, 4], 1)


def test_ledger_that_is_not_there_has_no_trials(tmp_path):
    assert read_trials(tmp_path / "trials.jsonl") == ([], 0)


def test_ledger_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(RunError, match=r"the ledger of trials .* can't be read: is a directory"):
        read_trials(tmp_path)
