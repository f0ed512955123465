"""Each check keeps to the contract of risk rules: with its defaults, where what is missing blocks all, and with data it knows."""

from pathlib import Path

from tradekit_compliance.checks.concentration import Concentration, PositionLimit
from tradekit_compliance.checks.credit import CreditLeverage, CreditLimit
from tradekit_compliance.checks.flow import DuplicateOrder, MessageRate
from tradekit_compliance.checks.inventory import ApprovedAlgorithms
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt
from tradekit_compliance.checks.self_trade import SelfTrade

from tradekit.testing import RiskRuleContract

# The contract's instrument is AAA, and its time the start of 2024.
REFERENCE = Path(__file__).parent / "reference"


class TestPriceCollar(RiskRuleContract):
    component = PriceCollar
    options = (
        {},
        {"stale_s": "none"},
        {"stale_s": "none", "missing": "warn"},
    )


class TestOrderSize(RiskRuleContract):
    component = OrderSize
    options = (
        {},
        {"adv_percent": "none", "max_quantity": 100.0},
        {"volumes": str(REFERENCE / "volumes.csv")},
        {"missing": "warn"},
    )


class TestDuplicateOrder(RiskRuleContract):
    component = DuplicateOrder
    options = (
        {},
        {"window_s": 0},
    )


class TestMessageRate(RiskRuleContract):
    component = MessageRate
    options = (
        {},
        {"per_second": 3},
        {"repeats": 2},
    )


class TestCreditLeverage(RiskRuleContract):
    component = CreditLeverage
    options = ({},)


class TestCreditLimit(RiskRuleContract):
    component = CreditLimit
    options = (
        {},
        {"net": 0.5, "borrowed": 0},
        {"missing": "warn"},
    )


class TestPositionLimit(RiskRuleContract):
    component = PositionLimit
    options = ({},)


class TestConcentration(RiskRuleContract):
    component = Concentration
    options = (
        {},
        {"sectors": str(REFERENCE / "sectors.csv"), "missing": "warn"},
        {"sectors": str(REFERENCE / "sectors.csv"), "issuer": 0.9, "sector": 0.3},
    )


class TestRestrictedList(RiskRuleContract):
    component = RestrictedList
    options = (
        {},
        {"restricted": str(REFERENCE / "restricted.csv")},
        {"restricted": str(REFERENCE / "watched.csv"), "closing": "allow"},
    )


class TestSelfTrade(RiskRuleContract):
    component = SelfTrade
    options = (
        {},
        {"mode": "decrement"},
    )


class TestApprovedAlgorithms(RiskRuleContract):
    component = ApprovedAlgorithms
    options = (
        {},
        {"missing": "warn"},
    )


class TestTradingHalt(RiskRuleContract):
    component = TradingHalt
    options = (
        {},
        {"halts": str(REFERENCE / "halts.csv")},
        {"calendar": "XNYS", "missing": "warn"},
    )
