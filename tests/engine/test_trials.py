"""The ledger that counts what was tried."""

import json
import os

import numpy as np
import pytest

from tradekit.engine.trials import record_trial

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
