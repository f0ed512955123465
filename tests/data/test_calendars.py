"""Sessions of exchanges, and bars put onto them."""

import csv
import gzip
import subprocess
import sys

import numpy as np
import pytest

from tradekit import BarRequest, DataError, Instrument, Series
from tradekit.builtin.sources import CsvSource
from tradekit.data.calendars import is_off_session, on_sessions, sessions_of
from tradekit.data.interval import DAY, parse_interval
from tradekit.data.load import load_bars
from tradekit.data.quality.impossible import mend
from tradekit.data.quality.policy import Policy
from tradekit.data.quality.report import refuse
from tradekit.errors import ConfigError, PluginError
from tradekit.model.reference import SessionTimes

HOUR = DAY // 24
NYSE, HONG_KONG = "XNYS", "XHKG"


def at(text):
    return int(np.datetime64(text, "ns").astype(np.int64))


def texts(times):
    return [str(np.datetime64(time, "ns"))[:16].replace("T", " ") for time in times.tolist()]


def series(*opened, length=DAY):
    times = np.array([at(text) for text in opened], dtype=np.int64)
    price = np.full(len(times), 5.0)
    return Series(times, times + length, price, price, price, price, price, origin="x.csv")


def new_york(year="2024"):
    return sessions_of(NYSE, at(f"{year}-01-01"), at(f"{year}-12-31"))


@pytest.mark.parametrize("name", ["XNYS", "XLON", "XHKG", "CMES", "24/5", "24/7"])
def test_sessions_are_those_that_the_market_data_expect(market_data, name):
    with gzip.open(market_data / "calendars" / f"{name.replace('/', '-').lower()}.csv.gz", "rt") as file:
        rows = [row for row in csv.reader(file) if row[0] and row[0] < "2019-01-01"]
    found = sessions_of(name, at(rows[0][0][:10]), at(rows[-1][0][:10]))
    keep = (found.date >= at(rows[0][0][:10])) & (found.date <= at(rows[-1][0][:10]))
    expected = np.array([[at(text[:19]) if text else 0 for text in row] for row in rows]).T
    has_break = expected[3] != 0
    for column, times in zip((0, 1, 2), (found.date, found.open, found.close), strict=True):
        assert (times[keep] == expected[column]).all()
    assert (found.break_start[keep][has_break] == expected[3][has_break]).all()
    assert (found.break_end[keep][has_break] == expected[4][has_break]).all()
    assert (found.break_start[keep][~has_break] == found.close[keep][~has_break]).all()


def test_sessions_cover_the_bars_with_some_to_spare():
    found = new_york()
    assert texts(found.date[:1]) < ["2023-12-31 00:00"]
    assert texts(found.date[-1:]) > ["2025-01-01 00:00"]
    assert (np.diff(found.open) > 0).all()
    assert found.name == NYSE


def test_sessions_reach_to_the_end_of_what_a_calendar_knows():
    found = sessions_of(HONG_KONG, at("1960-01-05"), at("1960-12-31"))
    assert texts(found.date[:1]) == ["1960-01-05 00:00"]


def test_sessions_beyond_what_a_calendar_knows_are_refused():
    with pytest.raises(DataError) as error:
        sessions_of(HONG_KONG, at("1950-01-05"), at("1960-12-31"))
    assert str(error.value) == (
        "calendar 'XHKG' can't be had from 1950-01-05 to 1960-12-31: the XHKG holidays are only recorded back to the year 1960, "
        "cannot instantiate the XHKG calendar from 1950-01-05 00:00:00"
    )


def test_calendar_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(ConfigError) as error:
        sessions_of("XNYSE", 0, DAY)
    expected = "no calendar 'XNYSE'; allowed are the names in exchange_calendars, such as 'XNYS'; did you mean 'XNYS'?"
    assert str(error.value) == expected


def test_calendar_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(PluginError) as error:
        sessions_of("XPAR", 0, DAY)
    expected = "calendar 'XPAR' needs the package exchange_calendars, which is not installed: pip install 'tradekit[calendars]'"
    assert str(error.value) == expected


def test_daily_bars_last_from_the_open_of_their_session_to_its_close():
    found = on_sessions(series("2024-03-08", "2024-03-11", "2024-11-29"), new_york())
    assert texts(found.open_time) == ["2024-03-08 14:30", "2024-03-11 13:30", "2024-11-29 14:30"]
    assert texts(found.close_time) == ["2024-03-08 21:00", "2024-03-11 20:00", "2024-11-29 18:00"]


def test_weekly_bars_last_from_the_first_session_to_the_last():
    found = on_sessions(series("2024-03-25", "2024-12-30", length=7 * DAY), new_york())
    assert texts(found.open_time) == ["2024-03-25 13:30", "2024-12-30 14:30"]
    assert texts(found.close_time) == ["2024-03-28 20:00", "2025-01-03 21:00"]


def test_daily_bars_of_a_session_that_opens_the_evening_before():
    calendar = sessions_of("CMES", at("2024-01-01"), at("2024-12-31"))
    found = on_sessions(series("2024-03-12"), calendar)
    assert (texts(found.open_time), texts(found.close_time)) == (["2024-03-11 22:00"], ["2024-03-12 22:00"])


def test_hourly_bars_end_with_the_session_and_otherwise_as_they_did():
    bars = series("2024-03-08 14:00", "2024-03-08 15:00", "2024-03-08 20:30", length=HOUR)
    found = on_sessions(bars, new_york())
    assert found.open_time.tolist() == bars.open_time.tolist()
    assert texts(found.close_time) == ["2024-03-08 15:00", "2024-03-08 16:00", "2024-03-08 21:00"]


