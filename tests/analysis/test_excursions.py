"""How far prices went against a trade and for it, by hand and against a search bar by bar."""

import numpy as np
import pytest

from tradekit.analysis.excursions import Excursions, Splits, excursions
from tradekit.analysis.trades import Ends, FillColumns, round_trips
from tradekit.model.bars import Bars
from tradekit.model.memory import Memory

HOUR = 3_600_000_000_000


class SmallBlocks(Memory):
    """Give rows a few at a time."""

    def blocks(self, rows):
        for start in range(0, rows, 3):
            yield slice(start, min(start + 3, rows))


def bars_of(*rows):
    """Make bars of one instrument, an hour each, from (open, high, low, close)."""
    columns = np.array(rows, dtype=np.float64).reshape(len(rows), 4).T[:, :, None]
    opens = np.arange(len(rows), dtype=np.int64) * HOUR
    return Bars(("X",), opens, opens + HOUR, *columns, np.ones((len(rows), 1)))


def trips_of(*fills, last=100.0, split=1.0, splits=None):
    """Make trades of one instrument from fills of (time, quantity, price)."""
    time, quantity, price = (np.array(column) for column in zip(*fills, strict=True))
    zero = np.zeros(len(fills))
    before = np.ones(len(fills)) if splits is None else np.array(splits)
    columns = FillColumns(
        time.astype(np.int64), np.zeros(len(fills), np.int64), quantity * 1.0, price * 1.0, zero, zero, split=before
    )
    return round_trips(columns, Ends(np.array([last]), split=split))


BARS = bars_of((100, 104, 99, 103), (103, 108, 101, 102), (102, 103, 90, 95), (95, 97, 80, 85))


def found(trips, bars=BARS, splits=None):
    one = excursions(bars, trips, splits or Splits.none())
    return one.adverse.tolist(), one.favourable.tolist()


def test_long_trade_from_open_to_open_counts_the_bars_between():
    adverse, favourable = found(trips_of((0, 1, 100), (2 * HOUR, -1, 102)))
    assert (adverse, favourable) == (pytest.approx([0.01]), pytest.approx([0.08]))


def test_short_trade_has_its_sides_the_other_way_round():
    adverse, favourable = found(trips_of((0, -1, 100), (2 * HOUR, 1, 102)))
    assert (adverse, favourable) == (pytest.approx([0.08]), pytest.approx([0.01]))


def test_trade_entered_inside_a_bar_counts_only_its_close():
    adverse, favourable = found(trips_of((HOUR - 1, 1, 104), (HOUR, -1, 103)))
    assert (adverse, favourable) == (pytest.approx([1 - 103 / 104]), [0.0])


def test_trade_left_inside_a_bar_counts_only_its_open():
    adverse, favourable = found(trips_of((2 * HOUR, 1, 102), (4 * HOUR - 1, -1, 91)))
    assert (adverse, favourable) == (pytest.approx([1 - 90 / 102]), pytest.approx([103 / 102 - 1]))


def test_trade_within_one_bar_counts_its_own_prices_only():
    adverse, favourable = found(trips_of((HOUR - 1, 1, 104), (HOUR - 1, -1, 99)))
    assert (adverse, favourable) == (pytest.approx([1 - 99 / 104]), [0.0])


def test_open_trade_counts_up_to_the_last_bar():
    adverse, favourable = found(trips_of((HOUR, 1, 103), last=85.0))
    assert (adverse, favourable) == (pytest.approx([1 - 80 / 103]), pytest.approx([108 / 103 - 1]))


def test_holes_are_passed_over():
    bars = bars_of((100, 104, 99, 103), (np.nan,) * 4, (102, 103, 101, 102), (102, 102, 102, 102))
    adverse, favourable = found(trips_of((0, 1, 100), (3 * HOUR, -1, 102)), bars)
    assert (adverse, favourable) == (pytest.approx([0.01]), pytest.approx([0.04]))


def test_split_inside_a_trade_is_no_excursion():
    # Two new for one old before the third bar: a low of 45 is one of 90 before.
    bars = bars_of((100, 104, 99, 103), (103, 108, 101, 102), (51, 52, 45, 50), (50, 51, 50, 50))
    trips = trips_of((0, 1, 100), (3 * HOUR, -2, 50), splits=[1.0, 2.0], split=2.0)
    splits = Splits(np.array([2]), np.array([0]), np.array([2.0]))
    adverse, favourable = found(trips, bars, splits)
    assert (adverse, favourable) == (pytest.approx([0.10]), pytest.approx([0.08]))


def searched(bars, trip):
    """Look at every bar of a trade."""
    entry, leave, entry_price, exit_price, is_long = trip
    prices = [entry_price, exit_price]
    for row in range(len(bars)):
        opened, closed = bars.open_time[row], bars.close_time[row]
        if entry <= opened and closed <= leave:
            prices += [bars.low[row, 0], bars.high[row, 0]]
        if opened < entry < closed <= leave:
            prices.append(bars.close[row, 0])
        if entry <= opened < leave < closed:
            prices.append(bars.open[row, 0])
    down, up = 1.0 - np.nanmin(prices) / entry_price, np.nanmax(prices) / entry_price - 1.0
    return (down, up) if is_long else (up, down)


def test_random_trades_equal_a_search_bar_by_bar_in_any_blocks():
    rng = np.random.default_rng(5)
    closes = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.02, 200)))
    opens = np.append(100.0, closes[:-1])
    high = np.maximum(opens, closes) * (1 + rng.uniform(0, 0.02, 200))
    low = np.minimum(opens, closes) * (1 - rng.uniform(0, 0.02, 200))
    rows = np.column_stack((opens, high, low, closes))
    rows[rng.random(200) < 0.1] = np.nan
    bars = bars_of(*rows)
    times = np.sort(rng.choice(200, 60, replace=False)) * HOUR + rng.choice([0, HOUR // 3, HOUR - 1], 60)
    sides = np.where(rng.random(60) < 0.5, 1.0, -1.0)
    fills = []
    for at in range(0, 60, 2):
        fills += [(times[at], sides[at], 100 + rng.normal()), (times[at + 1], -sides[at], 100 + rng.normal())]
    trips = trips_of(*fills)
    assert len(trips) == 30
    wanted = [
        searched(bars, one)
        for one in zip(
            trips.entry_time.tolist(),
            trips.exit_time.tolist(),
            trips.entry_price.tolist(),
            trips.exit_price.tolist(),
            (trips.direction > 0).tolist(),
            strict=True,
        )
    ]
    for memory in (Memory(), SmallBlocks()):
        got = excursions(bars, trips, Splits.none(), memory)
        np.testing.assert_allclose(np.column_stack((got.adverse, got.favourable)), wanted, atol=1e-12)
        assert (got.adverse >= 0.0).all()
        assert (got.favourable >= 0.0).all()


def test_excursions_of_no_trades_are_empty():
    none = excursions(
        BARS, round_trips(FillColumns(*(np.zeros(0, np.int64),) * 2, *(np.zeros(0),) * 4), Ends(np.ones(1))), Splits.none()
    )
    assert none == Excursions(none.adverse, none.favourable)
    assert len(none.adverse) == len(none.favourable) == 0
