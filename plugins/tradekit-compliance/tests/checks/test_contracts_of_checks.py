"""Each check keeps to the contract of risk rules: with its defaults, where what is missing blocks all, and with data it knows."""

import csv

import pytest
from tradekit.testing import RiskRuleContract
from tradekit_compliance.checks.concentration import Concentration, PositionLimit
from tradekit_compliance.checks.credit import CreditLeverage, CreditLimit
from tradekit_compliance.checks.flow import DuplicateOrder, MessageRate
from tradekit_compliance.checks.inventory import ApprovedAlgorithms
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt
from tradekit_compliance.checks.self_trade import SelfTrade


class OnFiles(RiskRuleContract):
    """The contract, with reference files where the test runs: the contract's instrument is AAA, its time the start of 2024."""

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        rows = {
            "sectors.csv": [("symbol", "issuer", "sector"), ("AAA", "Triple A", "letters")],
            "restricted.csv": [("symbol", "list"), ("BBB", "restricted")],
            "watched.csv": [("symbol", "list"), ("AAA", "watch")],
            "halts.csv": [("symbol", "from", "until"), ("BBB", "2023-01-01", "")],
            "volumes.csv": [("symbol", "date", "volume"), *(("AAA", f"2023-12-{day:02}", "5000") for day in range(12, 32))],
        }
        for name, lines in rows.items():
            with (tmp_path / name).open("w", newline="") as file:
                csv.writer(file).writerows(lines)


class TestPriceCollar(OnFiles):
    component = PriceCollar
    options = [{}, {"stale_s": "none"}, {"stale_s": "none", "missing": "warn"}]


class TestOrderSize(OnFiles):
    component = OrderSize
    options = [{}, {"adv_percent": "none", "max_quantity": 100.0}, {"volumes": "volumes.csv"}, {"missing": "warn"}]


class TestDuplicateOrder(OnFiles):
    component = DuplicateOrder
    options = [{}, {"window_s": 0}]


class TestMessageRate(OnFiles):
    component = MessageRate
    options = [{}, {"per_second": 3}, {"repeats": 2}]


class TestCreditLeverage(OnFiles):
    component = CreditLeverage
    options = [{}]


class TestCreditLimit(OnFiles):
    component = CreditLimit
    options = [{}, {"net": 0.5, "borrowed": 0}, {"missing": "warn"}]


class TestPositionLimit(OnFiles):
    component = PositionLimit
    options = [{}]


class TestConcentration(OnFiles):
    component = Concentration
    options = [{}, {"sectors": "sectors.csv", "missing": "warn"}, {"sectors": "sectors.csv", "issuer": 0.9, "sector": 0.3}]


class TestRestrictedList(OnFiles):
    component = RestrictedList
    options = [{}, {"restricted": "restricted.csv"}, {"restricted": "watched.csv", "closing": "allow"}]


class TestSelfTrade(OnFiles):
    component = SelfTrade
    options = [{}, {"mode": "decrement"}]


class TestApprovedAlgorithms(OnFiles):
    component = ApprovedAlgorithms
    options = [{}, {"missing": "warn"}]


class TestTradingHalt(OnFiles):
    component = TradingHalt
    options = [{}, {"halts": "halts.csv"}, {"calendar": "XNYS", "missing": "warn"}]
