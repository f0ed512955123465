"""What a run sees of a store."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from stored_rows import HOUR, KEY, at, hours, of_kind
from tradekit import DataError, Instrument, Series, StoreView, Trades
from tradekit.data.building import bars_of_trades
from tradekit.data.resample import resample
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.data.store.resampling import resample_stored
from tradekit.model.bars import BAR_COLUMNS, Threshold

SYMBOL = "BTC/USDT"
TRADES = DataKey("binance", SYMBOL, "trades")


def values(series: Series) -> list[list[float]]:
    return [getattr(series, name).tolist() for name in BAR_COLUMNS]


def trades(count: int = 200) -> Trades:
    time = at("2024-01-01") + np.arange(count) * HOUR // 4
    return Trades(time, 100.0 + np.sin(np.arange(count)), np.ones(count), "a test")


def test_bars_of_the_kept_length_are_those_that_are_kept(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 48), "csv", "import")
    view = StoreView(store.folder)
    found = view.bars(SYMBOL, HOUR, at("2024-01-01T05:00"), at("2024-01-02"))
    assert values(found) == values(hours("2024-01-01T05:00", 19, 105.0))
    assert (found.stored.data_set, found.stored.revision) == (str(KEY), 1)


def test_bars_of_a_longer_length_are_made_of_whole_windows_only(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 22), "csv", "import")
    found = StoreView(store.folder).bars(SYMBOL, 4 * HOUR)
    expected = resample(hours("2024-01-01", 20), 4 * HOUR)
    assert values(found) == values(expected)
    assert (found.stored.data_set, found.stored.sha256) == (str(KEY), "")
    assert found.origin == "made of binance bars 1h, revision 1, without 1 of which only a part is there"


def test_bars_of_a_longer_length_in_a_range_that_cuts_windows_are_those_that_open_in_it(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 48), "csv", "import")
    found = StoreView(store.folder).bars(SYMBOL, 4 * HOUR, at("2024-01-01T02:00"), at("2024-01-01T09:00"))
    expected = resample(hours("2024-01-01", 48), 4 * HOUR)
    assert values(found) == [column[1:3] for column in values(expected)]


def test_bars_are_made_of_the_coarsest_that_do(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 48), "csv", "import")
    two = replace(KEY, interval="2h")
    store.create(two).put(resample(hours("2024-01-01", 48), 2 * HOUR), "csv", "import")
    view = StoreView(store.folder)
    assert view.bars(SYMBOL, 4 * HOUR).stored.data_set == str(two)
    assert view.bars(SYMBOL, 3 * HOUR).stored.data_set == str(KEY)


def test_bars_without_others_are_made_of_trades(store: Store) -> None:
    store.create(TRADES).put(trades(), "csv", "import")
    view = StoreView(store.folder)
    whole = bars_of_trades(trades(), HOUR, until=int(trades().time[-1]))
    assert values(view.bars(SYMBOL, HOUR)) == values(whole)
    part = view.bars(SYMBOL, HOUR, at("2024-01-01T02:30"), at("2024-01-01T05:00"))
    assert values(part) == [column[3:5] for column in values(whole)]


def test_bars_of_a_threshold_are_counted_from_the_first_trade(store: Store) -> None:
    store.create(TRADES).put(trades(), "csv", "import")
    whole = bars_of_trades(trades(), "7 trades")
    start = int(whole.open_time[5])
    found = StoreView(store.folder).bars(SYMBOL, Threshold(7.0, "trades"), start)
    assert values(found) == [column[5:] for column in values(whole)]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_bar_that_the_last_trade_makes_full_has_ended(store: Store, count: int) -> None:
    few = Trades(at("2024-01-01") + HOUR * np.arange(6), np.arange(1.0, 7.0), np.ones(6))
    store.create(TRADES).put(few, "csv", "import")
    found = StoreView(store.folder).bars(SYMBOL, Threshold(float(count), "trades"))
    assert values(found) == values(bars_of_trades(few, f"{count} trades"))
    resampled = resample_stored(store, TRADES, f"{count} trades").bars
    assert len(found) == len(resampled) == 6 // count


def test_bars_on_a_calendar_are_made_within_its_sessions(store: Store) -> None:
    key = DataKey("nyse", "ACME", "bars", "30m")
    opened = np.concatenate([at(f"2024-01-{day:02}T14:30") + np.arange(13) * HOUR // 2 for day in (2, 3)])
    bars = Series(opened, opened + HOUR // 2, *(np.ones(26) for _ in range(5)))
    store.create(key).put(bars, "csv", "import", instrument={"calendar": "XNYS"})
    found = StoreView(store.folder).bars("ACME", HOUR)
    assert found.open_time[:7].tolist() == [at("2024-01-02T14:30") + HOUR * n for n in range(7)]
    assert found.close_time[6] == at("2024-01-02T21:00")
    assert StoreView(store.folder).instruments() == [Instrument("ACME", calendar="XNYS")]


def test_bars_of_revisions_and_times_are_those_of_then(tmp_path: Path) -> None:
    times = iter([datetime(2024, 6, day, tzinfo=UTC) for day in (1, 2, 3)])
    data_set = Store(tmp_path, lambda: next(times)).create(KEY)
    for price in (100.0, 200.0, 300.0):
        data_set.put(hours("2024-01-01", 2, price), "csv", "import", instrument={"tick": price})

    def seen(**how: object) -> tuple[float, float | None]:
        view = StoreView(tmp_path, **how)
        return view.bars(SYMBOL, HOUR).close[0], view.instruments()[0].tick

    assert seen() == (300.0, 300.0)
    assert seen(revisions={str(KEY): 1}) == (100.0, 100.0)
    assert seen(as_of=datetime(2024, 6, 2, 12, tzinfo=UTC)) == (200.0, 200.0)
    with pytest.raises(
        DataError, match=r"^as_of: nothing was in the store .* yet; its first revision was made at 2024-06-01T00:00:00Z$"
    ):
        seen(as_of=datetime(2024, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize("kind", ["trades", "quotes", "book", "funding", "actions"])
def test_rows_of_each_kind_are_those_that_are_kept(store: Store, kind: str) -> None:
    store.create(DataKey("binance", SYMBOL, kind)).put(of_kind(kind), "csv", "import")
    view = StoreView(store.folder)
    assert len(view.rows(SYMBOL, kind)) == 8
    assert len(view.rows(SYMBOL, kind, at("2024-02-01"))) == 4
    assert view.rows("ETH/USDT", kind) is None


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"venue": "binanc"}, r"has no venue 'binanc'; it has 'binance', 'kraken'; did you mean 'binance'\?$"),
        (
            {"revisions": {"binance BTC/USDT bars 2h": 1}},
            r"^revisions: the store .* has no 'binance BTC/USDT bars 2h'; it has 'binance .*'; did you mean",
        ),
        ({"revisions": {str(KEY): 9}, "venue": "binance"}, r"^there is no revision 9 of binance BTC/USDT bars 1h; it has 1$"),
        ({}, r"has 'BTC/USDT' of binance and kraken; say which: venue = 'binance'$"),
    ],
)
def test_view_that_can_not_be_is_refused(store: Store, how: dict, message: str) -> None:
    for venue in ("binance", "kraken"):
        store.create(replace(KEY, venue=venue)).put(hours("2024-01-01", 2), "csv", "import")
    with pytest.raises(DataError, match=message):
        StoreView(store.folder, **how).bars(SYMBOL, HOUR)


def test_bars_of_nothing_are_refused_with_what_there_is(store: Store) -> None:
    with pytest.raises(DataError, match=r"store' is empty; 'tradekit data import' puts data into it$"):
        StoreView(store.folder).bars(SYMBOL, HOUR)
    store.create(KEY).put(hours("2024-01-01", 2), "csv", "import")
    with pytest.raises(
        DataError, match=r"has no bars of 1m of 'BTC/USDT', and nothing to make them of; it has binance BTC/USDT bars 1h$"
    ):
        StoreView(store.folder).bars(SYMBOL, HOUR // 60)
    with pytest.raises(DataError, match=r"of 'BTC/USD', and nothing to make them of; it has BTC/USDT; did you mean 'BTC/USDT'\?$"):
        StoreView(store.folder).bars("BTC/USD", HOUR)


def test_bars_that_the_data_begin_within_are_left_out_unless_more_was_asked_for(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01T02:00", 9), "csv", "import")
    whole = [at("2024-01-01T04:00")]
    found = StoreView(store.folder).bars(SYMBOL, 4 * HOUR)
    assert found.open_time.tolist() == whole
    assert found.origin == "made of binance bars 1h, revision 1, without 2 of which only a part is there"
    assert (
        StoreView(store.folder).bars(SYMBOL, 4 * HOUR, whole[0], at("2024-01-01T08:00")).origin
        == "made of binance bars 1h, revision 1"
    )
    with data_set.writing():  # a venue that has nothing before and after
        data_set.stage(hours("2024-01-01", 0), at("2024-01-01"), at("2024-01-01T02:00"), "venue")
        data_set.stage(hours("2024-01-01", 0), at("2024-01-01T11:00"), at("2024-01-01T12:00"), "venue")
        data_set.commit("venue", "fetched")
    assert StoreView(store.folder).bars(SYMBOL, 4 * HOUR).open_time.tolist() == [at("2024-01-01"), *whole, at("2024-01-01T08:00")]
    data_set.put(hours("2024-01-01T05:00", 1, 500.0), "csv", "correction")
    old = StoreView(store.folder, revisions={str(KEY): 1}).bars(SYMBOL, 4 * HOUR)
    assert old.open_time.tolist() == whole  # what was asked for by then is not known any more


def test_bars_of_trades_that_the_data_begin_within_are_left_out(store: Store) -> None:
    late = trades(100)
    late = Trades(late.time + HOUR // 2, late.price, late.size, "a test")
    store.create(TRADES).put(late, "csv", "import")
    found = StoreView(store.folder).bars(SYMBOL, HOUR)
    assert (found.open_time[0], len(found)) == (at("2024-01-01T01:00"), 24)
    assert found.origin.endswith("without 2 of which only a part is there")
