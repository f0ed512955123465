"""What this package adds to tradekit."""

from tradekit import Reporter, RiskRule, hookimpl
from tradekit_compliance.audit.reporter import AuditLog
from tradekit_compliance.checks.concentration import Concentration, PositionLimit
from tradekit_compliance.checks.credit import CreditLeverage, CreditLimit
from tradekit_compliance.checks.flow import DuplicateOrder, MessageRate
from tradekit_compliance.checks.inventory import ApprovedAlgorithms
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt
from tradekit_compliance.checks.self_trade import SelfTrade

TRADEKIT_API = 1


@hookimpl
def tradekit_risk_rules() -> list[type[RiskRule]]:
    """Check orders before they are placed."""
    return [
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
    ]


@hookimpl
def tradekit_reporters() -> list[type[Reporter]]:
    """Keep an audit log."""
    return [AuditLog]
