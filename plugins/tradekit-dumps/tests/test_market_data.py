"""The real recordings: what is read from them agrees with what the exchanges said themselves."""

import gzip
import json
import os
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tradekit_dumps.binance import BinanceRecording
from tradekit_dumps.bybit import BybitArchive
from tradekit_dumps.databento import Databento
from tradekit_dumps.hyperliquid import HyperliquidRecording

from tradekit import BarRequest, BookUpdates, Context, Depth, Strategy, bars_of_trades
from tradekit.testing import Lab

MINUTE = 60_000_000_000


@pytest.fixture(scope="module")
def folder() -> Path:
    found = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not found:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    return Path(found) / "orderbook"


def source(kind, path, **options):
    return kind(kind.Options.model_validate({"path": path, **options}))


def request(*symbols, interval=0):
    return BarRequest(symbols, interval)


def tops(book: BookUpdates):
    """Give after each update its number, whether it was a whole book, and the best bid and ask with their sizes."""
    sides, best = {1: {}, -1: {}}, {}
    starts = np.flatnonzero(np.diff(book.time, prepend=-1) | np.diff(book.sequence, prepend=-1))
    ends = [*starts[1:].tolist(), len(book)]
    rows = list(zip(book.side.tolist(), book.price.tolist(), book.size.tolist(), strict=True))
    for start, end in zip(starts.tolist(), ends, strict=True):
        if book.is_snapshot[start]:
            sides, best = {1: {}, -1: {}}, {}
        for side, price, size in rows[start:end]:
            levels = sides[side]
            if size:
                levels[price] = size
                best[side] = max(best.get(side, price), price) if side > 0 else min(best.get(side, price), price)
            elif levels.pop(price, None) and best[side] == price:
                best[side] = side * max(side * other for other in levels)
        yield int(book.sequence[start]), bool(book.is_snapshot[start]), (best[1], sides[1][best[1]], best[-1], sides[-1][best[-1]])


def said(path: Path):
    """Return what the exchange said of the top of its book, by the number of the update."""
    found = {}
    for line in gzip.decompress(path.read_bytes()).splitlines():
        data = json.loads(line.split(b" ", 1)[1]).get("data", {})
        if data.get("e", "bookTicker") == "bookTicker" and "B" in data:
            found[data["u"]] = tuple(float(data[name]) for name in ("b", "B", "a", "A"))
    return found


@pytest.mark.parametrize(("name", "alike"), [("usdm", 629), ("spot", 564)])
def test_rebuilt_book_never_crosses_and_its_top_is_what_the_exchange_said(folder, name, alike):
    path = folder / f"{name}_btcusdt_20240808.gz"
    book = source(BinanceRecording, path).book(request("BTCUSDT"))["BTCUSDT"]
    told, seen, last = said(path), 0, None
    for number, is_snapshot, top in tops(book):
        assert top[0] < top[2]
        assert is_snapshot == (last is None)
        if number in told:
            assert top == told[number]
            seen += 1
        last = top
    assert seen == alike
    end = told[max(told)]
    assert (last[0], last[2]) == (end[0], end[2])


class Watching(Strategy):
    """Write down the top of the book after each update."""

    name = "watching"
    seen: ClassVar[list[tuple[float, ...]]] = []

    def on_book(self, ctx: Context, depth: Depth) -> None:
        self.seen.append((depth.bid, depth.bid_size, depth.ask, depth.ask_size))


@pytest.mark.parametrize(("name", "alike"), [("usdm", 620), ("spot", 560)])
def test_run_on_a_recorded_book_sees_at_each_update_what_the_exchange_said(folder, tmp_path, name, alike):
    path = folder / f"{name}_btcusdt_20240808.gz"
    recording = source(BinanceRecording, path)
    asked = request("BTCUSDT")
    trades, book = recording.trades(asked), recording.book(asked)
    lab = Lab(tmp_path, {"BTCUSDT": bars_of_trades(trades["BTCUSDT"], "10s")})
    lab.known |= {"trades": trades, "book": book}
    Watching.seen.clear()
    result = lab.run(Watching, "data.ticks = ['trades', 'book']").result
    watched, plain, told = Watching.seen, list(tops(book["BTCUSDT"])), said(path)
    # What came before the first bar is one snapshot of the book; after the last nothing is seen.
    first = next(k for k in range(len(plain)) if plain[k : k + 50] == [(*plain[k + n][:2], watched[n + 1]) for n in range(50)])
    assert first < 20
    expected = plain[first : first + len(watched) - 1]
    assert watched[1:] == [top for _, _, top in expected]
    assert all(bid < ask for bid, _, ask, _ in watched)
    both = [(top, told[number]) for number, _, top in expected if number in told]
    assert len(both) >= alike
    assert all(top == of_venue for top, of_venue in both)
    assert result.data[0]["ticks"]["book"]["rows"] <= len(book["BTCUSDT"])


