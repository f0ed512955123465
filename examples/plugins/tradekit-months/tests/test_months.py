"""The reporter keeps its contract, and its months make up the whole."""

from math import prod

import pytest
from tradekit.testing import Lab, ReporterContract, markets

from tradekit_months.reporter import Months, month_returns


class TestMonths(ReporterContract):
    component = Months
    options = ({}, {"digits": 3})


def test_months_multiply_to_the_total_return(tmp_path):
    result = Lab(tmp_path, {"AAA": markets.trend(200)}).run("buy-and-hold").result
    returns = month_returns(result)
    assert list(returns)[:2] == [(2024, 1), (2024, 2)]
    assert prod(1 + value for value in returns.values()) - 1 == pytest.approx(result.metrics["total_return"])
