"""What trading costs: fees, the spread, and what an order does to the price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from pydantic import model_validator

import tradekit
from tradekit import ConfigError, CostKind, CostModel, CostTerm, Field, Instrument

__all__ = ["Fee", "HalfSpread", "Slippage", "SquareRootImpact", "VolumeShare"]

_BPS = 1e-4


class Tier(tradekit.Options):
    """What a fill is charged from some volume on."""

    volume: float = Field(gt=0, description="value traded in the 30 days before, in account currency")
    bps: float = Field(ge=0, le=10_000, description="fee on the value of each fill, in basis points")
    maker_bps: float | None = Field(None, ge=-10_000, le=10_000, description="the same for orders that waited in the book")

    @model_validator(mode="after")
    def _rebate_is_paid_for(self) -> Self:
        _check_rebate(self.bps, self.maker_bps)
        return self


class Fee(CostModel):
    """Charge each fill a fraction of its value, an amount for each unit, or both, and each order no less than a minimum.

    Rates are in basis points: 10 bps are 0.1 % of price times units. An order that waited in the book when it filled is a maker,
    any other is a taker.

    With tiers, what has been traded in all instruments together, in the 30 whole UTC days before, decides at the begin of each day
    what is charged on it.
    """

    name = "fee"

    class Options(tradekit.Options):
        """What a fill is charged."""

        bps: float = Field(0.0, ge=0, le=10_000, description="fee on the value of each fill, in basis points (10 is 0.1 %)")
        maker_bps: float | None = Field(
            None,
            ge=-10_000,
            le=10_000,
            description="the same for orders that waited in the book; below 0 it is a rebate; default: bps",
        )
        per_unit: float = Field(0.0, ge=0, description="fee for each unit (share, coin, contract) filled, in the quote currency")
        minimum: float = Field(0.0, ge=0, description="the least that an order pays if it fills, in the quote currency")
        currency: str = Field(
            "quote",
            pattern=r"^\S+$",
            description="what fees are taken in: 'quote', 'base' (purchases pay in units received) or a currency of the account",
        )
        tiers: tuple[Tier, ...] = Field(
            (), description="tables of volume, bps and maker_bps: what is charged instead from that volume in 30 days on"
        )
        past_volume: float = Field(
            0.0, ge=0, description="value traded in the 30 days before the first bar, in account currency; it counts for tiers"
        )

        @model_validator(mode="after")
        def _charges_something(self) -> Self:
            if self.model_fields_set <= {"currency", "past_volume"}:
                raise ValueError("a fee needs bps, per_unit or minimum; a run without costs has costs = []")
            _check_rebate(self.bps, self.maker_bps)
            if self.past_volume and not self.tiers:
                raise ValueError("past_volume counts for tiers, and there are none")
            if any(low.volume >= high.volume for low, high in pairwise(self.tiers)):
                raise ValueError("tiers must be in the order of their volume, each once")
            if any((tier.maker_bps is None) != (self.maker_bps is None) for tier in self.tiers):
                raise ValueError("either the fee and all of its tiers have maker_bps, or none of them has")
            return self

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return rates, an amount for each unit and a minimum, the same for every instrument."""
        options, count = self.options, len(instruments)
        found = [CostTerm(CostKind.FEE_PER_UNIT, np.full(count, options.per_unit), currency=options.currency)]
        if options.minimum:
            found.append(CostTerm(CostKind.FEE_MINIMUM, np.full(count, options.minimum), currency=options.currency))
        if options.past_volume:
            found.append(CostTerm(CostKind.PAST_VOLUME, np.full(count, options.past_volume / count)))
        found += self._rates(0.0, options.bps, options.maker_bps, count)
        for tier in options.tiers:
            found += self._rates(tier.volume, tier.bps, tier.maker_bps, count)
        return found

    def _rates(self, volume: float, bps: float, maker_bps: float | None, count: int) -> Iterator[CostTerm]:
        if maker_bps is None:
            rates = {CostKind.FEE_RATE: bps}
        else:
            rates = {CostKind.TAKER_RATE: bps, CostKind.MAKER_RATE: maker_bps}
        for kind, rate in rates.items():
            yield CostTerm(kind, np.full(count, rate * _BPS), currency=self.options.currency, from_volume=volume)

    def describe(self) -> str:
        """Return the fees in one sentence."""
        options = self.options
        parts = " and ".join(self._parts())
        if not parts and not options.minimum:
            return "Fills pay no fee."
        said = f"Each fill pays a fee of {parts}" if parts else f"Each order that fills pays a fee of {options.minimum:g}"
        if parts and options.minimum:
            said += f", at least {options.minimum:g} an order"
        if options.currency != "quote":
            said += f", taken in {'units received where it buys' if options.currency == 'base' else options.currency}"
        for tier in options.tiers:
            said += f"; from {tier.volume:,.10g} traded in 30 days, {_rate(tier.bps, tier.maker_bps)}"
        return said + "."

    def _parts(self) -> Iterator[str]:
        options = self.options
        if options.bps or options.maker_bps or options.tiers:
            yield f"{_rate(options.bps, options.maker_bps)} of its value"
        if options.per_unit:
            yield f"{options.per_unit:g} for each unit"


def _check_rebate(bps: float, maker_bps: float | None) -> None:
    if maker_bps is not None and bps + maker_bps < 0:
        raise ValueError(
            f"bps + maker_bps must be 0 or more: no venue pays makers {-maker_bps:g} bps of the {bps:g} that takers pay"
        )


