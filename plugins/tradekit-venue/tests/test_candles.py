from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tradekit_venue.engine.candles import DAY, MINUTE, Candle, Candles, span

D = Decimal


def ms(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("interval", "begin", "end"),
    [
        ("1m", (2024, 2, 29, 13, 7), (2024, 2, 29, 13, 8)),
        ("4h", (2024, 2, 29, 12), (2024, 2, 29, 16)),
        ("1d", (2024, 2, 29), (2024, 3, 1)),
        ("1w", (2024, 2, 26), (2024, 3, 4)),
        ("1M", (2024, 2, 1), (2024, 3, 1)),
    ],
)
def test_span_is_the_interval_that_a_time_is_in(interval, begin, end) -> None:
    assert span(interval, ms(2024, 2, 29, 13, 7, 21)) == (ms(*begin), ms(*end))


def test_span_of_december_ends_with_the_year() -> None:
    assert span("1M", ms(2023, 12, 31, 23, 59, 59)) == (ms(2023, 12, 1), ms(2024, 1, 1))


def test_candles_grow_by_trades_and_end_with_their_time() -> None:
    candles = Candles()
    candles.add(5, D(10), D(1), True)
    candles.add(6, D(12), D(2), False)
    candles.add(59_999, D(9), D(1), True)
    assert candles.of("1m") == [Candle(0, MINUTE, D(10), D(12), D(9), D(9), D(4), D(43), 3, D(2), D(19))]
    assert (candles.next_end(), candles.finished(MINUTE - 1)) == (MINUTE, [])
    assert [interval for interval, _ in candles.finished(MINUTE)] == ["1m"]
    assert (candles.next_end(), candles.finished(MINUTE)) == (None, [])


def test_coarser_candles_are_built_from_the_finest_and_kept_from_then_on() -> None:
    candles = Candles()
    for minute in range(7):
        candles.add(minute * MINUTE, D(10 + minute), D(1), True)
    assert [(one.open_time, one.open, one.close, one.volume) for one in candles.of("5m")] == [
        (0, D(10), D(14), D(5)),
        (5 * MINUTE, D(15), D(16), D(2)),
    ]
    assert [interval for interval, _ in candles.add(8 * MINUTE, D(1), D(1), True)] == ["1m", "5m"]
    assert candles.of("5m")[-1].low == D(1)


def test_candles_finer_than_the_recording_begin_when_they_are_asked_for() -> None:
    candles = Candles([Candle(0, DAY, D(1), D(2), D(1), D(2), D(5))], "1d")
    assert candles.of("1h") == []
    candles.add(DAY, D(3), D(1), True)
    assert [one.close for one in candles.of("1h")] == [D(3)]


def test_candles_between_times_are_the_first_from_a_start_and_the_last_without() -> None:
    candles = Candles()
    for minute in range(5):
        candles.add(minute * MINUTE, D(10), D(1), True)
    assert [one.open_time // MINUTE for one in candles.between("1m", MINUTE, None, 2)] == [1, 2]
    assert [one.open_time // MINUTE for one in candles.between("1m", None, None, 2)] == [3, 4]
    assert [one.open_time // MINUTE for one in candles.between("1m", MINUTE, 2 * MINUTE, 9)] == [1, 2]
