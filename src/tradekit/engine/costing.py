"""From cost models to the arrays that the simulator charges by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.engine.calls import Blaming
from tradekit.engine.daily import daily
from tradekit.errors import ConfigError, DataError, PluginError, nearest
from tradekit.model.bars import Bars, Floats
from tradekit.model.cost import CostKind, CostTerm
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import CostModel
from tradekit.simulator.costs import DAY, MAKER, PER_UNIT, TAKER, Costs, Impact, Tiers

__all__ = ["costs_of"]

_ROWS = {
    CostKind.FEE_RATE: (MAKER, TAKER),
    CostKind.MAKER_RATE: (MAKER,),
    CostKind.TAKER_RATE: (TAKER,),
    CostKind.FEE_PER_UNIT: (PER_UNIT,),
}
"""Which rows of an array of fees a term adds to."""
_BY_ROW = {CostKind.SLIPPAGE_RATE: "slippage_rate", CostKind.HALF_SPREAD: "half_spread"}
"""The terms that may have a row for each bar, and the array that they add to."""
_ROUNDING = 1e-15
_QUOTE, _BASE, _FIRST_CURRENCY = range(3)


@dataclass(frozen=True, slots=True)
class _Market:
    """What is traded."""

    instruments: Sequence[Instrument]
    bars: Bars
    adjusted: Bars
    interval: int
    currencies: Sequence[str]

    @property
    def size(self) -> int:
        return len(self.instruments)


@dataclass(frozen=True, slots=True)
class _Model:
    """A cost model and its terms, which have been checked, each on its own."""

    name: str
    terms: tuple[CostTerm, ...]

    def of(self, *kinds: CostKind) -> Iterator[CostTerm]:
        """Yield the terms of these kinds."""
        return (term for term in self.terms if term.kind in kinds)

    def sum(self, kind: CostKind, size: int) -> Floats:
        """Return the sum of all terms of a kind, [instrument]."""
        return sum((term.values for term in self.of(kind)), np.zeros(size))


def costs_of(
    models: Iterable[CostModel],
    instruments: Sequence[Instrument],
    bars: Bars,
    adjusted: Bars,
    interval: int,
    currencies: Sequence[str],
) -> Costs:
    """Ask the models for their terms and put them together.

    `adjusted` are the bars without the effect of splits, and `currencies` those of the account, its own first.

    Raises `PluginError` for terms that make no sense, `ConfigError` for models that don't fit together or to the run, and
    `DataError` for bars without the volumes that are asked for.
    """
    market = _Market(instruments, bars, adjusted, interval, currencies)
    asked = [_Model(model.name, tuple(_terms(model, market))) for model in models]
    costs = replace(_with_slippage(Costs.none(market.size), asked), impacts=tuple(_impacts(asked, market)))
    return _with_fees(costs, asked, market)


def _terms(model: CostModel, market: _Market) -> Iterator[CostTerm]:
    is_plain = type(model).terms_on is CostModel.terms_on
    with Blaming(f"{'terms' if is_plain else 'terms_on'}() of cost model {model.name!r}", model, PluginError):
        asked = model.terms(market.instruments) if is_plain else model.terms_on(market.instruments, market.bars)
        terms = [replace(term, kind=CostKind(term.kind), values=np.asarray(term.values, dtype=np.float64)) for term in asked]
    for term in terms:
        _check_values(model.name, term, market)
        _check_fields(model.name, term)
        if term.values.ndim > 1:
            # Nothing fills where there is no bar.
            term = replace(term, values=np.where(market.bars.exists, term.values, 0.0))
        yield term


def _check_values(name: str, term: CostTerm, market: _Market) -> None:
    by_row = (len(market.bars), market.size)
    is_by_row = term.kind in _BY_ROW and term.values.shape == by_row
    values = term.values[market.bars.exists] if is_by_row else term.values
    is_signed = term.kind is CostKind.MAKER_RATE
    if (is_by_row or values.shape == by_row[1:]) and (np.isfinite(values) & (is_signed | (values >= 0))).all():
        return
    wanted = f"{market.size} finite numbers" + ("" if is_signed else " of 0 or more")
    also = f", or {by_row[0]} x {by_row[1]} of them" if term.kind in _BY_ROW else ""
    raise PluginError(f"cost model {name!r} gave {term.kind.name} coefficients {term.values!r}; expected {wanted}{also}")


def _check_fields(name: str, term: CostTerm) -> None:
    rules = {
        "exponent": (math.isfinite(term.exponent) and term.exponent > 0, "a finite number greater than 0"),
        "per": (term.per in ("bar", "day"), "'bar' or 'day'"),
        "window": (term.window >= 2, "at least 2 days"),
        "from_volume": (
            math.isfinite(term.from_volume) and term.from_volume >= 0 and (term.from_volume == 0 or term.kind in _ROWS),
            "a finite number of 0 or more, and 0 unless it is a fee's rate or amount for each unit",
        ),
    }
    for field, (is_right, wanted) in rules.items():
        if not is_right:
            what = f"cost model {name!r} gave a term of {term.kind.name} with {field} {getattr(term, field)!r}"
            raise PluginError(f"{what}; expected {wanted}")


def _with_slippage(costs: Costs, models: Sequence[_Model]) -> Costs:
    for kind, name in _BY_ROW.items():
        for model in models:
            for term in model.of(kind):
                target = name if term.values.ndim == 1 else f"row_{name}"
                before = getattr(costs, target)
                sums: dict[str, Any] = {target: before + term.values if len(before) else term.values}
                costs = replace(costs, **sums)
    return costs


def _impacts(models: Sequence[_Model], market: _Market) -> Iterator[Impact]:
    estimate = cache(lambda window: daily(market.bars, market.adjusted, window))
    for model in models:
        for term in model.of(CostKind.IMPACT):
            _check_bars(model.name, term, market)
            coefficient, volume = term.values[np.newaxis], None
            if term.is_volatility_scaled:
                coefficient = coefficient * estimate(term.window).volatility
            if term.per == "day":
                volume = estimate(term.window).volume
            yield Impact(coefficient, float(term.exponent), volume)


def _check_bars(name: str, term: CostTerm, market: _Market) -> None:
    """Raise unless the bars have what an impact is estimated from."""
    if market.interval > DAY and (term.is_volatility_scaled or term.per == "day"):
        raise ConfigError(f"cost model {name!r} estimates what a day is like, and can't from bars that are longer than a day")
    has_volume = (market.bars.volume > 0).any(axis=0)
    for i in np.flatnonzero((term.values > 0) & ~has_volume & market.bars.exists.any(axis=0)).tolist():
        what = f"cost model {name!r} needs volumes, and the bars of {market.instruments[i].symbol!r} have none"
        raise DataError(f"{what}; leave it out of execution.costs, or bring data with volumes")


def _with_fees(costs: Costs, models: Sequence[_Model], market: _Market) -> Costs:
    fees, floored, minimum = costs.fees.copy(), costs.floored.copy(), costs.minimum.copy()
    tiers = []
    owner: dict[int, _Model] = {}
    for model in models:
        least = model.sum(CostKind.FEE_MINIMUM, market.size)
        for i in np.flatnonzero(least).tolist():
            if i in owner:
                both = f"cost models {owner[i].name!r} and {model.name!r} both have a minimum for {market.instruments[i].symbol!r}"
                raise ConfigError(f"{both}; one of them can")
            owner[i] = model
        minimum += least
        found = _tiers(model, least > 0, market)
        if len(found.from_volume) > 1:
            tiers.append(found)
        else:
            fees += found.fees[0]
            floored += np.where(found.is_floored, found.fees[0], 0.0)
    return replace(costs, fees=fees, floored=floored, minimum=minimum, tiers=tuple(tiers), fee_asset=_fee_assets(models, market))


def _tiers(model: _Model, is_floored: NDArray[np.bool_], market: _Market) -> Tiers:
    """Return the fees of a model by the volume that they hold from; one tier, from 0, if they don't depend on it."""
    from_volume = np.unique([0.0, *(term.from_volume for term in model.of(*_ROWS))])
    fees = np.zeros((len(from_volume), 3, market.size))
    for tier, volume in enumerate(from_volume.tolist()):
        for kind, rows in _ROWS.items():
            reached = [term for term in model.of(kind) if term.from_volume <= volume]
            for term in reached:
                if term.from_volume == max(other.from_volume for other in reached):
                    fees[tier, rows] += term.values
    for i in np.flatnonzero((fees[:, MAKER] + fees[:, TAKER] < -_ROUNDING).any(axis=0)).tolist():
        rebate, symbol = -fees[:, MAKER, i].min() * 1e4, market.instruments[i].symbol
        what = f"cost model {model.name!r} pays makers in {symbol!r} {rebate:g} bps, which is more than it takes from takers"
        raise PluginError(f"{what}; a maker and a taker together must pay 0 or more")
    past = float(model.sum(CostKind.PAST_VOLUME, market.size).sum())
    return Tiers(from_volume, fees, (fees != 0).any(axis=(0, 1)), is_floored, past)


