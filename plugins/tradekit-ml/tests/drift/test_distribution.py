"""Distances of distributions: by hand, against scipy, and what each costs where nothing has moved."""

import numpy as np
import pytest
from scipy import stats
from tradekit_ml.drift.distribution import excess_missing, ks_distance, ks_probability, stability, stability_index
from tradekit_ml.registry import Reference

from tradekit import DataError


def rows(count: int = 2000, features: int = 3, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, features))


def test_stability_index_by_hand() -> None:
    expected, actual = np.array([0.2, 0.3, 0.5]), np.array([0.4, 0.3, 0.3])
    assert stability_index(expected, actual) == pytest.approx(0.2 * np.log(2) - 0.2 * np.log(0.6))
    assert stability_index(expected, expected) == 0.0
    assert stability_index(actual, expected) == pytest.approx(stability_index(expected, actual))


def test_stability_index_empty_bin_is_finite() -> None:
    assert stability_index(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == pytest.approx(
        0.5 * np.log(2) + (1e-4 - 0.5) * np.log(1e-4 / 0.5)
    )


def trained(known: np.ndarray) -> Reference:
    return Reference.of(known, np.zeros(len(known)))


def test_stability_same_distribution_is_about_bins_by_rows() -> None:
    reference = trained(rows(20_000))
    found = np.concatenate([stability(reference, rows(500, seed=seed)) for seed in range(2, 60)])
    assert found.mean() == pytest.approx(9 / 500, rel=0.25)
    assert np.mean(found > 0.1) == 0


def test_stability_shifted_feature_alone_has_moved() -> None:
    reference, later = trained(rows()), rows(500, seed=2)
    later[:, 1] += 0.7
    found = stability(reference, later)
    assert found[1] > 0.25
    assert max(found[0], found[2]) < 0.1


def test_stability_few_distinct_values_keep_to_their_bins() -> None:
    before = np.random.default_rng(1).integers(0, 3, (3000, 1)).astype(float)
    reference = trained(before)
    assert stability(reference, before[:1000])[0] < 0.02
    assert stability(reference, np.zeros((500, 1)))[0] > 1.0
    constant = trained(np.ones((100, 1)))
    assert stability(constant, np.ones((50, 1)))[0] == 0.0
    assert stability(constant, np.full((50, 1), 2.0))[0] > 1.0


def test_stability_missing_values_count_on_their_own() -> None:
    before = rows(1000)
    before[:100, 0] = np.nan
    reference = trained(before)
    later = rows(500, seed=2)
    later[:150, 0] = np.nan
    later[:, 2] = np.nan
    assert excess_missing(reference, later) == pytest.approx([0.2, 0.0, 1.0])
    assert stability(reference, later)[0] < 0.1
    assert np.isinf(stability(reference, later)[2])
    before[:, 2] = np.nan
    assert np.isinf(stability(trained(before), rows(500, seed=3))[2])
    assert stability(trained(before), later)[2] == 0.0


@pytest.mark.parametrize("shift", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_ks_is_that_of_scipy(shift: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = generator.normal(size=400), np.round(generator.normal(shift, 1, 300), 1)
    expected = stats.ks_2samp(first, second, method="asymp")
    distance = ks_distance(np.append(first, np.nan), second)
    assert distance == pytest.approx(expected.statistic, abs=1e-15)
    limit = stats.kstwobign.sf(distance * np.sqrt(400 * 300 / 700))
    assert ks_probability(distance, 400, 300) == pytest.approx(limit, abs=1e-9)


def test_ks_of_an_empty_sample_is_refused() -> None:
    with pytest.raises(DataError, match="samples of 0 and 3 values"):
        ks_distance(np.full(4, np.nan), np.arange(3.0))
