"""What trading cost, by sort: as far as the record of a run tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradekit import ComponentUse, Result, column_values
from tradekit_report.figures.tables import CostPart, Costs, Floats

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["costs_of"]

_SORTS = {
    "half-spread": "spread",
    "slippage": "slippage",
    "volume-share": "impact",
    "square-root-impact": "impact",
}
"""What each model of slippage counts as; those at a rate come first, because they can be reckoned again from their options."""
_LABELS = {"spread": "spread", "slippage": "slippage at a rate", "impact": "market impact"}
_CARRIED = {
    "funding": "funding",
    "borrowing": "borrowing",
    "liquidation_fees": "liquidation fees",
    "conversion_costs": "currency conversion",
}
_WHOLE = "spread and impact"


def costs_of(result: Result) -> Costs:
    """Return the costs of a run: fees, what fills cost against their reference prices, and what came with positions.

    Slippage is one number a fill. Where all models of it are of one sort, it is that; where there are several, what goes at a rate
    is reckoned again from its options, and the rest is the last sort.
    """
    metrics, fills = result.metrics, result.fills
    fees, slippage = float(metrics["fees"] or 0.0), float(metrics["slippage"] or 0.0)
    parts = [CostPart("fees", "fees", fees)]
    slipped, note = _slippage(result, slippage)
    parts += slipped
    parts += [CostPart(key, label, float(metrics[key] or 0.0)) for key, label in _CARRIED.items() if metrics.get(key)]
    total = sum(part.money for part in parts)
    traded = float(np.sum(column_values(fills, "value")))
    equity, capital = column_values(result.equity, "equity"), float(result.config["account"]["capital"])
    gross = float(equity[-1]) - capital + total if len(equity) else 0.0
    return Costs(
        parts=tuple(parts),
        total=total,
        traded=traded,
        bps=1e4 * total / traded if traded else None,
        of_gross=total / gross if gross > 0.0 else None,
        by_symbol=_by_symbol(fills),
        note=note,
    )


def _slippage(result: Result, slippage: float) -> tuple[list[CostPart], str]:
    """Return the sorts of slippage, and what can't be split of it."""
    models = [use for use in result.components if use.kind == "cost model" and use.name != "fee"]
    sorts = sorted({_SORTS.get(use.name, "") for use in models}, key=["", *_LABELS].index)
    if not sorts and not slippage:
        return [CostPart("slippage", _WHOLE, 0.0, "the run has no model of them")], ""
    if len(sorts) == 1 and sorts[0]:
        return [CostPart(sorts[0], _LABELS[sorts[0]], slippage)], ""
    why = _unsplit(models)
    if why:
        return [CostPart("slippage", _WHOLE, slippage)], f"Spread and impact can't be told apart: {why}."
    parts, left = [], column_values(result.fills, "slippage")
    for sort in sorts[:-1]:
        found = _at_rates(result, [use.options for use in models if _SORTS[use.name] == sort], left)
        left = left - found
        parts.append(CostPart(sort, _LABELS[sort], float(np.sum(found))))
    note = "what rounding to ticks adds is in it"
    return [*parts, CostPart(sorts[-1], _LABELS[sorts[-1]], slippage - sum(part.money for part in parts), note)], ""


def _unsplit(models: Sequence[ComponentUse]) -> str:
    """Return why the slippage of some models can't be split, if that is so."""
    unknown = [use.name for use in models if use.name not in _SORTS]
    if unknown or not models:
        told = f"what {', '.join(unknown)} has in it" if models else "what a venue's prices have in them"
        return f"the record has one slippage for each fill, and it is not known {told}"
    if any(use.options.get("ticks") is not None for use in models):
        return "the record has one slippage for each fill, and not the tick that the spread is counted in"
    return ""


def _at_rates(result: Result, options: Sequence[Mapping[str, Any]], left: Floats) -> Floats:
    """Return what models at a rate took of each fill, as money: at most what is left, and nothing where an order waited."""
    fills = result.fills
    quantity, price, value = (column_values(fills, name) for name in ("quantity", "price", "value"))
    reference = value - np.sign(quantity) * column_values(fills, "slippage")
    unit = np.divide(value, price, out=np.zeros(len(value)), where=price != 0.0)
    found = np.zeros(len(value))
    for option in options:
        # The option of `slippage` is what one side pays, those of `half-spread` are of the whole spread.
        share = 0.5 if "spread" in option else 1.0
        found += share * (reference * (option.get("bps") or 0.0) * 1e-4 + unit * (option.get("spread") or 0.0))
    return np.clip(found, np.minimum(left, 0.0), np.maximum(left, 0.0))


def _by_symbol(fills: pa.Table) -> dict[str, tuple[float, float]]:
    symbol, fee, slippage = (column_values(fills, name) for name in ("symbol", "fee", "slippage"))
    names = sorted(set(symbol.tolist()))
    return {name: (float(np.sum(fee[symbol == name])), float(np.sum(slippage[symbol == name]))) for name in names}
