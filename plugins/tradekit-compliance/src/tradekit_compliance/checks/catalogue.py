"""All checks, by the name that a run file has them under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import tradekit
from tradekit_compliance.checks.concentration import Concentration, PositionLimit
from tradekit_compliance.checks.credit import CreditLeverage, CreditLimit
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.flow import DuplicateOrder, MessageRate
from tradekit_compliance.checks.inventory import ApprovedAlgorithms
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt
from tradekit_compliance.checks.self_trade import SelfTrade

__all__ = ["CHECKS", "Check"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its name in a run file, what it says of itself, and its options."""

    name: str
    facts: Facts
    options: type[tradekit.Options]


CHECKS: Mapping[str, Check] = {
    check.name: check
    for check in (
        Check(PriceCollar.name, PriceCollar.facts, PriceCollar.Options),
        Check(OrderSize.name, OrderSize.facts, OrderSize.Options),
        Check(DuplicateOrder.name, DuplicateOrder.facts, DuplicateOrder.Options),
        Check(MessageRate.name, MessageRate.facts, MessageRate.Options),
        Check(CreditLeverage.name, CreditLeverage.facts, CreditLeverage.Options),
        Check(CreditLimit.name, CreditLimit.facts, CreditLimit.Options),
        Check(PositionLimit.name, PositionLimit.facts, PositionLimit.Options),
        Check(Concentration.name, Concentration.facts, Concentration.Options),
        Check(RestrictedList.name, RestrictedList.facts, RestrictedList.Options),
        Check(SelfTrade.name, SelfTrade.facts, SelfTrade.Options),
        Check(ApprovedAlgorithms.name, ApprovedAlgorithms.facts, ApprovedAlgorithms.Options),
        Check(TradingHalt.name, TradingHalt.facts, TradingHalt.Options),
    )
}
