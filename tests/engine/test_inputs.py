"""What a run file gives its strategy, before it runs."""

from pathlib import Path

import numpy as np
import pytest

import tradekit
from tradekit import ConfigError, DataError
from tradekit.engine.trials import data_set

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart.toml"


def test_read_run_gives_strategy_and_bars_of_the_run(tmp_path):
    inputs = tradekit.read_run(QUICKSTART, ["run.seed=5"])
    result = tradekit.run(QUICKSTART, ["run.seed=5"], tmp_path)
    assert inputs.name == result.name
    assert inputs.seed == 5
    assert inputs.interval == result.config["data"]["interval"]
    assert inputs.strategy.name == next(use.name for use in result.components if use.kind == "strategy")
    assert len(inputs.bars) == result.data[0]["rows"]
    assert inputs.data == data_set(result.data)
    assert inputs.calendars == (None,) * len(inputs.bars.symbols)


def test_read_run_prices_are_without_the_jumps_of_splits(tmp_path):
    (tmp_path / "bars.csv").write_text(
        "date,open,high,low,close,volume\n"
        + "".join(f"2024-01-{day:02d},{p},{p},{p},{p},10\n" for day, p in ((1, 100), (2, 100), (3, 50), (4, 50)))
    )
    (tmp_path / "splits.csv").write_text("symbol,date,ratio\nA,2024-01-03,2\n")
    (tmp_path / "run.toml").write_text(
        'risk = []\n[run]\nname = "split"\n[account]\ncurrency = "USD"\ncapital = 1000\n[data]\nsource = "csv"\npath = "bars.csv"\n'
        'instruments = ["A"]\ninterval = "1d"\nactions = { splits = { path = "splits.csv" } }\n[strategy]\nname = "buy-and-hold"\n'
        "[execution]\ncosts = []\n"
    )
    close = tradekit.read_run(tmp_path / "run.toml").bars.close[:, 0]
    assert np.all(close == close[0])


def test_read_run_file_or_data_that_are_wrong_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"strategy\.name"):
        tradekit.read_run(QUICKSTART, ["strategy.name=5"])
    with pytest.raises(DataError):
        tradekit.read_run(QUICKSTART, [f"data.path='{tmp_path / 'none.csv'}'"])
