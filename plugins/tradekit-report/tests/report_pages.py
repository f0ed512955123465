"""The parts of the documentation that the package itself knows; `python report_pages.py` writes them into the page.

How the figures of others differ is told by a formula for each, which must give their very number.
"""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from reported import ran, series, walk
from scipy.stats import norm
from tradekit_report.figures import FigureOptions, figures_of
from tradekit_report.figures.quality import _FIGURES
from tradekit_report.markdown.reporter import MarkdownReporter
from tradekit_report.png.reporter import PngReporter
from tradekit_report.sanity import Thresholds
from tradekit_report.sanity.every import CHECKS

import tradekit
from tradekit import DEFINITIONS, column_values, periods, statistics

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "report-figures.md"
KEPT = json.loads((ROOT / "benchmarks" / "report_figures.json").read_text("utf-8"))
OURS = KEPT["tradekit"]
PEERS = {name: KEPT[name] for name in sorted(set(KEPT) - {"tradekit"})}
"""The figures of each of the others, by its name and version."""
QUANTSTATS, BACKTESTING = PEERS.values()
NAMES = {
    "var_95_normal": "VaR 95 %, normal",
    "information_ratio": "information ratio",
    "probabilistic_sharpe": "P(Sharpe > 0)",
    "skewness": "skewness",
    "excess_kurtosis": "excess kurtosis",
    "best": "best day",
    "worst": "worst day",
    "best_month": "best month",
    "worst_month": "worst month",
}


class Example:
    """The run that all three were asked about, in the columns that the formulas need."""

    def __init__(self, result):
        made = periods(result)
        self.result, self.returns, self.benchmark, self.per_year = result, made.returns, made.benchmark, made.per_year
        self.total = result.metrics["total_return"]
        self.daily_drawdown = float(
            np.max(1.0 - np.cumprod(1.0 + made.returns) / np.maximum.accumulate(np.maximum(np.cumprod(1.0 + made.returns), 1.0)))
        )
        equity = column_values(result.equity, "equity")
        self.curve = pd.Series(equity, column_values(result.equity, "time").view("M8[ns]") - np.timedelta64(1, "h"))
        # The first day has no return there.
        self.days = self.curve.resample("D").last().dropna().pct_change().dropna()
        self.trades = column_values(result.trades, "return_on_entry")

    def ann(self):
        return float(np.prod(1.0 + self.days) ** (self.per_year / len(self.days)) - 1.0)


def _qs_cagr(run):
    return (1.0 + run.total) ** (run.per_year / len(run.returns)) - 1.0


def _bt_volatility(run):
    growth = (1.0 + run.ann()) ** (1.0 / run.per_year)
    spread = float(run.days.var(ddof=1)) + growth**2
    return (spread**run.per_year - growth ** (2.0 * run.per_year)) ** 0.5


OTHERS = {
    ("annual_return", "Q"): ("counts the days, 365 to a year, and not the time", _qs_cagr),
    ("annual_return", "b"): (
        "counts the time from the first bar's open to the last one's",
        lambda run: (1.0 + run.total) ** (365.25 / ((run.curve.index[-1] - run.curve.index[0]) / pd.Timedelta(days=1))) - 1.0,
    ),
    ("annual_volatility", "b"): ("that of a year's compound return, which is what a day's is carried to", _bt_volatility),
    ("sharpe", "b"): ("annual return by the compounded days over that volatility", lambda run: run.ann() / _bt_volatility(run)),
    ("sortino", "b"): (
        "annual return over the downside deviation",
        lambda run: run.ann() / float(np.sqrt(np.mean(np.minimum(run.days, 0.0) ** 2)) * run.per_year**0.5),
    ),
    ("calmar", "Q"): ("with its own annual return, and drawdown of days", lambda run: _qs_cagr(run) / run.daily_drawdown),
    ("calmar", "b"): ("with its own annual return", lambda run: run.ann() / run.result.metrics["max_drawdown"]),
    ("max_drawdown", "Q"): ("sees the closes of days only, ours those of bars", lambda run: run.daily_drawdown),
    ("cvar_95", "Q"): (
        "that of a normal distribution, unless told otherwise",
        lambda run: -(float(np.mean(run.returns)) - float(np.std(run.returns, ddof=1)) * norm.pdf(norm.ppf(0.05)) / 0.05),
    ),
    ("alpha", "b"): (
        "total return less beta times what holding returned, over the whole run",
        lambda run: run.total - BACKTESTING["beta"] * BACKTESTING["benchmark_return"],
    ),
    ("beta", "b"): ("of the logarithms of bars, not of days", None),
    ("benchmark_return", "b"): ("from the first close to the last, ours from the first open", None),
    ("exposure", "b"): ("counts the bars from entry to exit, both included", None),
    ("information_ratio", "Q"): (
        "of a day, not of a year",
        lambda run: statistics.information_ratio(run.returns, run.benchmark, 1.0),
    ),
    ("probabilistic_sharpe", "Q"): (
        "with skewness and kurtosis corrected for a small sample",
        lambda run: statistics.probabilistic_sharpe(
            statistics.sharpe(run.returns, 1.0),
            len(run.returns),
            float(pd.Series(run.returns).skew()),
            float(pd.Series(run.returns).kurt()) + 3.0,
        ),
    ),
    ("win_rate", "Q"): (
        "of days that are not 0, not of trades",
        lambda run: float(np.mean(run.returns[run.returns != 0.0] > 0.0)),
    ),
    ("profit_factor", "Q"): (
        "of days, not of trades",
        lambda run: -float(np.sum(run.returns[run.returns > 0.0]) / np.sum(run.returns[run.returns < 0.0])),
    ),
    ("profit_factor", "b"): (
        "of returns of trades, not of their money",
        lambda run: -float(np.sum(run.trades[run.trades > 0.0]) / np.sum(run.trades[run.trades < 0.0])),
    ),
    ("skewness", "Q"): ("corrected for a small sample", lambda run: float(pd.Series(run.returns).skew())),
    ("excess_kurtosis", "Q"): ("corrected for a small sample", lambda run: float(pd.Series(run.returns).kurt())),
}
"""Why a figure of another differs from ours, in words and as a formula; `None` where bars are needed for it."""


