from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit import DataError, Series
from tradekit.data.interval import DAY
from tradekit.data.quality.impossible import check_form, check_spacing, mend
from tradekit.data.quality.policy import Policy
from tradekit.data.quality.report import refuse

FIRST = 19723  # 2024-01-01
NAN, INF = float("nan"), float("inf")


def bars(*rows, days=None):
    """Bars of (open, high, low, close, volume), a day apart from 2024-01-01 unless `days` says when."""
    days = range(len(rows)) if days is None else days
    times = np.array([FIRST + day for day in days], np.int64) * DAY
    columns = np.array(rows, float).reshape(len(rows), 5).T.copy()
    return Series(times, times + DAY, *columns, origin="x.csv")


GOOD = (1.0, 3.0, 0.5, 2.0, 10.0)
BAD = {
    "missing": (1.0, NAN, 0.5, 2.0, 10.0),
    "non_finite": (1.0, INF, 0.5, 2.0, 10.0),
    "non_positive": (1.0, 3.0, 0.0, 2.0, 10.0),
    "negative_volume": (1.0, 3.0, 0.5, 2.0, -1.0),
    "ohlc": (1.0, 1.5, 0.5, 2.0, 10.0),
}
WHAT = {
    "missing": "a value missing",
    "non_finite": "an infinite value",
    "non_positive": "a price of 0 or less",
    "negative_volume": "a volume below 0",
    "ohlc": "open or close not between low and high",
}
SHOWN = {
    "missing": "open 1, high nan, low 0.5, close 2, volume 10",
    "non_finite": "open 1, high inf, low 0.5, close 2, volume 10",
    "non_positive": "open 1, high 3, low 0, close 2, volume 10",
    "negative_volume": "open 1, high 3, low 0.5, close 2, volume -1",
    "ohlc": "open 1, high 1.5, low 0.5, close 2, volume 10",
}


def check_series(symbol, series, policy, rows=None):
    """Do what a run does: refuse what the policy refuses, or go on with what it leaves."""
    mended = mend(series, policy, rows)
    refuse(symbol, series.origin, mended.findings)
    return mended.series, tuple(finding.what for finding in mended.findings)


def refusal(series, rows=None, **policy):
    with pytest.raises(DataError) as error:
        check_series("X", series, Policy(**policy), rows)
    return str(error.value)


def test_good_bars_pass_as_they_are_and_zero_volume_is_good():
    series = bars(GOOD, (2.0, 2.0, 2.0, 2.0, 0.0))
    checked, notes = check_series("X", series, Policy())
    assert checked is series
    assert notes == ()


@pytest.mark.parametrize("kind", BAD)
def test_bad_value_is_refused_with_its_count_row_and_way_out(kind):
    choices = {"negative_volume": "'drop' or 'zero'", "ohlc": "'drop' or 'widen'"}.get(kind, "'drop'")
    assert refusal(bars(GOOD, BAD[kind], GOOD)) == (
        f"the bars of 'X' from 'x.csv' are refused\n  1 bar with {WHAT[kind]}:\n    bar 2, 2024-01-02T00:00:00Z: {SHOWN[kind]}\n"
        f"mend them at their source, or name a policy that the result will state: [data.policy] {kind} = {choices}"
    )


@pytest.mark.parametrize("kind", BAD)
def test_bad_value_is_dropped_and_counted_if_the_policy_says_so(kind):
    checked, notes = check_series("X", bars(GOOD, BAD[kind], BAD[kind], GOOD), Policy(**{kind: "drop"}))
    assert checked.open_time.tolist() == [FIRST * DAY, (FIRST + 3) * DAY]
    assert notes == (f"2 bars dropped: {WHAT[kind]} (policy {kind} = 'drop')",)


@pytest.mark.parametrize("column", range(5))
@pytest.mark.parametrize(("value", "kind"), [(NAN, "missing"), (INF, "non_finite"), (-INF, "non_finite")])
def test_every_column_is_looked_at(column, value, kind):
    row = list(GOOD)
    row[column] = value
    assert f"1 bar with {WHAT[kind]}" in refusal(bars(GOOD, row))


