import empyrical
import numpy as np
import pandas as pd
import pytest

from tradekit.analysis.curve import DAY, NOT_YET
from tradekit.analysis.drawdowns import drawdown_periods
from tradekit.model import memory as memory_module

START = pd.Timestamp("2024-01-01").value


def day(number):
    return START + number * DAY


def test_drawdown_periods_two_dips_by_hand(make_curve):
    #                                 day 1      2      3      4      5      6      7
    drawdowns = drawdown_periods(make_curve([110.0, 99.0, 105.0, 112.0, 111.0, 84.0, 90.0]))
    assert drawdowns.start.tolist() == [day(1), day(4)]
    assert drawdowns.trough.tolist() == [day(2), day(6)]
    assert drawdowns.end.tolist() == [day(4), NOT_YET]
    assert drawdowns.depth == pytest.approx([0.1, 0.25])
    assert drawdowns.days.tolist() == [3.0, 3.0]


def test_drawdown_periods_starting_capital_is_the_first_peak(make_curve):
    drawdowns = drawdown_periods(make_curve([90.0, 100.0, 101.0]))
    assert (drawdowns.start.tolist(), drawdowns.end.tolist()) == ([day(0)], [day(2)])
    assert drawdowns.depth == pytest.approx([0.1])


def test_drawdown_periods_start_is_the_last_close_at_the_peak(make_curve):
    drawdowns = drawdown_periods(make_curve([110.0, 110.0, 99.0, 110.0]))
    assert (drawdowns.start.tolist(), drawdowns.end.tolist(), drawdowns.days.tolist()) == ([day(2)], [day(4)], [2.0])


def test_drawdown_periods_equal_troughs_give_the_first(make_curve):
    assert drawdown_periods(make_curve([90.0, 95.0, 90.0, 120.0, 60.0])).trough.tolist() == [day(1), day(5)]


@pytest.mark.parametrize("block", [1, 2, 7])
def test_drawdown_periods_are_the_same_in_blocks_of_any_size(make_curve, monkeypatch, block):
    steps = np.random.default_rng(3).choice([0.9, 1.0, 1.15], size=(20, 60))
    curves = [make_curve(100.0 * np.cumprod(own)) for own in steps]
    whole = [drawdown_periods(curve) for curve in curves]
    monkeypatch.setattr(memory_module, "BLOCK", block)
    for curve, expected in zip(curves, whole, strict=True):
        found = drawdown_periods(curve)
        assert found.trough.tolist() == expected.trough.tolist()
        assert found.depth.tolist() == expected.depth.tolist()


@pytest.mark.parametrize("equity", [[], [100.0], [100.0, 101.0, 105.0], [100.0, 100.0 * (1 - 1e-15), 100.0]])
def test_drawdown_periods_rising_flat_or_empty_curve_has_none(make_curve, equity):
    assert len(drawdown_periods(make_curve(equity))) == 0


def test_drawdown_periods_loss_of_everything_is_a_depth_of_one_or_more(make_curve):
    assert drawdown_periods(make_curve([0.0])).depth == pytest.approx([1.0])
    assert drawdown_periods(make_curve([50.0, -20.0])).depth == pytest.approx([1.2])


@pytest.mark.parametrize("name", ["sp500", "btc", "eurusd"])
def test_drawdown_periods_real_data_deepest_equals_empyrical(real_closes, make_closes, name):
    closes, interval = real_closes(name)
    assert drawdown_periods(make_closes(closes, interval)).depth.max() == pytest.approx(
        -empyrical.max_drawdown(closes.pct_change().dropna()), rel=1e-9
    )


@pytest.mark.parametrize("name", ["sp500", "btc"])
def test_drawdown_periods_real_data_equal_a_walk_through_the_bars(real_closes, make_closes, name):
    closes, interval = real_closes(name)
    drawdowns = drawdown_periods(make_closes(closes, interval))
    peak, peak_time, rows = -np.inf, None, []
    times = [closes.index[1].value - interval, *closes.index[1:].as_unit("ns").asi8]
    for time, value in zip(times, closes, strict=True):
        if value >= peak:
            if rows and rows[-1][2] is None:
                rows[-1][2] = time
            peak, peak_time = value, time
        elif not rows or rows[-1][2] is not None:
            rows.append([peak_time, time, None, value / peak])
        elif value / peak < rows[-1][3]:
            rows[-1][1], rows[-1][3] = time, value / peak
    assert drawdowns.start.tolist() == [row[0] for row in rows]
    assert drawdowns.trough.tolist() == [row[1] for row in rows]
    assert drawdowns.end.tolist() == [NOT_YET if row[2] is None else row[2] for row in rows]
    np.testing.assert_allclose(drawdowns.depth, [1.0 - row[3] for row in rows], rtol=1e-9)
