"""Runs of the development data: one run file for whatever a data source gives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from market_files import Read, options_of

RUN_FILE = """\
[run]
name = "market data"
benchmark = "equal-weight"

[account]
currency = "USD"
capital = 1_000_000
kind = "margin"
leverage = 2

[data]
source = "{source}"
interval = "{interval}"
{options}

[strategy]
name = "sma-cross"
fast = 5
slow = 20
short = true

[[risk]]
rule = "max-weight"
limit = 0.8

[[risk]]
rule = "max-drawdown"
limit = 0.9

[execution]
costs = [{{ model = "fee", bps = 5 }}, {{ model = "slippage", bps = 5 }}]
"""


@dataclass(frozen=True)
class Data:
    """What a run says about its data."""

    source: str
    interval: str
    options: Mapping[str, Any]
    instruments: tuple[str, ...] = ()
    """Which are run; none: all that the source lists."""
    policy: Mapping[str, str] = field(default_factory=dict)
    waived: tuple[str, ...] = ()
    facts: tuple[Mapping[str, str], ...] = ()
    """What the run says about instruments: a symbol, and what is known."""


def data_of(entry: Read, path: Path) -> Data:
    """Return what a run of a file of bars says."""
    symbols = entry.tradable or entry.symbols
    return Data(entry.source, entry.interval, options_of(entry, path), symbols, entry.policy, entry.waived)


def run_file(data: Data, folder: Path) -> Path:
    """Write the run file, and return it."""
    table = {**data.options, "policy": data.policy, "quality": {"waive": [{"check": check} for check in data.waived]}}
    if data.instruments:
        table["instruments"] = data.instruments
    lines = "\n".join(f"{key} = {toml(value)}" for key, value in table.items())
    text = RUN_FILE.format(source=data.source, interval=data.interval, options=lines)
    for fact in data.facts:
        text += "\n[[instrument]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in fact.items())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.toml").write_text(text)
    return folder / "run.toml"


def toml(value: object) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(str(value) if isinstance(value, Path) else value)
