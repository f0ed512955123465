"""Bars that are missing by the calendar, and what is put in their place."""

import numpy as np
import pytest

from tradekit.data.calendars import sessions_of
from tradekit.data.quality.gaps import fill, find_gaps, missing_times
from tradekit.testing.markets import DAY, MINUTE, START, taken, walk

HOUR = 60 * MINUTE


def without(series, *rows):
    return taken(series, np.delete(np.arange(len(series)), rows))


def test_market_that_never_closes_should_have_every_interval():
    hours = walk(24 * 21, HOUR)
    assert len(missing_times(hours, HOUR)) == 0
    holes = without(hours, 100, 101, 102, 300)
    missing = missing_times(holes, HOUR)
    assert missing.tolist() == hours.open_time[[100, 101, 102, 300]].tolist()
    gaps = find_gaps(holes, HOUR, missing)
    assert gaps.what == "4 bars of 1h missing in 2 gaps, the longest of 3 bars before 2024-01-05T07:00:00Z"
    assert gaps.count == 4


def test_weekend_of_another_market_is_no_gap_and_a_hole_in_its_day_is():
    hours = walk(24 * 28, HOUR)
    day, hour = hours.open_time // DAY, hours.open_time % DAY // HOUR
    weekday = (day - START // DAY) % 7
    open_ = (weekday < 5) & (hour >= 8) & (hour < 16) & (hour != 12)
    series = taken(hours, open_)
    assert len(missing_times(series, HOUR)) == 0
    assert missing_times(without(series, 3, 60), HOUR).tolist() == series.open_time[[3, 60]].tolist()
    # A whole day may be a holiday.
    assert len(missing_times(taken(series, series.open_time // DAY != START // DAY + 8), HOUR)) == 0


def test_days_of_a_market_that_closes_have_gaps_with_a_calendar_only():
    days = walk(60)
    series = taken(days, (np.arange(60) % 7 < 5) & (np.arange(60) != 30))
    assert len(missing_times(series, DAY)) == 0
    new_york = sessions_of("XNYS", int(series.open_time[0]), int(series.close_time[-1]))
    missing = missing_times(series, DAY, new_york)
    assert [str(time)[:10] for time in missing.view("M8[ns]")] == ["2024-01-31"]


def test_days_stamped_at_the_open_have_their_gaps_across_a_change_of_clocks():
    calendar = sessions_of("XNYS", START, START + 150 * DAY)
    opened = calendar.open[(calendar.open >= START) & (calendar.open < START + 120 * DAY)]
    series = walk(len(opened))
    series = type(series)(opened, opened + 10 * HOUR, *(getattr(series, n) for n in ("open", "high", "low", "close", "volume")))
    assert len(missing_times(series, DAY, calendar)) == 0
    assert missing_times(without(series, 70), DAY, calendar).tolist() == [opened[70]]


def test_session_of_a_calendar_should_have_every_minute_but_those_of_an_early_close():
    first = np.datetime64("2023-11-22T14:30", "ns").astype(np.int64)
    minutes = [first + MINUTE * np.arange(390), first + 2 * DAY + MINUTE * np.arange(210)]
    times = np.concatenate(minutes)
    series = walk(len(times), MINUTE)
    series = type(series)(times, times + MINUTE, *(getattr(series, name) for name in ("open", "high", "low", "close", "volume")))
    calendar = sessions_of("XNYS", int(times[0]), int(times[-1]))
    assert len(missing_times(series, MINUTE, calendar)) == 0
    assert missing_times(without(series, 100, 500), MINUTE, calendar).tolist() == times[[100, 500]].tolist()
    hourly = taken(series, np.arange(0, 390, 60))
    hourly = type(series)(
        hourly.open_time // HOUR * HOUR,
        hourly.open_time // HOUR * HOUR + HOUR,
        *(getattr(hourly, name) for name in ("open", "high", "low", "close", "volume")),
    )
    assert len(missing_times(hourly, HOUR, calendar)) == 0
    assert missing_times(without(hourly, 3), HOUR, calendar).tolist() == [hourly.open_time[3]]


def test_break_of_a_session_is_no_gap():
    calendar = sessions_of("XHKG", START + DAY, START + 5 * DAY)
    opened = np.datetime64("2024-01-02T01:30", "ns").astype(np.int64)
    times = np.concatenate((opened + 30 * MINUTE * np.arange(5), opened + 7 * HOUR // 2 + 30 * MINUTE * np.arange(6)))
    series = walk(len(times), 30 * MINUTE)
    series = type(series)(times, times + 30 * MINUTE, *(getattr(series, n) for n in ("open", "high", "low", "close", "volume")))
    assert len(missing_times(series, 30 * MINUTE, calendar)) == 0


def test_weeks_are_never_left_out():
    weeks = walk(30, 7 * DAY)
    assert missing_times(without(weeks, 4), 7 * DAY).tolist() == [weeks.open_time[4]]


def test_fill_repeats_the_last_close_without_volume():
    hours = walk(200, HOUR)
    holes = without(hours, 50, 51, 52)
    filled = fill(holes, HOUR, missing_times(holes, HOUR), "fill")
    assert filled.series.open_time.tolist() == hours.open_time.tolist()
    assert np.flatnonzero(filled.is_made).tolist() == [50, 51, 52]
    for name in ("open", "high", "low", "close"):
        assert (getattr(filled.series, name)[50:53] == hours.close[49]).all()
    assert (filled.series.volume[50:53] == 0).all()
    assert filled.runs(filled.series.open_time) == (("2024-01-03T02:00:00Z", "2024-01-03T04:00:00Z", 3),)


def test_interpolation_goes_straight_to_the_next_open_without_volume():
    hours = walk(200, HOUR)
    holes = without(hours, 50, 51, 52)
    filled = fill(holes, HOUR, missing_times(holes, HOUR), "interpolate").series
    line = np.linspace(hours.close[49], hours.open[53], 4)
    assert filled.open[50:53] == pytest.approx(line[:3])
    assert filled.close[50:53] == pytest.approx(line[1:])
    assert (filled.high[50:53] == np.maximum(filled.open, filled.close)[50:53]).all()
    assert (filled.low[50:53] == np.minimum(filled.open, filled.close)[50:53]).all()
    assert (filled.volume[50:53] == 0).all()
    assert (np.diff(filled.open_time) == HOUR).all()


@pytest.mark.parametrize("count", [0, 1])
def test_series_without_a_second_bar_misses_none(count):
    assert len(missing_times(walk(count, HOUR), HOUR)) == 0
    assert find_gaps(walk(count, HOUR), HOUR, np.zeros(0, np.int64)) is None
