"""Indicators outside of a run: the same values as in one."""

import numpy as np
import pytest

from tradekit import ConfigError, PluginError, Strategy, StrategyError, atr, bollinger, find_indicator, indicator_values, sma
from tradekit.testing import markets

INDICATORS = {"fast": sma(5), "band": bollinger(10), "range": atr(7), "hour": sma(3).every("4h")}


def market():
    return {"A": markets.walk(300, markets.HOUR), "B": markets.missing(300, markets.HOUR, seed=9)}


def test_indicator_values_are_those_of_a_run(lab):
    seen = {}

    class Reads(Strategy):
        """Keep what it is given."""

        name = "reads"

        def indicators(self):
            return INDICATORS

        def targets(self, bars, ind):
            if len(bars) == 300:
                seen.update({name: ind[name].copy() for name in ind})
            return np.zeros(bars.close.shape)

    lab.series = market()
    lab.run(Reads)
    values = indicator_values(INDICATORS, markets.bars(market()), "1h")
    assert set(values) == set(seen) == {"fast", "band.upper", "band.middle", "band.lower", "range", "hour"}
    for name, expected in seen.items():
        assert np.array_equal(values[name], expected, equal_nan=True), name


def test_indicator_values_keep_to_the_sessions_of_a_calendar():
    # New York trades from 14:30 to 21:00 UTC: the session's bar has ended with its last half hour, a day of UTC has not.
    series = markets.walk(10 * 48, markets.HOUR // 2)
    minutes = series.open_time // markets.MINUTE % 1440
    is_open = np.isin(series.open_time // markets.DAY - markets.START // markets.DAY, [1, 2, 3, 4, 7, 8, 9])
    market = markets.bars({"A": markets.taken(series, (minutes >= 870) & (minutes < 1260) & is_open)})
    days = {"day": sma(1).every("1d")}
    with pytest.raises(ConfigError, match=r"no calendar 'XNYX'.*did you mean 'XNYS'"):
        indicator_values(days, market, "30m", "XNYX")
    by_session, by_day = indicator_values(days, market, "30m", "XNYS")["day"], indicator_values(days, market, "30m")["day"]
    assert by_session[-1, 0] == market.close[-1, 0]
    assert by_day[-1, 0] == market.close[-14, 0]


def test_indicator_values_coarser_bars_without_interval_are_refused():
    with pytest.raises(ConfigError, match="indicator 'hour' reads coarser bars, so interval can't be empty; say how long"):
        indicator_values(INDICATORS, markets.bars(market()))


def test_indicator_values_no_interval_is_refused():
    with pytest.raises(ConfigError, match="'1hour' is not an interval"):
        indicator_values(INDICATORS, markets.bars(market()), "1hour")


def test_indicator_values_interval_that_does_not_fit_is_refused():
    with pytest.raises(StrategyError, match="indicator 'hour' of indicator_values reads bars of '4h', which can't be built"):
        indicator_values(INDICATORS, markets.bars(market()), "3h")


def test_find_indicator_returns_the_class_that_is_installed():
    assert type(sma(3)) is find_indicator("sma")


def test_find_indicator_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(PluginError, match=r"'smaa'.*did you mean 'sma'"):
        find_indicator("smaa")
