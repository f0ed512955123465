"""The figures: how they come out of measurements, how they changed, and where they are kept."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from comparison import Comparison

__all__ = ["Measured", "change", "figure", "keep", "kept", "verdict"]

Measured = Sequence[Mapping[str, float]]
"""What a script printed in each round."""

_SAME = ("bars", "trades", "orders", "total_return", "open", "high", "low", "close", "volume")
"""What the two sides must agree on; of the columns of bars, the sum."""
_NOTICEABLE = 0.1


def figure(comparison: Comparison, ours: Measured, theirs: Measured = ()) -> dict[str, Any]:
    """Return a row of the table: the medians of all rounds, and the figure that they come to.

    Raises `ValueError` if the two sides did not do the same: bars, trades, orders, the total return or the sum of a column differ.
    """
    sides = {"tradekit": ours} | ({comparison.peer.text: theirs} if comparison.peer else {})
    medians = {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in sides.items()}
    found: dict[str, Any] = {"work": comparison.work, "against": comparison.against, "unit": comparison.unit}
    if comparison.peer:
        mine, other = medians.values()
        for key in _SAME:
            if not math.isclose(mine.get(key, 0.0), other.get(key, 0.0), rel_tol=comparison.tolerance):
                raise ValueError(f"{comparison.name}: not the same work, {key} differ: {medians}")
        found |= {"peer": comparison.peer.text, "figure": other["seconds"] / mine["seconds"]}
        if "seconds_with_statistics" in mine:
            found["with_statistics"] = other["seconds_with_statistics"] / mine["seconds_with_statistics"]
        if "peak_bytes" in mine:
            found["memory"] = mine["peak_bytes"] / other["peak_bytes"]
    else:
        found["figure"] = medians["tradekit"]["figure"]
    return found | {"target": comparison.target, "more_is_better": comparison.is_ratio, "medians": medians}


def verdict(row: Mapping[str, Any]) -> str:
    """Return a figure with its target in words, and whether it is reached."""
    is_reached = row["figure"] >= row["target"] if row["more_is_better"] else row["figure"] <= row["target"]
    bound = "at least" if row["more_is_better"] else "at most"
    memory = f"; in {row['memory']:.3g} of its memory" if "memory" in row else ""
    return f"{row['figure']:.4g} {row['unit']}; {bound} {row['target']:g} wanted: {'reached' if is_reached else 'MISSED'}{memory}"


def change(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Return in words how a figure differs from the kept one; worse by more than a tenth is said in capitals."""
    if before is None:
        return "not measured before"
    better = row["figure"] / before["figure"] if row["more_is_better"] else before["figure"] / row["figure"]
    worse = "LARGER" if row["unit"] == "of them" else "SLOWER"
    flag = f"  {worse} BY MORE THAN A TENTH" if better < 1.0 - _NOTICEABLE else ""
    return f"before: {before['figure']:.4g}; change {better - 1.0:+.1%}{flag}"


def kept(path: Path) -> dict[str, Any]:
    """Return the figures that are kept, by the name of the comparison."""
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def keep(path: Path, names: Sequence[str], rows: Mapping[str, Any]) -> None:
    """Keep new figures beside the old ones, in the order of `names`; what is no longer measured is dropped."""
    all_rows = kept(path) | rows
    ordered = {name: all_rows[name] for name in names if name in all_rows}
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
