"""Say in words what a result rests on, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tradekit.engine.calls import when
from tradekit.engine.compose import ComposedRun
from tradekit.engine.prepare import Prepared
from tradekit.journal.record import Record
from tradekit.model.event import EventKind
from tradekit.model.order import Reason
from tradekit.simulator import build
from tradekit.simulator.setup import Setup

__all__ = ["assumptions", "notes"]


def assumptions(composed: ComposedRun, prepared: Prepared) -> Iterator[str]:
    """Yield how fills, costs and money are made, one sentence each; what is said here is what the simulator does."""
    setup = prepared.setup
    yield "A decision made at the close of a bar takes effect on the instrument's next bar; market orders fill at its open."
    reach = "once a bar touches their price" if setup.fill_on_touch else "only when a bar trades through their price"
    yield f"Limit orders fill at their price, {reach}, or at the open if that is better."
    yield "Stop orders fill at their price, or at the open if the bar opens beyond it, with slippage. No order is limited by volume."
    yield from (model.describe() for model in composed.costs)
    if not composed.costs:
        yield "Trading costs nothing: no fees, no slippage (costs = [])."
    yield _funds(setup)
    if not composed.rules:
        yield "No risk rule is in force (risk = [])."
    yield _steps(setup)
    yield "Open positions count at their last close. Interest, borrowing, funding, dividends and splits are not simulated."


def _funds(setup: Setup) -> str:
    account = f"The margin account holds at most {setup.leverage:g} times its equity" if setup.is_margin else "The cash account never borrows or sells short"
    cut = "are cut to what they allow" if setup.cut_when_short_of_funds else "are rejected"
    return f"{account}; orders beyond the funds {cut}."


def _steps(setup: Setup) -> str:
    unknown = [instrument.symbol for instrument in setup.instruments if not instrument.tick or not instrument.lot]
    if not unknown:
        return "Prices and sizes are multiples of each instrument's tick and lot."
    which = "any instrument" if len(unknown) == len(setup.instruments) else _few(unknown)
    return f"Tick or lot of {which} is not known: prices or sizes there may be finer than a venue takes."


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def notes(composed: ComposedRun, prepared: Prepared, record: Record, stopped_by: int) -> Iterator[str]:
    """Yield what happened that a reader of the figures should know first."""
    if stopped_by:
        done, total = len(record.equity), len(prepared.setup.bars)
        yield f"INTERRUPTED after {done:,} of {total:,} bars: the figures are those of the part that was run."
    log = record.log
    for entry in record.entries(EventKind.HALT):
        rule = record.rules[log["rule"][entry]] if log["rule"][entry] >= 0 else ""
        time = when(int(record.times[entry]))
        if rule:
            yield f"Trading HALTED at {time} by {rule}: equity {log['a'][entry]:,.2f}, {log['c'][entry]:.1%} below its peak."
        else:
            yield f"Equity was gone at {time} ({log['a'][entry]:,.2f}); a real account would have been closed out earlier."
    yield from _refusals(record)
    if not len(record.entries(EventKind.ORDER)):
        yield f"The strategy never placed an order{_why_quiet(prepared)}."
    if not build.is_compiled():
        yield build.problem()[:1].upper() + build.problem()[1:] + "."


def _why_quiet(prepared: Prepared) -> str:
    seen = int(prepared.setup.bars.exists.sum(axis=0).max(initial=0))
    warmup = prepared.setup.warmup
    return f": it needs {warmup:,} bars to warm up and the data has {seen:,}" if warmup >= seen else ""


def _refusals(record: Record) -> Iterator[str]:
    rejected = np.bincount(record.log["code"][record.entries(EventKind.REJECT)], minlength=len(Reason))
    total = int(rejected.sum())
    if total:
        reasons = ", ".join(f"{count:,} {Reason(code).text}" for code, count in enumerate(rejected.tolist()) if count)
        yield f"{total:,} of {len(record.orders['row']):,} orders were rejected: {reasons}."
    is_cut = (record.log["kind"] == EventKind.CANCEL) & (record.log["code"] == Reason.INSUFFICIENT_FUNDS)
    if is_cut.any():
        yield f"{int(is_cut.sum()):,} orders were cut to the funds there were."
    by_rule = record.entries(EventKind.VERDICT)
    broken = [record.words[entry][0] for entry in by_rule.tolist() if entry in record.words and record.words[entry][0].startswith("the rule raised")]
    if broken:
        yield f"A risk rule FAILED on {len(broken):,} orders, which it thereby refused; the first time {broken[0].removeprefix('the rule ')}."
