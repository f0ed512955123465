"""The source keeps its contract, and its bars are calm and wild as they should be."""

import numpy as np
import pytest
from tradekit import BarRequest, ConfigError
from tradekit.testing import DataSourceContract

from tradekit_two_regimes.data_source import NS_A_DAY, TwoRegimes


class TestTwoRegimes(DataSourceContract):
    component = TwoRegimes
    options = ({"symbols": ["AAA", "BBB"], "days": 300}, {"symbols": ["BBB", "AAA"], "days": 50, "wild": 0.2, "stay": 0.5})
    symbols = ("AAA", "BBB")


def closes(**options):
    source = TwoRegimes(TwoRegimes.Options(symbols=("X",), **options))
    return source.bars(BarRequest(("X",), NS_A_DAY))["X"].close


def test_days_are_as_wild_as_the_options_say():
    moves = np.abs(np.diff(np.log(closes(days=4000, calm=0.001, wild=0.02))))
    share_of_wild = np.mean(moves > 0.004)
    assert 0.3 < share_of_wild < 0.6


def test_other_seed_is_another_walk():
    assert not np.array_equal(closes(days=50), closes(days=50, seed=2))


def test_hours_are_refused():
    source = TwoRegimes()
    with pytest.raises(ConfigError, match="has days only, not '1h'"):
        source.bars(BarRequest(("CALM-WILD",), NS_A_DAY // 24))
