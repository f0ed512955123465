"""A store: which data sets there are, and where."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stored_rows import HOUR, KEY, hours, of_kind
from tradekit import DataError
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey, file_safe, key_of
from tradekit.data.store.view import StoreView


def test_keys_store_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert Store(tmp_path / "none").keys() == []


def test_keys_are_those_that_something_was_kept_in(store: Store) -> None:
    keys = [DataKey("kraken", "XBT/EUR", "trades"), KEY, DataKey("binance", "BTC/USDT:USDT", "bars", "1000 trades")]
    for key in keys:
        store.create(key).put(of_kind(key.kind), "csv", "import")
    assert store.keys() == sorted(keys)
    assert store.keys("binance") == sorted(keys[1:])
    assert store.keys("binance", "BTC/USDT") == [KEY]
    assert (store.folder / "binance" / "BTC_USDT%3AUSDT" / "bars-1000%20trades" / "manifest.json").exists()


def test_create_again_changes_nothing(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 2), "csv", "import")
    assert store.create(KEY).revision == 1


def test_data_set_without_a_revision_is_not_there_for_a_reader(store: Store) -> None:
    other = DataKey("kraken", "BTC/USDT", "bars", "1h")
    store.create(KEY).put(hours("2024-01-01", 2), "csv", "import")
    begun = store.create(other)
    begun.stage(hours("2024-01-01", 0), 0, HOUR, "venue")
    begun.commit("venue", "nothing was there")
    assert (store.keys(), store.remnants()) == ([KEY], [other])
    assert store.find(["BTC/USDT"]) == KEY
    assert len(StoreView(store.folder).bars("BTC/USDT", HOUR)) == 2
    with pytest.raises(DataError, match=r"has no kraken BTC/USDT bars 1h; it keeps binance BTC/USDT bars 1h"):
        store.open(other)
    assert store.create(other).covered() == [(0, HOUR)]


def test_create_makes_nothing_until_something_is_kept(store: Store) -> None:
    data_set = store.create(KEY)
    with pytest.raises(DataError, match="closes before it opens"):
        data_set.put(replace(hours("2024-01-01", 2), close_time=np.zeros(2, np.int64)), "csv", "import")
    assert not store.folder.exists()


def test_open_unknown_key_names_the_nearest(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 2), "csv", "import")
    with pytest.raises(
        DataError, match=r"has no binance BTC/USD bars 1h; it keeps binance BTC/USDT bars 1h; did you mean 'binance BTC"
    ):
        store.open(DataKey("binance", "BTC/USD", "bars", "1h"))


def test_open_in_empty_store_says_so(store: Store) -> None:
    with pytest.raises(DataError, match=r"store' has no binance BTC/USDT bars 1h; it is empty$"):
        store.open(KEY)


def test_open_folder_of_another_key_is_refused(store: Store) -> None:
    store.create(KEY).put(hours("2024-01-01", 2), "csv", "import")
    other = DataKey("binance", "ETH/USDT", "bars", "1h")
    (store.folder / other.folder).parent.mkdir()
    (store.folder / KEY.folder).rename(store.folder / other.folder)
    with pytest.raises(
        DataError, match=r"is the folder of binance BTC/USDT bars 1h, and binance ETH/USDT bars 1h can't have the same"
    ):
        store.open(other)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"manifest.json' is damaged: expecting property name"),
        ("[]", r"manifest.json' is damaged: : input should be a valid dictionary"),
        ('{"format": 9}', r"manifest.json' has format 9, and this version of tradekit reads 1$"),
        ('{"format": 1, "venue": "x", "symbol": "y"}', r"manifest.json' is damaged: kind: field required$"),
    ],
)
def test_open_damaged_manifest_is_refused(store: Store, content: str, message: str) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 2), "csv", "import")
    (data_set.folder / "manifest.json").write_text(content)
    with pytest.raises(DataError, match=message):
        store.open(KEY)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("v", "s", "bar", "1h"), r"^there is no kind of data 'bar'; allowed: 'bars', .*; did you mean 'bars'\?$"),
        (("", "s", "trades"), r"^a data set needs a venue, and '' is none$"),
        (("v", " ", "trades"), r"^a data set needs a symbol, and ' ' is none$"),
        (("v", "s", "bars"), r"^bars need an interval, such as '1h'; got ''$"),
        (("v", "s", "trades", "1h"), r"^trades have no interval; got '1h'$"),
    ],
)
def test_key_that_can_not_be_is_refused(parts: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        DataKey(*parts)


@given(st.text(min_size=1).filter(lambda text: text.strip()), st.text(min_size=1).filter(lambda text: text.strip()))
def test_key_of_folder_is_the_key_whatever_its_symbol(venue: str, symbol: str) -> None:
    key = DataKey(venue, symbol, "bars", "50 volume")
    assert key_of(key.folder) == key
    assert len(key.folder.parts) == 3


@pytest.mark.parametrize("text", ["CON", "nul.x", "a.", ".", "..", "a b", "A_B/C", "~x", 'a"b', "a*?", "Ünï", "a\\b"])
def test_file_safe_name_makes_no_trouble(text: str) -> None:
    name = file_safe(text)
    assert name.isascii()
    assert not set(name) & set('/\\:*?"<>| ')
    assert name[0] != "."
    assert name[-1] not in ". "
    assert name.partition(".")[0].upper() not in {"CON", "NUL"}


def test_key_of_other_folder_is_refused() -> None:
    for folder in (Path("a"), Path("a/b/trades-1h"), Path("a/b%2Fc/trades"), Path("a/b/nothing")):
        with pytest.raises(DataError, match=r"is not the folder of a data set|no kind of data|have no interval"):
            key_of(folder)
