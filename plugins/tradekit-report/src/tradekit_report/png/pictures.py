"""The pictures: equity, months, returns and trades; each is drawn from the figures of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit import Result, column_values
from tradekit_report.figures import Figures
from tradekit_report.page.words import percent, plural, ratio
from tradekit_report.png.style import (
    BENCHMARK,
    GAIN,
    INK,
    LOSS,
    MUTED,
    RUN,
    clean,
    dates,
    legend,
    moments,
    moneys,
    new_figure,
    percents,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PICTURES"]

_POINTS = 3_000
"""How many points a line has at most: more than there are pixels."""
_LOG_FROM = 8.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEAR_PLACE = 12.3
_YEARS = 30
"""How many years a picture of months has room for, the last ones."""


def equity(result: Result, _figures: Figures) -> Figure | None:
    """Draw equity beside the benchmark, with the drawdown and the exposure below it."""
    columns = {name: column_values(result.equity, name) for name in result.equity.column_names}
    values = columns["equity"]
    if not len(values) or not np.isfinite(values).all():
        return None
    figure = new_figure(9.0, 6.0)
    title(figure, result.name, _summary(result))
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3.2, 1.2, 0.9))
    peak = np.maximum.accumulate(np.maximum(values, float(result.config["account"]["capital"])))
    rows = _rows(values)
    time = moments(columns["time"][rows])
    if "benchmark" in columns and np.isfinite(columns["benchmark"]).all():
        other = _rows(columns["benchmark"])
        top.plot(moments(columns["time"][other]), columns["benchmark"][other], color=BENCHMARK, label="benchmark", linewidth=1.1)
    top.plot(time, values[rows], color=RUN, label="run")
    if float(np.min(values)) > 0.0 and float(np.max(values)) > _LOG_FROM * float(np.min(values)):
        top.set_yscale("log")
    clean(top, f"equity, {result.config['account']['currency']}")
    moneys(top)
    if "benchmark" in columns:
        legend(top)
    fall = values / peak - 1.0
    deep = _rows(fall)
    middle.fill_between(moments(columns["time"][deep]), fall[deep], 0.0, color=LOSS, alpha=0.25, linewidth=0.0)
    middle.plot(moments(columns["time"][deep]), fall[deep], color=LOSS, linewidth=0.8)
    clean(middle, "drawdown")
    percents(middle)
    _exposure(bottom, columns)
    dates(bottom)
    return figure


def _exposure(axes: Axes, columns: Mapping[str, NDArray[Any]]) -> None:
    equity = columns["equity"]
    net = np.divide(columns["net_exposure"], equity, out=np.zeros(len(equity)), where=equity > 0.0)
    rows = _rows(net)
    axes.fill_between(moments(columns["time"][rows]), net[rows], 0.0, color=RUN, alpha=0.35, linewidth=0.0)
    axes.axhline(0.0, color=MUTED, linewidth=0.6)
    clean(axes, "net exposure, of equity")
    percents(axes)


def _summary(result: Result) -> str:
    metrics = result.metrics
    told = [
        f"total return {percent(metrics['total_return'], signed=True)}",
        f"benchmark {percent(metrics['benchmark_return'], signed=True)}" if metrics.get("benchmark_return") is not None else "",
        f"Sharpe ratio {ratio(metrics['sharpe'])}" if metrics.get("sharpe") is not None else "",
        f"max. drawdown {percent(metrics['max_drawdown'])}",
        plural(int(metrics["trades"] or 0), "closed trade"),
    ]
    return "   ".join(text for text in told if text)


def months(result: Result, figures: Figures) -> Figure | None:
    """Draw the returns of months as a heat map, with those of years beside it."""
    found = figures.calendar
    if found is None:
        return None
    years, values, totals = found.years[-_YEARS:], found.months[-_YEARS:], found.totals[-_YEARS:]
    figure = new_figure(9.0, 1.25 + 0.34 * len(years))
    title(figure, f"{result.name}: returns by month")
    axes = figure.subplots()
    shown = np.column_stack((values, totals))
    known = np.abs(values[np.isfinite(values)])
    limit = max(float(np.quantile(known, 0.95)), 1e-9)
    for row, column in np.argwhere(np.isfinite(shown)):
        value = float(shown[row, column])
        place, full = (column, limit) if column < 12 else (_YEAR_PLACE, 3.0 * limit)
        axes.add_patch(_cell(place, row, value, full))
        is_strong = abs(value) > 0.62 * full
        text = "0.0" if abs(value) < 0.0005 else f"{100.0 * value:+.1f}".replace("-", "\N{MINUS SIGN}")
        axes.text(place, row, text, ha="center", va="center", fontsize=8.0, color="white" if is_strong else INK)
    axes.set_xlim(-0.5, _YEAR_PLACE + 0.5)
    axes.set_ylim(len(years) - 0.5, -0.5)
    axes.set_xticks([*range(12), _YEAR_PLACE], [*_MONTHS, "Year"])
    axes.set_yticks(range(len(years)), [str(year) for year in years])
    axes.xaxis.tick_top()
    axes.grid(visible=False)
    clean(axes)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel("per cent, compound")
    return figure


def _cell(column: float, row: int, value: float, limit: float) -> Any:
    from matplotlib.patches import Rectangle

    strength = min(abs(value) / limit, 1.0)
    return Rectangle(
        (column - 0.47, row - 0.46), 0.94, 0.92, color=GAIN if value >= 0.0 else LOSS, alpha=0.06 + 0.84 * strength, linewidth=0.0
    )


def returns(result: Result, figures: Figures) -> Figure | None:
    """Draw how the returns of periods are distributed, and the rolling Sharpe ratio and volatility."""
    found, rolling = figures.distribution, figures.rolling
    if found is None:
        return None
    figure = new_figure(9.0, 4.2)
    title(figure, f"{result.name}: returns of periods")
    if rolling is None:
        left = figure.subplots()
    else:
        grid = figure.add_gridspec(2, 2, width_ratios=(1.25, 1.0))
        left = figure.add_subplot(grid[:, 0])
        _rolling(figure.add_subplot(grid[0, 1]), figures, "sharpe")
        _rolling(figure.add_subplot(grid[1, 1]), figures, "volatility")
    centres, widths = 0.5 * (found.edges[1:] + found.edges[:-1]), np.diff(found.edges)
    counts = np.where(found.edges[:-1] == 0.0, found.counts - found.zeros, found.counts)
    left.bar(centres, counts, 0.92 * widths, color=np.where(centres >= 0.0, RUN, LOSS).tolist(), alpha=0.75, linewidth=0.0)
    left.plot(centres, found.normal, color=MUTED, linewidth=1.0, linestyle="--", label="normal, same mean and deviation")
    tail = found.tails[0]
    if tail.historical is not None and tail.shortfall is not None:
        for loss, name, style in ((tail.historical, "VaR", "-"), (tail.shortfall, "CVaR", ":")):
            left.axvline(-loss, color=LOSS, linewidth=1.1, linestyle=style, label=f"{name} {tail.level:.0%}: {percent(loss)}")
    left.legend(loc="upper right")
    shape = f"skewness {ratio(found.skewness)}, excess kurtosis {ratio(found.excess_kurtosis)}"
    clean(left, f"{plural(int(found.counts.sum()), 'period')}; {shape}")
    if found.zeros:
        left.set_xlabel(f"{plural(found.zeros, 'period')} of exactly 0, counted and not drawn")
    percents(left, "x")
    return figure


def _rolling(axes: Axes, figures: Figures, name: str) -> None:
    rolling = figures.rolling
    if rolling is None:
        return
    time = moments(rolling.time)
    other = getattr(rolling, f"benchmark_{name}")
    if other is not None:
        axes.plot(time, other, color=BENCHMARK, linewidth=1.0)
    axes.plot(time, getattr(rolling, name), color=RUN)
    if name == "sharpe":
        axes.axhline(0.0, color=MUTED, linewidth=0.6)
    else:
        percents(axes)
    beside = "" if other is None else " (grey: the benchmark's)"
    clean(axes, f"{'Sharpe ratio' if name == 'sharpe' else name} of {rolling.window} periods{beside}")
    dates(axes)


def trades(result: Result, figures: Figures) -> Figure | None:
    """Draw what closed trades returned over how far the price went against them, and for them."""
    found = figures.excursions
    if found is None or bool(found.is_open.all()):
        return None
    closed = ~found.is_open
    figure = new_figure(9.0, 4.2)
    title(figure, f"{result.name}: {plural(int(closed.sum()), 'closed trade')}")
    left, right = figure.subplots(1, 2, sharey=True)
    gained, colours = found.return_on_entry[closed], np.where(found.profit[closed] > 0.0, GAIN, LOSS).tolist()
    for axes, values, heading in (
        (left, found.adverse[closed], "return over the worst price on the way (MAE)"),
        (right, found.favourable[closed], "return over the best price on the way (MFE)"),
    ):
        axes.scatter(values, gained, s=16, c=colours, alpha=0.65, linewidths=0.0)
        axes.axhline(0.0, color=MUTED, linewidth=0.6)
        reach = float(np.max(values, initial=0.0))
        sign = -1.0 if axes is left else 1.0
        axes.plot([0.0, reach], [0.0, sign * reach], color=MUTED, linewidth=0.8, linestyle=":")
        low, high = float(np.min(gained)), float(np.max(gained))
        margin = 0.06 * (high - low) + 1e-6
        axes.set_ylim(min(low, 0.0) - margin, max(high, 0.0) + margin)
        clean(axes, heading)
        percents(axes, "x")
        percents(axes)
    left.set_xlabel("dotted: left at the worst price")
    right.set_xlabel("dotted: left at the best price")
    return figure


def _rows(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows to draw of a line: all of them, or of each stretch those of the lowest and the highest value."""
    if len(values) <= _POINTS:
        return np.arange(len(values))
    starts = np.linspace(0, len(values), _POINTS // 2 + 1).astype(np.int64)
    low, high = (
        np.array([start + int(pick(values[start:stop])) for start, stop in pairwise(starts.tolist())])
        for pick in (np.argmin, np.argmax)
    )
    return np.unique(np.concatenate(([0], low, high, [len(values) - 1])))


PICTURES: Mapping[str, Callable[[Result, Figures], Figure | None]] = {
    "equity": equity,
    "months": months,
    "returns": returns,
    "trades": trades,
}
"""By name; each returns `None` where the run has nothing to draw."""
