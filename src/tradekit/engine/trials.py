"""The trial ledger: every run is counted, so that a later statistic can say how many things were tried on the same data."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradekit.model.result import Result

__all__ = ["LEDGER", "data_hash", "record_trial"]

LEDGER = "trials.jsonl"

_KEPT = ("total_return", "annual_return", "annual_volatility", "sharpe", "max_drawdown", "trades")


def data_hash(fact: Mapping[str, Any]) -> str:
    """Return what tells the data of an instrument apart: the hash of its bars, followed by those of anything else read for it.

    Trades of which a store has made the bars have none of their own.
    """
    parts = [part["sha256"] for _, part in sorted(fact.items()) if isinstance(part, Mapping) and "sha256" in part]
    return "".join([fact["sha256"], *parts])


def record_trial(result: Result, folder: Path) -> None:
    """Append one line about a run to the ledger beside its folder: data, strategy, options and the figures it was judged by.

    `data` identifies the data set: the SHA-256 of the hashes of what was read. A line is written in one piece, so that runs at
    the same time don't mix. Raises `OSError` if it can't be.
    """
    hashes = "".join(map(data_hash, result.data))
    strategy = next(use for use in result.components if use.kind == "strategy")
    line = {
        "run": folder.name,
        "data": hashlib.sha256(hashes.encode()).hexdigest(),
        "status": result.status,
        "strategy": strategy.name,
        "options": dict(strategy.options),
        "metrics": {name: result.metrics.get(name) for name in _KEPT},
    }
    text = (json.dumps(line, sort_keys=True) + "\n").encode()
    descriptor = os.open(folder.parent / LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.write(descriptor, text) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)
