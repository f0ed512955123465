"""All checks, by the name that a run file has them under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

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


class Check(Protocol):
    """A rule that says what it is modelled on."""

    facts: ClassVar[Facts]
    name: ClassVar[str]
    Options: type[tradekit.Options]


_ALL: tuple[type[Check], ...] = (
    PriceCollar,
    OrderSize,
    DuplicateOrder,
    MessageRate,
    CreditLeverage,
    CreditLimit,
    PositionLimit,
    Concentration,
    RestrictedList,
    SelfTrade,
    ApprovedAlgorithms,
    TradingHalt,
)
CHECKS: Mapping[str, type[Check]] = {check.name: check for check in _ALL}
