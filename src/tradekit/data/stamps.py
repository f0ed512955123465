"""When a bar opens: a column of times, in any spelling, as UTC nanoseconds."""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tradekit.data.arrays import fixed_width, nulls_of, timestamps
from tradekit.data.interval import DAY
from tradekit.data.options import TableForm
from tradekit.errors import DataError
from tradekit.model.bars import Times

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["first_bad", "open_times"]

_SCALES = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_PLAUSIBLE = (631_152_000, 4_102_444_800)
"""1990 and 2100 in seconds: counted in the four units, such times never share a number."""
_LAST = 9_223_000_000
"""The last second, about, that a count of nanoseconds since 1970 reaches; it goes as far into the past."""
_IN_RANGE = "a time between the years 1678 and 2262"
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_DATES = ("%Y%m%d", "%Y.%m.%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H%M%S", "%H%M%S", " %I:%M %p")
_SPELLINGS = (*(date + clock for clock in _CLOCKS for date in _DATES), "%Y-%m-%d %H:%M:%S %z")
"""What is tried on a time that can't be read, to say how its `time_format` might be."""
_FAST = frozenset("YymdHMS%")
"""What Arrow's strptime takes as Python's does; other directives go through Python."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Times as they stand in a column: local to their zone, and as instants where the zone is written with them."""

    local: Times
    instants: Times | None = None
    is_date: bool = False
    how: str = ""


def open_times(
    column: pa.ChunkedArray, options: TableForm, interval: int, label: Literal["open", "close"] = "open"
) -> tuple[Times, str]:
    """Return when each bar opens, in UTC nanoseconds, and what had to be inferred, in words.

    What has no extent takes an interval of 1, or of a day where a date without a time of day is that of a session.

    Raises `DataError` naming the first row that has no time, or one that is not what the options say. Rows count from 1,
    without a header.
    """
    nulls = nulls_of(column)
    if nulls.any():
        raise DataError(f"row {int(nulls.argmax()) + 1} has no time")
    read = _read(column, options)
    shift = interval if label == "close" else 0
    dates = _dates(read, options) if interval % DAY == 0 else None
    if dates is not None:
        # A date stands for its whole day: a bar labelled by its close ends with that day, not when it begins.
        return dates - (shift - DAY if shift and read.is_date else shift), read.how
    instants = _in_zone(read.local, options.tz) if read.instants is None else read.instants
    return instants - shift, read.how


def _dates(read: _Read, options: TableForm) -> Times | None:
    """Return local midnights as midnights of UTC, or `None` if the times are not all midnights of one zone."""
    if not (read.local % DAY).any():
        return read.local
    if read.instants is not None and options.tz != "UTC":
        local = _local(read.instants, options.tz)
        if not (local % DAY).any():
            return local
    return None


def _read(column: pa.ChunkedArray, options: TableForm) -> _Read:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        instants = fixed_width(_cast(column, pa.timestamp("ns", kind.tz)), np.int64)
        return _Read(instants) if kind.tz is None else _Read(_local(instants, kind.tz), instants)
    if pa.types.is_date(kind):
        return _Read(fixed_width(_cast(column, pa.timestamp("ns")), np.int64), is_date=True)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    if is_text or (options.time_format is not None and pa.types.is_integer(kind)):
        return _text(column.cast(pa.string()), options)
    if pa.types.is_integer(kind):
        return _epoch(fixed_width(_cast(column, pa.int64()), np.int64), options)
    if pa.types.is_floating(kind):
        return _epoch(fixed_width(column.cast(pa.float64()), np.float64), options)
    raise DataError(f"its type is {kind}, which is no time")


def _text(column: pa.ChunkedArray, options: TableForm) -> _Read:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.ascii_trim_whitespace(column)
    lengths = fixed_width(pc.binary_length(column), np.int32)
    if not lengths.all():
        raise DataError(f"row {int(lengths.argmin()) + 1} has no time")
    if options.time_format is not None:
        return _formatted(column, options.time_format)
    first = column[0].as_py()
    if re.fullmatch(r"-?[0-9]+", first):
        return _epoch(fixed_width(_cast(column, pa.int64(), "a whole number"), np.int64), options, first)
    if re.fullmatch(r"-?[0-9]*\.[0-9]*", first):
        return _epoch(fixed_width(_cast(column, pa.float64(), "a number"), np.float64), options, first)
    if re.search(r"[0-9]:[0-9.:]*[0-9] ?" + _OFFSET, first):
        instants = fixed_width(_cast(column, pa.timestamp("ns", "UTC"), "an ISO 8601 time with its offset"), np.int64)
        bare = pc.replace_substring_regex(column, pattern=_OFFSET, replacement="")
        return _Read(fixed_width(bare.cast(pa.timestamp("ns")), np.int64), instants)
    example = "an ISO 8601 time such as '2024-01-31' or '2024-01-31 09:30:00'"
    local = fixed_width(_cast(column, pa.timestamp("ns"), example), np.int64)
    return _Read(local, is_date=lengths.max() == len("2024-01-31"))


def _cast(column: pa.ChunkedArray, kind: pa.DataType, expected: str = _IN_RANGE) -> pa.ChunkedArray:
    import pyarrow as pa

    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        row = first_bad(column, lambda part: part.cast(kind))
    value = str(column[row])
    raise DataError(f"row {row + 1}: {value!r} is not {expected}{_advice(value)}")


def _advice(text: str) -> str:
    fitting = [spelling for spelling in _SPELLINGS if _fits(text, spelling)]
    spelling = " or ".join(map(repr, fitting)) if fitting else "..."
    return f"; say how it is written: time_format = {spelling}"


