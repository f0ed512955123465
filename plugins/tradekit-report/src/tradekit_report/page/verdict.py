"""What came of a run in a sentence, and what is beside it: written from its figures alone, without judging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradekit import Result
from tradekit_report.page.words import NONE, days_text, money, percent, plural, ratio
from tradekit_report.sanity import Finding

__all__ = ["Tile", "Verdict", "span_text", "tiles", "verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A headline in pieces, each with its tone, and the sentences below it."""

    first: Sequence[tuple[str, str]]
    second: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that everybody looks for, with what to hold it against."""

    label: str
    value: str
    beside: str
    tone: str = ""


def verdict(result: Result, days: float, findings: Sequence[Finding]) -> Verdict:
    """Say what a run gained or lost over so many days, against what, how and how many checks doubt it."""
    metrics = result.metrics
    total = metrics.get("total_return")
    if not result.fills.num_rows:
        return Verdict([("Nothing was traded", ""), (f" in {days_text(days)}.", "")], _nothing(result))
    first: list[tuple[str, str]] = [_gained(total), (f" in {days_text(days)}", "")]
    benchmark = metrics.get("benchmark_return")
    if total is not None and benchmark is not None:
        name = _benchmark_name(result)
        how = "more than" if total > benchmark else "less than" if total < benchmark else "as much as"
        if total >= 0 and benchmark >= 0:
            first.append((f", {how} the {percent(benchmark)} of {name}.", ""))
        else:
            first.append((f", while {name} {'gained' if benchmark >= 0 else 'lost'} {percent(abs(benchmark))}.", ""))
    else:
        first.append((".", ""))
    return Verdict(first, _second(metrics, result.config["account"], findings))


def _gained(total: float | None) -> tuple[str, str]:
    if total is None:
        return "Ended with nothing that can be measured", ""
    if total == 0:
        return "Ended where it began", ""
    return (f"Gained {percent(total)}", "up") if total > 0 else (f"Lost {percent(-total)}", "down")


def _nothing(result: Result) -> str:
    orders = result.orders.num_rows
    if not orders:
        return "The strategy asked for no order, so that there is nothing to judge."
    return f"{plural(orders, 'order')} {'was' if orders == 1 else 'were'} asked for, and none was filled: the journal says why."


def _benchmark_name(result: Result) -> str:
    named = result.config["run"].get("benchmark")
    symbols = [str(fact["symbol"]) for fact in result.data]
    if named in (None, "equal-weight"):
        return f"holding {symbols[0]}" if len(symbols) == 1 else f"holding all {len(symbols)} instruments"
    return f"holding {named}"


def _second(metrics: Mapping[str, Any], account: Mapping[str, Any], findings: Sequence[Finding]) -> str:
    said = []
    fall, length = metrics.get("max_drawdown"), metrics.get("max_drawdown_days")
    if fall:
        said.append(f"At worst it was {percent(fall)} below its peak, in a drawdown of {days_text(length)}.")
    closed, rate = metrics.get("trades"), metrics.get("win_rate")
    if closed:
        factor = metrics.get("profit_factor")
        paid = f", with a profit factor of {ratio(factor)}" if factor is not None else ""
        said.append(f"Of {plural(closed, 'trade')}, {percent(rate, 0)} won{paid}.")
    costs = (metrics.get("fees") or 0.0) + (metrics.get("slippage") or 0.0)
    if costs:
        share = percent(costs / float(account["capital"]))
        said.append(f"Fees and slippage took {money(costs)} {account['currency']}, {share} of the capital.")
    made = [one for one in findings if one.verdict != "unknown"]
    doubts = sum(one.verdict == "doubtful" for one in made)
    if made:
        raises = "raises" if doubts < 2 else "raise"
        said.append(f"{doubts or 'None'} of {plural(len(made), 'check')} {raises} doubt.")
    return " ".join(said)


def tiles(result: Result, benchmarks: Mapping[str, float | None]) -> list[Tile]:
    """Return the six figures on top; `benchmarks` has those of the benchmark by key."""
    metrics = result.metrics

    def beside(key: str, text: Any) -> str:
        value = benchmarks.get(key)
        return f"benchmark {text(value)}" if value is not None else ""

    def tone(value: float | None) -> str:
        return "" if not value else "up" if value > 0 else "down"

    total, yearly, fall = metrics.get("total_return"), metrics.get("annual_return"), metrics.get("max_drawdown")
    closed, rate = metrics.get("trades") or 0, metrics.get("win_rate")
    exposure = metrics.get("exposure")
    return [
        Tile("Total return", percent(total, signed=True), beside("total_return", percent), tone(total)),
        Tile("Annual return", percent(yearly, signed=True), beside("annual_return", percent), tone(yearly)),
        Tile("Max. drawdown", percent(fall), beside("max_drawdown", percent)),
        Tile("Sharpe ratio", ratio(metrics.get("sharpe")), beside("sharpe", ratio)),
        Tile("Volatility, annual", percent(metrics.get("annual_volatility")), beside("annual_volatility", percent)),
        Tile(
            "Closed trades",
            f"{closed:,}",
            f"{percent(rate, 0)} won"
            if rate is not None
            else f"in the market {percent(exposure, 0)}"
            if exposure is not None
            else NONE,
        ),
    ]


def span_text(first: str, last: str) -> str:
    """Return from when to when."""
    return f"{first} to {last}"
