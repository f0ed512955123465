"""`tradekit lookahead`, as a person types it."""

import json

import pytest

from tradekit.cli.main import main

CHEAT = """
import numpy as np
from tradekit import Indicator, Strategy, hookimpl

TRADEKIT_API = 1


class Tomorrow(Indicator):
    "The close of the next bar."

    name = "tomorrow"
    warmup = 1

    def step(self):
        raise NotImplementedError

    def compute(self, close):
        return np.append(close[1:], close[-1])[np.newaxis]


class Cheat(Strategy):
    "Hold what will have risen."

    name = "cheat"

    def indicators(self):
        return {"next": Tomorrow()}

    def on_bar(self, ctx):
        ctx.target(weight=0.5 if ctx["X"]["next"] > ctx["X"].close else 0.0)


@hookimpl
def tradekit_strategies():
    return [Cheat]
"""


READER = """
from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Reader(Strategy):
    "Hold what the file says will have risen."

    name = "reader"

    def on_trade(self, ctx, trade):
        if not hasattr(self, "prices"):
            with open("data/x.csv") as file:
                self.prices = [float(line.split(",")[4]) for line in list(file)[1:]]
        later = self.prices[min(ctx.index + 1, 59)]
        ctx.target(weight=0.5 if later > trade.price else 0.0)


@hookimpl
def tradekit_strategies():
    return [Reader]
"""


def test_lookahead_on_ticks_names_the_data_that_a_strategy_opens_itself(capsys, site, run_file):
    site.install("reading", READER)
    text = run_file.read_text().replace('"sma-cross"', '"reader"').replace("fast = 2\nslow = 5\n", "")
    trades = 'ticks = ["trades"]\ntrades = { path = "data/x.csv", columns = { price = "close" } }'
    run_file.write_text(text.replace('path = "data/x.csv"', trades))
    assert main(["lookahead", "run.toml", "--moments", "3"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "! the strategy opens the run's data by itself: data/x.csv"


@pytest.mark.usefixtures("run_file")
def test_lookahead_of_a_sound_run_says_what_was_tried(capsys):
    assert main(["lookahead", "run.toml", "--moments", "5"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("no look into the future: ")
    assert told[1] == "10 moments, by on_bar() and targets()"
    assert told[2] == "indicators that stayed: fast, slow"


@pytest.mark.usefixtures("run_file")
def test_lookahead_without_decisions_proves_nothing_of_them(capsys):
    assert main(["lookahead", "run.toml", "--moments", "3", "--set", "strategy.slow=59"]) == 0
    assert "! nothing was decided before any of these moments" in capsys.readouterr().out


def test_lookahead_names_the_decision_and_the_indicator(capsys, site, run_file):
    site.install("cheats", CHEAT)
    run_file.write_text(run_file.read_text().replace('"sma-cross"', '"cheat"').replace("fast = 2\nslow = 5\n", ""))
    assert main(["lookahead", "run.toml"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("! on_bar() looks into the future\nwith other data after 2024-01-")
    assert "a decision before it is another one, number " in told
    lines = told.splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("INDICATOR THAT MOVED"))
    assert lines[at + 1].split()[:2] == ["next", "X"]
    assert main(["lookahead", "run.toml", "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["looks_ahead"] is True
    assert facts["moved"][0]["name"] == "next"
    assert facts["difference"]["number"] >= 1
