"""P02: no order that is large beside what is usually traded."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import tradekit
from tradekit import Account, ConfigError, Field, Order, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.reference_data import ReferenceFile, day_of, read_reference
from tradekit_compliance.checks.verdicts import MISSING, Missing, unknown

__all__ = ["OrderSize", "Volumes"]


class Volumes:
    """Traded volume by symbol and day, from a file with the columns `symbol`, `date` and `volume` in units."""

    def __init__(self, file: ReferenceFile) -> None:
        self.name = file.name
        self._days: dict[str, dict[str, float]] = defaultdict(dict)
        for number, row in file.rows:
            try:
                volume = float(row["volume"])
            except ValueError:
                volume = -1.0
            if not 0 <= volume < float("inf"):
                raise ConfigError(f"{file.name}, line {number}: volume must be a number from 0, not {row['volume']!r}")
            if row["date"] in self._days[row["symbol"]]:
                raise ConfigError(f"{file.name}, line {number}: {row['symbol']!r} has a volume for {row['date']} already")
            self._days[row["symbol"]][row["date"]] = volume

    def average(self, symbol: str, time: int, days: int, most_old: int) -> float | None:
        """Return the mean of the last `days` volumes before the day of `time`; `None` if there are fewer, or none of late."""
        today = day_of(time).isoformat()
        known = sorted(day for day in self._days.get(symbol, {}) if day < today)[-days:]
        oldest = (day_of(time) - timedelta(days=most_old)).isoformat()
        if len(known) < days or known[-1] < oldest:
            return None
        return sum(self._days[symbol][day] for day in known) / days


class OrderSize(RiskRule):
    """Refuse an order of more units than allowed, or that is a large part of the average daily volume (P02).

    Money is for the kernel's rule `max-order-value`, which has a cap for the value of each order.
    """

    name = "order-size"
    facts: ClassVar[Facts] = Facts(
        "P02",
        "order size",
        "SEC 15c3-5(c)(1)(ii), orders that exceed size parameters; RTS 6 (EU 2017/589) art. 15, maximum value and volume",
        {
            "adv_percent": "an order of a twentieth of a day's volume moves most markets; larger ones want to be split",
            "days": "a month of sessions: long enough for one loud day not to decide",
            "max_age_days": "the file has stopped being kept if its last day is further back than a long weekend and a holiday",
            "max_quantity": "there is no number that fits all instruments, so none is set",
        },
    )

    class Options(tradekit.Options):
        """The limits, and where volumes are read."""

        volumes: Path | None = Field(None, description="CSV file of daily volumes: symbol, date, volume")
        adv_percent: Annotated[float, Field(gt=0)] | Literal["none"] = Field(
            5.0, description="largest order, in percent of the average daily volume; 'none' doesn't ask"
        )
        days: int = Field(20, ge=1, description="days that the average is taken over, the last ones before the order's")
        max_age_days: int = Field(7, ge=1, description="days since the last one in the file, after which volumes are not known")
        max_quantity: float | None = Field(None, gt=0, description="largest order, in units; without it, any")
        missing: Missing = Field("block", description=MISSING)

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        path = self.options.volumes
        self._volumes = None if path is None else Volumes(read_reference(path, ("symbol", "date", "volume"), dates=("date",)))

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        options = self.options
        size = abs(order.quantity)
        numbers = {"quantity": size}
        if options.max_quantity is not None and size > options.max_quantity:
            return Verdict.reject(f"{size:g} units are more than {options.max_quantity:g}", numbers)
        if options.adv_percent == "none":
            return Verdict.accept(numbers=numbers)
        if self._volumes is None:
            return unknown(options.missing, "no file of daily volumes is named; set volumes, or adv_percent = 'none'", numbers)
        usual = self._volumes.average(order.symbol, account.time, options.days, options.max_age_days)
        if usual is None:
            what = f"{self._volumes.name} has no {options.days} days of late before {day_of(account.time)} for {order.symbol!r}"
            return unknown(options.missing, what, numbers)
        numbers["average_volume"] = usual
        share = size / usual * 100.0 if usual > 0 else float("inf")
        if share > options.adv_percent * (1 + 1e-9):
            what = f"{size:g} units are {share:.4g} % of the average volume {usual:g}, more than {options.adv_percent:g} %"
            return Verdict.reject(what, numbers)
        return Verdict.accept(numbers=numbers)