@pytest.mark.parametrize(
    "row", [(3.5, 3, 1, 2, 0), (1, 3, 1, 3.5, 0), (0.5, 3, 1, 2, 0), (2, 3, 1, 0.5, 0), (2, 1, 3, 2, 0), (1.5, 1, 2, 1.5, 0)]
)
def test_each_breach_of_high_and_low_is_found_and_can_be_widened(row):
    assert "1 bar with open or close not between low and high" in refusal(bars(GOOD, row))
    checked, notes = check_series("X", bars(GOOD, row), Policy(ohlc="widen"))
    assert (checked.high[1], checked.low[1]) == (max(row[:4]), min(row[:4]))
    assert (checked.high[0], checked.low[0]) == (3.0, 0.5)
    assert notes == ("1 bar widened: open or close not between low and high (policy ohlc = 'widen')",)


def test_negative_volume_can_be_made_zero():
    checked, notes = check_series("X", bars(GOOD, BAD["negative_volume"]), Policy(negative_volume="zero"))
    assert checked.volume.tolist() == [10, 0]
    assert notes == ("1 bar given volume 0: a volume below 0 (policy negative_volume = 'zero')",)


def test_repairs_leave_the_series_they_were_given_alone():
    series = bars(GOOD, BAD["negative_volume"], BAD["ohlc"])
    check_series("X", series, Policy(negative_volume="zero", ohlc="widen"))
    assert (series.volume[1], series.high[2]) == (-1.0, 1.5)


def test_all_kinds_of_defect_are_in_one_message():
    text = refusal(bars(*BAD.values()))
    assert [what in text for what in WHAT.values()] == [True] * 5
    assert "[data.policy] missing = 'drop', non_finite = 'drop', non_positive = 'drop', " in text


def test_only_the_first_five_bars_are_shown():
    text = refusal(bars(*[BAD["ohlc"]] * 1234))
    assert "1,234 bars with" in text
    assert text.count("\n    bar ") == 5
    assert "\n    and 1229 more\n" in text


def test_bars_are_numbered_as_in_their_source():
    assert "bar 101, 2024-01-02" in refusal(bars(GOOD, BAD["ohlc"]), rows=np.array([7, 100]))
    assert "bar 3, 2024-01-03" in refusal(bars(BAD["missing"], GOOD, BAD["ohlc"]), missing="drop")


def test_unsorted_bars_are_refused_or_sorted():
    series = bars(*((1, 1, 1, 1, volume) for volume in (2, 0, 1)), days=(2, 0, 1))
    text = refusal(series)
    assert "1 bar with a time before that of the bar above:\n    bar 2, 2024-01-01" in text
    assert text.endswith("[data.policy] unsorted = 'sort'")
    checked, notes = check_series("X", series, Policy(unsorted="sort"))
    assert checked.volume.tolist() == [0, 1, 2]
    assert (np.diff(checked.close_time) > 0).all()
    assert notes == ("1 bar sorted: a time before that of the bar above (policy unsorted = 'sort')",)


def test_newest_first_is_said():
    assert "2 bars with a time before that of the bar above (the newest come first)" in refusal(
        bars(GOOD, GOOD, GOOD, days=(2, 1, 0))
    )


def test_duplicates_are_refused_or_the_first_or_the_last_is_kept():
    series = bars(*((1, 1, 1, 1, volume) for volume in range(5)), days=(0, 1, 1, 1, 2))
    text = refusal(series)
    assert "2 bars with the time of another bar:\n    bar 3, 2024-01-02T00:00:00Z: open 1, high 1, low 1, close 1, volume 2" in text
    assert text.endswith("[data.policy] duplicates = 'first' or 'last'")
    for choice, kept in (("first", [0, 1, 4]), ("last", [0, 3, 4])):
        checked, notes = check_series("X", series, Policy(duplicates=choice))
        assert checked.volume.tolist() == kept
        assert notes == (f"2 bars dropped: the time of another bar (policy duplicates = '{choice}')",)


