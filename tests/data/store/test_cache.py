"""The cache of a revision: the same rows, mapped; made when it pays, and never believed when it is not whole."""

from dataclasses import fields
from pathlib import Path

import pytest

from stored_rows import KEY, at, hours
from tradekit.data.store import dataset
from tradekit.data.store.dataset import DataSet
from tradekit.data.store.folder import Store


@pytest.fixture
def data_set(store: Store, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    monkeypatch.setattr(dataset, "_WORTH_CACHING", 100)
    found = store.create(KEY)
    found.put(hours("2024-01-01", 2000), "csv", "import")
    return found


def caches(data_set: DataSet) -> list[Path]:
    return sorted((data_set.folder / "cache").glob("*"))


def columns(series: object) -> list[bytes]:
    return [getattr(series, field.name).tobytes() for field in fields(series) if field.name not in ("origin", "stored")]


def test_read_caching_makes_a_cache_that_holds_the_same_rows(data_set: DataSet) -> None:
    parquet = data_set.read()
    assert caches(data_set) == []
    assert columns(data_set.read(caching=True)) == columns(parquet)
    assert [path.name for path in caches(data_set)] == [f"{data_set.manifest.content(1)}.columns"]
    for file in data_set.folder.glob("*.parquet"):
        file.unlink()
    again = data_set.read(caching=True)
    assert columns(again) == columns(parquet)
    assert again.stored == parquet.stored
    assert not again.close.flags.writeable


def test_read_range_out_of_a_cache_is_that_of_the_files(data_set: DataSet) -> None:
    start, end = at("2024-01-20T05:00"), at("2024-03-02")
    parquet = data_set.read(start, end)
    whole = data_set.read(caching=True)
    again = data_set.read(start, end, caching=True)
    assert columns(again) == columns(parquet)
    assert again.stored == parquet.stored
    assert again.stored.sha256 != whole.stored.sha256 == data_set.manifest.content(1)


def test_read_few_of_the_rows_makes_no_cache(data_set: DataSet) -> None:
    data_set.read(at("2024-01-01"), at("2024-01-02"), caching=True)
    assert caches(data_set) == []


def test_read_small_data_set_makes_no_cache(data_set: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "_WORTH_CACHING", 2001)
    data_set.read(caching=True)
    assert caches(data_set) == []


def test_read_huge_data_set_makes_no_cache(data_set: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "_MOST_CACHED", 1999)
    data_set.read(caching=True)
    assert caches(data_set) == []


@pytest.mark.parametrize("length", [0, 100])
def test_read_cache_that_is_too_short_is_passed_over(data_set: DataSet, length: int) -> None:
    parquet = data_set.read(caching=True)
    expected = columns(parquet)
    (path,) = caches(data_set)
    path.unlink()
    path.write_bytes(b"\0" * length)
    assert columns(data_set.read()) == expected
    assert columns(data_set.read(caching=True)) == expected
    assert path.stat().st_size == 2000 * 56


def test_read_cache_of_a_new_revision_takes_the_place_of_the_old(data_set: DataSet) -> None:
    data_set.read(caching=True)
    data_set.put(hours("2024-01-05", 1, 5.0), "csv", "correction")
    expected = columns(data_set.read())
    assert columns(data_set.read(caching=True)) == expected
    assert [path.name for path in caches(data_set)] == [f"{data_set.manifest.content(2)}.columns"]


def test_read_store_that_can_not_be_written_to_is_read_all_the_same(data_set: DataSet) -> None:
    (data_set.folder / "cache").write_text("in the way")
    assert len(data_set.read(caching=True)) == 2000
