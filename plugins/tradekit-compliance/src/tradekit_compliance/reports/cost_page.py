"""What orders cost, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tradekit_compliance.reports.costs import OrderCosts

__all__ = ["costs_json", "costs_lines"]

_PARTS = ("delay", "execution", "opportunity", "fees", "total")
_SLIPPAGES = ("arrival_bps", "vwap_bps", "vwap_with_own_bps")


def costs_json(found: Sequence[OrderCosts]) -> dict[str, Any]:
    """Return all orders, and their sum; numbers are exact, as texts."""
    return {"orders": [_order(one) for one in found], "total": {name: _text(value) for name, value in _total(found).items()}}


def _order(one: OrderCosts) -> dict[str, Any]:
    told: dict[str, Any] = {"order": one.order, "symbol": one.symbol, "quantity": _text(one.quantity), "filled": _text(one.filled)}
    if one.shortfall is not None:
        told["shortfall"] = {name: _text(getattr(one.shortfall, name)) for name in (*_PARTS, "value", "bps")}
    told |= {name: _text(value) for name in _SLIPPAGES if (value := getattr(one, name)) is not None}
    return {**told, "unknown": one.unknown} if one.unknown else told


def costs_lines(found: Sequence[OrderCosts]) -> Iterator[str]:
    """Yield a table of all orders, and their sum; slippages are weighted by what was filled."""
    heads = ("order", "symbol", "units", "filled", *_PARTS, "bps", "arrival", "vwap")
    rows = [heads, *(_row(one) for one in found)]
    total = _total(found)
    bps = total["total"] / total["value"] * 10_000 if total["value"] else Decimal(0)
    rows.append(("all", "", "", "", *(_cents(total[name]) for name in _PARTS), _cents(bps), "", ""))
    widths = [max(len(row[k]) for row in rows) for k in range(len(heads))]
    for row in rows:
        yield "  ".join(
            cell.ljust(width) if k == 1 else cell.rjust(width) for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
    unknown = [one for one in found if one.unknown]
    if unknown:
        yield f"! {len(unknown)} orders could not be judged: {unknown[0].unknown}, first for order {unknown[0].order}"


def _row(one: OrderCosts) -> tuple[str, ...]:
    head = (str(one.order), one.symbol, f"{float(one.quantity):.7g}", f"{float(one.filled):.7g}")
    if one.shortfall is None:
        return (*head, *("?" for _ in _PARTS), "?", "?", "?")
    parts = (_cents(getattr(one.shortfall, name)) for name in _PARTS)
    slippage = ("" if value is None else _cents(value) for value in (one.arrival_bps, one.vwap_bps))
    return (*head, *parts, _cents(one.shortfall.bps), *slippage)


def _total(found: Sequence[OrderCosts]) -> dict[str, Decimal]:
    known = [one.shortfall for one in found if one.shortfall is not None]
    return {name: sum((getattr(one, name) for one in known), Decimal(0)) for name in (*_PARTS, "value")}


def _text(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _cents(value: Decimal) -> str:
    # The rounding is said here, because others in the process change that of all decimals (ccxt does).
    return f"{value.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,.2f}"
