"""A report in Markdown, from a result, its figures and what the checks found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tradekit import Result, column_values
from tradekit_report.figures import CostPart, FactorFit, FactorRow, Figures, Group, KeyFigure, Piece
from tradekit_report.figures.clock import DAY
from tradekit_report.markdown.lines import bullets, plain, section, table
from tradekit_report.page.verdict import verdict
from tradekit_report.page.words import NONE, day, days_text, figure, minute, money, percent, plural, ratio, sentence
from tradekit_report.sanity import Finding

__all__ = ["document"]

_GROUPS = {"return": "Return", "risk": "Risk", "benchmark": "Benchmark", "trades": "Trades", "costs": "Costs"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARKS = {"doubtful": "doubtful", "fine": "passed", "unknown": "not measured"}


def document(result: Result, figures: Figures, findings: Sequence[Finding], trades: int) -> str:
    """Return the whole report; `trades` is how many of the best and of the worst trades it lists."""
    lines = [
        *_head(result, findings),
        *section("Key figures", *_key_figures(figures, str(result.config["account"]["currency"]))),
        *section("What to doubt", *_doubts(result, findings)),
        *section("What it rests on", bullets(map(sentence, result.assumptions))),
        *section("Returns by month", _months(figures)),
        *section("Drawdowns", _drawdowns(figures)),
        *section("How periods returned", *_distribution(figures)),
        *section("Contributions", *_contributions(result, figures)),
        *section("By group", *_groups(figures)),
        *section("Trades", *_trades(result, figures, trades)),
        *section("Costs", *_costs(figures, str(result.config["account"]["currency"]))),
        *section("Risk rules", _verdicts(figures)),
        *section("Factors", *_factors(figures.factors)),
        *section("Not told", _missing(figures)),
        *section("What ran", _ran(result)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _head(result: Result, findings: Sequence[Finding]) -> Iterator[str]:
    time = column_values(result.equity, "time")
    days = int(time[-1] - time[0]) / DAY if len(time) else 0.0
    told = verdict(result, days, findings)
    yield f"# {plain(result.name)}"
    yield ""
    yield f"**{plain(''.join(text for text, _ in told.first).strip())}** {plain(told.second)}"
    yield ""
    symbols = [str(fact["symbol"]) for fact in result.data]
    named = ", ".join(symbols[:6]) + (f" and {len(symbols) - 6} more" if len(symbols) > 6 else "")
    if len(time):
        span = f"{len(time):,} bars of {result.config['data']['interval']}, {day(int(time[0]) - 1)} to {day(int(time[-1]) - 1)}"
        yield plain(f"{named}: {span}. A {result.mode}, {result.status}.")
        yield ""


def _key_figures(figures: Figures, currency: str) -> Iterator[Iterator[str]]:
    for group, found in figures.key.items():
        if not found:
            continue
        has_other = any(one.benchmark is not None for one in found)
        heads = [_GROUPS[group], f"run, {currency}" if any(one.unit == "money" for one in found) else "run"]
        rows = [
            [one.label, figure(one.value, one.unit), *([figure(one.benchmark, one.unit)] if has_other else [])] for one in found
        ]
        yield table([*heads, *(["benchmark"] if has_other else [])], rows)


def _doubts(result: Result, findings: Sequence[Finding]) -> Iterator[Iterator[str]]:
    yield (f"- **Note:** {plain(sentence(note))}" for note in result.notes)
    doubtful = [one for one in findings if one.verdict == "doubtful"]
    yield (f"- **{plain(one.title)}:** {plain(sentence(one.value))} {plain(one.rule)} {plain(one.advice)}" for one in doubtful)
    rows = [[one.title, _MARKS[one.verdict], one.value] for one in findings if one.verdict != "doubtful"]
    yield table(["Check", "verdict", "measured"], rows, texts=3)


def _months(figures: Figures) -> Iterator[str]:
    found = figures.calendar
    if found is None:
        return
    heads = ["Year", *_MONTHS, "Year", *(["Benchmark"] if found.benchmark_totals is not None else [])]
    rows = []
    for at, year in enumerate(found.years):
        cells = [_short(value) for value in found.months[at].tolist()]
        other = [] if found.benchmark_totals is None else [_short(float(found.benchmark_totals[at]))]
        rows.append([f"{year} (part)" if found.is_part[at] else str(year), *cells, _short(float(found.totals[at])), *other])
    yield from table(heads, rows)
    yield ""
    yield "Per cent; compound."


def _short(value: float) -> str:
    return "" if np.isnan(value) else f"{100.0 * value:+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0")


def _drawdowns(figures: Figures) -> Iterator[str]:
    rows = [
        [
            str(number),
            percent(row.depth),
            day(row.start - 1),
            day(row.trough - 1),
            "not yet" if row.end is None else day(row.end - 1),
            days_text(row.days),
        ]
        for number, row in enumerate(figures.drawdowns, 1)
    ]
    yield from table(["", "depth", "peak", "trough", "back", "length"], rows, texts=0)


def _distribution(figures: Figures) -> Iterator[Iterator[str]]:
    found = figures.distribution
    if found is None:
        return
    rows = [
        ["mean", percent(found.mean, 3)],
        ["standard deviation", percent(found.deviation)],
        ["skewness", ratio(found.skewness)],
        ["excess kurtosis", ratio(found.excess_kurtosis)],
        ["best", percent(found.best)],
        ["worst", percent(found.worst)],
        ["above 0", percent(found.positive)],
    ]
    yield table(["Period", "return"], rows)
    tails = [
        [f"{tail.level:.0%}", *(percent(value) for value in (tail.historical, tail.shortfall, tail.normal, tail.cornish_fisher))]
        for tail in found.tails
    ]
    yield table(["Loss within", "VaR, historical", "CVaR, historical", "VaR, normal", "VaR, Cornish-Fisher"], tails)


def _contributions(result: Result, figures: Figures) -> Iterator[Iterator[str]]:
    currency = str(result.config["account"]["currency"])
    for name, pieces in (("Instrument", figures.contributions), ("From prices to profit", figures.bridge)):
        rows = [_piece(piece) for piece in pieces]
        total = Piece("total", sum(piece.profit for piece in pieces), sum(piece.contribution for piece in pieces))
        yield table([name, f"profit, {currency}", "of the capital"], [*rows, _piece(total)])


def _piece(piece: Piece) -> list[str]:
    return [piece.name, money(piece.profit, signed=True), percent(piece.contribution, signed=True)]


def _groups(figures: Figures) -> Iterator[Iterator[str]]:
    named: Mapping[str, Sequence[Group]] = {
        "Instrument": figures.by_instrument,
        "Direction": figures.by_direction,
        "Weekday": figures.by_weekday,
        "Hour": figures.by_hour,
        "Market": figures.states.groups if figures.states is not None else (),
    }
    for name, groups in named.items():
        yield table([name, "profit", "trades entered", "won", "mean return"], [_group(group) for group in groups])
    if figures.states is not None:
        yield iter([f"{plain(figures.states.rule)} Times are UTC; profit is what equity changed by in those bars."])


def _group(group: Group) -> list[str]:
    won = percent(group.win_rate, 0)
    return [group.name, money(group.profit, signed=True), f"{group.trades:,}", won, percent(group.mean_return, signed=True)]


def _trades(result: Result, figures: Figures, count: int) -> Iterator[Iterator[str]]:
    found = figures.excursions
    if found is None:
        return
    yield table(["Entry and exit", "all trades"], [_summary(one) for one in found.summary])
    closed = np.flatnonzero(~found.is_open)
    ranked = closed[np.argsort(-found.profit[closed], kind="stable")].tolist()
    columns = {name: column_values(result.trades, name) for name in ("entry_time", "exit_time")}
    chosen = {"best": ranked[:count], "worst": ranked[max(count, len(ranked) - count) :][::-1]}
    rows = [
        [
            name if not place else "",
            found.symbol[at],
            "long" if found.is_long[at] else "short",
            minute(int(columns["entry_time"][at])),
            minute(int(columns["exit_time"][at])),
            percent(float(found.return_on_entry[at]), signed=True),
            percent(float(found.adverse[at])),
            percent(float(found.favourable[at])),
            money(float(found.profit[at]), signed=True),
        ]
        for name, own in chosen.items()
        for place, at in enumerate(own)
    ]
    yield table(["Trades", "instrument", "", "entry", "exit", "return", "MAE", "MFE", "profit"], rows, texts=5)


def _summary(one: KeyFigure) -> list[str]:
    return [one.label, figure(one.value, one.unit)]


def _costs(figures: Figures, currency: str) -> Iterator[Iterator[str]]:
    found = figures.costs
    yield table(
        ["Cost", currency], [[part.label, money(part.money)] for part in (*found.parts, CostPart("", "total", found.total))]
    )
    yield bullets(f"{part.label}: {part.note}" for part in found.parts if part.note)
    of_traded = (
        f"{found.bps:.2f} bps of the traded value of {money(found.traded)}" if found.bps is not None else "nothing was traded"
    )
    of_gross = f"; {percent(found.of_gross)} of the profit before costs" if found.of_gross is not None else ""
    yield iter([plain(f"Together {of_traded}{of_gross}. {found.note}".strip())])


def _verdicts(figures: Figures) -> Iterator[str]:
    rows = [
        [
            one.rule,
            f"{one.judged:,}",
            f"{one.accepted:,}",
            f"{one.cut:,}" + (f" (by {percent(one.cut_share, 0)})" if one.cut_share is not None else ""),
            f"{one.refused:,}",
            f"{one.halts:,}",
            NONE if one.closest is None else percent(one.closest, 0),
        ]
        for one in figures.verdicts
    ]
    yield from table(["Rule", "judged", "accepted", "cut", "refused", "halts", "closest to its limit"], rows)
    for one in figures.verdicts:
        for reason, count in sorted(one.reasons.items(), key=lambda item: (-item[1], item[0]))[:5]:
            yield f"- {plain(one.rule)}: {plain(reason)} ({plural(count, 'time')})"


def _factors(fit: FactorFit | None) -> Iterator[Iterator[str]]:
    if fit is None:
        return
    rows = [_factor(row) for row in (*fit.rows, fit.alpha)]
    rest = ["rest", "", "", "", "", percent(fit.rest, signed=True)]
    total = ["total return", "", "", "", "", percent(fit.total_return, signed=True)]
    yield table(["Factor", "beta", "error", "t", "p", "contribution"], [*rows, rest, total])
    fitted = (
        f"R² {ratio(fit.r_squared)} over {fit.periods:,} periods; errors by Newey and West with {fit.lags} lags; alpha is a year's."
    )
    yield iter([plain(f"{fitted} {fit.note}".strip())])


def _factor(row: FactorRow) -> list[str]:
    p = NONE if row.p is None else f"{row.p:.3f}"
    return [row.name, f"{row.beta:.3f}", f"{row.error:.3f}", ratio(row.t), p, percent(row.contribution, signed=True)]


def _missing(figures: Figures) -> Iterator[str]:
    for part, why in figures.missing.items():
        yield f"- {part.replace('_', ' ')}: {plain(why)}"


def _ran(result: Result) -> Iterator[str]:
    rows = []
    for use in result.components:
        if use.kind == "reporter":
            continue
        options = ", ".join(f"{name}={value}" for name, value in use.options.items() if value not in (None, {}, [], ()))
        rows.append([use.kind, use.name, f"{use.package} {use.version}", options if use.kind != "data source" else ""])
    yield from table(["Component", "name", "package", "options"], rows, texts=4)
    yield ""
    yield plain(sentence(result.plan))
    yield ""
    for fact in result.data:
        yield f"- {plain(fact['symbol'])}: {fact['rows']:,} rows from {plain(fact['origin'])}, SHA-256 `{str(fact['sha256'])[:16]}`"
