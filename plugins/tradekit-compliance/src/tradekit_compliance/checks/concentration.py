"""P06: no position, issuer or sector beyond its part of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import tradekit
from tradekit import Account, ConfigError, Field, Limit, LimitKind, Order, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.reference_data import read_reference
from tradekit_compliance.checks.verdicts import MISSING, Missing, exposure, refused, unknown, value_of

__all__ = ["Concentration", "PositionLimit"]

_RULE = "Investment Company Act 5(b)(1), 5 % of an issuer, and the 25 % by which SEC staff tell concentration; RTS 6 art. 8"


class PositionLimit(RiskRule):
    """Refuse what takes one position, open orders included, beyond a part of equity (P06, position).

    The simulator enforces it itself, as it does `max-weight`. What reduces a position passes.
    """

    name = "position-limit"
    facts: ClassVar[Facts] = Facts(
        "P06", "position limit", f"{_RULE}; position limits of venues and of CFTC part 150", {"limit": "that of a diversified fund"}
    )

    class Options(tradekit.Options):
        """The limit."""

        limit: float = Field(0.05, gt=0, description="largest value of one position, as a fraction of equity")

    def limits(self) -> Sequence[Limit]:
        """Return the limit."""
        return (Limit(LimitKind.MAX_WEIGHT, self.options.limit, "reject"),)


class Concentration(RiskRule):
    """Refuse what takes all positions in one issuer, or in one sector, beyond a part of equity (P06, issuer and sector).

    Only an order that makes such a breach larger is refused. Long and short positions add up.
    """

    name = "concentration"
    facts: ClassVar[Facts] = Facts(
        "P06",
        "issuer and sector concentration",
        _RULE,
        {"issuer": "that of a diversified fund", "sector": "above it a fund is held to be concentrated in an industry"},
    )

    class Options(tradekit.Options):
        """The limits, and where issuers and sectors are read."""

        sectors: Path | None = Field(None, description="CSV file of instruments: symbol, issuer, sector")
        issuer: float = Field(0.05, gt=0, description="largest value of all positions in one issuer, as a fraction of equity")
        sector: float = Field(0.25, gt=0, description="largest value of all positions in one sector, as a fraction of equity")
        missing: Missing = Field("block", description=MISSING)

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        path: Path | None = self.options.sectors
        file = None if path is None else read_reference(path, ("symbol", "issuer", "sector"))
        self._name = "" if file is None else file.name
        self._groups: dict[str, tuple[str, str]] = {}
        for number, row in () if file is None else file.rows:
            if row["symbol"] in self._groups:
                raise ConfigError(f"{self._name}, line {number}: {row['symbol']!r} is there already")
            self._groups[row["symbol"]] = (row["issuer"], row["sector"])

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        options = self.options
        if not self._name:
            return unknown(options.missing, "no file of issuers and sectors is named; set sectors")
        ungrouped = next((symbol for symbol in _symbols(order, account) if symbol not in self._groups), None)
        if ungrouped is not None:
            return unknown(options.missing, f"{self._name} has no issuer and sector of {ungrouped!r}")
        change = exposure(order, account)
        own_after = value_of(order.symbol, abs(change.after), account)
        numbers: dict[str, float] = {"equity": account.equity}
        for place, (what, most) in enumerate((("issuer", options.issuer), ("sector", options.sector))):
            group = self._groups[order.symbol][place]
            others = self._others(order, account, place)
            if own_after is None or others is None:
                return unknown(options.missing, f"a position or an open order in {what} {group!r} has had no price", numbers)
            numbers[what] = others + own_after
            if abs(order.quantity) > change.reducing and others + own_after > most * max(account.equity, 0.0) * (1 + 1e-9):
                part = f"{(others + own_after) / account.equity:.2%}" if account.equity > 0 else "more than all"
                reason = f"{what} {group!r} would have {part} of equity, more than {most:.2%} ({self._name})"
                return refused(order, change.reducing, reason, numbers)
        return Verdict.accept(numbers=numbers)

    def _others(self, order: Order, account: Account, place: int) -> float | None:
        """Return what the other instruments of the order's group are worth, open orders of the larger side included."""
        group, total = self._groups[order.symbol][place], 0.0
        for symbol in dict.fromkeys(_symbols(order, account)):
            if symbol == order.symbol or self._groups[symbol][place] != group:
                continue
            held = account.positions[symbol].quantity if symbol in account.positions else 0.0
            lefts = [one.quantity - one.filled for one in account.open_orders if one.symbol == symbol]
            units = max(held + sum(left for left in lefts if left > 0), -held - sum(left for left in lefts if left < 0))
            value = value_of(symbol, max(units, abs(held)), account)
            if value is None:
                return None
            total += value
        return total


def _symbols(order: Order, account: Account) -> Iterator[str]:
    yield order.symbol
    yield from (symbol for symbol, position in account.positions.items() if position.quantity)
    yield from (one.symbol for one in account.open_orders)
