import gzip
import json
from pathlib import Path

import pytest
from tradekit_dumps.binance import BinanceRecording

from tradekit import BarRequest, DataError

MS = 1_000_000
START = 1_723_161_255_000 * MS
REQUEST = BarRequest(("BTCUSDT",), 0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(first, last, before=None, bids=(), asks=(), symbol="BTCUSDT"):
    """Return a change of futures if it names the one `before`, or else one of spot."""
    data = {"e": "depthUpdate", "E": 1_000, "s": symbol, "U": first, "u": last, "b": [*bids], "a": [*asks]}
    return data if before is None else data | {"T": 999, "pu": before}


def snapshot(last, bids, asks):
    return {"lastUpdateId": last, "bids": bids, "asks": asks}


def trade(number, price, is_maker, symbol="BTCUSDT"):
    return {"e": "trade", "E": 1_001, "T": 1_000 + number, "s": symbol, "t": number, "p": price, "q": "0.5", "m": is_maker}


def recording(*contents, path="x.gz", **options):
    """Write messages that come in a millisecond apart, those with a stream wrapped as the venue wraps them."""
    lines = [f"{START + row * MS} {json.dumps({'stream': 's', 'data': one})}" for row, one in enumerate(contents)]
    text = "\n".join(lines) + "\n"
    Path(path).write_bytes(gzip.compress(text.encode()) if path.endswith("gz") else text.encode())
    return BinanceRecording(BinanceRecording.Options.model_validate({"path": path, **options}))


def rows(book):
    times = [(time - START) // MS for time in book.time.tolist()]
    return list(zip(times, book.sequence.tolist(), book.side.tolist(), book.price.tolist(), book.size.tolist(), strict=True))


def refusal(ask):
    with pytest.raises(DataError) as error:
        ask()
    return str(error.value)


def test_trades_have_the_side_of_who_took_and_their_number():
    found = recording(trade(7, "61800.3", False), trade(8, "61800.2", True)).trades(REQUEST)["BTCUSDT"]
    assert (found.price.tolist(), found.size.tolist()) == ([61800.3, 61800.2], [0.5, 0.5])
    assert (found.side.tolist(), found.number.tolist()) == ([1, -1], [7, 8])
    assert found.time.tolist() == [START, START + MS]


def test_clock_of_the_exchange_gives_its_own_times():
    found = recording(trade(7, "1", False), trade(8, "1", True), clock="exchange").trades(REQUEST)["BTCUSDT"]
    assert found.time.tolist() == [1007 * MS, 1008 * MS]


def test_quotes_are_those_of_each_message():
    quote = {"u": 5, "s": "BTCUSDT", "b": "1.5", "B": "2", "a": "1.6", "A": "3"}
    source = recording(quote, {**quote, "e": "bookTicker", "b": "1.4", "T": 5, "E": 6}, trade(1, "1", False))
    found = source.quotes(REQUEST)["BTCUSDT"]
    assert (found.bid.tolist(), found.bid_size.tolist()) == ([1.5, 1.4], [2, 2])
    assert (found.ask.tolist(), found.ask_size.tolist()) == ([1.6, 1.6], [3, 3])
    source = recording(quote, clock="exchange")
    assert refusal(lambda: source.quotes(REQUEST)) == (
        "'x.gz', line 1: this message has no time of the exchange; read it by clock = 'arrival'"
    )


def test_book_of_spot_takes_the_changes_that_its_snapshot_does_not_hold():
    found = recording(
        change(1, 5, bids=[("9", "1")]),
        change(6, 8, bids=[("8", "2")]),
        snapshot(6, [["10", "1"]], [["11", "1"]]),
        change(9, 9, asks=[("11", "0")]),
    ).book(REQUEST)["BTCUSDT"]
    # What came before the snapshot was there to be seen with it.
    assert rows(found) == [(2, 6, 1, 10, 1), (2, 6, -1, 11, 1), (2, 8, 1, 8, 2), (3, 9, -1, 11, 0)]
    assert found.is_snapshot.tolist() == [True, True, False, False]


def test_book_of_futures_follows_the_number_of_the_change_before():
    found = recording(
        snapshot(10, [["10", "1"]], []),
        change(3, 9, 2, bids=[("9", "1")]),
        change(15, 20, 9, bids=[("8", "2")]),
        change(30, 31, 20, asks=[("11", "0")]),
        change(30, 31, 20, asks=[("11", "0")]),
    ).book(REQUEST)["BTCUSDT"]
    assert rows(found) == [(0, 10, 1, 10, 1), (2, 20, 1, 8, 2), (3, 31, -1, 11, 0)]


def test_snapshot_of_spot_has_the_time_of_the_first_change_by_the_clock_of_the_exchange():
    source = recording(snapshot(6, [["10", "1"]], []), change(7, 7, bids=[("8", "2")]), clock="exchange")
    assert source.book(REQUEST)["BTCUSDT"].time.tolist() == [1_000 * MS] * 2


def test_book_with_changes_missing_is_refused_with_the_line_or_waits_for_a_snapshot():
    contents = (
        snapshot(6, [["10", "1"]], []),
        change(7, 7, bids=[("8", "2")]),
        change(9, 9, bids=[("7", "2")]),
        change(10, 10, bids=[("6", "2")]),
        snapshot(9, [["12", "1"]], []),
        change(11, 11, bids=[("5", "2")]),
    )
    assert refusal(lambda: recording(*contents).book(REQUEST)) == (
        "'x.gz', line 3: change 9 does not follow on 7: changes are missing; to go on from the next snapshot, say gaps = 'wait'"
    )
    found = recording(*contents, gaps="wait").book(REQUEST)["BTCUSDT"]
    assert [row[1] for row in rows(found)] == [6, 7, 9, 10, 11]
    assert found.is_snapshot.tolist() == [True, False, True, False, False]
    assert found.origin == "x.gz (1 gap)"


def test_snapshot_that_is_too_old_is_refused_or_left_out():
    contents = (snapshot(3, [["10", "1"]], []), change(7, 7), snapshot(7, [["11", "1"]], []), change(8, 8, bids=[("8", "2")]))
    assert "change 7 comes too late for the snapshot 3" in refusal(lambda: recording(*contents).book(REQUEST))
    found = recording(*contents, gaps="wait").book(REQUEST)["BTCUSDT"]
    assert [row[1] for row in rows(found)] == [7, 8]


def test_book_without_a_snapshot_is_refused():
    assert refusal(lambda: recording(change(1, 2)).book(REQUEST)) == (
        "'x.gz' has changes of the order book of 'BTCUSDT', and no snapshot that they follow on"
    )


def test_snapshot_among_changes_of_two_instruments_is_refused():
    source = recording(change(1, 2), change(1, 2, symbol="ETHUSDT"), snapshot(3, [], []))
    assert refusal(lambda: source.book(REQUEST)) == (
        "'x.gz', line 3: a snapshot does not say whose it is, and the files have changes of 'BTCUSDT', 'ETHUSDT'"
    )


def test_recording_in_several_files_goes_on_from_one_to_the_next():
    recording(snapshot(6, [["10", "1"]], []), change(7, 7, bids=[("8", "2")]), path="x_1.gz")
    recording(trade(1, "1", True), trade(2, "1", True), change(8, 8, bids=[("7", "2")]), path="x_2.log")
    source = BinanceRecording(BinanceRecording.Options(path=Path("x_*")))
    assert [row[1] for row in rows(source.book(REQUEST)["BTCUSDT"])] == [6, 7, 8]
    assert [one.symbol for one in source.instruments()] == ["BTCUSDT"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'trade"', "'x.log', line 1 is not a count of nanoseconds, a blank and a message in JSON: "),
        (b'5 {"e": "trade"', "'x.log', line 1 is not a count of nanoseconds, a blank and a message in JSON: "),
        (b'{"e":"trade"}', "'x.log', line 1 is not a message of an exchange: "),
        (b'5 ["trade"]', "'x.log', line 1 is not a message of an exchange: '5 [\"trade\"]'"),
        (b'5 {"e":"trade","m":true}', "'x.log', line 1: this message is not like the others of its kind: it has no 'p'"),
        (b'5 {"e":"trade","m":true,"p":"x","q":"1","t":1}', "'x.log', line 1: this message is not like the others of its kind: "),
        (b"", "no trades of 'BTCUSDT' in 'x.log'"),
        (b'5 {"e":"trade","m":true,"p":"1","q":"1","t":1,"s":"ETH"}', "no trades of 'BTCUSDT' in 'x.log'; there are some of 'ETH'"),
    ],
)
def test_recording_that_can_not_be_read_is_refused_with_its_line(text, message):
    Path("x.log").write_bytes(text)
    source = BinanceRecording(BinanceRecording.Options(path=Path("x.log")))
    assert refusal(lambda: source.trades(REQUEST)).startswith(message)


def test_recording_that_is_not_there_or_broken_is_refused():
    source = BinanceRecording(BinanceRecording.Options(path=Path("none.gz")))
    assert refusal(lambda: source.trades(REQUEST)) == "no file is at 'none.gz'"
    source = BinanceRecording(BinanceRecording.Options(path=Path("none*")))
    assert refusal(lambda: source.trades(REQUEST)) == "no file matches 'none*'"
    Path("x.gz").write_bytes(gzip.compress(b"1 {}\n" * 10_000)[:-20])
    source = BinanceRecording(BinanceRecording.Options(path=Path("x.gz")))
    assert refusal(lambda: source.trades(REQUEST)).startswith("'x.gz' can't be read: ")


def test_recording_has_no_bars():
    source = recording(trade(1, "1", True))
    assert refusal(lambda: source.bars(REQUEST)) == "'x.gz' holds single events and no bars; they can be built from its trades"


def test_trades_out_of_order_by_the_clock_of_the_exchange_are_refused():
    source = recording(trade(8, "1", True), trade(7, "1", True), clock="exchange")
    assert refusal(lambda: source.trades(REQUEST)).startswith("the trades of 'BTCUSDT' from 'x.gz' are refused: trades must be in ")
