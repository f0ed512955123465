"""A local venue in a process of its own, which replays a walk."""

from __future__ import annotations

import json
from pathlib import Path

from engine.live.play import walk
from live.faults import SPOKEN
from live.process import Nursery, Process

__all__ = ["local_venue"]


def local_venue(nursery: Nursery, folder: Path, symbol: str, dialect: str = "binance") -> tuple[Process, dict[str, str]]:
    """Start one, and return it with its address and its keys once it is open.

    Its clock runs sixty times as fast as a run's, or six where so little may be asked that a run could not keep up.
    """
    rows = walk(1_000, 5)
    lines = ["time,open,high,low,close,volume"]
    columns = (rows.open_time, rows.open, rows.high, rows.low, rows.close)
    lines += [f"{opened},{first},{high},{low},{last},100.0" for opened, first, high, low, last in zip(*columns, strict=True)]
    (folder / "bars.csv").write_text("\n".join(lines) + "\n")
    place = folder / "venue.json"
    arguments = [
        "venue",
        "--data",
        str(folder / "bars.csv"),
        "--symbol",
        symbol,
        "--speed",
        "60" if SPOKEN[dialect].is_prompt else "6",
        "--dialect",
        dialect,
    ]
    arguments += ["--set", "unit=ns", "--secrets", str(place), "--tick", "0.01", "--lot", "0.001"]
    venue = nursery.start(arguments, folder / "venue.txt", {})
    venue.until(lambda: "keys and token" in venue.words())
    return venue, json.loads(place.read_text())