def _rate(bps: float, maker_bps: float | None) -> str:
    return f"{bps:g} bps" + ("" if maker_bps is None else f" ({maker_bps:g} bps as a maker)")


class Slippage(CostModel):
    """Fill market and stop orders worse than the reference price, by a fraction of it.

    Limit orders that wait fill at their limit or better, so they don't slip.
    """

    name = "slippage"

    class Options(tradekit.Options):
        """How far prices slip."""

        bps: float = Field(ge=0, lt=10_000, description="how much worse the price is, in basis points of it (5 is 0.05 %)")

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return the fraction, the same for every instrument."""
        return (CostTerm(CostKind.SLIPPAGE_RATE, np.full(len(instruments), self.options.bps * _BPS)),)

    def describe(self) -> str:
        """Return the slippage in one sentence."""
        worse = f"{self.options.bps:g} bps worse than the reference price"
        return f"Orders that take fill {worse}, limit orders never beyond their limit."


class HalfSpread(CostModel):
    """Fill market and stop orders half a spread worse than the reference price, which is taken to be the middle.

    Give the spread, from the best bid to the best ask, in one of three ways.
    """

    name = "half-spread"

    class Options(tradekit.Options):
        """How wide the spread is."""

        bps: float | None = Field(None, ge=0, lt=20_000, description="the whole spread, in basis points of the price")
        spread: float | None = Field(None, ge=0, description="the whole spread, in the quote currency")
        ticks: float | None = Field(None, ge=0, description="the whole spread, in ticks of each instrument")

        @model_validator(mode="after")
        def _is_given_once(self) -> Self:
            if sum(width is not None for width in (self.bps, self.spread, self.ticks)) != 1:
                raise ValueError("a spread is given in one of bps, spread (in money) and ticks")
            return self

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return half of the spread. Raises `ConfigError` if it is in ticks, and the tick of an instrument is not known."""
        if self.options.bps is not None:
            return (CostTerm(CostKind.SLIPPAGE_RATE, np.full(len(instruments), self.options.bps * _BPS / 2)),)
        if self.options.spread is not None:
            return (CostTerm(CostKind.HALF_SPREAD, np.full(len(instruments), self.options.spread / 2)),)
        for instrument in instruments:
            if not instrument.tick:
                what = f"a spread of {self.options.ticks:g} ticks needs the tick of {instrument.symbol!r}, which is not known"
                raise ConfigError(f"{what}; give it in [[instrument]], or the spread in bps")
        ticks = np.array([instrument.tick for instrument in instruments], dtype=np.float64)
        return (CostTerm(CostKind.HALF_SPREAD, ticks * (self.options.ticks / 2)),)

    def describe(self) -> str:
        """Return the spread in one sentence."""
        options = self.options
        if options.bps is not None:
            width = f"{options.bps:g} bps"
        else:
            width = f"{options.spread:g}" if options.spread is not None else f"{options.ticks:g} ticks"
        return f"Market and stop orders pay half of a spread of {width}; limit orders don't."


class VolumeShare(CostModel):
    """Make the price worse by the square of the share that a fill takes of its bar's volume.

    A market or stop order that takes a tenth of the volume, with an impact of 0.1, fills 0.1 x 0.1 ^ 2 = 0.1 % worse. The share is
    at most 1, and is 1 where the volume is 0 or not known. This is how zipline's volume-share slippage has it; how much of a bar
    may be taken is set apart from it.
    """

    name = "volume-share"

    class Options(tradekit.Options):
        """How strong the impact is."""

        impact: float = Field(0.1, ge=0, description="how much worse the price would be at all of the volume, as a fraction of it")

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return the impact, the same for every instrument."""
        return (CostTerm(CostKind.IMPACT, np.full(len(instruments), self.options.impact), exponent=2.0),)

    def describe(self) -> str:
        """Return the impact in one sentence."""
        return f"Market and stop orders fill worse by {self.options.impact:g} x the square of their share of the bar's volume."


class SquareRootImpact(CostModel):
    """Make the price worse by the square root of an order's share in a day's volume, times the volatility of a day.

    The price is worse by Y x sigma x sqrt(Q / V) of itself: Q is what the order has filled so far, V the mean volume and sigma the
    standard deviation of the log returns of the UTC days before the current one, for market and stop orders. Y is of the order of 1
    wherever it has been measured (Tóth et al. 2011; Almgren et al. 2005 find an exponent of 0.6).

    Where fewer days lie behind than the window asks for, it is those. At first, where nothing can be estimated, the order counts as
    a whole day's volume (on the first day) and volatility as 5 % a day (in the first three).
    """

    name = "square-root-impact"

    class Options(tradekit.Options):
        """How strong the impact is, and what it is estimated from."""

        coefficient: float = Field(
            1.0, ge=0, description="Y: volatilities of a day by which an order of a whole day's volume moves the price"
        )
        window: int = Field(
            20, ge=2, le=10_000, description="days before the current one that volume and volatility are estimated from"
        )

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return the coefficient, the same for every instrument."""
        values = np.full(len(instruments), self.options.coefficient)
        return (CostTerm(CostKind.IMPACT, values, exponent=0.5, per="day", is_volatility_scaled=True, window=self.options.window),)

    def describe(self) -> str:
        """Return the impact in one sentence."""
        formula = f"{self.options.coefficient:g} x volatility of a day x the square root of the order's share in a day's volume"
        estimates = f"both of the {self.options.window} days before, or of fewer at the beginning"
        return f"Market and stop orders fill worse by {formula} ({estimates})."
