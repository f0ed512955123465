import pytest
from tradekit_ccxt.history import first_funding, first_trades, funding_since, newest_only

from tradekit import BarRequest, DataError, VenueError

HOUR_MS = 3_600_000
HOUR = HOUR_MS * 1_000_000
NOW_MS = 1_700_000_000_000 // HOUR_MS * HOUR_MS


def rows(first: int, count: int) -> list[list[int]]:
    return [[NOW_MS + (first + k) * HOUR_MS, 1, 1, 1, 1, 1] for k in range(count)]


def ask(start_hours: int | None) -> BarRequest:
    return BarRequest(("X",), HOUR, None if start_hours is None else (NOW_MS + start_hours * HOUR_MS) * 1_000_000)


def test_newest_bars_for_older_ones_are_refused() -> None:
    with pytest.raises(DataError, match=r"^kraken X 1h: the exchange gives the newest 720 bars only, and older ones are asked for"):
        newest_only(rows(-719, 720), ask(-2000), 720, NOW_MS * 1_000_000, "kraken X 1h")


@pytest.mark.parametrize(
    ("found", "start"),
    [
        (rows(-719, 720), None),
        (rows(-719, 720), -719),
        (rows(-300, 301), -2000),
        (rows(-2000, 720), -5000),
        ([], -2000),
    ],
    ids=["no start", "from the start on", "younger market", "not up to now", "none"],
)
def test_answers_that_can_be_right_are_taken(found: list[list[int]], start: int | None) -> None:
    newest_only(found, ask(start), 720, NOW_MS * 1_000_000, "x")


@pytest.mark.parametrize("from_the_end", [False, True])
@pytest.mark.parametrize("every", [1, 4, 8])
def test_funding_rates_are_whole_from_whichever_end_the_exchange_counts(from_the_end: bool, every: int) -> None:
    created = NOW_MS - 5000 * HOUR_MS
    there = [{"timestamp": when, "fundingRate": "0.0001"} for when in range(created, NOW_MS, every * HOUR_MS)]

    def answer(since: int, limit: int, until: int) -> list[dict[str, object]]:
        inside = [row for row in there if since <= row["timestamp"] <= until]  # type: ignore[operator]  # they are numbers
        return inside[-limit:] if from_the_end else inside[:limit]

    assert funding_since(answer, created, NOW_MS) == there


def test_funding_rates_that_never_end_are_refused() -> None:
    with pytest.raises(VenueError, match="an answer is full of 100 funding rates within an hour"):
        funding_since(lambda since, limit, until: [{"timestamp": since}] * 100, NOW_MS - 10 * HOUR_MS, NOW_MS)


def test_trades_after_an_hour_without_any_are_found() -> None:
    asked: list[int] = []

    def answer(since: int) -> list[dict[str, object]]:
        asked.append(since)
        return [{"id": "1"}] if since == 3 * HOUR_MS else []

    assert first_trades(answer, 0, 10 * HOUR_MS, HOUR_MS) == [{"id": "1"}]
    assert asked == [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    assert first_trades(answer, 4 * HOUR_MS, 6 * HOUR_MS, HOUR_MS) == []
    assert asked[4:] == [4 * HOUR_MS, 5 * HOUR_MS]
    assert first_trades(answer, 7 * HOUR_MS, 10 * HOUR_MS, None) == []
    assert asked[6:] == [7 * HOUR_MS]


def test_funding_rates_of_an_exchange_that_does_not_heed_the_end_are_refused() -> None:
    newest = [{"timestamp": NOW_MS - k * HOUR_MS} for k in range(100)]
    with pytest.raises(VenueError, match="goes on after the time up to which they were asked for"):
        funding_since(lambda since, limit, until: newest, NOW_MS - 5000 * HOUR_MS, NOW_MS)


@pytest.mark.parametrize("from_the_end", [False, True])
def test_pages_of_funding_rates_are_whole_wherever_they_begin(from_the_end: bool) -> None:
    created = NOW_MS - 5000 * HOUR_MS
    there = [{"timestamp": when, "fundingRate": "0.0001"} for when in range(created, NOW_MS, 4 * HOUR_MS)]

    def answer(since: int, limit: int, until: int) -> list[dict[str, object]]:
        inside = [row for row in there if since <= row["timestamp"] <= until]  # type: ignore[operator]  # they are numbers
        return inside[-limit:] if from_the_end else inside[:limit]

    found: list[dict[str, object]] = []
    start = created - 3000 * HOUR_MS  # long before there was any
    while page := first_funding(answer, start, NOW_MS):
        found += page
        start = int(str(page[-1]["timestamp"])) + 1
    assert found == there


def test_page_of_funding_rates_ends_before_the_time_that_is_asked_for() -> None:
    there = [{"timestamp": NOW_MS - hours * HOUR_MS} for hours in (16, 8, 0)]
    assert first_funding(lambda since, limit, until: there, NOW_MS - 20 * HOUR_MS, NOW_MS) == there[:2]
