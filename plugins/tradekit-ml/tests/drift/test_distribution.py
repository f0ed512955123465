"""Distances of distributions: by hand, against scipy, and what each costs where nothing has moved."""

import numpy as np
import pytest
from scipy import stats
from tradekit_ml.drift.distribution import Reference, ks_distance, ks_probability, stability_index

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


def test_reference_same_distribution_has_about_bins_by_rows() -> None:
    reference = Reference.of(rows(20_000))
    found = np.concatenate([reference.stability(rows(500, seed=seed)) for seed in range(2, 60)])
    assert found.mean() == pytest.approx(9 / 500, rel=0.25)
    assert np.mean(found > 0.1) == 0


def test_reference_shifted_feature_alone_has_moved() -> None:
    reference, later = Reference.of(rows()), rows(500, seed=2)
    later[:, 1] += 0.7
    found = reference.stability(later)
    assert found[1] > 0.25
    assert max(found[0], found[2]) < 0.1


def test_reference_few_distinct_values_have_bins_of_their_own() -> None:
    before = np.random.default_rng(1).integers(0, 3, (3000, 1)).astype(float)
    reference = Reference.of(before)
    assert np.count_nonzero(np.isfinite(reference.edges)) <= 3
    assert reference.stability(before[:1000])[0] < 0.02
    assert reference.stability(np.zeros((500, 1)))[0] > 1.0
    constant = Reference.of(np.ones((100, 1)))
    assert constant.stability(np.ones((50, 1)))[0] == 0.0
    assert constant.stability(np.full((50, 1), 2.0))[0] > 1.0


def test_reference_missing_values_count_on_their_own() -> None:
    before = rows(1000)
    before[:100, 0] = np.nan
    reference = Reference.of(before)
    later = rows(500, seed=2)
    later[:150, 0] = np.nan
    later[:, 2] = np.nan
    assert reference.excess_missing(later) == pytest.approx([0.2, 0.0, 1.0])
    assert reference.stability(later)[0] < 0.1
    assert np.isinf(reference.stability(later)[2])


def test_reference_arrays_give_it_again() -> None:
    reference = Reference.of(rows())
    again = Reference.from_arrays(reference.arrays())
    later = rows(300, seed=3)
    np.testing.assert_array_equal(again.stability(later), reference.stability(later))


@pytest.mark.parametrize("change", [{"edges": np.ones(3)}, {"shares": np.ones((3, 3))}, {"missing": np.ones(2)}])
def test_reference_arrays_that_do_not_fit_are_refused(change: dict[str, np.ndarray]) -> None:
    with pytest.raises(DataError, match="these are no reference of features: their shapes are"):
        Reference.from_arrays({**Reference.of(rows()).arrays(), **change})


def test_reference_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match=r"have the shape \(0, 3\)"):
        Reference.of(rows(0))
    empty = rows(10)
    empty[:, 1] = np.nan
    with pytest.raises(DataError, match="feature 1 has no value in any of 10 rows"):
        Reference.of(empty)


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
