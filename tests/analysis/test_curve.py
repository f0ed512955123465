import numpy as np
import pandas as pd
import pytest

from tradekit.analysis.curve import DAY, EquityCurve, sample

HOUR = DAY // 24


def curve_at(times, interval):
    stamps = pd.DatetimeIndex(times).as_unit("ns").asi8
    values = np.linspace(100.0, 110.0, len(stamps))
    return EquityCurve(stamps, values, values, 100.0, interval)


def test_sample_hourly_bars_of_a_market_without_pause_takes_utc_days_and_365():
    curve = curve_at(pd.date_range("2024-01-01 01:00", periods=24 * 14, freq="h"), HOUR)
    sampling = sample(curve)
    ends = pd.to_datetime(curve.close_time[sampling.rows])
    assert list(ends) == list(pd.date_range("2024-01-02", periods=14, freq="D"))
    assert sampling.per_year == 365.0
    assert "14 daily returns (UTC days) and 365 periods a year, because the data has weekends" in sampling.sentences[0]


def test_sample_close_at_midnight_belongs_to_the_day_before():
    sampling = sample(curve_at(["2024-01-01 23:00", "2024-01-02 00:00", "2024-01-02 01:00"], HOUR))
    assert sampling.rows.tolist() == [1, 2]


def test_sample_exchange_days_have_252_periods_a_year():
    sampling = sample(curve_at(pd.bdate_range("2023-01-02", periods=260) + pd.Timedelta(hours=21), DAY))
    assert (len(sampling.rows), sampling.per_year) == (260, 252.0)
    assert "252 periods a year, because the data has no weekends;" in sampling.sentences[0]


def test_sample_single_saturday_sessions_leave_252_periods():
    days = pd.bdate_range("2023-01-02", periods=260).append(pd.DatetimeIndex(["2023-02-04"])).sort_values()
    sampling = sample(curve_at(days + pd.Timedelta(hours=10), DAY))
    assert (len(sampling.rows), sampling.per_year) == (261, 252.0)


def test_sample_sunday_evening_of_a_week_that_ends_on_friday_counts_to_monday():
    hours = pd.date_range("2024-01-07 22:00", "2024-01-19 22:00", freq="h")
    is_open = (
        (hours.day_of_week < 4) | ((hours.day_of_week == 4) & (hours.hour <= 22)) | ((hours.day_of_week == 6) & (hours.hour >= 22))
    )
    curve = curve_at(hours[is_open] + pd.Timedelta(minutes=59), HOUR)
    sampling = sample(curve)
    assert pd.to_datetime(curve.close_time[sampling.rows]).day_of_week.tolist() == [0, 1, 2, 3, 4] * 2
    assert sampling.per_year == 252.0
    assert "Sunday's hours count to the Monday" in sampling.sentences[0]


def test_sample_week_from_sunday_to_thursday_keeps_its_sundays():
    days = pd.date_range("2024-01-07", periods=28, freq="D")
    sampling = sample(curve_at(days[days.day_of_week.isin([6, 0, 1, 2, 3])] + pd.Timedelta(hours=14), DAY))
    assert (len(sampling.rows), sampling.per_year) == (20, 252.0)


def test_sample_last_bar_on_a_sunday_is_kept():
    curve = curve_at(["2024-01-04 21:00", "2024-01-05 21:00", "2024-01-07 23:00"], HOUR)
    assert sample(curve).rows.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("days", "per_year"), [(7, 52.0), (30, 12.0), (5, 73.0)])
def test_sample_bars_longer_than_a_day_are_the_periods(make_curve, days, per_year):
    sampling = sample(make_curve([100.0, 101.0, 102.0], interval=days * DAY))
    assert (sampling.rows.tolist(), sampling.per_year) == ([0, 1, 2], per_year)
    assert f"3 returns of single bars and {per_year:g} periods a year, for bars of {days} days" in sampling.sentences[0]


def test_sample_periods_given_overrule_the_choice_and_say_so(make_curve):
    sampling = sample(make_curve(np.arange(100.0, 120.0)), per_year=260)
    assert sampling.per_year == 260
    assert "260 periods a year, as set in the run" in sampling.sentences[0]


def test_sample_run_shorter_than_a_year_says_that_it_is_extrapolated(make_curve):
    assert sample(make_curve(np.full(44, 100.0))).sentences[1] == "The run spans 44 days: its annual figures are extrapolated."
    assert len(sample(make_curve(np.full(366, 100.0))).sentences) == 1


@pytest.mark.parametrize(
    ("interval", "bars", "span"), [(3_600, 36, "36 hours"), (60, 90, "90.0 minutes"), (1, 47, "0.8 minutes"), (3_600, 48, "2 days")]
)
def test_sample_of_less_than_two_days_says_hours_or_minutes(interval, bars, span):
    step = interval * 1_000_000_000
    times = 1_704_067_200_000_000_000 + step * np.arange(1, bars + 1)
    curve = EquityCurve(times, np.full(bars, 100.0), None, 100.0, step)
    assert sample(curve).sentences[1] == f"The run spans {span}: its annual figures are extrapolated."


def test_sample_empty_curve_has_no_periods(make_curve):
    curve = make_curve([])
    assert (len(sample(curve).rows), curve.years, curve.start) == (0, 0.0, 0)


def test_sampling_returns_first_one_is_from_the_capital(make_curve):
    curve = make_curve([110.0, 99.0], capital=100.0)
    assert sample(curve).returns(curve.equity, curve.capital) == pytest.approx([0.1, -0.1])


@pytest.mark.parametrize(("name", "per_year"), [("sp500", 252.0), ("btc", 365.0), ("eurusd", 252.0)])
def test_sample_real_data_periods_equal_pandas_days(real_closes, make_closes, name, per_year):
    closes, interval = real_closes(name)
    curve = make_closes(closes, interval)
    sampling = sample(curve)
    days = pd.Series(curve.equity, pd.to_datetime(curve.close_time - 1)).resample("1D").last().dropna()
    if name == "eurusd":
        days = days[days.index.day_of_week != 6]
    assert sampling.per_year == per_year
    np.testing.assert_array_equal(curve.equity[sampling.rows], days.to_numpy())
