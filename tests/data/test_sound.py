"""The few passes that tell that a series has no defect agree with the checks that look for each."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stored_rows import hours
from tradekit import Series
from tradekit.data import sound
from tradekit.data.quality.impossible import mend
from tradekit.data.quality.policy import Policy
from tradekit.data.sound import is_sound

BAD = (float("nan"), float("inf"), float("-inf"), 0.0, -1.0, 1e9)


def passes(series: Series) -> bool:
    """Say whether the checks, without the short cut, find nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tradekit.data.quality.impossible.is_sound", lambda series: False)
        return not mend(series, Policy()).findings


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(("open", "high", "low", "close", "volume")), st.sampled_from(BAD)), max_size=2
    ),
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from((-7_200_000_000_000, -3_600_000_000_000, -1, 1))), max_size=2),
)
def test_is_sound_any_defects_are_those_that_the_checks_find(cells: list, steps: list) -> None:
    series = hours("2024-01-01", 10)
    for row, name, value in cells:
        getattr(series, name)[row] = value
    for row, step in steps:
        series.open_time[row] += step
        series.close_time[row] += step
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sound, "_BLOCK", 4)
        assert is_sound(series) == passes(series)


def test_is_sound_overlap_between_two_blocks_is_seen() -> None:
    series = hours("2024-01-01", 2 * sound._BLOCK)
    assert is_sound(series)
    series.close_time[sound._BLOCK - 1] += 1
    assert not is_sound(series)


def test_is_sound_series_without_bars_is() -> None:
    assert is_sound(hours("2024-01-01", 0))


def test_is_sound_zero_volume_is_sound() -> None:
    bars = hours("2024-01-01", 3)
    assert is_sound(replace(bars, volume=np.zeros(3)))
