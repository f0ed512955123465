"""What `init` and `new` share: names that a package can have, made-up prices, and a folder that is written whole or not at all."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tradekit.errors import ConfigError, system_reason

__all__ = ["MADE_UP", "SEED", "Bar", "check_module", "csv_lines", "made_up_bars", "write_folder"]

SEED = 6
"""What the made-up prices are drawn with."""
MADE_UP = "data/made-up-1d.csv"
"""Where they are kept."""
_BARS = 1_000

Bar = tuple[date, float, float, float, float, int]
"""A day with open, high, low, close and volume."""


def check_module(module: str, name: str, way_out: str) -> None:
    """Raise `ConfigError` for a name whose module this Python has already: one of the two could not be imported."""
    spec = find_spec(module)
    # A folder without code has a spec too, but no origin.
    if module in sys.stdlib_module_names or (spec is not None and spec.origin is not None):
        raise ConfigError(f"the name {name!r} is taken: {module!r} is a module of this Python already; {way_out}")


def made_up_bars() -> Iterator[Bar]:
    """Yield daily bars of a random walk on weekdays, drawn with a fixed seed."""
    drawn = random.Random(SEED)  # noqa: S311 - prices to play with, not a secret
    day, price = date(2020, 1, 1), 100.0
    for _ in range(_BARS):
        while day.weekday() > 4:
            day += timedelta(1)
        opened = round(price * (1 + drawn.gauss(0, 0.004)), 2)
        price = round(opened * (1 + drawn.gauss(0, 0.013)), 2)
        high = round(max(opened, price) * (1 + abs(drawn.gauss(0, 0.004))), 2)
        low = round(min(opened, price) * (1 - abs(drawn.gauss(0, 0.004))), 2)
        yield day, opened, high, low, price, drawn.randrange(100_000, 1_000_000)
        day += timedelta(1)


def csv_lines() -> Iterator[str]:
    """Yield the made-up bars as lines of CSV."""
    yield "time,open,high,low,close,volume\n"
    for day, opened, high, low, close, volume in made_up_bars():
        yield f"{day},{opened:.2f},{high:.2f},{low:.2f},{close:.2f},{volume}\n"


def write_folder(what: str, folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder that doesn't exist yet or is empty, so that it holds all of them, or none where that fails.

    They are written beside it and moved there at the end. Raises `ConfigError` that begins with `what` if it can't be written.
    """
    parent = folder.absolute().parent
    try:
        if not parent.exists():
            parent.mkdir(parents=True)
        with TemporaryDirectory(prefix=f".{folder.absolute().name}-", dir=parent) as place:
            # Not that folder itself: only its owner may read it.
            written = Path(place, "whole")
            for path, content in files.items():
                (written / path).parent.mkdir(parents=True, exist_ok=True)
                (written / path).write_text(content, encoding="utf-8", newline="\n")
            if folder.exists():
                for inside in sorted(written.iterdir()):
                    inside.rename(folder / inside.name)
            else:
                written.rename(folder)
    except OSError as error:
        raise ConfigError(f"{what} {str(folder)!r} can't be written: {system_reason(error)}") from error
