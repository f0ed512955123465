"""A data set: what is put is what is read, in revisions of which none changes."""

from dataclasses import fields, replace

import numpy as np
import pytest

from stored_rows import HOUR, KEY, at, hours, of_kind
from tradekit import DataError, FundingRates, Series
from tradekit.data.months import content_hash
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.data.store.kinds import LAYOUTS

KINDS = list(LAYOUTS)


def same(first: object, second: object) -> bool:
    """Say whether two rows of data are equal in each column, byte for byte."""
    names = [field.name for field in fields(first) if field.name not in ("origin", "stored")]
    return all(getattr(first, name).tobytes() == getattr(second, name).tobytes() for name in names)


@pytest.mark.parametrize("kind", KINDS)
def test_put_rows_of_each_kind_are_read_back_byte_for_byte(store: Store, kind: str) -> None:
    key = DataKey("binance", "BTC/USDT", kind, "1h" if kind == "bars" else "")
    data = of_kind(kind)
    assert store.create(key).put(data, "test", "import") == 1
    read = store.open(key).read()
    assert type(read) is type(data)
    assert same(read, data)
    assert read.origin == f"binance {kind}{' 1h' if kind == 'bars' else ''}, revision 1"
    assert read.stored.data_set == str(key)


@pytest.mark.parametrize("kind", KINDS)
def test_put_content_hash_is_that_of_the_columns_whatever_the_file(store: Store, kind: str) -> None:
    key = DataKey("binance", "BTC/USDT", kind, "1h" if kind == "bars" else "")
    data = of_kind(kind)
    data_set = store.create(key)
    data_set.put(data, "test", "import")
    columns = LAYOUTS[kind].columns_of(data)
    whole = content_hash(columns[LAYOUTS[kind].time], list(columns.values()))
    assert data_set.manifest.revisions[-1].content == whole


def test_put_rows_of_two_months_make_two_parts(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-31T20:00", 8), "csv", "import")
    assert sorted(path.name for path in data_set.folder.glob("*.parquet")) == ["2024-01.1.parquet", "2024-02.1.parquet"]
    revision = data_set.manifest.revisions[0]
    assert (revision.number, revision.source, revision.why, revision.made_at) == (1, "csv", "import", "2024-06-01T12:00:00Z")


def test_put_equal_rows_makes_no_new_revision(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 8), "csv", "import")
    assert data_set.put(hours("2024-01-01", 8), "csv", "again") == 1
    assert data_set.put(hours("2024-01-01T02:00", 2, 102.0), "csv", "a piece") == 1
    assert len(data_set.manifest.revisions) == 1


def test_put_correction_is_a_new_revision_and_the_old_one_is_read_as_it_was(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-31T20:00", 8), "csv", "import")
    before = {path.name: path.read_bytes() for path in data_set.folder.glob("*.parquet")}
    assert data_set.put(hours("2024-02-01T01:00", 1, 500.0), "csv", "a wrong price") == 2
    assert [part.file for part in data_set.manifest.parts(2).values()] == ["2024-01.1.parquet", "2024-02.2.parquet"]
    assert same(data_set.read(revision=1), hours("2024-01-31T20:00", 8))
    assert data_set.read().close.tolist() == [100, 101, 102, 103, 104, 500, 106, 107]
    assert {name: (data_set.folder / name).read_bytes() for name in before} == before


def test_put_range_without_rows_takes_away_what_was_there(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-31T20:00", 8), "csv", "import")
    none = replace(hours("2024-01-01", 1), **{name: getattr(hours("2024-01-01", 0), name) for name in LAYOUTS["bars"].columns})
    assert data_set.put(none, "csv", "never traded", at("2024-02-01"), at("2024-02-02")) == 2
    assert list(data_set.manifest.parts(2)) == ["2024-01"]
    assert len(data_set.read()) == 4
    assert len(data_set.read(revision=1)) == 8


def test_put_months_out_of_order_are_read_in_order(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-02-01", 2), "csv", "import")
    data_set.put(hours("2023-12-31T22:00", 2), "csv", "import")
    assert (np.diff(data_set.read().open_time) > 0).all()
    assert len(data_set.read()) == 4


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (None, None, 8),
        ("2024-01-31T20:00", "2024-01-31T20:00:00.000000001", 1),
        ("2024-01-31T20:00:00.000000001", None, 7),
        (None, "2024-02-01", 4),
        ("2024-02-01", "2024-03-01", 4),
        ("2025-01-01", None, 0),
    ],
)
def test_read_range_is_half_open(store: Store, start: str | None, end: str | None, count: int) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-31T20:00", 8), "csv", "import")
    assert len(data_set.read(start and at(start), end and at(end))) == count


def test_read_data_set_without_revision_is_empty(store: Store) -> None:
    data_set = store.create(KEY)
    assert (data_set.revision, len(data_set.read())) == (0, 0)


def test_read_revision_that_is_not_there_is_refused(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 2), "csv", "import")
    with pytest.raises(DataError, match=r"^there is no revision 7 of binance BTC/USDT bars 1h; it has 1$"):
        data_set.read(revision=7)


