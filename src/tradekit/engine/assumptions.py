"""Say in words what a result rests on, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tradekit.data.interval import time_text
from tradekit.journal.record import Record
from tradekit.model.event import EventKind
from tradekit.model.order import Reason
from tradekit.simulator import build
from tradekit.simulator.setup import Setup

__all__ = ["assumptions", "notes"]

_RULE_FAILED = "the rule raised"  # how the simulator begins what it notes on a rule that failed


def assumptions(setup: Setup, costs: Iterable[str], bars_per_year: Sequence[float]) -> Iterator[str]:
    """Yield how fills, costs and money are made, one sentence each; what is said here is what the simulator does.

    `costs` are the sentences of the cost models; `bars_per_year` is what a sizing rule counts with, for each instrument, or empty.
    """
    yield "A decision made at the close of a bar takes effect on the instrument's next bar; market orders fill at its open."
    reach = "once a bar touches their price" if setup.fills.limit_fills == "touch" else "only when a bar trades through their price"
    yield f"Limit orders fill at their price, {reach}, or at the open if that is better."
    yield "Stop orders fill at their price, or at the open if the bar opens beyond it, with slippage."
    yield "No order is limited by the volume of its bar."
    yield from list(costs) or ["Trading costs nothing: no fees, no slippage (costs = [])."]
    yield _funds(setup)
    if not setup.rules:
        yield "No risk rule is in force (risk = [])."
    if bars_per_year:
        counts = " or ".join(dict.fromkeys(f"{count:,g}" for count in bars_per_year))
        yield f"For sizes, the volatility of a year is that of a bar times the square root of {counts} bars a year."
    yield _steps(setup)
    yield "Open positions count at their last close. Interest, borrowing, funding, dividends and splits are not simulated."


def _funds(setup: Setup) -> str:
    account = "The cash account never borrows or sells short"
    if setup.is_margin:
        account = f"The margin account holds at most {setup.leverage:g} times its equity"
    cut = "are cut to what they allow" if setup.fills.insufficient_funds == "cut" else "are rejected"
    return f"{account}; orders beyond the funds {cut}."


def _steps(setup: Setup) -> str:
    unknown = [instrument.symbol for instrument in setup.instruments if not instrument.tick or not instrument.lot]
    if not unknown:
        return "Prices and sizes are multiples of each instrument's tick and lot."
    which = "any instrument" if len(unknown) == len(setup.instruments) else _few(unknown)
    return f"Tick or lot of {which} is not known: prices or sizes there may be finer than a venue takes."


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def notes(setup: Setup, record: Record, stopped_by: int) -> Iterator[str]:
    """Yield what happened that a reader of the figures should know first."""
    if stopped_by:
        done, total = len(record.equity), len(setup.bars)
        yield f"INTERRUPTED after {done:,} of {total:,} bars: the figures are those of the part that was run."
    log = record.log
    for entry in record.entries(EventKind.HALT):
        rule = record.rules[log["rule"][entry]] if log["rule"][entry] >= 0 else ""
        time, equity, drawdown = time_text(int(record.times[entry])), log["a"][entry], log["c"][entry]
        if rule:
            yield f"Trading HALTED at {time} by {rule}: equity {equity:,.2f}, {drawdown:.1%} below its peak."
        else:
            yield f"Equity was gone at {time} ({equity:,.2f}); a real account would have been closed out earlier."
    yield from _refusals(record)
    if not len(record.entries(EventKind.ORDER)):
        yield f"The strategy never placed an order{_why_quiet(setup)}."
    if not build.is_compiled():
        yield build.problem()[:1].upper() + build.problem()[1:] + "."


def _why_quiet(setup: Setup) -> str:
    seen = int(setup.bars.exists.sum(axis=0).max(initial=0))
    return f": it needs {setup.warmup:,} bars to warm up and the data has {seen:,}" if setup.warmup >= seen else ""


def _refusals(record: Record) -> Iterator[str]:
    rejected = np.bincount(record.log["code"][record.entries(EventKind.REJECT)], minlength=len(Reason))
    total = int(rejected.sum())
    if total:
        reasons = ", ".join(f"{count:,} {Reason(code).text}" for code, count in enumerate(rejected.tolist()) if count)
        yield f"{total:,} of {_orders(len(record.orders['row']))} {_were(total)} rejected: {reasons}."
    yield from _cuts(record)
    failed = [entry for entry, (text, _) in sorted(record.words.items()) if text.startswith(_RULE_FAILED)]
    if failed:
        first = failed[0]
        rule, reason = record.rules[record.log["rule"][first]], record.words[first][0].removeprefix(_RULE_FAILED)
        many = f"Risk rule {rule} FAILED on {_orders(len(failed))}, which it thereby refused"
        yield f"{many}; the first time, at {time_text(int(record.times[first]))}, it raised{reason}."


def _cuts(record: Record) -> Iterator[str]:
    """Say how many orders were filled or placed in part only, and why."""
    cancels = record.entries(EventKind.CANCEL)
    cancels = cancels[np.isin(record.log["code"][cancels], (Reason.INSUFFICIENT_FUNDS, Reason.SHORT_IN_CASH_ACCOUNT))]
    asked = record.orders["asked"][record.log["order"][cancels]]
    # What rounding takes from an order for all the money there is says nothing.
    cancels = cancels[np.abs(record.log["a"][cancels]) > 1e-9 * np.abs(asked)]
    if len(cancels):
        counts = np.bincount(record.log["code"][cancels])
        reasons = ", ".join(f"{count:,} {Reason(code).text}" for code, count in enumerate(counts.tolist()) if count)
        yield f"{_orders(len(cancels))} {_were(len(cancels))} cut to what the account allows: {reasons}."


def _orders(count: int) -> str:
    return f"{count:,} order" + ("s" if count != 1 else "")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