def _fee_assets(models: Sequence[_Model], market: _Market) -> NDArray[np.int64]:
    """Return what the fees of each instrument are taken in, as `Costs.fee_asset` has it."""
    found = np.zeros(market.size, dtype=np.int64)
    charged: dict[int, tuple[str, str]] = {}
    for model in models:
        for term in model.of(*_ROWS, CostKind.FEE_MINIMUM):
            for i in np.flatnonzero(term.values).tolist():
                found[i] = _asset(model.name, term.currency, market.instruments[i], market.currencies)
                name, currency = charged.setdefault(i, (model.name, term.currency))
                if currency != term.currency:
                    symbol = market.instruments[i].symbol
                    what = f"cost models {name!r} and {model.name!r} take fees for {symbol!r} in {currency!r} and {term.currency!r}"
                    raise ConfigError(f"{what}; all fees of an instrument are taken in one currency")
    return found


def _asset(name: str, currency: str, instrument: Instrument, currencies: Sequence[str]) -> int:
    if currency in ("quote", instrument.currency or currencies[0]):
        return _QUOTE
    what = f"cost model {name!r} takes fees for {instrument.symbol!r} in {currency!r}"
    if currency == "base":
        if instrument.is_derivative:
            raise ConfigError(f"{what}, but nothing of it is delivered; allowed: 'quote' or a currency of the account")
        return _BASE
    if currency not in currencies:
        allowed = ("quote", "base", *currencies)
        hint = f"{nearest(currency, allowed)}; another currency needs a [[currency]] table"
        raise ConfigError(f"{what}; allowed: {', '.join(map(repr, allowed))}{hint}")
    return _FIRST_CURRENCY + currencies.index(currency)
