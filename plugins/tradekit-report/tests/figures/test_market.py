"""States of the market: told from the past alone, and right where the market is plain."""

import numpy as np
import pytest
from reported import ran, series, walk
from tradekit_report.figures import FigureOptions, figures_of


def states(tmp_path, closes, window=20, name="run"):
    result = ran(tmp_path / name, series(closes), {0: 0.5})
    return figures_of(result, FigureOptions(state_window=window)).states


def test_states_don_t_depend_on_what_comes_later(tmp_path):
    closes = walk(300)
    whole = states(tmp_path, closes).state
    other = np.concatenate((closes[:200], closes[200:] * np.linspace(1.0, 3.0, 100)))
    changed = states(tmp_path, other, name="other").state
    # The state in which period 200 begins is of the periods before it.
    assert changed[:201] == whole[:201]
    assert changed[201:] != whole[201:]


def test_states_of_a_plain_market_are_what_one_sees(tmp_path):
    rng = np.random.default_rng(3)
    drift = np.repeat([0.01, 0.0, -0.01], 100)
    noise = np.where(np.arange(300) % 2, 0.004, -0.004) + rng.normal(0.0, 1e-4, 300)
    found = states(tmp_path, 100.0 * np.exp(np.cumsum(drift + noise)))
    trend = [state.partition(",")[0] for state in found.state]
    assert set(trend[:20]) == {"unknown"}
    assert set(trend[30:100]) == {"up"}
    assert set(trend[125:200]) == {"range"}
    assert set(trend[225:]) == {"down"}


def test_a_market_that_gets_wild_is_wild(tmp_path):
    volatility = np.repeat([0.005, 0.03], 150)
    found = states(tmp_path, 100.0 * np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 1.0, 300) * volatility)))
    assert all(state.endswith("wild") for state in found.state[175:])
    assert sum(state.endswith("wild") for state in found.state[20:150]) == pytest.approx(65, abs=40)


def test_states_need_a_benchmark_and_more_periods_than_a_window(tmp_path):
    none = figures_of(ran(tmp_path / "none", series(walk(100)), {0: 0.5}, "run.benchmark='none'"))
    assert none.states is None
    assert none.missing["states"] == "there is no benchmark to tell the market by"
    short = figures_of(ran(tmp_path / "short", series(walk(20)), {0: 0.5}))
    assert short.missing["states"] == "they need more than 20 periods, and the run has 20"


def test_rule_names_the_window(tmp_path):
    assert "over the 33 periods before" in states(tmp_path, walk(100), 33).rule
