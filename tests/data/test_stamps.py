import calendar
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradekit import DataError, TableOptions
from tradekit.data.interval import DAY
from tradekit.data.stamps import open_times

HOUR = DAY // 24
EARLY, LATE = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1971, 2060))


def read(values, interval=HOUR, kind=None, **options):
    column = pa.chunked_array([pa.array(values, kind)])
    found = TableOptions.model_validate({"path": "x.csv", **options})
    times, how = open_times(column, found, interval, found.label)
    assert times.dtype == np.int64
    return [str(np.datetime64(time, "ns"))[:19].replace("T", " ") for time in times.tolist()], how


def message(values, interval=HOUR, kind=None, **options):
    with pytest.raises(DataError) as error:
        read(values, interval, kind, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31", "2024-01-31 00:00:00"),
        ("2024-01-31 09", "2024-01-31 09:00:00"),
        (" 2024-01-31 09:30 ", "2024-01-31 09:30:00"),
        ("2024-01-31T09:30:15.250", "2024-01-31 09:30:15"),
        ("2024-01-31T09:30:00Z", "2024-01-31 09:30:00"),
        ("2024-01-31 09:30:00+01:00", "2024-01-31 08:30:00"),
        ("2024-01-31 09:30:00-0500", "2024-01-31 14:30:00"),
    ],
)
def test_iso_text_becomes_utc(text, expected):
    assert read([text]) == ([expected], "")


def test_times_without_an_offset_are_local_to_tz():
    assert read(["2024-01-31 09:30", "2024-07-31 09:30"], tz="America/New_York")[0] == [
        "2024-01-31 14:30:00",
        "2024-07-31 13:30:00",
    ]


def test_times_with_an_offset_do_not_care_for_tz():
    assert read(["2024-01-31 09:30+00:00"], tz="America/New_York")[0] == ["2024-01-31 09:30:00"]


@pytest.mark.parametrize(("text", "what"), [("2024-03-10 02:30:00", "does not exist"), ("2024-11-03 01:30:00", "happens twice")])
def test_local_times_that_the_clock_change_skips_or_repeats_are_refused(text, what):
    expected = f"row 2: {text} {what} in 'America/New_York', where the clocks change; if the times are UTC, leave tz out"
    assert message(["2024-01-01 00:00", text], tz="America/New_York") == expected


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("kind", [pa.string(), pa.int64()])
def test_whole_numbers_are_counted_in_the_unit_that_fits_and_it_is_said(unit, scale, kind):
    values = [1_700_000_000 * scale, 1_700_003_600 * scale]
    values = [str(value) for value in values] if kind == pa.string() else values
    times = ["2023-11-14 22:13:20", "2023-11-14 23:13:20"]
    assert read(values, kind=kind) == (times, f"times in {unit} since 1970")
    assert read(values, kind=kind, unit=unit) == (times, "")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@given(seconds=st.integers(631_152_000, 4_102_444_799))
def test_inferred_unit_is_never_another_one(unit, seconds):
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    assert read([seconds * scale])[1] == f"times in {unit} since 1970"


def test_numbers_with_decimals_keep_their_microseconds():
    times, _ = open_times(pa.chunked_array([pa.array(["1700000000.0", "1700000000.250001"])]), TableOptions(path="x"), HOUR)
    assert times.tolist() == [1_700_000_000_000_000_000, 1_700_000_000_250_001_000]


def test_numbers_that_fit_no_unit_are_refused_with_both_ways_out():
    text = message(["20240101", "20240102"])
    assert text == (
        "its numbers, 20240101 to 20240102, are not times between 1990 and 2100 in any one unit; "
        "say which it is: unit = 's', 'ms', 'us' or 'ns', or say how it is written: time_format = '%Y%m%d'"
    )
    assert "its numbers, 0 to 60000, are not times" in message([0, 60000])


def test_numbers_too_large_for_their_unit_are_refused():
    assert message([1_700_000_000_000], unit="s") == "1700000000000 s since 1970 is beyond the year 2262; is unit = 's' right?"


@pytest.mark.parametrize(
    "spelling", ["%Y-%m-%d %H:%M:%S", "%d/%m/%y %H:%M:%S", "%Y%m%d %H%M%S", "%b %d %Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S.%f"]
)
@given(when=st.lists(st.datetimes(EARLY, LATE), min_size=1, max_size=5))
def test_time_format_reads_what_python_writes(spelling, when):
    texts = [time.strftime(spelling) for time in when]
    times, _ = open_times(pa.chunked_array([pa.array(texts)]), TableOptions(path="x", time_format=spelling), HOUR)
    back = [datetime.strptime(text, spelling).replace(tzinfo=UTC) for text in texts]
    expected = [calendar.timegm(time.timetuple()) * 10**9 + time.microsecond * 1000 for time in back]
    assert times.tolist() == expected


def test_time_format_with_an_offset_gives_instants():
    assert read(["31.01.2024 09:30 +0100"], time_format="%d.%m.%Y %H:%M %z")[0] == ["2024-01-31 08:30:00"]


