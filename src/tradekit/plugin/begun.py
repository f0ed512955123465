"""A run as it begins, for reporters that keep a record of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradekit.model.bars import Bars
from tradekit.plugin.values import Values

__all__ = ["RunStart"]


@dataclass(frozen=True)
class RunStart:
    """What is about to run.

    - `about`: what it is made of, as a snapshot has it: `name`, `plan`, `config` (as it was understood, with every default),
      `components`, `data` (each instrument's, with the hash of its bars), `environment` (installed versions) and `code` (the hash
      of the source of each package whose components take part).
    - `bars`: those that it decides on; in a run on live data, those that warm it up.
    - `judges`: the risk rules that judge each order, in their order: not those that give orders their size, or watch equity.
    - `runs`: the folder of runs, in which its own folder will be made.
    - `values`: the strategy's indicators on `bars`.
    """

    mode: str
    about: Mapping[str, Any]
    bars: Bars
    judges: tuple[str, ...]
    runs: Path
    values: Values | None = None
