"""Say in words what a result rests on, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tradekit.data.interval import time_text
from tradekit.journal.record import Record
from tradekit.model.event import EventKind
from tradekit.model.fills import FillRules
from tradekit.model.order import Reason
from tradekit.model.reference import ScheduledKind
from tradekit.model.tape import Tape
from tradekit.simulator import build
from tradekit.simulator.setup import Setup

__all__ = ["assumptions", "notes"]

_RULE_FAILED = "the rule raised"  # how the simulator begins what it notes on a rule that failed


def assumptions(setup: Setup, costs: Iterable[str], bars_per_year: Sequence[float]) -> Iterator[str]:
    """Yield how fills, costs and money are made, one sentence each; what is said here is what the simulator does.

    `costs` are the sentences of the cost models; `bars_per_year` is what a sizing rule counts with, for each instrument, or empty.
    """
    if setup.is_outside:
        yield from _at_a_venue(setup)
        return
    yield from _fills(setup)
    yield from list(costs) or ["Trading costs nothing: no fees, no slippage (costs = [])."]
    yield _funds(setup)
    if not setup.rules:
        yield "No risk rule is in force (risk = [])."
    if bars_per_year:
        counts = " or ".join(dict.fromkeys(f"{count:,g}" for count in bars_per_year))
        yield f"For sizes, the volatility of a year is that of a bar times the square root of {counts} bars a year."
    yield _steps(setup)
    yield "Open positions count at their last close."
    yield from _margin(setup)
    yield from _rates(setup)
    yield from _currencies(setup)
    yield from _shares(setup)


def _fills(setup: Setup) -> Iterator[str]:
    if setup.tape is not None and setup.tape.has_depth:
        yield from _on_depth(setup.tape, setup.fills)
        return
    reach = "once a bar touches their price" if setup.fills.limit_fills == "touch" else "only when a bar trades through their price"
    if setup.tape is not None:
        reach = reach.replace("a bar touches", "a trade touches").replace("a bar trades through", "a trade is beyond")
        yield f"The run goes through {len(setup.tape):,} trades: orders meet the first after they reach the venue, at its price."
        yield f"Limit orders fill {reach}."
    else:
        yield "A decision made at the close of a bar takes effect on the instrument's next bar; market orders fill at its open."
        yield f"Limit orders fill at their price, {reach}, or at the open if that is better."
        yield "Stop orders fill at their price, or at the open if the bar opens beyond it, with slippage."
    yield from _inside(setup)
    yield _volume(setup)


_QUEUES = {
    "behind": "all that is cancelled at its price stood behind it",
    "power": "what is cancelled there stood before or behind it in proportion to the units there to the power of {power:g}",
    "log": "what is cancelled there stood before or behind it in proportion to the logarithm of the units there",
}


def _on_depth(tape: Tape, rules: FillRules) -> Iterator[str]:
    counts = np.bincount(tape.kind, minlength=3).tolist()
    kinds = [f"{count:,} {name}" for count, name in zip(counts, ("trades", "quotes", "updates of books"), strict=True) if count]
    yield f"The run goes through {' and '.join(kinds)}, by their times."
    yield f"An order reaches the venue {_late(rules.latency_ns)} after what it was decided on, and takes what is on offer there."
    yield "What it takes is gone until the market tells that price anew; otherwise the market goes on as if no order had come."
    queue = _QUEUES[rules.queue].format(power=rules.queue_power)
    yield f"A limit order that rests stands behind all that is shown at its price; {queue}."
    yield "It is filled by trades at its price that come through to it, by trades beyond it, and by offers that come up to it."
    trigger = "the last trade" if tape.has_trades else "the side that they would trade with"
    yield f"Stop orders are set off by {trigger}, and are market orders then."


def _late(latency: int) -> str:
    return "a nanosecond" if latency <= 1 else f"{latency / 1e6:g} ms"


def _at_a_venue(setup: Setup) -> Iterator[str]:
    yield "Orders were carried out by a venue: prices, sizes and fees of fills are what it told."
    yield from _shares(setup)
    if not setup.rules:
        yield "No risk rule is in force (risk = [])."
    yield "Open positions count at their last close."


_PATHS = {
    "worst": "Where a bar reaches several prices, stops come before limits, and what may or may not have helped an order did not.",
    "nearest-first": "Inside a bar the price goes in straight lines: to the nearer extreme, to the other, to the close.",
    "high-first": "Inside a bar the price goes in straight lines: to the high, to the low, to the close.",
    "low-first": "Inside a bar the price goes in straight lines: to the low, to the high, to the close.",
}


def _inside(setup: Setup) -> Iterator[str]:
    yield _PATHS[setup.fills.path]
    if setup.finer is not None:
        yield f"{len(setup.finer.bars):,} finer bars or trades decide what happens inside the bars."
    if setup.fills.queue_ahead is not None:
        yield f"A limit order stands behind {setup.fills.queue_ahead:g} units at its price."
    if setup.fills.latency_ns > 1:
        yield f"Orders, changes and cancels reach the venue {setup.fills.latency_ns / 1e6:g} ms after the decision."


def _volume(setup: Setup) -> str:
    part = setup.fills.participation
    if part is None:
        return "No order is limited by the volume of its bar."
    found = f"Orders in an instrument take at most {part:.0%} of a bar's volume together; the rest of them waits for the next bar."
    volume = setup.bars.volume
    unknown = [name for i, name in enumerate(setup.bars.symbols) if not (volume[:, i] > 0).any()]
    if not unknown:
        return found
    which = "of any instrument" if len(unknown) == len(setup.instruments) else f"of {_few(unknown)}"
    return f"{found} No volume {which} is known, so it limits nothing there."


def _funds(setup: Setup) -> str:
    account = "The cash account never borrows or sells short"
    if setup.is_margin:
        account = f"The margin account holds at most {setup.leverage:g} times its equity"
        if any(instrument.initial_margin for instrument in setup.instruments):
            account += ", or less where an instrument's initial margin says so"
    cut = "are cut to what they allow" if setup.fills.insufficient_funds == "cut" else "are rejected"
    return f"{account}; orders beyond the funds {cut}."


def _margin(setup: Setup) -> Iterator[str]:
    if not setup.is_margin:
        return
    yield "All positions are liquidated once equity is below their maintenance margin at the worst prices of a bar, taken at once."
    fee = setup.terms.liquidation_fee
    if fee is None:
        yield "A liquidation loses the maintenance margin: all that is left of the account, or nearly so."
    else:
        yield f"A liquidation costs {fee * 10_000:g} bps of the value that is closed."


def _rates(setup: Setup) -> Iterator[str]:
    """Yield what money costs and earns over time, and what of it is left out."""
    terms = setup.terms
    outright = [instrument for instrument in setup.instruments if not instrument.is_derivative]
    if setup.is_margin and outright:
        rates = {terms.borrow_rate if instrument.borrow_rate is None else instrument.borrow_rate for instrument in outright}
        if rates == {0.0}:
            yield "Short positions pay nothing to borrow (account.borrow_rate = 0)."
        else:
            said = " to ".join(f"{rate:.2%}" for rate in sorted({min(rates), max(rates)}))
            yield f"Short positions pay {said} of their value a year to borrow, for each UTC day that begins."
        if terms.loan_rate == 0.0:
            yield "Money that the account owes costs nothing (account.loan_rate = 0)."
        else:
            yield f"Money that the account owes costs {terms.loan_rate:.2%} a year."
    if terms.interest_rate != 0.0:
        yield f"Cash earns {terms.interest_rate:.2%} a year, but for what short sales brought."
    kinds = set(setup.schedule.kind.tolist())
    perpetual = [instrument.symbol for instrument in setup.instruments if instrument.kind == "perpetual"]
    if perpetual and ScheduledKind.FUNDING not in kinds:
        yield f"{_few(perpetual)} {'pays' if len(perpetual) == 1 else 'pay'} no funding: the data source has no rates."
    if kinds & {ScheduledKind.SPLIT, ScheduledKind.DIVIDEND, ScheduledKind.DELISTING}:
        yield "Splits, dividends and delistings take effect before the open of their day; dividends are paid at once and untaxed."
    elif outright:
        yield "There are no splits, dividends or delistings in the data."


def _currencies(setup: Setup) -> Iterator[str]:
    if not setup.currencies:
        return
    cost = f"{setup.terms.conversion * 10_000:g} bps" if setup.terms.conversion else "no cost (account.conversion_bps = 0)"
    how = "it is borrowed" if setup.is_margin else f"the others are changed into it, at the last rate and {cost}"
    yield f"Money in {', '.join(setup.codes[1:])} counts at its rate at the last close. Where a currency runs short, {how}."


def _shares(setup: Setup) -> Iterator[str]:
    if not setup.shares:
        return
    parts = ", ".join(f"{share.name} {share.capital:,.2f}" for share in setup.shares)
    yield f"Each strategy trades a share of the account that is its own ({parts}), and buys nothing with another's money."
    if setup.is_margin and not setup.is_outside:
        yield "Opposite positions of two strategies in an instrument each tie up margin; a venue may count their difference."
    if setup.is_netted:
        yield "Market orders that strategies give at one close fill each other as far as they meet, at that price, without costs."


def _steps(setup: Setup) -> str:
    unknown = [instrument.symbol for instrument in setup.instruments if not instrument.tick or not instrument.lot]
    if not unknown:
        return "Prices and sizes are multiples of each instrument's tick and lot."
    which = "any instrument" if len(unknown) == len(setup.instruments) else _few(unknown)
    return f"Tick or lot of {which} is not known: prices or sizes there may be finer than a venue takes."


def _few(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def notes(setup: Setup, record: Record, stopped_by: int) -> Iterator[str]:
    """Yield what happened that a reader of the figures should know first."""
    if stopped_by:
        done, total = len(record.equity), len(setup.bars)
        yield f"INTERRUPTED after {done:,} of {total:,} bars: the figures are those of the part that was run."
    log = record.log
    for entry in record.entries(EventKind.HALT):
        yield _halt(record, int(entry))
    liquidations = record.entries(EventKind.LIQUIDATION)
    if len(liquidations):
        first = liquidations[0]
        time, equity, needed = time_text(int(record.times[first])), log["a"][first], log["b"][first]
        many = "once" if len(liquidations) == 1 else f"{len(liquidations):,} times"
        yield f"Positions were LIQUIDATED {many}; first at {time}: equity {equity:,.2f}, maintenance margin {needed:,.2f}."
    yield from _refusals(record)
    if not len(record.entries(EventKind.ORDER)):
        yield f"The strategy never placed an order{_why_quiet(setup)}."
    if not build.is_compiled():
        yield build.problem()[:1].upper() + build.problem()[1:] + "."


def _halt(record: Record, entry: int) -> str:
    """Say what was stopped, by whom and why: by a rule, by somebody who asked for it, or because nothing was left."""
    log, rule = record.log, int(record.log["rule"][entry])
    time, equity, drawdown = time_text(int(record.times[entry])), log["a"][entry], log["c"][entry]
    if rule >= 0:
        owner = "" if record.parts is None else record.parts.judged_by(rule)
        who = f"Strategy {owner} was" if owner else "Trading"
        return f"{who} HALTED at {time} by {record.rules[rule]}: equity {equity:,.2f}, {drawdown:.1%} below its peak."
    words = record.words.get(entry, ("",))[0]
    if words:
        return f"Trading HALTED at {time} by {words}: equity {equity:,.2f}."
    return f"Equity was GONE at {time} ({equity:,.2f})."


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
