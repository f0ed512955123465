"""From composed components and bars to what the simulator runs on."""

import numpy as np
import pytest

from tradekit import CostKind, CostModel, CostTerm, Instrument, Strategy
from tradekit.errors import ConfigError, PluginError, StrategyError

CLOSES = 100.0 + np.arange(30.0)


class Quiet(Strategy):
    """Do nothing."""

    name = "quiet"

    def on_bar(self, ctx): ...


class Charge(CostModel):
    """Charge what a test says."""

    name = "charge"
    answer = None

    def terms(self, instruments):
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer]

    def describe(self):
        return "It costs something."


def setup_of(lab, *overrides):
    return lab.ready(Quiet, *overrides).prepared.setup


def test_prepare_account_and_execution_are_those_of_the_run_file(lab):
    lab.give(CLOSES)
    setup = setup_of(
        lab, "account.kind='margin'", "account.leverage=3", "execution.insufficient_funds='reject'", "execution.limit_fills='touch'"
    )
    assert (setup.capital, setup.currency, setup.is_margin, setup.leverage) == (1000.0, "USD", True, 3.0)
    assert (setup.fills.insufficient_funds, setup.fills.limit_fills) == ("reject", "touch")


def test_prepare_facts_of_the_run_file_overrule_those_of_the_source(lab):
    lab.give(CLOSES)
    lab.give(CLOSES, "Y")
    setup = setup_of(lab, "instrument=[{symbol='Y', tick=0.5, lot=1}]")
    assert list(setup.instruments) == [Instrument("X"), Instrument("Y", tick=0.5, lot=1.0)]


def test_prepare_fact_of_an_instrument_that_the_data_lacks_is_refused(lab):
    lab.give(CLOSES, "AAA")
    with pytest.raises(ConfigError) as error:
        setup_of(lab, "instrument=[{symbol='AAB', tick=0.5}]")
    assert str(error.value) == (
        "instrument[0].symbol 'AAB' is not one of the instruments that the data has; allowed: 'AAA'; did you mean 'AAA'?"
    )


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"kind": "perpetual"},
            "'X' is a perpetual, which is held against margin, but account.kind is 'cash'; set account.kind = 'margin'",
        ),
        (
            {"initial_margin": 0.05, "maintenance_margin": 0.1},
            "maintenance_margin 0.1 of 'X' must be smaller than its initial_margin 0.05, or a position is liquidated as it is "
            "opened; [[instrument]] overrules what the source says",
        ),
    ],
)
def test_prepare_instrument_of_the_source_that_the_run_file_contradicts_is_refused(lab, facts, message):
    lab.give(CLOSES)
    lab.facts = {"X": facts}
    with pytest.raises(ConfigError) as error:
        setup_of(lab)
    assert str(error.value) == message


def test_prepare_costs_are_those_of_the_run_file(lab):
    lab.give(CLOSES)
    costs = setup_of(lab, "execution.costs=[{model='fee', bps=10}, {model='slippage', bps=2}]").costs
    assert costs.fees.tolist() == [[pytest.approx(0.001)], [pytest.approx(0.001)], [0.0]]
    assert costs.slippage_rate.tolist() == [pytest.approx(0.0002)]


@pytest.mark.parametrize("values", [[1.0, 2.0], [-1.0], [np.nan], [np.inf], 0.1])
def test_prepare_cost_coefficients_that_make_no_sense_are_refused(lab, values):
    lab.give(CLOSES)
    lab.bring(type("Bad", (Charge,), {"__doc__": "Bad.", "answer": CostTerm(CostKind.FEE_RATE, np.array(values))}))
    with pytest.raises(
        PluginError, match=r"cost model 'charge' gave FEE_RATE coefficients .* expected 1 finite numbers of 0 or more"
    ):
        setup_of(lab, "execution.costs=[{model='charge'}]")


@pytest.mark.parametrize("answer", [ZeroDivisionError("no"), 3])
def test_prepare_cost_model_that_raises_is_named(lab, answer):
    lab.give(CLOSES)
    lab.bring(type("Bad", (Charge,), {"__doc__": "Bad.", "answer": answer}))
    with pytest.raises(PluginError, match=r"^terms\(\) of cost model 'charge' raised (ZeroDivisionError: no|AttributeError)"):
        setup_of(lab, "execution.costs=[{model='charge'}]")


