"""The contract of cost models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from tradekit.engine.costing import costs_of
from tradekit.engine.lookahead.bars import other_future
from tradekit.model.bars import Bars, Series
from tradekit.model.cost import CostTerm
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import CostModel
from tradekit.testing import markets
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken, refusal

__all__ = ["CostModelContract"]

New = Callable[[], CostModel]
Market = Mapping[str, Series]


class CostModelContract(ComponentContract):
    """What a cost model keeps to: coefficients that the simulator can charge by, made of nothing that comes later.

    It is asked about `instruments`, and on `market`, daily bars of each. Override these fixtures for a model of some only.
    """

    kind = "cost model"

    @pytest.fixture
    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that it is asked about."""
        return (Instrument("AAA", tick=0.01, lot=1.0, base="AAA"), Instrument("BBB", tick=0.05, lot=0.001, base="BBB"))

    @pytest.fixture
    def market(self, instruments: Sequence[Instrument]) -> Market:
        """Return bars of each instrument."""
        return {instrument.symbol: markets.walk(90, seed=i) for i, instrument in enumerate(instruments)}

    def test_cst01_gives_terms_that_can_be_charged(self, new: New, instruments: Sequence[Instrument], market: Market) -> None:
        """Its terms have one coefficient for each instrument, finite and not below 0, of kinds that the simulator knows.

        A run with others is refused, because what would be charged by them is anybody's guess.
        """
        for count in (len(instruments), 1):
            some = instruments[:count]
            bars = markets.bars({instrument.symbol: market[instrument.symbol] for instrument in some})
            problem = refusal(lambda: _charged(new(), some, bars))  # noqa: B023 - it is called at once
            if problem:
                broken(f"the terms for {count} instruments can't be charged", problem, "return what tradekit.CostTerm says")

    def test_cst02_keeps_instruments_apart(self, new: New, instruments: Sequence[Instrument], market: Market) -> None:
        """Instruments in another order get the same coefficients, each its own.

        A coefficient at the wrong place charges one instrument for another, and the sum looks plausible.
        """
        forwards = _terms(new(), instruments, _bars(market, instruments))
        turned = tuple(reversed(instruments))
        backwards = _terms(new(), turned, _bars(market, turned))
        for one, other in zip(forwards, backwards, strict=False):
            if one.kind != other.kind or not np.array_equal(
                np.asarray(one.values), np.asarray(other.values)[..., ::-1], equal_nan=True
            ):
                names = [instrument.symbol for instrument in instruments]
                broken(
                    f"the coefficients of {one.kind.name} depend on the order of the instruments",
                    f"{np.asarray(one.values)!r} for {names}, and {np.asarray(other.values)!r} for {names[::-1]}",
                    "make each coefficient of the instrument at its place alone",
                )

    def test_cst03_describes_itself_with_its_figures(self, new: New) -> None:
        """`describe` returns one sentence on one line, with at least one figure in it.

        It stands among the assumptions of a result, which is where a reader learns what trading was thought to cost.
        """
        text = new().describe()
        if not text[:1].isupper() or not text.endswith(".") or "\n" in text or not any(letter.isdigit() for letter in text):
            broken("describe() is no sentence with a figure", f"{text!r}", "say what is charged, such as 'Each fill pays 10 bps.'")

    def test_cst04_uses_no_future_value(self, new: New, instruments: Sequence[Instrument], market: Market) -> None:
        """What is charged up to a bar stays the same when all later bars are others.

        Only the model can see to that; costs that know what comes flatter a strategy just as prices do that it can't know.
        """
        bars = _bars(market, instruments)
        known = _terms(new(), instruments, bars)
        for row in (len(bars) // 3, len(bars) // 2, len(bars) - 2):
            again = _terms(new(), instruments, other_future(bars, row))
            for one, other in zip(known, again, strict=True):
                first, second = (np.asarray(term.values) for term in (one, other))
                if first.ndim > 1:
                    first, second = first[: row + 1], second[: row + 1]
                wrong = np.argwhere(~np.isclose(first, second, rtol=1e-9, atol=0.0, equal_nan=True))
                if len(wrong):
                    at = tuple(int(k) for k in wrong[0])
                    place = f"bar {at[0] + 1}" if first.ndim > 1 else "all bars"
                    broken(
                        f"the coefficients of {one.kind.name} use future values",
                        f"for {bars.symbols[at[-1]]!r} on {place} it is {float(first[at])!r}, and {float(second[at])!r} with "
                        f"other bars after bar {row + 1}",
                        "make the coefficient of a bar from that bar and those before it",
                    )

    def test_cst05_survives_missing_bars(self, new: New, instruments: Sequence[Instrument], market: Market) -> None:
        """Where bars are missing it still gives terms that can be charged, and the same ones when it is asked again.

        Real data have holes; what is NaN in one must not spread to where something is traded.
        """
        holed = {
            symbol: markets.taken(series, np.random.default_rng((5, i)).random(len(series)) > 0.2)
            for i, (symbol, series) in enumerate(market.items())
        }
        bars = _bars(holed, instruments)
        problem = refusal(lambda: _charged(new(), instruments, bars))
        if problem:
            broken(
                "it can't be charged where bars are missing", problem, "skip NaN, such as with np.nanmean, or take the last value"
            )
        first, second = (
            repr([(term.kind, np.asarray(term.values).tobytes()) for term in _terms(new(), instruments, bars)]) for _ in "12"
        )
        if first != second:
            broken("it gives other terms each time", "two unused models were asked about the same bars", "use nothing random")


def _bars(market: Market, instruments: Sequence[Instrument]) -> Bars:
    return markets.bars({instrument.symbol: market[instrument.symbol] for instrument in instruments})


def _terms(model: CostModel, instruments: Sequence[Instrument], bars: Bars) -> Sequence[CostTerm]:
    return tuple(model.terms_on(instruments, bars))


def _charged(model: CostModel, instruments: Sequence[Instrument], bars: Bars) -> object:
    return costs_of([model], instruments, bars, bars, markets.DAY, ("USD",))