@pytest.mark.parametrize("clock", ["arrival", "exchange"])
def test_trades_of_a_recording_are_numbered_without_a_jump_and_in_order(folder, clock):
    for name, count in (("usdm", 21313), ("spot", 9757)):
        recording = source(BinanceRecording, folder / f"{name}_btcusdt_20240808.gz", clock=clock)
        trades = recording.trades(request("BTCUSDT"))["BTCUSDT"]
        assert len(trades) == count
        assert (np.diff(trades.number) == 1).all()
        assert set(trades.side.tolist()) == {1, -1}
        assert [one.symbol for one in recording.instruments()] == ["BTCUSDT"]


def test_quotes_of_a_recording_do_not_cross(folder):
    quotes = source(BinanceRecording, folder / "usdm_btcusdt_20240808.gz", clock="exchange").quotes(request("BTCUSDT"))["BTCUSDT"]
    assert len(quotes) == 66089
    assert (quotes.bid < quotes.ask).all()
    assert str(quotes.time[-1].astype("M8[ns]"))[:16] == "2024-08-09T00:00"


@pytest.mark.parametrize("clock", ["arrival", "exchange"])
def test_books_of_hyperliquid_are_whole_and_do_not_cross(folder, clock):
    recording = source(HyperliquidRecording, folder / "hyperliquid_btc_20250126.gz", clock=clock)
    found = list(tops(recording.book(request("BTC"))["BTC"]))
    assert len(found) == 46
    assert all(is_snapshot and top[0] < top[2] for _, is_snapshot, top in found)


def test_trades_of_hyperliquid_have_times_that_the_archive_says(folder):
    trades = source(HyperliquidRecording, folder / "hyperliquid_btc_20250126.gz").trades(request("BTC"))["BTC"]
    assert (len(trades), set(trades.side.tolist())) == (64, {1, -1})
    assert abs(trades.price - 105_060).max() < 100


@pytest.mark.parametrize("clock", ["arrival", "exchange"])
def test_book_of_bybit_is_a_snapshot_and_its_changes(folder, clock):
    book = source(BybitArchive, folder / "bybit_xrpusdt_ob500.data.zip", clock=clock).book(request("XRPUSDT"))["XRPUSDT"]
    found = list(tops(book))
    assert [is_snapshot for _, is_snapshot, _ in found] == [True] + [False] * 49
    assert np.diff([number for number, _, _ in found]).tolist() == [1] * 49
    assert all(top[0] < top[2] for _, _, top in found)


def test_bars_of_databento_are_minutes_of_two_futures_with_their_facts(folder):
    data = folder / "databento"
    bars = source(Databento, data / "futures_ohlcv*.dbn.zst", definitions=data / "futures_definition.dbn.zst")
    found = bars.bars(request("ESU4", "NQU4", interval=MINUTE))
    assert [len(found[name]) for name in ("ESU4", "NQU4")] == [30, 30]
    assert (np.diff(found["ESU4"].open_time) == MINUTE).all()
    facts = {one.symbol: (one.tick, one.multiplier, one.currency, one.kind) for one in bars.instruments()}
    assert facts == {"ESU4": (0.25, 50.0, "USD", "future"), "NQU4": (0.25, 20.0, "USD", "future")}


def test_trades_of_databento_are_the_same_in_three_files(folder):
    data = folder / "databento"
    single, with_quotes = (
        source(Databento, data / name).trades(request("ESU4"))["ESU4"]
        for name in (
            "futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst",
            "futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst",
        )
    )
    for column in ("time", "price", "size", "side"):
        assert getattr(single, column).tolist() == getattr(with_quotes, column).tolist()


def test_trades_of_databento_lie_at_the_quotes_before_them(folder):
    data = source(Databento, folder / "databento" / "futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst")
    quotes, trades = (getattr(data, kind)(request("ESU4"))["ESU4"] for kind in ("quotes", "trades"))
    assert (quotes.bid < quotes.ask).all()
    before = np.searchsorted(quotes.time, trades.time) - 1
    known = before >= 0
    touched = np.where(trades.side > 0, quotes.ask[before], quotes.bid[before])
    assert (touched == trades.price)[known].mean() > 0.9


def test_orders_of_databento_add_up_to_a_book_that_does_not_cross(folder):
    path = folder / "databento" / "orderbooks_mbo_2024-05-08T00-00-00_2024-05-08T00-00-02.dbn.zst"
    book = source(Databento, path).book(request("ESM4"))["ESM4"]
    found = list(tops(book))
    assert [is_snapshot for _, is_snapshot, _ in found].count(True) == 1
    assert found[0][1]
    assert all(top[0] < top[2] for _, _, top in found)
    assert str(book.origin) == str(path)