def test_read_changed_file_is_refused(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 2), "csv", "import")
    file = data_set.folder / "2024-01.1.parquet"
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    with pytest.raises(
        DataError, match=r"2024-01\.1\.parquet' is not what was written: its SHA-256 is another than in the manifest"
    ):
        data_set.read()
    file.unlink()
    with pytest.raises(DataError, match=r"2024-01\.1\.parquet' can't be read: no such file or directory$"):
        data_set.read()


def test_put_bars_that_come_after_later_ones_are_refused(store: Store) -> None:
    bars = hours("2024-01-01", 3)
    backward = replace(bars, **{name: getattr(bars, name)[::-1] for name in LAYOUTS["bars"].columns})
    with pytest.raises(
        DataError, match=r"bars are kept in order of time, each time once, and bar 2, .*T01.* comes after a later one$"
    ):
        store.create(KEY).put(backward, "csv", "import")


def test_put_bars_with_a_time_twice_are_refused(store: Store) -> None:
    bars = hours("2024-01-01", 2)
    twice = replace(bars, open_time=bars.open_time[:1].repeat(2))
    with pytest.raises(DataError, match=r"and bar 2, 2024-01-01T00.* has the time of the one before$"):
        store.create(KEY).put(twice, "csv", "import")


def test_put_bars_that_close_before_they_open_are_refused(store: Store) -> None:
    bars = hours("2024-01-01", 2)
    with pytest.raises(DataError, match=r"^bar 1, 2024-01-01T00.*, closes before it opens$"):
        store.create(KEY).put(replace(bars, close_time=bars.open_time), "csv", "import")


def test_put_prices_that_are_missing_are_kept_as_they_are(store: Store) -> None:
    bars = hours("2024-01-01", 3)
    bars.close[1] = np.nan
    data_set = store.create(KEY)
    data_set.put(bars, "csv", "import")
    assert same(data_set.read(), bars)


def test_put_other_kind_is_refused(store: Store) -> None:
    with pytest.raises(DataError, match=r"^bars are held by Series, and this is FundingRates$"):
        store.create(KEY).put(
            FundingRates(*(np.zeros(0) for _ in range(0)), *(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))), "a", "b"
        )


def test_put_columns_of_other_type_or_length_are_refused(store: Store) -> None:
    bars = hours("2024-01-01", 2)
    with pytest.raises(DataError, match=r"^open_time of bars is float64 of shape \(2,\); expected int64 \[time\]$"):
        store.create(KEY).put(replace(bars, open_time=bars.open_time.astype(float)), "csv", "import")
    with pytest.raises(DataError, match=r"^the columns of bars differ in length: open_time 2, .*volume 1$"):
        store.create(KEY).put(replace(bars, volume=bars.volume[:1]), "csv", "import")


def test_put_nothing_without_a_range_is_refused(store: Store) -> None:
    none = Series(*(np.zeros(0, np.int64) for _ in range(2)), *(np.zeros(0) for _ in range(5)))
    with pytest.raises(DataError, match=r"^there are no bars to put into binance BTC/USDT bars 1h; say which range is empty$"):
        store.create(KEY).put(none, "csv", "import")