def test_prepare_cost_model_that_cannot_describe_itself_is_named_before_the_run(lab):
    class Mute(Charge):
        """Say nothing."""

        answer = CostTerm(CostKind.FEE_RATE, np.array([0.1]))

        def describe(self):
            raise KeyError("words")

    lab.give(CLOSES)
    lab.bring(Mute)
    with pytest.raises(PluginError, match=r"^describe\(\) of cost model 'charge' raised KeyError: 'words'"):
        setup_of(lab, "execution.costs=[{model='charge'}]")


def test_prepare_unknown_benchmark_is_refused_before_the_run(lab):
    lab.give(CLOSES)
    with pytest.raises(ConfigError, match=r"run.benchmark 'Z' is no instrument of this run; allowed: 'equal-weight', 'none', 'X'"):
        setup_of(lab, "run.benchmark='Z'")


def test_prepare_warmup_is_the_longest_that_anything_needs(lab):
    lab.give(CLOSES)
    assert lab.ready("sma-cross", "strategy.fast=3", "strategy.slow=7").prepared.setup.warmup == 7
    assert lab.ready("breakout", "strategy.enter=7", "strategy.leave=3").prepared.setup.warmup == 8
    sized = "risk=[{rule='volatility-target', annual=0.2, window=12}]"
    assert lab.ready("sma-cross", "strategy.fast=3", "strategy.slow=7", sized).prepared.setup.warmup == 13


@pytest.mark.parametrize(
    ("warmup", "said"), [("3", "is '3'; it must be a whole number of bars"), (1 / 3, "it must be a whole number")]
)
def test_prepare_warmup_that_is_no_number_is_refused(lab, warmup, said):
    lab.give(CLOSES)
    with pytest.raises(StrategyError, match=f"^warmup of strategy 'quiet' .*{said}"):
        lab.ready(type("Odd", (Quiet,), {"__doc__": "Odd.", "warmup": warmup}))


def test_prepare_warmup_that_raises_is_named(lab):
    class Odd(Quiet):
        """Fail to say."""

        @property
        def warmup(self):
            return 1 // 0

    lab.give(CLOSES)
    with pytest.raises(StrategyError, match=r"^warmup of strategy 'quiet' raised ZeroDivisionError: .* \(.*test_prepare.py:\d+\)$"):
        lab.ready(Odd)


def sized_volatility(lab, *overrides):
    return lab.ready(Quiet, "risk=[{rule='volatility-target', annual=0.2, window=5}]", *overrides).prepared


def test_prepare_volatility_is_that_of_a_sample_of_log_returns(lab):
    rng = np.random.default_rng(1)
    closes = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.01, 300)))
    lab.give(closes)
    volatility = sized_volatility(lab).setup.volatility
    returns = np.diff(np.log(closes))
    expected = [np.std(returns[row - 5 : row], ddof=1) * np.sqrt(365.0) for row in range(5, 300)]
    np.testing.assert_allclose(volatility[0, 5:], expected, rtol=1e-9)
    assert np.isnan(volatility[0, :5]).all()


def test_prepare_volatility_counts_the_bars_of_each_instrument_by_itself(lab):
    hours = np.arange(24 * 40)
    lab.give(100.0 + hours % 7, "ALWAYS", interval="1h")
    session = hours[(hours % 24 >= 14) & (hours % 24 < 21) & ((hours // 24 + 2) % 7 < 5)]
    lab.give(100.0 + session % 5, "SESSION", rows=session, interval="1h")
    prepared = sized_volatility(lab, "data.interval='1h'")
    (sentence,) = [sentence for sentence in prepared.assumptions if sentence.startswith("For sizes")]
    assert sentence.endswith("the square root of 8,760 or 1,764 bars a year.")


def test_prepare_bars_a_year_of_a_market_with_sunday_hours_are_those_of_its_week(lab):
    days = np.array([day for day in range(400) if (day + 2) % 7 != 5])
    lab.give(100.0 + days % 3, rows=days)
    assert any("302.4 bars a year" in sentence for sentence in sized_volatility(lab).assumptions)


def test_prepare_bars_a_year_can_be_set(lab):
    lab.give(CLOSES)
    prepared = lab.ready(Quiet, "risk=[{rule='volatility-target', annual=0.2, window=5, bars_per_year=100}]").prepared
    assert any("100 bars a year" in sentence for sentence in prepared.assumptions)
