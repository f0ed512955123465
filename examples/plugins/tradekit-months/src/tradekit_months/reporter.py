"""A reporter that shows a table, and writes nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import tradekit
from tradekit import Field, Reporter, Result

if TYPE_CHECKING:
    from rich.table import Table

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Months(Reporter):
    """Show the return of each month and year in a table: one row a year, in per cent."""

    name = "months"

    class Options(tradekit.Options):
        """How it is shown."""

        digits: int = Field(1, ge=0, le=4, description="digits behind the point")

    def report(self, result: Result, folder: Path) -> "Table | str":
        """Return the table. A month is measured from the last bar of the one before; one after a total loss has no return."""
        # Imported here, because every run imports this module, whether it reports or not.
        from rich.table import Table

        returns = month_returns(result)
        if not returns:
            return "no month to show: the run has no bar"
        table = Table(title="returns by month, %", box=None, title_justify="left")
        for head in ("", *MONTHS, "year"):
            table.add_column(head, justify="right")
        for year in sorted({year for year, _ in returns}):
            parts = [returns.get((year, month)) for month in range(1, 13)]
            table.add_row(str(year), *map(self._shown, parts), self._shown(_compounded(parts)))
        return table

    def _shown(self, value: float | None) -> str:
        return "" if value is None else f"{100 * value:.{self.options.digits}f}"


def month_returns(result: Result) -> Mapping[tuple[int, int], float | None]:
    """Return the return of each month by year and month, in their order; `None` where there was nothing to grow from."""
    last: dict[tuple[int, int], float] = {}
    for time, equity in zip(result.equity["time"].to_pylist(), result.equity["equity"].to_pylist(), strict=True):
        last[time.year, time.month] = equity
    before = float(result.config["account"]["capital"])
    found: dict[tuple[int, int], float | None] = {}
    for month, equity in last.items():
        found[month] = equity / before - 1 if before > 0 else None
        before = equity
    return found


def _compounded(returns: list[float | None]) -> float:
    total = 1.0
    for value in returns:
        total *= 1 + (value or 0.0)
    return total - 1
