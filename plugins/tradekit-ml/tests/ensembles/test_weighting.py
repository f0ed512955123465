"""Weights that follow known losses."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradekit_ml.ensembles import DynamicWeights

from tradekit import ConfigError, DataError


def test_dynamic_weights_are_equal_before_anything_is_known() -> None:
    found = DynamicWeights(4)
    found.observe(10, [1.0, 2.0, 3.0, 4.0])
    assert found.weights(9).tolist() == [0.25] * 4
    assert found.weights(10)[0] > 0.25 > found.weights(10)[3]


def test_dynamic_weights_a_loss_that_is_not_known_yet_changes_nothing() -> None:
    with_it, without = DynamicWeights(2), DynamicWeights(2)
    for t in range(50):
        for one in (with_it, without):
            one.observe(t, [1.0 + t % 3, 1.5])
        with_it.observe(t + 1000, [1e6, 0.0])
        assert np.array_equal(with_it.weights(t), without.weights(t))
    assert not np.array_equal(with_it.weights(1000), without.weights(1000))


def test_dynamic_weights_full_shrinking_and_no_temper_keep_them_equal() -> None:
    for found in (DynamicWeights(2, shrink=1.0), DynamicWeights(2, temper=0.0)):
        found.observe(0, [5.0, 1.0])
        assert found.weights(0).tolist() == [0.5, 0.5]


def test_dynamic_weights_do_not_depend_on_the_unit_of_the_loss() -> None:
    small, large = DynamicWeights(3), DynamicWeights(3)
    for t, losses in enumerate(np.random.default_rng(2).random((80, 3)) + np.array([0, 0.2, 0.4])):
        small.observe(t, losses * 1e-4)
        large.observe(t, losses * 1e4)
    assert np.allclose(small.weights(80), large.weights(80), atol=1e-9)


def test_dynamic_weights_forget() -> None:
    found = DynamicWeights(2, half_life=5, shrink=0.0)
    for t in range(100):
        found.observe(t, [1.0, 0.0] if t < 50 else [0.0, 1.0])
    assert found.weights(49)[0] < 0.2
    assert found.weights(99)[0] > 0.8


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(0, 30)), max_size=40), st.floats(0, 1))
def test_dynamic_weights_are_on_the_simplex_and_above_their_share(losses, shrink) -> None:
    found = DynamicWeights(2, shrink=shrink)
    for a, b, known_at in losses:
        found.observe(known_at, [a, b])
    weights = found.weights(30)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= shrink / 2 - 1e-12


def test_dynamic_weights_go_on_from_what_was_kept() -> None:
    one, other = DynamicWeights(2), DynamicWeights(2)
    for t in range(60):
        for which in (one, other):
            which.observe(t + 7, [t % 5, t % 3])
        assert np.array_equal(one.weights(t), other.weights(t))
        if t % 10 == 0:
            kept = json.loads(json.dumps(other.state()))
            other = DynamicWeights(2)
            other.restore(kept)


def test_dynamic_weights_what_can_not_be_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"dynamic weights can't have models 0, half_life 50.0"):
        DynamicWeights(0)
    found = DynamicWeights(2)
    for losses in ([1.0], [1.0, float("nan")]):
        with pytest.raises(DataError, match="losses of 2 models can't be"):
            found.observe(0, losses)
    found.weights(10)
    with pytest.raises(DataError, match="weights of 9 are asked for after those of 10; time goes on"):
        found.weights(9)
    with pytest.raises(DataError, match="a loss known at 9 comes after weights of 10 were asked for"):
        found.observe(9, [1.0, 1.0])
