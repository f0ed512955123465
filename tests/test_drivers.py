"""Every driver gives the same run: compiled and event driver, compiled and uncompiled simulator, byte for byte."""

import json
from pathlib import Path

import pytest

from tradekit.engine.folder import TABLES
from tradekit.engine.run import run
from tradekit.plugin.discovery import discover
from tradekit.simulator.build import is_compiled
from uncompiled import output_of

pytestmark = pytest.mark.proof("simulator")

EXAMPLES = Path(__file__).parents[1] / "examples"
SHIPPED = sorted(component.name for component in discover([]).components if component.kind == "strategy")
DRIVERS = ("compiled", "event")
COMPARED = [f"{name}.parquet" for name in TABLES] + ["metrics.json"]

RUN_FILE = """\
[run]
name = "drivers"
benchmark = "none"

[account]
currency = "USD"
capital = 100_000
kind = "margin"
leverage = 2

[data]
source = "csv"
path = "{path}"
interval = "{interval}"
{options}

[strategy]
name = "buy-and-hold"

[[risk]]
rule = "max-weight"
limit = 0.8

[[risk]]
rule = "max-drawdown"
limit = 0.9

[execution]
costs = [{{ model = "fee", bps = 5 }}, {{ model = "slippage", bps = 5 }}]
"""
FEWER = {"BTC-USDT-1h.csv.gz": ("run.end=2022-04-01",)}
"""What keeps a run of the uncompiled simulator short."""
BUNDLED = {
    "BTC-USDT-1h.csv.gz": ("1h", 'instruments = ["BTC/USDT"]'),
    "GBP-USD-1d.csv.gz": ("1d", 'instruments = ["GBP/USD"]'),
    "us-stocks-1d.csv.gz": ("1d", ""),
}


def run_file(name, folder):
    interval, options = BUNDLED[name]
    target = folder / "run.toml"
    target.write_text(RUN_FILE.format(path=EXAMPLES / "data" / name, interval=interval, options=options))
    return target


def ran(path, runs, *overrides):
    """Run a file and return the folder that it leaves, and the result."""
    result = run(path, overrides, runs)
    (folder,) = (inside for inside in runs.iterdir() if inside.is_dir())
    return folder, result


def assert_same(first, second):
    for name in COMPARED:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def strategy(name):
    return f"strategy={{name={name!r}}}".replace("'", '"')


def test_every_shipped_strategy_is_tried():
    assert SHIPPED == ["breakout", "buy-and-hold", "momentum-rotation", "rsi-reversion", "sma-cross"]


def test_shipped_strategies_give_the_same_through_the_event_driver_and_the_compiled_one(matrix, tmp_path):
    cases = [(name, data) for name in SHIPPED for data in BUNDLED]
    for name, data in matrix.some(cases, sample=5):
        folder = tmp_path / name / data
        folder.mkdir(parents=True)
        path = run_file(data, folder)
        compiled, told = ran(path, folder / "compiled", strategy(name))
        event, other = ran(path, folder / "event", strategy(name), "execution.driver='event'")
        assert told.plan.startswith("compiled driver: the strategy gives targets(), proven equal to its on_bar() on the first ")
        assert other.plan == "event driver: the run file asks for it"
        assert_same(compiled, event)


@pytest.mark.skipif(not is_compiled(), reason="the simulator is not compiled, so there is nothing to compare with")
def test_shipped_strategies_give_the_same_where_the_simulator_is_not_compiled(matrix, tmp_path):
    cases = [(name, data, driver) for data in ("GBP-USD-1d.csv.gz", "BTC-USDT-1h.csv.gz") for name in SHIPPED for driver in DRIVERS]
    plans = []
    for number, (name, data, driver) in enumerate(matrix.some(cases, sample=2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path, overrides = run_file(data, folder), [strategy(name), f"execution.driver={driver!r}", *FEWER.get(data, ())]
        ran(path, folder / "here", *overrides)
        plans.append((str(path), overrides, str(folder / "there")))
    output_of(
        tmp_path,
        "-c",
        "import json, sys; from tradekit import run; [run(*plan) for plan in json.loads(sys.argv[1])]",
        json.dumps(plans),
    )
    for path, _, runs in plans:
        here, there = (
            next(inside for inside in place.iterdir() if inside.is_dir()) for place in (Path(path).parent / "here", Path(runs))
        )
        assert_same(here, there)
