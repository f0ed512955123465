"""Turnover by month, and what risk rules did."""

import numpy as np
import pytest
from reported import ran, series, walk
from tradekit_report.figures import figures_of

import tradekit
from tradekit import RiskRule, Verdict, column_values
from tradekit.testing import Lab


def turning(index):
    return 0.9 if index % 10 == 0 else 0.0 if index % 10 == 5 else None


def test_turnover_of_months_adds_up_to_what_was_traded(tmp_path):
    result = ran(tmp_path, series(walk(100)), turning)
    found = figures_of(result).turnover
    time, equity = column_values(result.equity, "time"), column_values(result.equity, "equity")
    months = (time - 1).view("M8[ns]").astype("M8[M]")
    assert found.month.view("M8[ns]").astype("M8[D]").astype(str).tolist() == [
        "2024-01-01",
        "2024-02-01",
        "2024-03-01",
        "2024-04-01",
    ]
    means = [equity[months == month].mean() for month in np.unique(months)]
    assert np.sum(found.ratio * means) == pytest.approx(np.sum(column_values(result.fills, "value")))
    assert (found.ratio > 0.0).all()


def test_value_of_fills_is_price_times_units(tmp_path):
    fills = ran(tmp_path, series(walk(100)), turning).fills
    wanted = np.abs(column_values(fills, "quantity")) * column_values(fills, "price")
    assert column_values(fills, "value") == pytest.approx(wanted, rel=1e-15)


def test_a_rule_that_cuts_is_told_with_how_much(tmp_path):
    rules = "risk=[{rule='max-weight', limit=0.5}, {rule='max-leverage', limit=3}]"
    result = ran(tmp_path, series(walk(100)), turning, rules)
    cutting, idle = figures_of(result).verdicts
    assert (cutting.rule, idle.rule) == ("max-weight", "max-leverage")
    assert (cutting.judged, cutting.cut, cutting.refused, cutting.halts) == (20, 10, 0, 0)
    assert cutting.accepted == 10
    assert cutting.cut_share == pytest.approx(1.0 - 0.5 / 0.9, abs=0.02)
    assert cutting.closest == pytest.approx(1.8, abs=0.05)
    assert (idle.judged, idle.cut, idle.cut_share, idle.last) == (20, 0, None, None)
    assert cutting.last == column_values(result.orders, "time")[18]


def test_a_rule_that_refuses_is_told(tmp_path):
    rules = "risk=[{rule='max-order-value', limit=50000, action='reject'}]"
    (found,) = figures_of(ran(tmp_path, series(walk(100)), turning, rules)).verdicts
    assert found.refused == 10
    assert found.closest > 1.0


def test_a_halt_is_told(tmp_path):
    falling = series(100.0 * 0.99 ** np.arange(60))
    (found,) = figures_of(ran(tmp_path, falling, {0: 1.0}, "risk=[{rule='max-drawdown', limit=0.2}]")).verdicts
    assert found.halts == 1
    assert found.last is not None


def test_a_rule_that_gives_sizes_cuts_nothing(tmp_path):
    class Signals(tradekit.Strategy):
        """Order without a size."""

        name = "signals"

        def on_bar(self, ctx):
            """Buy and sell in turns."""
            if ctx.index % 10 == 0:
                ctx.buy()
            elif ctx.index % 10 == 5:
                ctx.target(quantity=0.0)

    (found,) = figures_of(
        ran(tmp_path, series(walk(60)), None, "risk=[{rule='fixed-fraction', fraction=0.3}]", strategy=Signals)
    ).verdicts
    assert found.judged > 0
    assert (found.cut, found.refused, found.closest) == (0, 0, None)


class Moody(RiskRule):
    """Refuse every other order, with a reason."""

    name = "moody"
    count = 0

    def check(self, order, account):
        """Judge."""
        self.count += 1
        return Verdict.reject("not today") if self.count % 2 else Verdict.accept()


def test_reasons_of_a_rule_in_python_are_counted(tmp_path):
    from reported import scripted

    lab = Lab(tmp_path, {"X": series(walk(60))})
    lab.bring(Moody)
    result = lab.run(scripted(turning), "risk=[{rule='moody'}]").result
    (found,) = figures_of(result).verdicts
    assert found.refused == sum(found.reasons.values()) > 0
    assert set(found.reasons) == {"not today"}


def test_a_run_without_rules_or_fills_says_so(tmp_path):
    found = figures_of(ran(tmp_path, series(walk(60)), {}))
    assert found.missing["verdicts"] == "no risk rule is in force (risk = [])"
    assert found.missing["turnover"] == "there are no fills, or equity was 0 or below"
