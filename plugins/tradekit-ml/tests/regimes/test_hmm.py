"""The hidden Markov model: statsmodels as an oracle, filtered values that no later bar changes, and its indicator."""

import itertools

import numpy as np
import pytest
import tradekit_ml.regimes.hmm as module
from tradekit_ml.regimes.filtered import HiddenStates
from tradekit_ml.regimes.hmm import GaussianHmm, fit_hmm

from tradekit import DataError
from tradekit.testing import IndicatorContract


class TestHiddenStates(IndicatorContract):
    component = HiddenStates
    options = ({"window": 200, "refit": 500},)


def switching(count: int = 1500, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Return returns of a market that is calm or wild, and which of them it is."""
    generator = np.random.default_rng(seed)
    is_wild = np.logical_xor.accumulate(generator.random(count) < 0.01)
    return generator.normal(np.where(is_wild, -0.001, 0.0005), np.where(is_wild, 0.03, 0.01)), is_wild


MODEL = GaussianHmm(
    np.array([0.7, 0.3]), np.array([[0.95, 0.05], [0.1, 0.9]]), np.array([0.001, -0.002]), np.array([1e-4, 9e-4]), 0.0
)


def test_hmm_filter_gives_what_all_paths_together_give() -> None:
    values = switching(7)[0]
    density = np.exp(-0.5 * (values[:, None] - MODEL.mean) ** 2 / MODEL.variance) / np.sqrt(2 * np.pi * MODEL.variance)
    for end in range(1, 8):
        total = np.zeros(2)
        for path in itertools.product((0, 1), repeat=end):
            likelihood = MODEL.start[path[0]] * density[0, path[0]]
            for t in range(1, end):
                likelihood *= MODEL.transition[path[t - 1], path[t]] * density[t, path[t]]
            total[path[-1]] += likelihood
        assert MODEL.filter(values)[end - 1] == pytest.approx(total / total.sum(), rel=1e-12)
        assert MODEL.likelihood(values[:end]) == pytest.approx(np.log(total.sum()), rel=1e-12)


def test_hmm_filter_and_likelihood_are_those_of_statsmodels() -> None:
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    values = switching()[0] * 100
    model = MarkovRegression(values, k_regimes=2, switching_variance=True)
    # Its steady state is where it begins.
    steady = np.array([0.1 / 0.15, 0.05 / 0.15])
    ours = GaussianHmm(steady, MODEL.transition, MODEL.mean * 100, MODEL.variance * 1e4, 0.0)
    params = np.array([0.95, 0.1, *ours.mean, *ours.variance])
    theirs = model.filter(params)
    assert ours.likelihood(values) == pytest.approx(theirs.llf, rel=1e-10)
    np.testing.assert_allclose(ours.filter(values), theirs.filtered_marginal_probabilities, atol=1e-9)


def test_hmm_fit_each_step_gains_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    found, improved = [], module._improved

    def noted(model: GaussianHmm, values: np.ndarray, floor: float) -> GaussianHmm:
        after = improved(model, values, floor)
        found.append(after.log_likelihood)
        return after

    monkeypatch.setattr(module, "_improved", noted)
    fit_hmm(switching()[0], tolerance=0.0, iterations=40)
    assert len(found) > 10
    assert np.all(np.diff(found) >= -1e-7)


def test_hmm_fit_finds_the_states_of_a_made_market() -> None:
    values, is_wild = switching(4000)
    model = fit_hmm(values)
    assert np.sqrt(model.variance) == pytest.approx([0.01, 0.03], rel=0.1)
    assert np.diag(model.transition) == pytest.approx([0.99, 0.99], abs=0.008)
    told = model.filter(values)[:, 1] > 0.5
    assert np.mean(told == is_wild) > 0.95


def test_hmm_fit_is_as_likely_as_that_of_statsmodels() -> None:
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    values = switching()[0] * 100
    theirs = MarkovRegression(values, k_regimes=2, switching_variance=True)
    ours = fit_hmm(values, tolerance=1e-10, iterations=500)
    start = np.array([ours.transition[0, 0], ours.transition[1, 0], *ours.mean, *ours.variance])
    best = theirs.fit(start_params=start, disp=False, search_reps=0)
    assert ours.log_likelihood >= best.llf - 0.05


def test_hmm_filter_before_a_switch_does_not_know_it() -> None:
    values = np.concatenate((np.random.default_rng(1).normal(0, 0.01, 500), np.random.default_rng(2).normal(0, 0.04, 200)))
    model = fit_hmm(values)
    filtered = model.filter(values)
    assert filtered[499, 1] < 0.05
    assert filtered[510, 1] > 0.95
    np.testing.assert_array_equal(model.filter(values[:500]), filtered[:500])


def test_hmm_filter_hole_moves_on_as_the_chain_does() -> None:
    values = switching(50)[0]
    values[20] = np.nan
    filtered = MODEL.filter(values)
    assert filtered[20] == pytest.approx(filtered[19] @ MODEL.transition, rel=1e-12)


def test_hmm_filter_observation_beyond_all_states_goes_to_the_widest() -> None:
    assert MODEL.filter(np.array([0.001, 50.0]))[1] == pytest.approx([0.0, 1.0])


def test_hmm_fit_ignores_what_is_no_number_and_is_the_same_each_time() -> None:
    values = switching(600)[0]
    holed = np.insert(values, [10, 200], np.nan)
    first, second = fit_hmm(values), fit_hmm(holed)
    np.testing.assert_array_equal(first.transition, second.transition)
    np.testing.assert_array_equal(first.variance, second.variance)


@pytest.mark.parametrize("values", [np.zeros(400), np.arange(20.0), np.full(300, np.nan)])
def test_hmm_nothing_to_fit_is_refused(values: np.ndarray) -> None:
    with pytest.raises(DataError, match="needs 50 observations or more that are not all alike"):
        fit_hmm(values)


def test_hidden_states_tell_a_wild_market_soon_after_it_began() -> None:
    values = np.concatenate((switching(1200)[0], np.random.default_rng(9).normal(0, 0.03, 60)))
    close = np.exp(np.cumsum(values))
    wild, mean, volatility = HiddenStates(HiddenStates.Options(window=1000, refit=500)).compute(close)
    assert wild[-40:].mean() > 0.9
    assert volatility[-40:].mean() == pytest.approx(0.03, rel=0.25)
    assert np.isfinite(mean[1000:]).all()


def test_hidden_states_window_too_small_for_the_states_is_refused() -> None:
    with pytest.raises(ValueError, match="window is 200 and states is 3; each state needs 100 returns"):
        HiddenStates.Options(window=200, states=3)


def test_hidden_states_three_of_them_are_ordered_by_size() -> None:
    generator = np.random.default_rng(4)
    values = generator.normal(0.0, np.repeat([0.005, 0.02, 0.06, 0.005], 300))
    model = fit_hmm(values, states=3)
    assert np.all(np.diff(model.variance) > 0)
    assert model.filter(values)[[250, 550, 850]].argmax(axis=1).tolist() == [0, 1, 2]
    wild = HiddenStates(HiddenStates.Options(window=900, refit=5000, states=3)).compute(np.exp(np.cumsum(values)))[0]
    assert wild[900] > 0.9
    assert wild[-100:].mean() < 0.1
