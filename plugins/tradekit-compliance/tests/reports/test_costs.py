from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from acting import MINUTE, Script, series
from tradekit_compliance.reports.cost_page import costs_json, costs_lines
from tradekit_compliance.reports.costs import order_costs, shortfall
from tradekit_compliance.surveillance.market import Market


def test_shortfall_of_the_worked_example_is_76_dollars_which_is_19_basis_points():
    found = shortfall(
        Decimal(1000), (Decimal("40.00"), Decimal("40.04"), Decimal("40.08")), [(Decimal(700), Decimal("40.05"))], Decimal(17)
    )
    assert (found.fees, found.execution, found.delay, found.opportunity) == (
        Decimal(17),
        Decimal("7.00"),
        Decimal("28.00"),
        Decimal("24.00"),
    )
    assert (found.total, found.bps) == (Decimal(76), Decimal(19))


@pytest.mark.parametrize("side", [1, -1])
def test_shortfall_parts_add_up_to_paper_less_real_whatever_the_fills(side):
    fills = [
        (Decimal(300) * side, Decimal("40.01")),
        (Decimal(200) * side, Decimal("39.90")),
        (Decimal(100) * side, Decimal("40.33")),
    ]
    found = shortfall(Decimal(1000) * side, (Decimal("40.00"), Decimal("40.04"), Decimal("39.70")), fills, Decimal("3.25"))
    end = Decimal("39.70")
    paper = Decimal(1000) * side * (end - Decimal("40.00"))
    real = sum(units * (end - price) for units, price in fills) - Decimal("3.25")
    assert found.total == paper - real


def test_shortfall_does_not_move_with_own_trades_and_the_average_of_the_market_does():
    market = Market({"ACME": series([40.0, 40.04, 40.08, 40.08], volume=1000.0)}, MINUTE)
    for size in (10.0, 900.0):
        script = Script()
        number = script.order(60, size, None)
        script.fill(61, number, size, 40.5)
        (found,) = order_costs(script.done(), market)
        assert found.shortfall.bps == (Decimal("40.5") - 40) / 40 * 10_000
        assert found.arrival_bps == (Decimal("40.5") - 40) / 40 * 10_000
        # A large order is a large part of the average, and so seems to have cost little.
        assert (found.vwap_bps > 100, found.vwap_with_own_bps < 70) == (True, size == 900.0)


def test_costs_of_orders_by_bars_are_told_as_a_table_and_exactly():
    market = Market({"ACME": series([40.00, 40.04, 40.08, 40.08], volume=1000.0)}, MINUTE)
    script = Script()
    number = script.order(60, 1000.0, 40.05)
    script.fill(61, number, 700.0, 40.05)
    script.cancel(180, number, 300.0)
    script.order(240, 5.0, 1.0)
    script.trade(9999, 1.0, 40.0)
    found = list(order_costs(script.done(), market))
    told = costs_json(found)["orders"]
    assert told[0]["shortfall"] == {
        "delay": "0",
        "execution": "35",
        "opportunity": "24",
        "fees": "0",
        "total": "59",
        "value": "40000",
        "bps": "14.75",
    }
    assert [one.get("unknown") for one in told] == [None, "no price at the arrival", "no price at the arrival"]
    lines = list(costs_lines(found))
    assert lines[1].split() == ["1", "ACME", "1000", "700", "0.00", "35.00", "24.00", "0.00", "59.00", "14.75", "12.50", "5.83"]
    assert lines[-1] == "! 2 orders could not be judged: no price at the arrival, first for order 2"


def test_costs_are_told_alike_however_others_have_decimals_rounded():
    market = Market({"ACME": series([40.00, 40.04, 40.08, 40.08], volume=1000.0)}, MINUTE)
    script = Script()
    script.fill(61, script.order(60, 1.0, None), 1.0, 40.005)
    found = list(order_costs(script.done(), market))
    assert found[0].shortfall.execution == Decimal("0.005")
    told = list(costs_lines(found))
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        assert list(costs_lines(found)) == told