def test_time_format_applies_to_whole_numbers_too():
    assert read([20240131], interval=DAY, time_format="%Y%m%d")[0] == ["2024-01-31 00:00:00"]


@pytest.mark.parametrize("text", ["2/30/2024", "4/31/2024", "2024-01-01", "1/1/2024 ?"])
def test_time_that_is_not_written_as_time_format_says_is_refused(text):
    assert (
        message(["1/31/2024", text], time_format="%m/%d/%Y") == f"row 2: {text!r} is not written as time_format = '%m/%d/%Y' says"
    )


@pytest.mark.parametrize("spelling", ["%Y-%m-%d", "%Y-%b-%d"])
def test_time_beyond_nanoseconds_is_refused(spelling):
    text = datetime(1500, 1, 1, tzinfo=UTC).strftime(spelling)
    assert message([text], time_format=spelling) == f"row 1: {text!r} is not a time between the years 1678 and 2262"


def test_arrow_timestamp_beyond_nanoseconds_is_refused():
    assert "row 2: '1500-01-01 00:00:00' is not a time between the years 1678 and 2262" in message(
        [LATE, LATE.replace(year=1500)], kind=pa.timestamp("s")
    )


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("1/2/1990", "; say how it is written: time_format = '%m/%d/%Y' or '%d/%m/%Y'"),
        ("20110103 090100", "; say how it is written: time_format = '%Y%m%d %H%M%S'"),
        ("hello", "; say how it is written: time_format = ..."),
    ],
)
def test_text_that_is_no_iso_time_is_refused_with_the_format_it_might_have(text, way_out):
    expected = f"row 2: {text!r} is not an ISO 8601 time such as '2024-01-31' or '2024-01-31 09:30:00'{way_out}"
    assert message(["2024-01-01", text]) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("2024-01-01 00:00Z", "2024-01-02 00:00", "an ISO 8601 time with its offset"),
        ("1700000000", "2024-01-02", "a whole number"),
        ("1700000000.5", "x", "a number"),
    ],
)
def test_times_written_in_two_ways_are_refused(first, second, expected):
    assert f"row 2: {second!r} is not {expected}" in message([first, second])


@pytest.mark.parametrize("values", [["2024-01-01", ""], ["2024-01-01", None], [1.7e9, float("nan")]])
def test_blank_time_is_refused(values):
    assert message(values) == "row 2 has no time"


def test_column_of_another_type_is_refused():
    assert message([True]) == "its type is bool, which is no time"


@pytest.mark.parametrize(
    "values",
    [
        ["2024-03-29", "2024-04-01"],
        ["2024-03-29 00:00:00+00:00", "2024-04-01 00:00:00+01:00"],
        ["2024-03-29 00:00:00+08:00", "2024-04-01 00:00:00+08:00"],
    ],
)
def test_midnights_of_daily_bars_are_session_dates(values):
    assert read(values, interval=DAY)[0] == ["2024-03-29 00:00:00", "2024-04-01 00:00:00"]


def test_midnights_of_tz_are_session_dates_even_if_written_in_utc():
    values = ["2024-03-08 05:00:00Z", "2024-03-11 04:00:00Z"]
    assert read(values, interval=DAY, tz="America/New_York")[0] == ["2024-03-08 00:00:00", "2024-03-11 00:00:00"]
    assert read(values, interval=DAY)[0] == ["2024-03-08 05:00:00", "2024-03-11 04:00:00"]


def test_daily_bars_that_do_not_all_begin_at_midnight_are_instants():
    values = ["2024-03-29 00:00:00+01:00", "2024-04-01 17:00:00+01:00"]
    assert read(values, interval=DAY)[0] == ["2024-03-28 23:00:00", "2024-04-01 16:00:00"]


def test_midnights_of_shorter_bars_are_instants():
    assert read(["2024-03-29 00:00:00+08:00"])[0] == ["2024-03-28 16:00:00"]


def test_label_close_goes_back_by_one_interval():
    assert read(["2024-01-02 10:00"], label="close")[0] == ["2024-01-02 09:00:00"]
    assert read(["2024-01-02 00:00:00"], interval=DAY, label="close")[0] == ["2024-01-01 00:00:00"]


def test_label_close_of_a_date_ends_with_that_day():
    assert read(["2024-01-02"], interval=DAY, label="close")[0] == ["2024-01-02 00:00:00"]
    assert read(["01/05/2024"], interval=7 * DAY, label="close", time_format="%m/%d/%Y")[0] == ["2023-12-30 00:00:00"]


@pytest.mark.parametrize(
    "kind", [pa.timestamp("s"), pa.timestamp("ms", "UTC"), pa.timestamp("ns", "Asia/Tokyo"), pa.date32(), pa.date64()]
)
def test_arrow_times_of_any_type_are_read(kind):
    column = pa.array(["2024-01-31 00:00:00"]).cast(pa.timestamp("ns")).cast(kind)
    assert read(column, interval=DAY)[0] == ["2024-01-31 00:00:00"]
