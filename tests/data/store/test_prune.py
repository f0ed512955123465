"""Pruning takes out what nobody needs, and what is left reads as before."""

from pathlib import Path

import pytest

from stored_rows import KEY, at, hours
from tradekit.data.store.dataset import DataSet
from tradekit.data.store.folder import Store
from tradekit.data.store.prune import prune
from tradekit.data.store.verify import verify


@pytest.fixture
def data_set(store: Store) -> DataSet:
    """Four revisions: January and February, a correction in February, March instead of January, a correction in March."""
    found = store.create(KEY)
    found.put(hours("2024-01-31T12:00", 24), "csv", "import", instrument={"tick": 0.5})
    found.put(hours("2024-02-01T01:00", 1, 500.0), "csv", "correction")
    with found.writing():
        found.stage(hours("2024-01-31", 0), at("2024-01-01"), at("2024-02-01"), "csv")
        found.stage(hours("2024-03-01", 4), at("2024-03-01"), at("2024-03-02"), "csv")
        found.commit("csv", "another month")
    found.put(hours("2024-03-01", 2, 900.0), "csv", "correction", instrument={"tick": 0.1})
    return found


def content(data_set: DataSet) -> dict[int, tuple[str, bytes, object]]:
    data_set.reload()
    found = {}
    for revision in data_set.manifest.revisions:
        closes = data_set.read(revision=revision.number).close.tobytes()
        found[revision.number] = (revision.content, closes, data_set.manifest.instrument(revision.number))
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.parquet"))


@pytest.mark.parametrize(
    ("keep", "named", "left", "held"),
    [
        (4, (), [1, 2, 3, 4], ()),
        (2, (), [3, 4], ()),
        (1, (), [4], ()),
        (1, (2,), [2, 4], (2,)),
        (1, (1, 3, 9), [1, 3, 4], (1, 3)),
        (9, (), [1, 2, 3, 4], ()),
        (None, (), [1, 2, 3, 4], ()),
    ],
)
def test_prune_what_is_left_reads_as_before(
    store: Store, data_set: DataSet, keep: int | None, named: tuple[int, ...], left: list[int], held: tuple[int, ...]
) -> None:
    before = content(data_set)
    covered = data_set.covered()
    done = prune(data_set, keep, named)
    assert content(data_set) == {number: before[number] for number in left}
    assert done.revisions == tuple(sorted(set(before) - set(left)))
    assert done.held == held
    assert data_set.covered() == covered
    (verified,) = verify(store)
    assert (verified.problems, verified.strays.left) == ((), ())


def test_prune_files_of_dropped_revisions_go(data_set: DataSet) -> None:
    assert names(data_set.folder) == [f"2024-{part}.parquet" for part in ("01.1", "02.1", "02.2", "03.3", "03.4")]
    done = prune(data_set, 1, ())
    assert names(data_set.folder) == ["2024-02.2.parquet", "2024-03.4.parquet"]
    assert [path.name for path in done.files] == ["2024-01.1.parquet", "2024-02.1.parquet", "2024-03.3.parquet"]
    assert done.size > 0


def test_prune_next_revision_has_a_new_number(data_set: DataSet) -> None:
    prune(data_set, 1, ())
    assert data_set.put(hours("2024-03-01", 1, 1.0), "csv", "correction") == 5


def test_prune_dry_says_the_same_and_changes_nothing(data_set: DataSet) -> None:
    before = {path: path.read_bytes() for path in data_set.folder.rglob("*") if path.is_file()}
    would = prune(data_set, 1, (), is_dry=True)
    assert {path: path.read_bytes() for path in data_set.folder.rglob("*") if path.is_file()} == before
    assert would == prune(data_set, 1, ())


def test_prune_left_behind_files_go_and_foreign_ones_stay(data_set: DataSet) -> None:
    (data_set.folder / "2024-09.9.parquet").write_text("x")
    (data_set.folder / "notes.txt").write_text("mine")
    done = prune(data_set, None, ())
    assert [path.name for path in done.files] == ["2024-09.9.parquet"]
    assert (data_set.folder / "notes.txt").exists()
    assert not (data_set.folder / "2024-09.9.parquet").exists()
