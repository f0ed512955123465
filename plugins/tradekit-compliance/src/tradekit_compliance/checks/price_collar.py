"""P01: no order far from the last price, and none by a price that is old."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import tradekit
from tradekit import Account, Field, Order, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.verdicts import MISSING, Missing, price_of, unknown

__all__ = ["PriceCollar"]

_SECOND = 1_000_000_000


class PriceCollar(RiskRule):
    """Refuse an order whose limit or stop is far from the last price, or whose last price is old (P01).

    A market order has no price of its own: of it only the age of the last price is judged.
    """

    name = "price-collar"
    facts: ClassVar[Facts] = Facts(
        "P01",
        "price collar",
        "SEC 15c3-5(c)(1)(ii), orders that appear to be erroneous; RTS 6 (EU 2017/589) art. 15, price collars",
        {
            "percent": "wider than an ordinary day's range of a large stock, narrower than a slipped decimal or digit",
            "low_percent": "a tick is a larger part of a low price, so a low price needs more room",
            "low_price": "where percentage bands of US venues change, too",
            "stale_s": "a live feed that has been silent for longer may be cut; on bars a price is as old as its bar's close",
        },
    )

    class Options(tradekit.Options):
        """The collar."""

        percent: float = Field(5.0, gt=0, description="how far a price may be from the last one, in percent of that")
        low_price: float = Field(25.0, ge=0, description="last price below which low_percent holds, in the quote currency")
        low_percent: float = Field(10.0, gt=0, description="as percent, for prices below low_price")
        stale_s: Annotated[float, Field(ge=0)] | Literal["none"] = Field(
            5.0, description="seconds after which the last price is too old; 'none' doesn't ask"
        )
        missing: Missing = Field("block", description=MISSING)

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        options = self.options
        last = price_of(order.symbol, account)
        if last is None:
            return unknown(options.missing, f"{order.symbol!r} has had no price")
        numbers = {"last": last}
        if options.stale_s != "none":
            since = account.price_times.get(order.symbol)
            if since is None:
                return unknown(options.missing, f"how old the price of {order.symbol!r} is", numbers)
            numbers["age_s"] = (account.time - since) / _SECOND
            if numbers["age_s"] > options.stale_s:
                what = f"the last price of {order.symbol!r} is {numbers['age_s']:g} s old, more than {options.stale_s:g} s"
                return unknown(options.missing, what, numbers)
        most = options.percent if last >= options.low_price else options.low_percent
        for name, price in (("limit", order.limit), ("stop", order.stop)):
            if price is None:
                continue
            numbers[name] = price
            numbers["percent"] = away = abs(price / last - 1.0) * 100.0
            if not away <= most * (1 + 1e-9):
                return Verdict.reject(
                    f"{name} {price:g} is {away:.4g} % from the last price {last:g}, more than {most:g} %", numbers
                )
        return Verdict.accept(numbers=numbers)
