"""The reports that the documentation shows: those of two examples, made while it is built."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import tradekit

__all__ = ["EXAMPLES", "write_reports"]

EXAMPLES = ("momentum", "breakout")
"""Run files of `examples/`: some shares, and a currency."""

_RUN_FILES = Path(__file__).parents[1] / "examples"


def write_reports(folder: Path) -> list[Path]:
    """Run the examples with the reporter `html`, and write what it makes of each into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in EXAMPLES:
        with TemporaryDirectory() as runs:
            tradekit.run(_RUN_FILES / f"{name}.toml", ["report=[{name='html'}]"], runs)
            page = tradekit.find_run(Path(runs), "last") / "report.html"
            path = folder / f"{name}.html"
            path.write_bytes(page.read_bytes())
        written.append(path)
    return written
