"""Compose a run of tradekit on the bars of one file, as `tradekit run` does, up to where the first bar is simulated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tradekit.engine.compose import compose_file
from tradekit.engine.run import Ready, make_ready
from tradekit.plugin.contracts import Component
from tradekit.plugin.discovery import Provided, discover

__all__ = ["CROSSOVER", "MONTHLY", "ready"]

CROSSOVER = 'name = "sma-cross"\nfast = 20\nslow = 100'
"""Hold while the average of 20 bars is above that of 100."""
MONTHLY = 'name = "momentum-rotation"\nlookback = 1\nhold = 500\nonly_rising = false\nweight = 0.9'
"""Give each of 500 instruments an equal part of 0.9 of equity, each month anew."""

_RUN_FILE = """
[run]
name = "benchmark"
[account]
currency = "USD"
capital = 1_000_000_000
[data]
source = "parquet"
path = "{data}"
interval = "{interval}"
[data.policy]
[[data.quality.waive]]
check = "repeated-block"
reason = "the bars are real ones, again and again"
[[data.quality.waive]]
check = "split-like-jump"
reason = "where they begin again"
[[data.quality.waive]]
check = "wrong-scale"
reason = "where they begin again"
[strategy]
{strategy}
[execution]
driver = "{driver}"
participation = "none"
costs = [{{ model = "fee", bps = 1 }}]
"""


def ready(data: Path, driver: str, strategy: str, rules: str = "risk = []", own: tuple[type[Component], ...] = ()) -> Ready:
    """Load the bars and prepare the run.

    `strategy` is the table of a run file, `rules` the key or tables of one, and `own` are strategies and rules that no package has.
    """
    interval = "1d" if data.stem.startswith("days") else "1m"
    top, tables = (rules, "") if rules.startswith("risk") else ("", rules)
    text = _RUN_FILE.format(data=data.absolute(), interval=interval, strategy=strategy, driver=driver)
    run_file = data.with_suffix(".toml")
    run_file.write_text(f"{top}\n{text}\n{tables}")
    registry = discover([])
    more = [Provided(_kind(one), one.name, one, "benchmarks", "0") for one in own]
    return make_ready(compose_file(run_file, registry=replace(registry, components=(*registry.components, *more))))


def _kind(component: type[Component]) -> str:
    kinds = {"check": "risk rule", "record": "reporter"}
    return next((kind for method, kind in kinds.items() if hasattr(component, method)), "strategy")
