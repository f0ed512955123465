"""A run made up from a seed in which money moves in every way there is.

As a script it plays the seeds up to its argument and prints what came of each, to the bit.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from random_play import Random, ask, fingerprint, random_bars
from stage import Played, play
from tradekit.model.bars import Bars
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.reference import ScheduledKind
from tradekit.model.timeline import Schedule
from tradekit.simulator.context import Context
from tradekit.simulator.setup import AccountTerms, Currency

HOUR = 3_600_000_000_000


def random_currencies(rng: Random, size: int) -> tuple[Currency, ...]:
    """Return none, or two, of which one may take its rate from the last instrument."""
    if rng.random() < 0.4:
        return ()
    balances = rng.choice([0.0, 500.0, 20_000.0], 2)
    if size > 1 and rng.random() < 0.6:
        first = Currency("EUR", balances[0], None, size - 1, bool(rng.random() < 0.5))
    else:
        first = Currency("EUR", balances[0], 1.25)
    return (first, Currency("BNB", balances[1], 200.0))


def random_instruments(rng: Random, bars: Bars, codes: list[str], is_margin: bool) -> list[Instrument]:
    """Return instruments of all kinds that the account can hold."""
    kinds: list[Any] = ["spot", "equity", "perpetual", "future"] if is_margin else ["spot", "equity"]
    return [
        Instrument(
            symbol,
            tick=[None, 0.01][rng.integers(2)],
            lot=[None, 0.001, 1.0][rng.integers(3)],
            kind=kinds[rng.integers(len(kinds))],
            multiplier=float(rng.choice([1.0, 1.0, 10.0, 0.1])),
            currency=[None, *codes][rng.integers(1 + len(codes))],
            initial_margin=[None, 0.5][rng.integers(2)],
            maintenance_margin=[None, 0.1][rng.integers(2)],
            borrow_rate=[None, 0.5][rng.integers(2)],
        )
        for symbol in bars.symbols
    ]


def random_schedule(rng: Random, rows: int, instruments: list[Instrument]) -> Schedule:
    """Return some actions and fundings."""
    entries = []
    for i, instrument in enumerate(instruments):
        for row in range(1, rows):
            price = float(rng.choice([np.nan, 50.0]))
            if rng.random() < 0.1 and instrument.is_derivative:
                entries.append((row, i, ScheduledKind.FUNDING, float(rng.normal(0, 0.002)), price))
            if rng.random() < 0.03 and not instrument.is_derivative:
                entries.append((row, i, ScheduledKind.SPLIT, float(rng.choice([2.0, 7.0, 1.5, 0.5, 0.3])), np.nan))
            if rng.random() < 0.05:
                entries.append((row, i, ScheduledKind.DIVIDEND, float(rng.uniform(0, 2)), np.nan))
            if rng.random() < 0.01:
                entries.append((row, i, ScheduledKind.DELISTING, float(rng.uniform(0, 60)), np.nan))
    return Schedule.of(entries)


@cache
def random_accounts(seed: int, rows: int = 60, most_currencies: int = 3) -> Played:
    """Play the run of a seed."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 4))
    bars = random_bars(rng, rows, size)
    times = np.arange(rows, dtype=np.int64) * 7 * HOUR
    bars = replace(bars, open_time=times, close_time=times + 7 * HOUR)
    is_margin = bool(rng.random() < 0.6)
    currencies = random_currencies(rng, size) if most_currencies > 1 else ()
    codes = ["USD", *(currency.code for currency in currencies)]
    instruments = random_instruments(rng, bars, codes, is_margin)
    if currencies and currencies[0].source >= 0:
        instruments[-1] = replace(instruments[-1], currency=None)
    pace = rng.uniform(0.05, 0.6)

    def on_bar(ctx: Context) -> None:
        for view in ctx:
            while rng.random() < pace:
                ask(rng, ctx, view, False)

    return play(
        bars,
        on_bar,
        instruments,
        capital=float(rng.choice([1_000.0, 100_000.0])),
        is_margin=is_margin,
        leverage=float(rng.choice([1.0, 3.0])) if is_margin else 1.0,
        fee_rate=float(rng.choice([0.0, 0.001, 0.00075])),
        fee_per_unit=float(rng.choice([0.0, 0.0, 0.005])),
        slippage_rate=float(rng.choice([0.0, 0.0005])),
        fills=FillRules("cut" if rng.random() < 0.7 else "reject", participation=None),
        currencies=currencies,
        terms=AccountTerms(
            liquidation_fee=[None, 0.01][rng.integers(2)],
            borrow_rate=float(rng.choice([0.0, 0.2])),
            interest_rate=float(rng.choice([0.0, 0.05])),
            loan_rate=float(rng.choice([0.0, 0.1])),
            conversion=float(rng.choice([0.0, 0.002])),
        ),
        schedule=random_schedule(rng, rows, instruments),
        fee_asset=rng.integers(0, 2 + len(codes), size),
    )


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        sys.stdout.write(fingerprint(random_accounts(number)) + "\n")
