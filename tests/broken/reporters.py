"""Reporters that are broken in one way each."""

import json
import math
from datetime import UTC, datetime

from tradekit import Reporter
from tradekit.testing import ReporterContract


class Averages(Reporter):
    """Divide by the number of trades."""

    name = "averages"

    def report(self, result, folder):
        closed = result.trades.num_rows or result.fills.num_rows
        return f"{result.fills.num_rows / closed:.2f} fills a trade"


class TestAverages(ReporterContract):
    component = Averages
    breaks = "rep01"


class WholeRuns(Reporter):
    """Know one status of a run only."""

    name = "whole-runs"

    def report(self, result, folder):
        return {"done": "It is done."}[result.status]


class TestWholeRuns(ReporterContract):
    component = WholeRuns
    breaks = "rep02"


class LogGrowth(Reporter):
    """Take the logarithm of equity."""

    name = "log-growth"

    def report(self, result, folder):
        return f"{math.log(min(result.equity['equity'].to_pylist())):.3f}"


class TestLogGrowth(ReporterContract):
    component = LogGrowth
    breaks = "rep03"


class OrdersOnly(Reporter):
    """Count events by their symbol, which not all of them have."""

    name = "orders-only"

    def __init__(self, options=None):
        super().__init__(options)
        self.seen = []

    def record(self, event):
        if event.kind.text in ("order", "fill"):
            self.seen.append(event.symbol.lower())


class TestOrdersOnly(ReporterContract):
    component = OrdersOnly
    breaks = "rep04"


class Rewriting(Reporter):
    """Round the figures in the file that the run wrote."""

    name = "rewriting"

    def report(self, result, folder):
        path = folder / "metrics.json"
        path.write_text(json.dumps({name: value and round(value, 2) for name, value in json.loads(path.read_text()).items()}))


class TestRewriting(ReporterContract):
    component = Rewriting
    breaks = "rep05"


class Dated(Reporter):
    """Write down when and where the report was made."""

    name = "dated"

    def report(self, result, folder):
        (folder / "made.txt").write_text(f"{datetime.now(UTC).isoformat()} {folder}")


class TestDated(ReporterContract):
    component = Dated
    breaks = "rep06"


class Table(Reporter):
    """Return a table of Arrow to be printed."""

    name = "table"

    def report(self, result, folder):
        return result.trades


class TestTable(ReporterContract):
    component = Table
    breaks = "rep07"
