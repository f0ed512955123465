"""The page that a finished run shows in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tradekit import DEFINITIONS, ComponentUse, Result, column_values
from tradekit.builtin.figures import closing_date, day_text, few, figure, minute_text, money, percent, price, second_text
from tradekit.builtin.line_chart import braille_line

__all__ = ["GROUPS", "SummaryPage"]

GROUPS: Mapping[str, Mapping[str, str]] = {
    "return": {
        "total_return": "total",
        "annual_return": "annual",
        "benchmark_return": "benchmark",
        "alpha": "alpha, annual",
        "beta": "beta",
        "sharpe": "Sharpe",
        "sortino": "Sortino",
        "calmar": "Calmar",
    },
    "risk": {
        "annual_volatility": "volatility",
        "max_drawdown": "max. drawdown",
        "max_drawdown_days": "  it lasted",
        "longest_drawdown_days": "  longest",
        "var_95": "VaR 95 %",
        "cvar_95": "CVaR 95 %",
        "exposure": "exposure",
        "average_leverage": "mean leverage",
        "turnover": "turnover",
    },
    "trades": {
        "trades": "closed",
        "open_trades": "still open",
        "win_rate": "win rate",
        "profit_factor": "profit factor",
        "expectancy": "mean profit",
        "average_win": "mean win",
        "average_loss": "mean loss",
        "best_trade": "best",
        "worst_trade": "worst",
        "fees": "all fees",
        "slippage": "all slippage",
        "funding": "funding",
        "borrowing": "borrowing",
        "liquidation_fees": "liquidations",
        "conversion_costs": "conversions",
        "interest": "interest",
        "dividends": "dividends",
    },
}
"""Every figure of a result, by the column it stands in, with a name short enough for it."""

_SHOWN_IF_ANY = ("funding", "borrowing", "liquidation_fees", "conversion_costs", "interest", "dividends")

_EACH = {"total_return": "return", "max_drawdown": "drawdown", "trades": "trades", "fees": "fees"}
"""What is shown of each of several strategies."""

_WIDEST = 110
_BLOCK = 65_536  # rows
_DAY = 86_400_000_000_000
_CHART_ROWS = 4
_LOG_FROM = 8.0  # how many times the lowest value the highest is, for a chart to be logarithmic
_HEADS = {"entry_time": "entry", "entry_price": "price", "exit_time": "exit", "exit_price": "price"}
_TRADE_DETAILS = (("entry_time", "entry_price", "exit_time", "exit_price"), ("entry_time", "exit_time"), ())


class SummaryPage:
    """One page on a result, laid out for the width of the console that prints it."""

    def __init__(self, result: Result, trades: int) -> None:
        self.result = result
        self.trades = trades
        self.capital = float(result.config["account"]["capital"])
        self.currency = str(result.config["account"]["currency"])
        self.interval = str(result.config["data"]["interval"])
        self.times = column_values(result.equity, "time")
        self.equity = column_values(result.equity, "equity")
        self.stamp = day_text if self.interval[-1:] in ("d", "w") else second_text if _is_seconds(self.interval) else minute_text
        # A day or less is told by its times, for all of it may have one date.
        is_short = self.stamp is not day_text and len(self.times) > 0 and int(self.times[-1] - self.times[0]) < _DAY
        self.date = self.stamp if is_short else closing_date
        self.scale = max(self.capital, -float(np.min(self.equity, initial=0.0)), float(np.max(self.equity, initial=0.0)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, _WIDEST)
        blocks = (
            self.heading(width),
            self.notes(),
            self.chart(width, has_braille=not options.ascii_only),
            self.figures(console, options.update_width(width)),
            self.strategies(),
            self.best_and_worst(console, options.update_width(width)),
            self.assumptions(),
        )
        is_first = True
        for block in blocks:
            parts = list(block)
            if parts and not is_first:
                yield ""
            is_first = is_first and not parts
            for part in parts:
                yield Padding(part, (0, options.max_width - width, 0, 0)) if options.max_width > width else part

    def _money(self, value: float) -> str:
        return money(value, self.scale)

    def heading(self, width: int) -> Iterator[RenderableType]:
        """Yield what ran: its name, and each thing it was composed of."""
        result = self.result
        is_done = result.status == "done"
        yield Text.assemble((result.name, "bold"), "  ", result.mode, ", ", (result.status, "" if is_done else "bold red"))
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column(overflow="fold")
        for name, text in self._facts(2 * (width - 12)):
            facts.add_row(Text(name), text)
        yield facts

    def _facts(self, room: int) -> Iterator[tuple[str, Text]]:
        yield from self._strategies(room)
        symbols = [str(entry["symbol"]) for entry in self.result.data]
        yield "data", Text(f"{few(symbols, room // 2)}: {self._span()}, from {self._origin()}")
        account = self.result.config["account"]
        leverage = f", leverage {account['leverage']:g}" if account["kind"] == "margin" else ""
        yield "account", Text(f"{self._money(self.capital)} {self.currency}, {account['kind']}{leverage}")
        rules = self._rules(None if self.result.strategies is None else len(self.result.config["risk"]))
        has_own = any(own["risk"] for own in self.result.config["strategy"]) if self.result.strategies is not None else False
        nothing = "none of the account: only a strategy's own" if has_own else "none: nothing limits an order"
        yield "risk", _components(rules, room) or Text(nothing, "yellow")
        # Without options: what they do stands among the assumptions, with its figures.
        costs = self._names("cost model")
        yield "execution", Text(f"{self._names('executor')}; ") + (Text(costs) if costs else Text("no costs", "yellow"))
        yield "engine", Text(self.result.plan)

    def _strategies(self, room: int) -> Iterator[tuple[str, Text]]:
        uses = [use for use in self.result.components if use.kind == "strategy"]
        if self.result.strategies is None:
            yield "strategy", _components(uses, room)
            return
        told = len(self.result.config["risk"])
        for use, own in zip(uses, self.result.config["strategy"], strict=True):
            rules = self._rules(told + len(own["risk"]))[told:]
            told += len(rules)
            yield str(own["id"]), _components([use, *rules], room)

    def _rules(self, count: int | None) -> list[ComponentUse]:
        """Return the first risk rules, or all: those of the account come before those of each strategy of several."""
        return [use for use in self.result.components if use.kind == "risk rule"][:count]

    def _span(self) -> str:
        if not len(self.times):
            return "no bars"
        first, last = self.date(int(self.times[0])), self.date(int(self.times[-1]))
        return f"{len(self.times):,} bars of {self.interval}, {first} to {last}"

    def _origin(self) -> str:
        origins = {str(entry.get("origin", "")) for entry in self.result.data}
        # Of a path the last part is enough; the run's manifest has the rest.
        origin = PurePath(origins.pop()).name if len(origins) == 1 else ""
        return self._names("data source") + (f" ({_cut(origin)})" if origin else "")

    def _names(self, kind: str) -> str:
        return ", ".join(use.name + _package(use) for use in self.result.components if use.kind == kind)

    def notes(self) -> Iterator[RenderableType]:
        """Yield the warnings, one bullet each."""
        table = Table.grid(padding=(0, 1))
        for note in self.result.notes:
            table.add_row(Text("!", "bold yellow"), Text(_sentence(note), "bold yellow"))
        if self.result.notes:
            yield table

    def chart(self, width: int, has_braille: bool) -> Iterator[RenderableType]:
        """Yield the equity line between its extremes, with the result before and the worst drawdown after it."""
        equity, times = self.equity, self.times
        if not len(equity) or not np.isfinite(equity).all():
            return
        yield self._equity_text(float(equity[-1]))
        low, high = float(np.min(equity)), float(np.max(equity))
        margin = max(len(self._money(low)), len(self._money(high))) + 1
        if has_braille and low < high and width > margin + 20:
            is_log = low > 0.0 and high > _LOG_FROM * low
            lines = braille_line(np.log(equity) if is_log else equity, width - margin, _CHART_ROWS)
            sides = [self._money(high), "(log)" if is_log else "", *[""] * (_CHART_ROWS - 3), self._money(low)]
            for side, line in zip(sides, lines, strict=True):
                yield Text.assemble((f"{side:>{margin - 1}} ", "dim"), (line, "cyan"))
            first, last = self.date(int(times[0])), self.date(int(times[-1]))
            yield Text(" " * margin + first + last.rjust(width - margin - len(first)), "dim")
        yield from self._drawdown_text()

    def _equity_text(self, final: float) -> Text:
        metrics = self.result.metrics
        parts: list[str | tuple[str, str]] = [("equity  ", "dim"), f"{self._money(self.capital)} to "]
        parts += [(self._money(final), "bold"), f" {self.currency}"]
        for key, label in (("total_return", ""), ("benchmark_return", "benchmark ")):
            value = metrics.get(key)
            if value is not None:
                parts += ["   ", (label, "dim"), (_signed(percent(value)), _tone(value) + (" bold" if not label else ""))]
        return Text.assemble(*parts)

    def _drawdown_text(self) -> Iterator[Text]:
        trough, peak = self._worst()
        if trough < 0:
            return
        before = np.flatnonzero(self.equity[:trough] >= peak)
        back = np.flatnonzero(self.equity[trough:] >= peak * (1.0 - 1e-12))
        began = self.date(int(self.times[before[-1]])) if len(before) else "the start"
        ended = f"back on {self.date(int(self.times[trough + int(back[0])]))}" if len(back) else "not back by the end"
        fall = percent(1.0 - float(self.equity[trough]) / peak)
        yield Text.assemble(
            ("worst drawdown  ", "dim"), (fall, "red"), f" from {began} to {self.date(int(self.times[trough]))}, {ended}"
        )

    def _worst(self) -> tuple[int, float]:
        """Return the row on which equity was the farthest below its peak, and that peak; -1 for a row if it never was below."""
        worst, row, top, peak = 0.0, -1, self.capital, self.capital
        for start in range(0, len(self.equity), _BLOCK):
            block = self.equity[start : start + _BLOCK]
            peaks = np.maximum(np.maximum.accumulate(block), top)
            fall = 1.0 - block / peaks
            deepest = int(np.argmax(fall))
            if fall[deepest] > worst:
                worst, row, peak = float(fall[deepest]), start + deepest, float(peaks[deepest])
            top = float(peaks[-1])
        return row, peak

    def figures(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the groups of figures side by side, or one below the other where they don't fit."""
        if not self.result.metrics:
            return
        groups = [self._group(name, keys) for name, keys in GROUPS.items()]
        row = Table.grid(padding=(0, 3, 0, 0))
        for _ in groups:
            row.add_column()
        row.add_row(*groups)
        if _fits(row, console, options):
            yield row
        else:
            yield from groups

    def strategies(self) -> Iterator[RenderableType]:
        """Yield who of several strategies made what of it."""
        if not self.result.strategies:
            return
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        table.add_column("strategies", no_wrap=True)
        for title in ("began with", f"made, {self.currency}", *_EACH.values()):
            table.add_column(title, justify="right", no_wrap=True)
        for name, own in self.result.strategies.items():
            net = own["net"] or 0.0
            cells = [Text(figure(own.get(key), DEFINITIONS[key], self.scale)) for key in _EACH]
            table.add_row(Text(name), Text(self._money(own["capital"] or 0.0)), Text(_signed(self._money(net)), _tone(net)), *cells)
        yield table

    def _group(self, name: str, keys: Mapping[str, str]) -> Table:
        unit = self.currency if any(DEFINITIONS[key].unit == "money" for key in keys) else ""
        table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False, header_style="bold")
        table.add_column(name, no_wrap=True, style="dim")
        table.add_column(Text(unit, "dim"), no_wrap=True, justify="right")
        for key, label in keys.items():
            value = self.result.metrics.get(key)
            if key in _SHOWN_IF_ANY and not value:
                continue
            table.add_row(Text(label), Text(figure(value, DEFINITIONS[key], self.scale), _tone(value, is_plain=True)))
        return table

    def best_and_worst(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the closed trades with the largest and the smallest profit; details are left out where they don't fit."""
        trades = self.result.trades
        closed = np.flatnonzero(~column_values(trades, "is_open"))
        if not self.trades:
            return
        if not len(closed):
            yield Text("No trade was closed.", "yellow")
            return
        profit = column_values(trades, "profit")[closed]
        # Of equal profits the earlier trade comes first.
        ranked = closed[np.argsort(-profit, kind="stable")].tolist()
        best = ranked[: self.trades]
        worst = ranked[max(self.trades, len(ranked) - self.trades) :][::-1]
        for details in _TRADE_DETAILS:
            table = self._trade_table({"best": best, "worst": worst}, details)
            if not details or _fits(table, console, options):
                yield table
                return

    def _trade_table(self, chosen: Mapping[str, list[int]], details: Sequence[str]) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        whose = () if self.result.strategies is None else ("strategy",)
        for column in ("trades", "", *whose, "", *details, "return", self.currency):
            is_text = column in ("trades", "", "strategy", "entry_time", "exit_time")
            table.add_column(_HEADS.get(column, column), justify="left" if is_text else "right", no_wrap=True)
        for name, rows in chosen.items():
            for position, row in enumerate(rows):
                table.add_row(Text(name if not position else "", "dim"), *self._trade(row, details))
        return table

    def _trade(self, row: int, details: Sequence[str]) -> Iterator[Text]:
        cell = {name: self.result.trades[name][row] for name in self.result.trades.column_names}
        yield Text(cell["symbol"].as_py())
        if self.result.strategies is not None:
            yield Text(cell["strategy"].as_py())
        yield Text(cell["direction"].as_py())
        for name in details:
            # A time not with `as_py`, which makes a pandas timestamp and for that imports pandas.
            yield Text(self.stamp(cell[name].value) if name.endswith("_time") else price(cell[name].as_py()))
        yield Text(_signed(percent(cell["return_on_entry"].as_py())))
        profit = cell["profit"].as_py()
        yield Text(_signed(self._money(profit)), _tone(profit))

    def assumptions(self) -> Iterator[RenderableType]:
        """Yield what the figures rest on, as one paragraph."""
        yield Text("these figures assume", "bold")
        yield Text(" ".join(map(_sentence, self.result.assumptions)) or "Nothing is known about how they were made.")


def _is_seconds(interval: str) -> bool:
    return interval[:-1].isdigit() and interval.endswith("s")


def _components(uses: Sequence[ComponentUse], room: int) -> Text:
    return Text("; ").join(_component(use, room) for use in uses)


def _component(use: ComponentUse, room: int) -> Text:
    options = [f"{name}={_option(value)}" for name, value in use.options.items() if value is not None]
    return Text.assemble((use.name, "bold"), _package(use), " " if options else "", few(options, room) if options else "")


def _package(use: ComponentUse) -> str:
    return "" if use.package == "tradekit" else f" ({use.package} {use.version})"


def _option(value: Any) -> str:
    return _cut(f"{value:g}" if isinstance(value, float) else str(value))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:28]}...{text[-29:]}"


def _fits(table: Table, console: Console, options: ConsoleOptions) -> bool:
    return Measurement.get(console, options.update_width(1_000), table).maximum <= options.max_width


def _sentence(text: str) -> str:
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def _signed(text: str) -> str:
    return text if text.startswith("-") or not text.strip("0., %") else f"+{text}"


def _tone(value: float | None, is_plain: bool = False) -> str:
    if value is None:
        return "dim"
    return "red" if value < 0 else "green" if value > 0 and not is_plain else ""
