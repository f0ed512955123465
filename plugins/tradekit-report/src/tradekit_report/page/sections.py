"""The sections of a report that scripts have no part in: from figures to pictures and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tradekit_report.figures import (
    CalendarReturns,
    Costs,
    Distribution,
    DrawdownRow,
    Excursions,
    FactorFit,
    Figures,
    Group,
    MarketStates,
    Piece,
    Rolling,
    RuleVerdicts,
)
from tradekit_report.page.blocks import Block, Cell, Heat, Picture, Row, Section, Table, Text, tinted
from tradekit_report.page.pictures import (
    costs_picture,
    distribution_picture,
    excursion_picture,
    groups_picture,
    rolling_pictures,
    turnover_picture,
    yearly_picture,
)
from tradekit_report.page.words import NONE, closing_day, count_text, day, days_text, figure, money, percent, ratio, sentence

__all__ = ["report_sections"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def report_sections(figures: Figures, currency: str) -> list[Section]:
    """Return the sections that have something to show, in the order of the page."""
    found = [
        Section("returns", "Returns", "How the result came about over time.", list(_returns(figures))),
        Section("risk", "Risk", _risk_lead(figures.distribution), list(_risk(figures))),
        Section("quality", "Entries and exits", _quality_lead(figures.excursions), list(_quality(figures.excursions)), "Entries"),
        Section("costs", "Costs", _costs_lead(figures.costs, currency), list(_costs(figures, currency))),
        Section(
            "where",
            "Where it came from",
            "Profit by what was traded, and when. Each list adds up to the whole result.",
            list(_where(figures, currency)),
            "Origins",
        ),
        Section(
            "rules", "Risk rules", "What the rules of the run let pass, cut and refused.", list(_rules(figures.verdicts)), "Rules"
        ),
        Section("factors", "Factors", "The returns explained by series that were given.", list(_factors(figures.factors))),
    ]
    return [section for section in found if section.blocks]


def _returns(figures: Figures) -> Iterator[Block]:
    if figures.calendar is not None and figures.calendar.years:
        yield _months(figures.calendar)
        yield Picture("By year", yearly_picture(figures.calendar), _yearly_note(figures.calendar))
    elif "calendar" in figures.missing:
        yield Text(sentence(figures.missing["calendar"]))
    if figures.distribution is not None:
        found = figures.distribution
        yield Picture("Distribution of returns", distribution_picture(found), _distribution_note(found))
    if figures.rolling is not None:
        yield from _rolling(figures.rolling)


def _months(calendar: CalendarReturns) -> Heat:
    months = calendar.months
    known = np.abs(months[np.isfinite(months)])
    top = float(np.quantile(known, 0.95)) if len(known) else 1.0
    rows = []
    for year, values, total in zip(calendar.years, months.tolist(), calendar.totals.tolist(), strict=True):
        cells = [_heat_cell(value, top) for value in values]
        rows.append(
            (str(year), [*cells, (percent(total, 1) if math.isfinite(total) else "", "total " + ("up" if total > 0 else "down"))])
        )
    return Heat(
        "Returns by month",
        [*_MONTHS, "Year"],
        rows,
        "Months compound to years, and years to the total return. What the run covers only in part is in it with that part.",
    )


def _heat_cell(value: float, top: float) -> tuple[str, str]:
    if not math.isfinite(value):
        return "", ""
    if abs(value) < 5e-5:
        return "0.0", "h0"
    step = 1 + sum(abs(value) > top * part for part in (0.2, 0.5, 0.85))
    text = f"{100.0 * value:.1f}".replace("-", "−")  # noqa: RUF001 - the sign, as wide as a plus
    return text, f"{'h' if value > 0 else 'c'}{step}"


def _yearly_note(calendar: CalendarReturns) -> str:
    part = [str(year) for year, is_part in zip(calendar.years, calendar.is_part, strict=True) if is_part]
    first = "Grey is the benchmark. " if calendar.benchmark_totals is not None else ""
    return first + (f"Only a part of {' and '.join(part)} is in the run." if part else "")


def _distribution_note(found: Distribution) -> str:
    said = [f"Mean {percent(found.mean)}, standard deviation {percent(found.deviation)}"]
    if found.skewness is not None:
        said.append(f"skewness {ratio(found.skewness)}")
    if found.excess_kurtosis is not None:
        said.append(f"excess kurtosis {ratio(found.excess_kurtosis)}")
    return ", ".join(said) + ". Red is the worst 5 %; the dashed line a normal distribution of the same mean and deviation."


def _rolling(rolling: Rolling) -> Iterator[Block]:
    has_other = rolling.benchmark_sharpe is not None
    note = f"Over the last {rolling.window:,} periods" + (", the benchmark in grey." if has_other else ".")
    for title, svg in rolling_pictures(rolling):
        yield Picture(f"Rolling {title}", svg, note, "third" if rolling.beta is not None else "")


def _risk_lead(found: Distribution | None) -> str:
    if found is None:
        return "How deep it fell, and for how long."
    return (
        f"How deep it fell, and for how long. The worst period lost {percent(-found.worst)}, the best gained {percent(found.best)}."
    )


def _risk(figures: Figures) -> Iterator[Block]:
    if figures.drawdowns:
        yield _drawdowns(figures.drawdowns)
    if figures.distribution is not None and figures.distribution.tails:
        yield _tails(figures.distribution)
    if figures.distribution is not None and figures.distribution.quantiles:
        rows: list[Row] = [
            [f"{100 * level:g} %", tinted(percent(value), value)] for level, value in figures.distribution.quantiles.items()
        ]
        yield Table("Quantiles of the returns", [("Share of periods below", False), ("Return", True)], rows)
    if "distribution" in figures.missing:
        yield Text(sentence(figures.missing["distribution"]))


def _drawdowns(rows: Sequence[DrawdownRow]) -> Table:
    heads = [("From", False), ("Depth", True), ("Trough", True), ("Back", True), ("Length", True), ("To trough", True)]
    shown: list[Row] = [
        [
            closing_day(row.start),
            Cell(percent(row.depth), "down"),
            closing_day(row.trough),
            closing_day(row.end) if row.end is not None else "not yet",
            days_text(row.days),
            days_text(row.to_trough_days),
        ]
        for row in rows
    ]
    return Table("The deepest drawdowns", heads, shown, wide=True)


def _tails(found: Distribution) -> Table:
    heads = [("Level", False), ("VaR", True), ("CVaR", True), ("VaR, normal", True), ("VaR, Cornish-Fisher", True)]
    rows = [
        [
            f"{100 * tail.level:g} %",
            percent(tail.historical),
            percent(tail.shortfall),
            percent(tail.normal),
            percent(tail.cornish_fisher),
        ]
        for tail in found.tails
    ]
    note = (
        "Loss of one period. VaR: what all but the worst stayed within; CVaR: the mean of those; both of the returns as they were."
    )
    return Table("Value at risk", heads, rows, note)


def _quality_lead(found: Excursions | None) -> str:
    if found is None:
        return ""
    return "How far prices went against each trade (MAE) and for it (MFE) while it was held, and how much of that was kept."


def _quality(found: Excursions | None) -> Iterator[Block]:
    if found is None:
        return
    known = ~found.is_open & np.isfinite(found.adverse)
    if known.any():
        yield Picture(
            "Largest move against a trade, and its return",
            excursion_picture(found),
            "Across: how far the price went against it. Up: what it came to after costs. One dot is one closed trade.",
        )
    if found.summary:
        rows = [[one.label, figure(one.value, one.unit)] for one in found.summary]
        yield Table("Over the closed trades", [("Figure", False), ("Value", True)], rows)


def _costs_lead(costs: Costs, currency: str) -> str:
    if not costs.parts:
        return ""
    said = f"{money(costs.total)} {currency} in all"
    if costs.bps is not None:
        said += f", {ratio(costs.bps)} basis points of what was traded"
    if costs.of_gross is not None:
        said += f", {percent(costs.of_gross)} of the profit before costs"
    return f"{said}. {sentence(costs.note) if costs.note else ''}"


def _costs(figures: Figures, currency: str) -> Iterator[Block]:
    costs = figures.costs
    if costs.parts and (costs.total or costs.traded):
        rows = [
            [part.label, money(part.money), percent(part.money / costs.total) if costs.total else NONE, part.note]
            for part in costs.parts
        ]
        heads = [("Cost", False), (currency, True), ("Share", True), ("", False)]
        has_picture = costs.total > 0 and sum(part.money > 0 for part in costs.parts) > 2
        if has_picture:
            yield Picture("What it was paid for", costs_picture(costs))
        yield Table(
            "By sort",
            heads,
            rows,
            foot=["All", money(costs.total), percent(1.0) if costs.total else NONE, ""],
            wide=not has_picture and len(costs.by_symbol) < 2,
        )
    if len(costs.by_symbol) > 1:
        rows = [[name, money(fees), money(slippage)] for name, (fees, slippage) in costs.by_symbol.items()]
        yield Table("Costs by instrument", [("Instrument", False), ("Fees", True), ("Slippage", True)], rows)
    if figures.turnover is not None and len(figures.turnover.month):
        yield Picture("Turnover by month", turnover_picture(figures.turnover), "Value traded over the mean equity of the month.")


def _where(figures: Figures, currency: str) -> Iterator[Block]:
    if len(figures.contributions) > 1:
        yield _pieces(figures.contributions, currency)
    if len(figures.by_instrument) > 1:
        yield _groups(figures.by_instrument, "By instrument", currency)
    if len(figures.by_direction) > 1:
        yield _groups(figures.by_direction, "Long and short", currency)
    for groups, title, what in ((figures.by_weekday, "By weekday", "weekday"), (figures.by_hour, "By hour, UTC", "hour")):
        if len(groups) > 1:
            yield Picture(title, groups_picture(groups, what), f"Profit of the bars in each, {currency}.")
    if figures.states is not None and figures.states.groups:
        yield _states(figures.states, currency)


def _pieces(pieces: Sequence[Piece], currency: str) -> Table:
    rows: list[Row] = [
        [
            piece.name,
            tinted(money(piece.profit, signed=True), piece.profit),
            percent(piece.contribution, 2, signed=True),
            piece.note,
        ]
        for piece in pieces
    ]
    profit, share = sum(piece.profit for piece in pieces), sum(piece.contribution for piece in pieces)
    heads = [("What", False), (currency, True), ("Of capital", True), ("", False)]
    return Table(
        "What the total return is made of",
        heads,
        rows,
        foot=["All", tinted(money(profit, signed=True), profit), percent(share, 2, signed=True), ""],
    )


def _groups(groups: Sequence[Group], title: str, currency: str, wide: bool = False) -> Table:
    heads = [("", False), (currency, True), ("Of capital", True), ("Trades", True), ("Won", True), ("Mean return", True)]
    rows: list[Row] = [
        [
            group.name,
            tinted(money(group.profit, signed=True), group.profit),
            percent(group.contribution, 2, signed=True),
            count_text(group.trades),
            percent(group.win_rate, 0),
            percent(group.mean_return),
        ]
        for group in groups
    ]
    return Table(title, heads, rows, wide=wide)


def _states(states: MarketStates, currency: str) -> Table:
    table = _groups(states.groups, "By state of the market", currency)
    rows = [
        [row[0], percent(states.share.get(group.name), 0), *row[1:]] for row, group in zip(table.rows, states.groups, strict=True)
    ]
    return Table(table.caption, [table.heads[0], ("Of the time", True), *table.heads[1:]], rows, sentence(states.rule), wide=True)


def _rules(verdicts: Sequence[RuleVerdicts]) -> Iterator[Block]:
    if not verdicts:
        return
    heads = [
        ("Rule", False),
        ("Judged", True),
        ("Passed whole", True),
        ("Cut", True),
        ("Refused", True),
        ("Halts", True),
        ("Closest to limit", True),
        ("Last time", True),
        ("Reasons", False),
    ]
    rows = [
        [
            one.rule,
            count_text(one.judged),
            count_text(one.accepted),
            count_text(one.cut) + (f" (by {percent(one.cut_share)})" if one.cut and one.cut_share is not None else ""),
            count_text(one.refused),
            count_text(one.halts),
            percent(one.closest, 0),
            day(one.last) if one.last is not None else NONE,
            "; ".join(f"{reason} ({count})" for reason, count in one.reasons.items()),
        ]
        for one in verdicts
    ]
    yield Table(
        "What each rule did",
        heads,
        rows,
        "Closest to limit: the highest of what it judged, over its limit. A halt stops new risk for the rest of the run.",
        wide=True,
    )


def _factors(fit: FactorFit | None) -> Iterator[Block]:
    if fit is None:
        return
    heads = [("Factor", False), ("Exposure", True), ("Standard error", True), ("t", True), ("p", True), ("Contribution", True)]
    rows = [_factor(row.name, row.beta, row.error, row.t, row.p, row.contribution) for row in fit.rows]
    rows.append(_factor("alpha, a year", fit.alpha.beta, fit.alpha.error, fit.alpha.t, fit.alpha.p, fit.alpha.contribution))
    rows.append(["rest, through compounding", "", "", "", "", tinted(percent(fit.rest, 2, signed=True), fit.rest)])
    explained = (
        f"R² {percent(fit.r_squared, 0)} over {fit.periods:,} periods" if fit.r_squared is not None else f"{fit.periods:,} periods"
    )
    note = f"{explained}; standard errors after Newey and West with {fit.lags} lags. {sentence(fit.note) if fit.note else ''}"
    yield Table(
        "Regression on the given factors",
        heads,
        rows,
        note,
        foot=["All", "", "", "", "", percent(fit.total_return, 2, signed=True)],
        wide=True,
    )


def _factor(name: str, beta: float, error: float, t: float | None, p: float | None, contribution: float) -> list[str | Cell]:
    chance = NONE if p is None else f"{p:.3f}"
    return [name, f"{beta:.4g}", f"{error:.3g}", ratio(t), chance, tinted(percent(contribution, 2, signed=True), contribution)]
