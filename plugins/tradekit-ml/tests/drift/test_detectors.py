"""Detectors: against river on the same values, how soon they tell, and how seldom they err."""

import numpy as np
import pytest
from river.drift import ADWIN
from river.drift import PageHinkley as RiversPageHinkley
from tradekit_ml.drift.detectors import Adwin, PageHinkley


class Keeping(ADWIN):
    """River's, which would forget its whole window at each cut, as the paper has it."""

    def _reset(self) -> None:
        if not hasattr(self, "_helper"):
            super()._reset()


def steps(means: list[float], length: int = 700, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).binomial(1, np.repeat(means, length)).astype(float)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("means", [[0.3], [0.2, 0.5], [0.5, 0.45], [0.1, 0.6, 0.3, 0.35, 0.9]])
def test_adwin_cuts_where_that_of_river_does(means: list[float], seed: int) -> None:
    ours, theirs = Adwin(), Keeping()
    for value in steps(means, seed=seed).tolist():
        theirs.update(value)
        assert ours.push(value) == theirs.drift_detected
        assert ours.width == theirs.width
        assert ours.mean == pytest.approx(theirs.estimation, abs=1e-9)


def test_adwin_real_values_cut_where_that_of_river_does() -> None:
    values = np.random.default_rng(3).beta(2, np.repeat([5.0, 2.0, 8.0], 900))
    ours, theirs = Adwin(0.01), Keeping(0.01)
    cuts = []
    for place, value in enumerate(values.tolist()):
        theirs.update(value)
        if ours.push(value):
            cuts.append(place)
        assert ours.width == theirs.width
    assert cuts
    assert 900 < cuts[0] < 1000


def test_adwin_values_that_stay_are_cut_as_seldom_as_it_says() -> None:
    alarms = 0
    for seed in range(20):
        adwin = Adwin()
        alarms += sum(adwin.push(value) for value in steps([0.4], 1500, seed).tolist())
    assert alarms <= 2


def test_adwin_values_all_alike_are_never_cut() -> None:
    adwin = Adwin()
    assert not any(adwin.push(0.5) for _ in range(2000))
    assert adwin.width == 2000


@pytest.mark.parametrize("seed", range(5))
def test_page_hinkley_tells_when_that_of_river_does(seed: int) -> None:
    ours, theirs = PageHinkley(threshold=20.0), RiversPageHinkley(threshold=20.0, alpha=1.0, mode="up")
    told = []
    for place, value in enumerate(steps([0.2, 0.6, 0.1], seed=seed).tolist()):
        theirs.update(value)
        is_told = ours.push(value)
        assert is_told == theirs.drift_detected
        if is_told:
            told.append(place)
    assert told
    assert 700 < told[0] < 800
