import json
import zipfile
from pathlib import Path

import pytest
from tradekit_dumps.bybit import BybitArchive
from tradekit_dumps.hyperliquid import HyperliquidRecording

from tradekit import BarRequest, DataError

MS = 1_000_000
REQUEST = BarRequest(("BTC",), 0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hyperliquid(*contents, **options):
    Path("x.log").write_text("".join(f"{row + 1} {json.dumps(one)}\n" for row, one in enumerate(contents)))
    return HyperliquidRecording(HyperliquidRecording.Options.model_validate({"path": "x.log", **options}))


def bybit(*contents, **options):
    with zipfile.ZipFile("x.zip", "w") as archive:
        archive.writestr("x.data", "".join(json.dumps(one) + "\n" for one in contents))
    return BybitArchive(BybitArchive.Options.model_validate({"path": "x.zip", **options}))


def update(kind, number, bids=(), asks=()):
    data = {"s": "BTC", "b": [*bids], "a": [*asks], "u": number, "seq": 1}
    return {"topic": "orderbook.500.BTC", "type": kind, "ts": 10 * number, "data": data, "cts": 10 * number - 1}


def refusal(ask):
    with pytest.raises(DataError) as error:
        ask()
    return str(error.value)


def test_hyperliquid_trades_have_sides_and_numbers():
    row = {"coin": "BTC", "px": "5", "sz": "2", "side": "B", "time": 7, "tid": 11}
    source = hyperliquid({"channel": "trades", "data": [row, {**row, "side": "A", "tid": 12}]})
    found = source.trades(REQUEST)["BTC"]
    assert (found.side.tolist(), found.number.tolist(), found.time.tolist()) == ([1, -1], [11, 12], [1, 1])
    assert [one.symbol for one in source.instruments()] == ["BTC"]
    assert hyperliquid({"channel": "trades", "data": [row]}, clock="exchange").trades(REQUEST)["BTC"].time.tolist() == [7 * MS]


def test_hyperliquid_books_are_whole_and_numbered_by_their_place():
    level = {"px": "5", "sz": "2", "n": 1}
    book = {"channel": "l2Book", "data": {"coin": "BTC", "time": 7, "levels": [[level], [{**level, "px": "6"}]]}}
    found = hyperliquid(book, book, clock="exchange").book(REQUEST)["BTC"]
    assert found.is_snapshot.all()
    assert (found.price.tolist(), found.side.tolist()) == ([5, 6, 5, 6], [1, -1, 1, -1])
    assert found.sequence.tolist() == [1, 1, 2, 2]


def test_hyperliquid_message_of_another_form_is_refused_with_its_line():
    source = hyperliquid({"channel": "trades", "data": [{"coin": "BTC", "time": 1}]})
    assert (
        refusal(lambda: source.trades(REQUEST))
        == "'x.log', line 1: this message is not like the others of its kind: it has no 'tid'"
    )
    source = hyperliquid({"channel": "l2Book", "data": {"coin": "BTC", "time": 1, "levels": [[]]}})
    assert refusal(lambda: source.book(REQUEST)).startswith("'x.log', line 1: this message is not like the others of its kind: ")


def test_bybit_book_is_a_snapshot_and_its_changes():
    contents = (
        update("snapshot", 5, [("1", "2")], [("3", "4")]),
        update("delta", 6, [("1", "0")]),
        update("snapshot", 1, [("1", "5")]),
    )
    found = bybit(*contents[:2]).book(REQUEST)["BTC"]
    assert (found.sequence.tolist(), found.size.tolist()) == ([5, 5, 6], [2, 4, 0])
    assert found.time.tolist() == [50 * MS, 50 * MS, 60 * MS]
    assert bybit(*contents[:2], clock="exchange").book(REQUEST)["BTC"].time.tolist() == [49 * MS, 49 * MS, 59 * MS]
    assert [one.symbol for one in bybit(*contents[:1]).instruments()] == ["BTC"]


def test_bybit_change_that_does_not_follow_is_refused_with_its_line():
    source = bybit(update("snapshot", 5, [("1", "2")]), update("delta", 7))
    assert refusal(lambda: source.book(REQUEST)) == "'x.zip', line 2: change 7 does not follow on 5: changes are missing"
    source = bybit(update("delta", 7))
    assert refusal(lambda: source.book(REQUEST)) == "'x.zip', line 1: change 7 does not follow on a snapshot: changes are missing"


def test_bybit_message_of_another_form_is_refused_with_its_line():
    source = bybit({"topic": "orderbook.500.BTC", "type": "snapshot"})
    assert (
        refusal(lambda: source.book(REQUEST))
        == "'x.zip', line 1: this message is not like the others of its kind: it has no 'data'"
    )


def test_archive_with_several_files_is_refused():
    with zipfile.ZipFile("x.zip", "w") as archive:
        archive.writestr("a", "")
        archive.writestr("b", "")
    source = BybitArchive(BybitArchive.Options(path=Path("x.zip")))
    assert refusal(lambda: source.book(REQUEST)) == "'x.zip' holds 2 files; an archive of messages holds one"