def test_bars_over_the_end_of_a_session_and_the_beginning_of_the_next_keep_their_end():
    opened = np.array([10, 13], dtype=np.int64) * HOUR
    calendar = SessionTimes("XTST", np.array([0, DAY]), opened, opened + 2 * HOUR, opened + 2 * HOUR, opened + 2 * HOUR)
    bars = series("1970-01-01 11:00", "1970-01-01 14:00", length=4 * HOUR)
    assert (on_sessions(bars, calendar).close_time // HOUR).tolist() == [15, 15]


@pytest.mark.parametrize(
    ("bars", "off"),
    [
        (series("2024-07-03", "2024-07-04", "2024-07-05", "2024-07-06"), [False, True, False, True]),
        (series("2024-07-06", "2024-07-08", length=2 * DAY), [True, False]),
        (
            series("2024-03-08 13:00", "2024-03-08 13:30", "2024-03-08 14:00", "2024-03-08 20:00", "2024-03-08 21:00", length=HOUR),
            [True, True, False, False, True],
        ),
        (series("2024-03-09 15:00", length=HOUR), [True]),
    ],
)
def test_bars_off_session_are_found(bars, off):
    found = is_off_session(bars, new_york())
    # The bar from 13:30 to 14:30 ends as the session opens.
    assert found.tolist() == off


def test_bars_within_a_break_are_off_session():
    calendar = sessions_of(HONG_KONG, at("2024-01-01"), at("2024-12-31"))
    bars = series("2024-03-08 03:30", "2024-03-08 04:00", "2024-03-08 04:30", "2024-03-08 05:00", length=HOUR // 2)
    assert is_off_session(bars, calendar).tolist() == [False, True, True, False]


def test_bars_after_the_last_session_that_is_known_are_off():
    calendar = SessionTimes("XTST", *(np.array([time]) for time in (0, 0, HOUR, HOUR, HOUR)))
    assert is_off_session(series("1970-01-01 00:30", "1970-01-01 09:00", length=HOUR), calendar).tolist() == [False, True]


def test_check_bars_off_session_are_refused_or_dropped_and_counted():
    bars = series("2024-07-03", "2024-07-04", "2024-07-05")
    with pytest.raises(DataError) as error:
        refuse("X", bars.origin, mend(bars, Policy(), calendar=new_york()).findings)
    assert "1 bar with no session of calendar 'XNYS' at their time:\n    bar 2, 2024-07-04T00:00:00Z: open 5" in str(error.value)
    assert str(error.value).endswith("[data.policy] off_session = 'drop'")
    mended = mend(bars, Policy(off_session="drop"), calendar=new_york())
    kept, notes = mended.series, tuple(finding.what for finding in mended.findings)
    assert len(kept) == 2
    assert notes == ("1 bar dropped: no session of calendar 'XNYS' at their time (policy off_session = 'drop')",)


def test_load_bars_of_the_market_data_without_the_holidays_that_are_in_them(market_data):
    path = market_data / "equity_daily" / "us9_2004_2014" / "bars.csv.gz"
    source = CsvSource(CsvSource.Options(path=path))
    request = BarRequest(("AAPL", "DELL"), DAY)
    with pytest.raises(DataError, match="20 bars with no session of calendar 'XNYS'"):
        load_bars(source, request, Policy(), {"AAPL": NYSE, "DELL": NYSE})
    loaded = load_bars(source, request, Policy(off_session="drop"), {"AAPL": NYSE, "DELL": NYSE})
    assert [note for note in loaded.notes if "session" in note] == [
        "DELL: 20 bars dropped: no session of calendar 'XNYS' at their time (policy off_session = 'drop')"
    ]
    assert [one.calendar for one in loaded.instruments] == [NYSE, NYSE]
    calendar = sessions_of(NYSE, int(loaded.bars.open_time[0]), int(loaded.bars.close_time[-1]))
    assert np.isin(loaded.bars.open_time, calendar.open).all()
    assert np.isin(loaded.bars.close_time, calendar.close).all()
    assert len(loaded.bars) == 2769


def test_load_bars_of_the_market_data_minute_by_minute(market_data):
    options = {"path": market_data / "equity_intraday" / "SPY_1m_2020_12.csv", "tz": "America/New_York"}
    source = CsvSource(CsvSource.Options.model_validate(options))
    minute = parse_interval("1m")
    policy = Policy(off_session="drop")
    loaded = load_bars(source, BarRequest(("SPY",), minute), policy, {"SPY": NYSE})
    # In each of four sessions, the row of 16:00 begins when the session ends.
    assert loaded.notes == ("SPY: 4 bars dropped: no session of calendar 'XNYS' at their time (policy off_session = 'drop')",)
    assert len(loaded.bars) == 4 * 390


def test_run_without_a_calendar_does_not_import_what_they_need(tmp_path):
    code = "import sys; import tradekit.data.calendars; print([n for n in ('pandas', 'exchange_calendars') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_instrument_of_a_source_may_bring_its_calendar():
    class Memory(CsvSource):
        """One bar."""

        def instruments(self):
            return [Instrument("X", calendar=NYSE)]

        def bars(self, request):
            return {"X": series("2024-03-08")}

    loaded = load_bars(Memory(CsvSource.Options(path="x")), BarRequest(("X",), parse_interval("1d")), Policy())
    assert texts(loaded.bars.close_time) == ["2024-03-08 21:00"]
