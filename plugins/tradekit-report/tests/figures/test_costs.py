"""Costs by sort: what the models took, worked by hand where they can be told apart, and told where they can't."""

import numpy as np
import pytest
from reported import ran, series
from tradekit_report.figures import figures_of

from tradekit import column_values

FLAT = series(np.full(60, 100.0), volume=np.full(60, 1e5))
TURNS = {5: 0.5, 15: 0.0, 25: 0.5, 35: 0.0}


def costs(folder, models, market=FLAT, *overrides):
    return figures_of(ran(folder, market, TURNS, f"execution.costs=[{models}]", *overrides)).costs


def parts(found):
    return {part.key: part.money for part in found.parts}


def test_costs_of_one_sort_are_of_that_sort(tmp_path):
    assert parts(costs(tmp_path / "a", "{model='half-spread', bps=20}")) == pytest.approx({"fees": 0.0, "spread": 200.0}, rel=0.02)
    assert set(parts(costs(tmp_path / "b", "{model='slippage', bps=5}"))) == {"fees", "slippage"}
    assert set(parts(costs(tmp_path / "c", "{model='volume-share'}, {model='square-root-impact'}"))) == {"fees", "impact"}


@pytest.mark.parametrize("spread", ["bps=20", "spread=0.2"])
def test_spread_beside_an_impact_is_what_it_is_alone(tmp_path, spread):
    # Nothing moves here, so that the fills are the same but for what models take of them.
    both = costs(tmp_path / "both", f"{{model='half-spread', {spread}}}, {{model='volume-share', impact=50}}")
    alone = costs(tmp_path / "alone", f"{{model='half-spread', {spread}}}")
    impact = costs(tmp_path / "impact", "{model='volume-share', impact=50}")
    assert both.note == ""
    assert parts(both)["spread"] == pytest.approx(parts(alone)["spread"], rel=0.01)
    assert parts(both)["impact"] == pytest.approx(parts(impact)["impact"], rel=0.05)
    assert parts(both)["impact"] > 1.0


def test_three_sorts_add_up_to_the_slippage_of_the_run(tmp_path):
    models = "{model='fee', bps=10}, {model='half-spread', bps=4}, {model='slippage', bps=3}, {model='volume-share', impact=50}"
    result = ran(tmp_path, FLAT, TURNS, f"execution.costs=[{models}]")
    found = parts(figures_of(result).costs)
    assert list(found) == ["fees", "spread", "slippage", "impact"]
    assert found["fees"] == result.metrics["fees"]
    assert found["spread"] + found["slippage"] + found["impact"] == pytest.approx(result.metrics["slippage"])
    assert found["slippage"] == pytest.approx(1.5 * found["spread"], rel=1e-9)


def test_spread_in_ticks_can_t_be_told_from_impact(tmp_path):
    fact = "instrument=[{symbol='X', tick=0.01}]"
    found = costs(tmp_path, "{model='half-spread', ticks=2}, {model='volume-share'}", FLAT, fact)
    assert [part.label for part in found.parts] == ["fees", "spread and impact"]
    assert found.note.endswith("and not the tick that the spread is counted in.")


def test_no_costs_are_told(tmp_path):
    found = costs(tmp_path, "")
    assert (found.total, found.bps) == (0.0, 0.0)
    assert found.parts[1].note == "the run has no model of them"


def test_total_is_in_basis_points_of_what_was_traded(tmp_path):
    found = costs(tmp_path, "{model='fee', bps=12.5}")
    assert found.bps == pytest.approx(12.5)
    assert found.of_gross is None
    assert found.by_symbol == {"X": (pytest.approx(found.total), 0.0)}


def test_part_of_the_gross_profit_that_costs_take(tmp_path):
    rising = series(100.0 * 1.01 ** np.arange(60))
    result = ran(tmp_path, rising, TURNS, "execution.costs=[{model='fee', bps=10}]")
    found = figures_of(result).costs
    profit = column_values(result.equity, "equity")[-1] - 100_000.0
    assert found.of_gross == pytest.approx(found.total / (profit + found.total))
