"""Who of several strategies made what of a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tradekit.analysis.curve import EquityCurve, Sampling
from tradekit.analysis.measure import measure
from tradekit.analysis.trades import FillColumns, RoundTrips
from tradekit.engine.trades import carried
from tradekit.journal.record import Record
from tradekit.journal.tables import exposures

__all__ = ["attribution"]

Figures = dict[str, float | int | None]


def attribution(
    record: Record, curve: EquityCurve, sampling: Sampling, fills: FillColumns, trips: RoundTrips
) -> dict[str, Figures] | None:
    """Return the figures of each strategy, by its name: those of any run, of its share of the account; `None` of one alone.

    `capital` is what it began with, and `net` what it has made of it after all costs. The `net` of all, and what the account had
    besides (interest on cash, and capital that was nobody's), add up to the change of the account's equity.
    """
    if record.parts is None:
        return None
    return dict(_each(record, curve, sampling, fills, trips))


def _each(
    record: Record, curve: EquityCurve, sampling: Sampling, fills: FillColumns, trips: RoundTrips
) -> Iterator[tuple[str, Figures]]:
    parts = record.parts
    if parts is None:
        return
    for place, name in enumerate(parts.names):
        only, capital = parts.instruments(place), float(parts.capital[place])
        equity = parts.equity[place]
        own = replace(curve, equity=equity, gross=exposures(record, only).gross, capital=capital)
        if own.benchmark is not None:
            own = replace(own, benchmark=own.benchmark * (capital / curve.capital))
        is_own = (parts.of(fills.instrument) == place, parts.of(trips.instrument) == place)
        figures = measure(own, sampling, fills.only(is_own[0]), trips.only(is_own[1]), carried(record, only))
        net = float(equity[-1]) - capital if len(equity) else 0.0
        yield name, {"capital": capital, "net": net, **figures}
