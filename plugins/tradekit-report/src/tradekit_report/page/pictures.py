"""The pictures of a report: each makes SVG of one part of its figures, and tells in words what it shows."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tradekit_report.figures import CalendarReturns, Costs, Distribution, Excursions, Group, Rolling, TurnoverMonths
from tradekit_report.page.account import Account
from tradekit_report.page.svg import Plot, nice_ticks, span_of, time_ticks
from tradekit_report.page.words import closing_day, day, money, money_tick, percent, percent_tick, ratio, ratio_tick

__all__ = [
    "account_picture",
    "costs_picture",
    "distribution_picture",
    "drawdown_picture",
    "excursion_picture",
    "exposure_picture",
    "groups_picture",
    "price_picture",
    "rolling_pictures",
    "turnover_picture",
    "yearly_picture",
]

Floats = NDArray[np.float64]
WIDE = (1080, 300)
LOW = (1080, 150)
HALF = (520, 240)
THIRD = (340, 210)


def _axis(account: Account) -> tuple[float, float]:
    return float(account.time[0]), float(account.time[-1])


def account_picture(account: Account) -> Markup:
    """Draw equity, and the benchmark beside it."""
    plot = Plot(WIDE, _axis(account), span_of(account.equity, account.benchmark), (10, 16, 28, 76))
    plot.y_axis(money_tick)
    plot.x_axis(time_ticks(int(account.time[0]), int(account.time[-1]), 9))
    times = account.time.astype(np.float64)
    if account.benchmark is not None:
        plot.line(times, account.benchmark, "line muted")
    plot.line(times, account.equity, "line main")
    first, last = account.equity[0], account.equity[-1]
    return plot.render(
        f"Equity from {money(float(first))} on {closing_day(int(account.time[0]))} to {money(float(last))} at the end."
    )


def drawdown_picture(account: Account) -> Markup:
    """Draw how far equity was below its peak."""
    plot = Plot(LOW, _axis(account), (min(float(np.nanmin(account.drawdown)) * 1.08, -0.001), 0.0), (8, 16, 28, 76))
    plot.y_axis(percent_tick, 3)
    plot.x_axis(time_ticks(int(account.time[0]), int(account.time[-1]), 9))
    plot.area(account.time.astype(np.float64), account.drawdown, "fill loss")
    worst = int(np.nanargmin(account.drawdown))
    return plot.render(f"Drawdown, at worst {percent(float(account.drawdown[worst]))} on {closing_day(int(account.time[worst]))}.")


def exposure_picture(account: Account) -> Markup:
    """Draw the value of positions over equity."""
    plot = Plot(LOW, _axis(account), span_of(account.gross, account.net, include=(0.0,)), (8, 16, 28, 76))
    plot.y_axis(percent_tick, 3)
    plot.x_axis(time_ticks(int(account.time[0]), int(account.time[-1]), 9))
    times = account.time.astype(np.float64)
    plot.area(times, np.nan_to_num(account.gross), "fill soft")
    plot.line(times, account.net, "line main thin")
    return plot.render(f"Exposure, on average {percent(float(np.nanmean(account.gross)))} of equity.")


def price_picture(time: NDArray[np.int64], close: Floats, fills: tuple[Floats, Floats, NDArray[np.bool_]], symbol: str) -> Markup:
    """Draw the price, and a dot where something was bought or sold: `fills` are times, prices, and which are buys."""
    plot = Plot(WIDE, (float(time[0]), float(time[-1])), span_of(close), (10, 16, 28, 76))
    plot.y_axis(lambda value: f"{value:,.6g}")
    plot.x_axis(time_ticks(int(time[0]), int(time[-1]), 9))
    plot.line(time.astype(np.float64), close, "line ink thin")
    at, price, is_buy = fills
    plot.dots(at[is_buy], price[is_buy], "dot gain", 2.2)
    plot.dots(at[~is_buy], price[~is_buy], "dot loss", 2.2)
    return plot.render(f"Price of {symbol}, with {int(is_buy.sum())} buys and {int((~is_buy).sum())} sells.")


def yearly_picture(calendar: CalendarReturns) -> Markup:
    """Draw each year's return, the benchmark's beside it."""
    others = calendar.benchmark_totals
    count = len(calendar.years)
    plot = Plot(HALF, (-0.5, count - 0.5), span_of(calendar.totals, others, include=(0.0,)))
    plot.y_axis(percent_tick)
    every = max(count // 9 + 1, 1)
    plot.x_axis([(float(k), str(year)) for k, year in enumerate(calendar.years) if k % every == 0])
    for k, (year, total) in enumerate(zip(calendar.years, calendar.totals.tolist(), strict=True)):
        if others is not None and np.isfinite(others[k]):
            plot.bar(k + 0.04, k + 0.34, float(others[k]), "bar muted", tip=f"{year}: benchmark {percent(float(others[k]))}")
        if np.isfinite(total):
            left, right = (-0.34, -0.04) if others is not None else (-0.3, 0.3)
            plot.bar(k + left, k + right, total, "bar gain" if total >= 0 else "bar loss", tip=f"{year}: {percent(total)}")
    told = ", ".join(f"{year} {percent(total)}" for year, total in zip(calendar.years, calendar.totals.tolist(), strict=True))
    return plot.render(f"Returns by year: {told}.")


def distribution_picture(found: Distribution) -> Markup:
    """Draw how often periods had which return, and where the worst 5 % begin."""
    edges, counts = found.edges, found.counts.astype(np.float64)
    # Days out of the market all fall into one bar, which would hide the others: it is cut off, and its number stands beside it.
    highest, second = [0.0, 0.0, *sorted(counts.tolist())][-1:-3:-1]
    top = max(highest if highest <= 2.0 * second else 1.2 * second, float(found.normal.max(initial=0.0)), 1.0) * 1.08
    plot = Plot(HALF, (float(edges[0]), float(edges[-1])), (0.0, top))
    plot.y_axis(lambda value: f"{value:,.0f}", 4)
    plot.x_axis([(tick, percent_tick(tick)) for tick in nice_ticks(float(edges[0]), float(edges[-1]), 6)])
    tail = next((one for one in found.tails if one.level == 0.95), None)
    limit = -tail.historical if tail is not None and tail.historical is not None else -np.inf
    for k, number in enumerate(counts.tolist()):
        if number:
            low, high = float(edges[k]), float(edges[k + 1])
            kind = "bar loss" if high <= limit + 1e-12 else "bar soft"
            plot.bar(low, high, min(number, top), kind, tip=f"{percent(low)} to {percent(high)}: {number:,.0f}")
            if number > top:
                plot.text(plot.x(high) + 5, plot.top + 26, f"{number:,.0f}")
    middle = 0.5 * (edges[1:] + edges[:-1])
    plot.line(middle, found.normal, "line muted dashed")
    if np.isfinite(limit):
        plot.upright(float(limit), "rule loss", f"VaR 95 % {percent(float(-limit))}")
    return plot.render(
        f"Distribution of {int(counts.sum()):,} returns: mean {percent(found.mean)}, deviation {percent(found.deviation)}, "
        f"worst {percent(found.worst)}, best {percent(found.best)}."
    )


def rolling_pictures(rolling: Rolling) -> list[tuple[str, Markup]]:
    """Draw what the last periods came to, at the end of each: titles and charts of those that there are."""
    rows: list[tuple[str, Floats, Floats | None, bool]] = [
        ("Sharpe ratio", rolling.sharpe, rolling.benchmark_sharpe, False),
        ("volatility", rolling.volatility, rolling.benchmark_volatility, True),
    ]
    if rolling.beta is not None:
        rows.append(("beta to the benchmark", rolling.beta, None, False))
    found = []
    for title, values, other, is_fraction in rows:
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        times = rolling.time.astype(np.float64)
        size = HALF if rolling.beta is None else THIRD
        plot = Plot(size, (times[0], times[-1]), span_of(values, other, include=(0.0,)), (10, 12, 26, 48))
        plot.y_axis(percent_tick if is_fraction else ratio_tick, 4)
        plot.x_axis(time_ticks(int(rolling.time[0]), int(rolling.time[-1]), 4))
        if other is not None:
            plot.line(times, other, "line muted thin")
        plot.line(times, values, "line main")
        name = percent if is_fraction else ratio
        told = f"from {name(float(known.min()))} to {name(float(known.max()))}, at the end {name(float(known[-1]))}"
        found.append((title, plot.render(f"{title} over {rolling.window} periods: {told}.")))
    return found


def excursion_picture(found: Excursions) -> Markup:
    """Draw each closed trade: how far it went against the position, and what it came to."""
    known = ~found.is_open & np.isfinite(found.adverse) & np.isfinite(found.return_on_entry)
    adverse, came = found.adverse[known], found.return_on_entry[known]
    plot = Plot(HALF, (0.0, max(float(adverse.max(initial=0.0)) * 1.05, 1e-4)), span_of(came, include=(0.0,)))
    plot.y_axis(percent_tick)
    plot.x_axis([(tick, percent_tick(tick)) for tick in nice_ticks(*plot.xs, 5)])
    wins = came > 0
    plot.dots(adverse[wins], came[wins], "dot gain", 3.0)
    plot.dots(adverse[~wins], came[~wins], "dot loss", 3.0)
    return plot.render(f"{int(known.sum())} closed trades: the largest move against each, and its return.")


def groups_picture(groups: tuple[Group, ...], what: str) -> Markup:
    """Draw what each group earned, as bars that stand beside one another."""
    profits = np.array([group.profit for group in groups])
    plot = Plot(HALF, (-0.5, len(groups) - 0.5), span_of(profits, include=(0.0,)), (10, 12, 26, 70))
    plot.y_axis(money_tick, 4)
    every = max(-(-len(groups) // 12), 1)
    plot.x_axis(
        [
            (float(k), group.name[:3] if len(groups) > 5 and not group.name[:1].isdigit() else group.name[:14])
            for k, group in enumerate(groups)
            if k % every == 0
        ]
    )
    for k, group in enumerate(groups):
        kind = "bar gain" if group.profit >= 0 else "bar loss"
        plot.bar(k - 0.36, k + 0.36, group.profit, kind, tip=f"{group.name}: {money(group.profit)}, {group.trades} trades")
    return plot.render(f"Profit by {what}: " + ", ".join(f"{group.name} {money(group.profit)}" for group in groups) + ".")


def turnover_picture(found: TurnoverMonths) -> Markup:
    """Draw how much of equity was traded in each month."""
    times = found.month.astype(np.float64)
    width = 27.0 * 86_400e9
    plot = Plot(HALF, (times[0] - width * 0.1, times[-1] + width), (0.0, float(np.nanmax(found.ratio, initial=0.0)) * 1.08 or 1.0))
    plot.y_axis(lambda value: f"{value:,.3g}×", 4)  # noqa: RUF001 - times
    plot.x_axis(time_ticks(int(times[0]), int(times[-1]), 5))
    for at, value in zip(times.tolist(), found.ratio.tolist(), strict=True):
        if np.isfinite(value):
            plot.bar(at, at + width, value, "bar soft", tip=f"{day(int(at))[:7]}: {value:,.2f} times equity")
    return plot.render("Value traded in each month, over mean equity.")


def costs_picture(costs: Costs) -> Markup:
    """Draw what each sort of cost took, as bars that lie."""
    parts = [part for part in costs.parts if part.money > 0]
    height = 26 * len(parts) + 34
    plot = Plot((520, height), (0.0, max(part.money for part in parts) * 1.02), (0.0, float(len(parts))), (6, 70, 24, 120))
    for k, part in enumerate(parts):
        place = len(parts) - 1 - k
        plot.lying(place + 0.2, place + 0.8, part.money, f"s{k % 6 + 1}", tip=f"{part.label}: {money(part.money)}")
        plot.text(plot.left - 8, plot.y(place + 0.5) + 4.5, part.label, "end")
        plot.text(plot.x(part.money) + 6, plot.y(place + 0.5) + 4.5, money(part.money))
    return plot.render("Costs: " + ", ".join(f"{part.label} {money(part.money)}" for part in parts) + ".")
