"""Groups and contributions: whatever the run, they add up to its profit."""

import numpy as np
import pytest
from reported import DAY, HOUR, START, ran, series, walk
from tradekit_report.figures import figures_of
from tradekit_report.figures.groups import ACCOUNT

from tradekit import column_values

COSTS = "execution.costs=[{model='fee', bps=10}, {model='half-spread', bps=4}]"


def turning(index):
    return {0: {"A": 0.5, "B": -0.2}, 1: {"A": 0.0}, 2: {"B": 0.3}}.get(index % 9) if index % 3 == 0 or index % 9 < 3 else None


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    market = {"A": series(walk(24 * 60, 1), HOUR), "B": series(walk(24 * 60, 2), HOUR)}
    overrides = ("account.kind='margin'", "account.loan_rate=0.1", "account.interest_rate=0.05", COSTS)
    return ran(tmp_path_factory.mktemp("run"), market, turning, *overrides)


@pytest.fixture(scope="module")
def found(result):
    return figures_of(result)


@pytest.mark.parametrize("name", ["by_instrument", "by_direction", "by_weekday", "by_hour", "contributions", "bridge"])
def test_parts_add_up_to_the_profit_and_to_the_total_return(found, result, name):
    parts = getattr(found, name)
    profit = column_values(result.equity, "equity")[-1] - 100_000.0
    assert len(parts) > 1
    assert sum(part.profit for part in parts) == pytest.approx(profit, abs=1e-7)
    assert sum(part.contribution for part in parts) == pytest.approx(result.metrics["total_return"], abs=1e-12)


def test_states_add_up_too(found, result):
    assert sum(group.profit for group in found.states.groups) == pytest.approx(1e5 * result.metrics["total_return"], abs=1e-7)
    assert sum(group.trades for group in found.states.groups) == result.metrics["trades"]
    assert sum(found.states.share.values()) == pytest.approx(1.0)


def test_interest_is_the_accounts(found, result):
    account = found.by_instrument[-1]
    assert account.name == ACCOUNT
    assert account.profit == pytest.approx(result.metrics["interest"], abs=1e-6)
    assert found.contributions[-1].name == ACCOUNT
    assert found.contributions[-1].note


@pytest.mark.parametrize("name", ["by_instrument", "by_direction", "by_weekday", "by_hour", "states"])
def test_every_closed_trade_is_in_one_group(found, result, name):
    groups = found.states.groups if name == "states" else getattr(found, name)
    assert sum(group.trades for group in groups) == result.metrics["trades"]
    wins = sum(round(group.win_rate * group.trades) for group in groups if group.trades)
    assert wins == round(result.metrics["win_rate"] * result.metrics["trades"])
    assert sum(group.trade_profit for group in groups) == pytest.approx(result.metrics["expectancy"] * result.metrics["trades"])


def test_bridge_begins_with_the_prices_and_has_every_cost(found, result):
    bridge = {piece.name: piece.profit for piece in found.bridge}
    assert next(iter(bridge)) == "price moves"
    assert bridge["fees"] == -result.metrics["fees"]
    assert bridge["spread"] == -result.metrics["slippage"]
    assert bridge["interest"] == result.metrics["interest"]


def test_weekdays_and_hours_are_those_in_which_bars_lie(tmp_path):
    # Prices rise on Tuesdays and in the hour from 13:00 only.
    hours = np.arange(24 * 28)
    up = ((hours // 24 % 7 == 1) & (hours % 24 != 13)) | ((hours // 24 % 7 != 1) & (hours % 24 == 13))
    market = series(100.0 * np.cumprod(np.where(up, 1.001, 1.0)), HOUR)
    found = figures_of(ran(tmp_path, market, {0: 1.0}))
    days = {group.name: group.profit for group in found.by_weekday}
    assert list(days) == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert days["Tuesday"] == max(days.values())
    best = max(found.by_hour, key=lambda group: group.profit)
    assert best.name == "13:00"
    assert len(found.by_hour) == 24
    assert START // DAY % 7 == 4  # a Monday


def test_bars_of_four_hours_stand_at_the_hour_in_which_they_open(tmp_path):
    found = figures_of(ran(tmp_path, series(walk(200), 4 * HOUR), {1: 1.0}))
    assert [group.name for group in found.by_hour] == ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]


def test_bars_of_a_day_have_no_hours(tmp_path):
    found = figures_of(ran(tmp_path, series(walk(200)), {1: 1.0}))
    assert found.by_hour == ()
    assert found.missing["by_hour"] == "the bars are a day long, or longer"