def _table(heads, rows):
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def checks():
    limits = Thresholds().model_dump()
    rows = [
        (f"`{one.name}`", one.title, one.rule.format(**limits), f"`{one.option}`" if one.option else "", one.advice)
        for one in CHECKS
    ]
    return _table(("check", "what it doubts", "rule, with the default", "option", "what to do"), rows)


def options():
    rows = []
    for reporter in (MarkdownReporter, PngReporter):
        own = {
            name: field
            for name, field in reporter.Options.model_fields.items()
            if name not in (*FigureOptions.model_fields, "checks")
        }
        rows += [(f"`{reporter.name}`", *row) for row in _options(own)]
    rows += [("all", *row) for row in _options(FigureOptions.model_fields)]
    return _table(("reporter", "option", "default", "meaning"), rows)


def thresholds():
    return _table(("option", "default", "meaning"), _options(Thresholds.model_fields))


def _options(fields):
    defaults = {name: "" if field.default is None else f"`{_default(field.default)}`" for name, field in fields.items()}
    return [(f"`{name}`", defaults[name], field.description) for name, field in fields.items()]


def _default(value):
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def own():
    with TemporaryDirectory() as folder:
        result = ran(Path(folder), series(walk(60)), {0: 0.5})
        found = [one for group in figures_of(result).key.values() for one in group if one.key not in DEFINITIONS]
    rows = [(f"`{one.key}`", one.label, one.unit, one.text) for one in found]
    rows += [(f"`{key}`", label, unit, text) for key, (label, unit, text) in _FIGURES.items()]
    return _table(("key", "name", "unit", "definition"), rows)


def peers():
    rows = []
    for name in [key for key in (*DEFINITIONS, *NAMES) if key in OURS]:
        label = DEFINITIONS[name].label if name in DEFINITIONS else NAMES[name]
        cells, why = [_number(OURS[name])], []
        for peer, found in PEERS.items():
            if name not in found:
                cells.append("")
            elif is_equal(name, found):
                cells.append("equal")
            else:
                cells.append(_number(found[name]))
                why.append(f"{peer.split()[0]}: {OTHERS[name, peer[0]][0]}")
        rows.append((label, *cells, "; ".join(why)))
    return _table(("figure", "tradekit", *PEERS, "where they differ"), rows)


def is_equal(name, found):
    return abs(found[name] - OURS[name]) <= 1e-9 * max(abs(OURS[name]), 1e-3)


def _number(value):
    return f"{value:.5g}"


PARTS = {"checks": checks, "options": options, "thresholds": thresholds, "own": own, "peers": peers}
_BLOCK = re.compile(r"(<!-- generated by the tests of tradekit-report: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewritten(page):
    return _BLOCK.sub(lambda block: f"{block[1]}{PARTS[block[2]]()}{block[3]}", page)


def example(folder):
    return Example(tradekit.run(ROOT / "examples" / "quickstart.toml", ["report=[]"], runs=folder))


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
