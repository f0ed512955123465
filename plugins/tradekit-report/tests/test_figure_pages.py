"""The page on the figures of a report is what the package has, and what it says of others is so."""

import pytest
from report_pages import BACKTESTING, OTHERS, OURS, PAGE, QUANTSTATS, example, is_equal, rewritten

from tradekit import statistics


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return example(tmp_path_factory.mktemp("runs"))


def test_page_has_the_checks_options_and_figures_of_the_package():
    text = PAGE.read_text("utf-8")
    assert rewritten(text) == text, "run: python plugins/tradekit-report/tests/report_pages.py"


def test_our_side_of_the_comparison_is_that_of_the_example(run):
    metrics = run.result.metrics
    for name in set(OURS) & set(metrics):
        assert OURS[name] == pytest.approx(metrics[name], rel=1e-9), name
    assert OURS["var_95_normal"] == pytest.approx(statistics.normal_var(run.returns), rel=1e-9)
    assert OURS["worst"] == pytest.approx(run.returns.min(), rel=1e-9)


@pytest.mark.parametrize("peer", ["Q", "b"])
def test_figures_of_others_are_equal_or_differ_for_a_reason(peer):
    found = {"Q": QUANTSTATS, "b": BACKTESTING}[peer]
    differing = {name for name in found if not is_equal(name, found)}
    assert differing == {name for name, who in OTHERS if who == peer}
    equal = set(found) - differing
    assert {"Q": {"sharpe", "sortino", "annual_volatility", "alpha", "beta"}, "b": {"max_drawdown", "win_rate", "trades"}}[
        peer
    ] <= equal


@pytest.mark.parametrize(("name", "peer"), [key for key, (_, formula) in OTHERS.items() if formula is not None])
def test_reason_for_a_difference_gives_the_other_number(run, name, peer):
    found = {"Q": QUANTSTATS, "b": BACKTESTING}[peer]
    assert OTHERS[name, peer][1](run) == pytest.approx(found[name], rel=1e-6)