def test_duplicates_among_unsorted_bars_are_found_before_and_after_sorting():
    series = bars(*((1, 1, 1, 1, volume) for volume in range(4)), days=(1, 0, 1, 2))
    assert "1 bar with the time of another bar:\n    bar 3, 2024-01-02" in refusal(series)
    assert "1 bar with the time of another bar:\n    bar 3, 2024-01-02" in refusal(series, unsorted="sort")
    assert "a time before that of the bar above" in refusal(series, duplicates="first")
    checked, _ = check_series("X", series, Policy(unsorted="sort", duplicates="last"))
    assert checked.volume.tolist() == [1, 2, 3]


def test_bars_that_overlap_are_refused_or_cut():
    series = bars(GOOD, GOOD, GOOD)
    late = replace(series, open_time=series.open_time - np.array([0, DAY // 4, 0]))
    text = refusal(replace(late, close_time=late.open_time + DAY))
    assert (
        "1 bar with an end after the next one's beginning (they are 1d long, and the commonest step from one to the next is 18h; "
        in text
    )
    assert "if they begin at midnight of some place, set tz):\n    bar 1, 2024-01-01" in text
    checked, notes = check_series("X", replace(late, close_time=late.open_time + DAY), Policy(overlap="cut"))
    assert (checked.close_time[:-1] <= checked.open_time[1:]).all()
    assert checked.close_time[1:].tolist() == (late.open_time + DAY)[1:].tolist()
    assert notes == ("1 bar ended earlier: an end after the next one's beginning (policy overlap = 'cut')",)


def test_overlap_of_short_bars_does_not_speak_of_tz():
    series = bars(GOOD, GOOD)
    hours = replace(series, open_time=series.open_time // 24, close_time=series.open_time // 24 + 2 * (DAY // 24))
    assert "(they are 2h long, and the commonest step from one to the next is 1h):" in refusal(hours)


@pytest.mark.parametrize("days", [(0, 2, 4), (0, 2, 2, 4), (4, 2, 0)])
def test_spacing_that_never_is_one_interval_is_refused_with_the_commonest(days):
    series = bars(*[GOOD] * len(days), days=days)
    with pytest.raises(DataError) as error:
        check_spacing("X", series, DAY, Policy())
    assert str(error.value) == (
        "no two bars of 'X' from 'x.csv' are 1d apart; the commonest step from one to the next is 2d; "
        "set interval to what they are, or [data.policy] spacing = 'accept'"
    )
    check_spacing("X", series, DAY, Policy(spacing="accept"))
    check_spacing("X", series, 2 * DAY, Policy())


@pytest.mark.parametrize("days", [(0, 3), (0,), (0, 3, 4), (0, 3, 1), (0, 0, 0)])
def test_spacing_of_few_bars_or_with_gaps_is_accepted(days):
    check_spacing("X", bars(*[GOOD] * len(days), days=days), DAY, Policy())


def test_policy_of_another_name_is_refused():
    with pytest.raises(ValidationError, match="Input should be 'refuse', 'drop' or 'widen'"):
        Policy(ohlc="ignore")
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Policy(holes="fill")
    assert all(field.description for field in Policy.model_fields.values())


def test_form_that_a_source_promised_is_made_good_or_refused():
    series = bars(GOOD, GOOD)
    assert check_form("X", replace(series, volume=[1, 2])).volume.dtype == np.float64
    with pytest.raises(DataError, match=r"close of 'X' is float64 of shape \(1,\); a source gives float64 of shape \(2,\)"):
        check_form("X", replace(series, close=series.close[:1]))
    with pytest.raises(DataError, match=r"open_time of 'X' is float64 of shape \(2,\); a source gives int64"):
        check_form("X", replace(series, open_time=series.open_time / 2))
    with pytest.raises(DataError, match=r"a bar of 'X' from 'x.csv' closes before it opens"):
        check_form("X", replace(series, close_time=series.open_time))