def test_stage_pages_are_covered_and_in_no_revision_until_they_are_committed(store: Store) -> None:
    data_set = store.create(KEY)
    start, end = at("2024-01-31"), at("2024-02-02")
    data_set.stage(hours("2024-01-31", 24), start, start + 24 * HOUR, "venue")
    assert data_set.covered() == [(start, start + 24 * HOUR)]
    assert data_set.missing(start, end) == [(start + 24 * HOUR, end)]
    assert len(store.create(KEY).read()) == 0
    assert (store.keys(), store.remnants()) == ([], [KEY])
    data_set.stage(hours("2024-02-01", 20), start + 24 * HOUR, end, "venue")
    assert data_set.commit("venue", "fetch") == 1
    again = store.open(KEY)
    assert (again.missing(start, end), len(again.read()), again.revision) == ([], 44, 1)
    assert not list((data_set.folder / "staged").iterdir())


def test_stage_later_page_overrules_an_earlier_one(store: Store) -> None:
    data_set = store.create(KEY)
    start = at("2024-01-01")
    data_set.stage(hours("2024-01-01", 10), start, start + 10 * HOUR, "venue")
    data_set.stage(hours("2024-01-01T02:00", 1, 500.0), start + 2 * HOUR, start + 4 * HOUR, "venue")
    data_set.stage(hours("2024-01-01T03:00", 1, 600.0), start + 3 * HOUR, start + 5 * HOUR, "venue")
    data_set.commit("venue", "fetch")
    assert data_set.read().close.tolist() == [100, 101, 500, 600, 105, 106, 107, 108, 109]


def test_stage_empty_answer_is_covered(store: Store) -> None:
    data_set = store.create(KEY)
    start, end = at("2023-01-01"), at("2023-03-01")
    data_set.stage(hours("2024-01-01", 0), start, end, "venue")
    assert data_set.commit("venue", "fetch") == 0
    assert store.create(KEY).covered() == [(start, end)]


def test_stage_row_outside_of_its_range_is_refused(store: Store) -> None:
    with pytest.raises(DataError, match=r"^rows from 2024-01-01T00:00:00Z to 2024-01-01T01:00:00Z are not in the range from"):
        store.create(KEY).stage(hours("2024-01-01", 2), at("2024-01-01"), at("2024-01-01T01:00"), "venue")


def test_stage_range_that_ends_before_it_begins_is_refused(store: Store) -> None:
    with pytest.raises(DataError, match=r"^a range ends after it begins, and this is from 2024-01-02T00:00:00Z to 2024-01-01"):
        store.create(KEY).stage(hours("2024-01-01", 0), at("2024-01-02"), at("2024-01-01"), "venue")


def test_commit_nothing_staged_makes_no_revision(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 2), "csv", "import")
    before = data_set.manifest
    assert data_set.commit("venue", "fetch") == 1
    assert store.open(KEY).manifest == before


def test_put_commits_staged_pages_first(store: Store) -> None:
    data_set = store.create(KEY)
    start = at("2024-01-01")
    data_set.stage(hours("2024-01-01", 3), start, start + 3 * HOUR, "venue")
    data_set.put(hours("2024-01-01T01:00", 1, 500.0), "csv", "correction")
    assert data_set.commit("venue", "fetch") == 2
    assert data_set.read().close.tolist() == [100, 500, 102]


def test_commit_facts_of_instrument_are_those_of_their_revision(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 2), "csv", "import", instrument={"tick": 0.1})
    assert data_set.put(hours("2024-01-01", 2), "csv", "again", instrument={"tick": 0.1}) == 1
    assert data_set.put(hours("2024-01-01", 2), "csv", "a new tick", instrument={"tick": 0.01}) == 2
    assert [data_set.manifest.instrument(number) for number in (1, 2)] == [{"tick": 0.1}, {"tick": 0.01}]


def test_writing_second_writer_is_refused_and_reading_goes_on(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.put(hours("2024-01-01", 2), "csv", "import")
    other = store.open(KEY)
    with data_set.writing():
        with pytest.raises(DataError, match=r"^process [0-9]+ is writing to binance BTC/USDT bars 1h in .*; wait until it is done"):
            other.put(hours("2024-01-01", 1), "csv", "import")
        assert len(other.read()) == 2
    assert other.put(hours("2024-01-01", 1, 7.0), "csv", "import") == 2


def test_writing_sees_what_others_wrote_meanwhile(store: Store) -> None:
    first, second = store.create(KEY), store.create(KEY)
    first.put(hours("2024-01-01", 2), "csv", "import")
    assert second.put(hours("2024-01-02", 2), "csv", "import") == 2
    assert len(second.read()) == 4
    first.reload()
    assert first.revision == 2