def first_bad(column: pa.ChunkedArray, convert: Callable[[pa.ChunkedArray], object]) -> int:
    """Return the first row that makes `convert` raise `ArrowInvalid`, by bisection."""
    import pyarrow as pa

    def fails(length: int) -> bool:
        try:
            convert(column.slice(0, length))
        except pa.ArrowInvalid:
            return True
        return False

    return bisect_left(range(1, len(column) + 1), True, key=fails)


def _fits(text: str, spelling: str) -> bool:
    try:
        datetime.strptime(text, spelling)  # noqa: DTZ007 - only the format is tried
    except ValueError:
        return False
    return True


def _formatted(column: pa.ChunkedArray, spelling: str) -> _Read:
    import pyarrow.compute as pc

    directives = set(re.findall(r"%(.)", spelling))
    is_date = not directives & set("HIcXT")
    if not directives <= _FAST:
        return _formatted_by_python(column.to_pylist(), spelling, is_date)
    parsed = pc.strptime(column, format=spelling, unit="s", error_is_null=True)
    seconds, nulls = fixed_width(parsed, np.int64), nulls_of(parsed)
    # Arrow turns 30 February into 1 March, so what may have come about like this is read once more.
    month, day = fixed_width(pc.month(parsed), np.int64), fixed_width(pc.day(parsed), np.int64)
    doubtful = nulls | ((day == 1) & np.isin(month, (5, 7, 10, 12))) | ((day <= 3) & (month == 3)) | (abs(seconds) > _LAST)
    for row in np.flatnonzero(doubtful).tolist():
        _by_python(column[row].as_py(), spelling, row)
    return _Read(seconds * _SCALES["s"], is_date=is_date)


def _formatted_by_python(texts: list[str], spelling: str, is_date: bool) -> _Read:
    local, offsets = np.empty(len(texts), np.int64), np.zeros(len(texts), np.int64)
    has_offset = False
    for row, text in enumerate(texts):
        time = _by_python(text, spelling, row)
        local[row] = calendar.timegm(time.timetuple()) * _SCALES["s"] + time.microsecond * _SCALES["us"]
        offset = time.utcoffset()
        if offset is not None:
            has_offset = True
            offsets[row] = offset // timedelta(microseconds=1) * _SCALES["us"]
    return _Read(local, local - offsets if has_offset else None, is_date)


def _by_python(text: str, spelling: str, row: int) -> datetime:
    try:
        time = datetime.strptime(text, spelling)  # noqa: DTZ007 - a zone, if any, is in the text
    except ValueError:
        raise DataError(f"row {row + 1}: {text!r} is not written as time_format = {spelling!r} says") from None
    if abs(calendar.timegm(time.timetuple())) > _LAST:
        raise DataError(f"row {row + 1}: {text!r} is not {_IN_RANGE}")
    return time


def _epoch(values: Any, options: TableForm, text: str = "") -> _Read:
    """Return counts of a unit since 1970, whole or with decimals (kept to a microsecond), as nanoseconds."""
    finite = np.isfinite(values)
    if not finite.all():
        raise DataError(f"row {int(finite.argmin()) + 1} has no time")
    unit = options.unit or _unit_of(values, text)
    scale = _SCALES[unit]
    low, high = float(values.min()), float(values.max())
    if max(-low, high) * scale >= np.iinfo(np.int64).max:
        raise DataError(f"{high:.15g} {unit} since 1970 is beyond the year 2262; is unit = {unit!r} right?")
    if values.dtype == np.int64 or not (values % 1).any():
        times = values.astype(np.int64) * scale
    else:
        times = np.rint(values * (scale / _SCALES["us"])).astype(np.int64) * _SCALES["us"]
    return _Read(times, times, how="" if options.unit else f"times in {unit} since 1970")


def _unit_of(values: Any, text: str) -> str:
    low, high = values.min(), values.max()
    for unit, scale in _SCALES.items():
        per_second = _SCALES["s"] // scale
        if _PLAUSIBLE[0] * per_second <= low and high < _PLAUSIBLE[1] * per_second:
            return unit
    what = f"its numbers, {low} to {high}, are not times between 1990 and 2100 in any one unit"
    raise DataError(f"{what}; say which it is: unit = 's', 'ms', 'us' or 'ns'{_advice(text).replace('; say', ', or say')}")


def _local(instants: Times, zone: str) -> Times:
    if zone == "UTC":
        return instants
    import pyarrow as pa
    import pyarrow.compute as pc

    return fixed_width(pc.local_timestamp(timestamps(instants).cast(pa.timestamp("ns", zone))), np.int64)


def _in_zone(local: Times, zone: str) -> Times:
    """Return local times of a zone as instants; raise `DataError` for the first that exists twice, or not at all."""
    if zone == "UTC":
        return local
    import pyarrow.compute as pc

    stamps = timestamps(local)
    early = fixed_width(pc.assume_timezone(stamps, zone, ambiguous="earliest", nonexistent="earliest"), np.int64)
    late = fixed_width(pc.assume_timezone(stamps, zone, ambiguous="latest", nonexistent="latest"), np.int64)
    differs = early != late
    if not differs.any():
        return early
    row = int(differs.argmax())
    time = str(np.datetime64(int(local[row]), "ns").astype("M8[s]")).replace("T", " ")
    # For a time that was skipped, Arrow gives the two ends of the gap, which are one nanosecond apart.
    what = "does not exist" if late[row] - early[row] == 1 else "happens twice"
    raise DataError(f"row {row + 1}: {time} {what} in {zone!r}, where the clocks change; if the times are UTC, leave tz out")
