"""How much labels count: the book's figures, and definitions with loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tradekit_ml.labels.weights import (
    concurrency,
    draw_probabilities,
    return_weights,
    sequential_bootstrap,
    time_decay,
    uniqueness,
)

from tradekit import DataError

repeatable = settings(derandomize=True, deadline=None)
BOOK = np.array([0, 2, 4]), np.array([2, 3, 5])
"""The spans of López de Prado (2018), section 4.5.3."""
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=25)


def spans(found):
    first, lengths = (np.array(column) for column in zip(*found, strict=True))
    return first, first + lengths


def test_draw_probabilities_are_those_of_the_book():
    np.testing.assert_allclose(draw_probabilities(*BOOK, np.array([1])), [5 / 14, 3 / 14, 6 / 14])
    np.testing.assert_allclose(draw_probabilities(*BOOK, np.array([1, 2])), [5 / 11, 3 / 11, 3 / 11])


def test_draw_probabilities_nothing_drawn_are_equal():
    np.testing.assert_allclose(draw_probabilities(*BOOK, np.array([], dtype=int)), [1 / 3] * 3)


def test_uniqueness_by_hand():
    np.testing.assert_allclose(uniqueness(*BOOK), [(1 + 1 + 0.5) / 3, 0.75, 1.0])


@repeatable
@given(SPANS)
def test_uniqueness_is_the_mean_share_of_each_row(found):
    first, last = spans(found)
    alive = [sum(a <= row <= b for a, b in zip(first, last, strict=True)) for row in range(int(last.max()) + 1)]
    assert concurrency(first, last).tolist() == alive
    expected = [np.mean([1 / alive[row] for row in range(a, b + 1)]) for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(uniqueness(first, last), expected)


@repeatable
@given(SPANS)
def test_uniqueness_adds_up_to_the_rows_on_which_something_lives_at_most(found):
    first, last = spans(found)
    shares = uniqueness(first, last) * (last - first + 1)
    assert shares.sum() == pytest.approx(np.count_nonzero(concurrency(first, last)))


def test_sequential_bootstrap_draws_as_the_probabilities_say():
    counts = np.zeros((3, 3))
    for seed in range(3000):
        one, two = sequential_bootstrap(*BOOK, 2, seed)
        counts[one, two] += 1
    for one in range(3):
        expected = draw_probabilities(*BOOK, np.array([one]))
        np.testing.assert_allclose(counts[one] / counts[one].sum(), expected, atol=0.05)


def test_sequential_bootstrap_is_more_unique_than_plain_draws_and_the_same_for_a_seed():
    first = np.arange(60)
    last = first + 12
    drawn = sequential_bootstrap(first, last, 60, 3)
    assert drawn.tolist() == sequential_bootstrap(first, last, 60, 3).tolist()
    assert drawn.tolist() != sequential_bootstrap(first, last, 60, 4).tolist()

    def mean(places):
        return uniqueness(first[places], last[places]).mean()

    plain = [mean(np.random.default_rng(seed).integers(0, 60, 60)) for seed in range(30)]
    drawn = [mean(sequential_bootstrap(first, last, 60, seed)) for seed in range(30)]
    assert np.mean(drawn) > np.mean(plain)


def test_time_decay_by_hand():
    unique, t1 = np.ones(4), np.array([30, 10, 40, 20])
    np.testing.assert_allclose(time_decay(unique, t1, 1.0), 1.0)
    # In order of age: 0.5 before the first, and 1 at the newest.
    np.testing.assert_allclose(time_decay(unique, t1, 0.5), [0.875, 0.625, 1.0, 0.75])
    np.testing.assert_allclose(time_decay(unique, t1, 0.0), [0.75, 0.25, 1.0, 0.5])
    np.testing.assert_allclose(time_decay(unique, t1, -0.5), [0.5, 0.0, 1.0, 0.0])


def test_return_weights_by_hand():
    returns = np.array([np.nan, 0.02, -0.01, 0.03, 0.01, -0.01])
    first, last = np.array([1, 2]), np.array([2, 3])
    # Row 2 is shared: |0.02 - 0.005| and |-0.005 + 0.03|.
    np.testing.assert_allclose(return_weights(returns, first, last), np.array([0.015, 0.025]) * 2 / 0.04)


def test_return_weights_nothing_moved_are_equal():
    assert return_weights(np.zeros(6), np.array([0, 2]), np.array([1, 3])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: uniqueness(np.array([3]), np.array([2])), "label 0 lives from row 3 to row 2; rows count from 0"),
        (lambda: uniqueness(np.array([-1]), np.array([2])), "label 0 lives from row -1 to row 2"),
        (lambda: uniqueness(np.array([1]), np.array([2, 3])), "labels have 1 first rows and 2 last ones"),
        (lambda: sequential_bootstrap(np.array([], int), np.array([], int), 3, 1), "there are no labels from which to draw 3"),
        (lambda: time_decay(np.ones(2), np.arange(2), 1.5), "the weight of the oldest label is 1.5; it must be more than -1"),
    ],
)
def test_weights_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
