"""A store verifies when it is what was written, and says what is not."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stored_rows import HOUR, KEY, at, hours
from tradekit.data.arrays import digest
from tradekit.data.store import dataset
from tradekit.data.store.dataset import DataSet
from tradekit.data.store.folder import Store
from tradekit.data.store.manifest import Manifest
from tradekit.data.store.parts import encode
from tradekit.data.store.strays import outside
from tradekit.data.store.verify import Verified, verify
from tradekit.model.bars import BAR_COLUMNS


@pytest.fixture
def data_set(store: Store, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    monkeypatch.setattr(dataset, "_WORTH_CACHING", 10)
    found = store.create(KEY)
    found.put(hours("2024-01-31T12:00", 24), "csv", "import")
    found.put(hours("2024-02-01T01:00", 1, 500.0), "csv", "correction")
    found.stage(hours("2024-03-01", 2), at("2024-03-01"), at("2024-03-02"), "venue")
    found.read(caching=True)
    return found


def only(store: Store) -> Verified:
    (found,) = verify(store)
    return found


def test_verify_store_as_it_was_written_has_no_problems(store: Store, data_set: DataSet) -> None:
    found = only(store)
    assert (found.name, found.revisions, found.files, found.rows) == (str(KEY), 2, 3, 24)
    assert (found.problems, found.strays.left, found.strays.foreign) == ((), (), ())


def edited(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return edit


def flip(name: str, at_byte: int) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        (path,) = folder.glob(name)
        content = bytearray(path.read_bytes())
        content[at_byte] ^= 1
        path.write_bytes(content)

    return edit


def halve(name: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        (path,) = folder.glob(name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return edit


def rewritten(change: Callable[[dict], None]) -> Callable[[Path], None]:
    """Replace the rows of a part and all that the manifest says about its file, as a faulty writer might."""

    def edit(folder: Path) -> None:
        bars = hours("2024-01-31T12:00", 12)
        columns = {name: getattr(bars, name).copy() for name in BAR_COLUMNS}
        change(columns)
        content = encode(columns)
        (folder / "2024-01.1.parquet").write_bytes(content)

        def told(manifest: dict) -> None:
            part = manifest["revisions"][0]["months"]["2024-01"]
            part |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}

        edited(told)(folder)

    return edit


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (flip("2024-01.1.parquet", 30), r"2024-01.1.parquet' is not what was written: its SHA-256 is another"),
        (lambda folder: (folder / "2024-02.1.parquet").unlink(), r"2024-02.1.parquet' can't be read: no such file"),
        (lambda folder: (folder / "2024-02.2.parquet").write_bytes(b"x"), r"2024-02.2.parquet' is not what was written"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"manifest.json' is damaged"),
        (flip("cache/*.columns", 300), r"^the cache of revision 2 is not what was written; remove the folder '.*cache'$"),
        (halve("staged/*.parquet"), r"staged/00000001.*parquet' can't be read"),
        (edited(lambda m: m.update(symbol="ETH/USDT")), r"^the manifest is that of binance ETH/USDT bars 1h$"),
        (edited(lambda m: m["revisions"].reverse()), r"^the revisions are numbered 2, 1, which is not ascending from 1"),
        (edited(lambda m: m["revisions"][0].update(number=0)), r"^the revisions are numbered 0, 2, which is not ascending"),
        (edited(lambda m: m.update(covered=[[5, 9], [1, 6]])), r"^the ranges that are covered are not in order, or overlap$"),
        (edited(lambda m: m["revisions"][1]["months"].clear()), r"^the content hash of revision 2 is not that of its months$"),
        (
            edited(lambda m: m["revisions"][1]["months"]["2024-02"].update(file="2024-02.1.parquet")),
            r"^the file '2024-02.1.parquet' is in the manifest twice$",
        ),
        (
            edited(lambda m: m["revisions"][0]["months"]["2024-01"].update(rows=11)),
            r"^2024-01.1.parquet has 12 rows, and .* says 11$",
        ),
        (
            edited(lambda m: m["revisions"][0]["months"]["2024-01"].update(first=1)),
            r"^2024-01.1.parquet begins or ends at another time",
        ),
        (rewritten(lambda c: c["close"].__setitem__(3, 7.0)), r"^the rows of 2024-01.1.parquet don't have the content hash"),
        (
            rewritten(lambda c: c["open_time"].__setitem__(3, c["open_time"][2])),
            r"^2024-01.1.parquet: bars are kept in order of time",
        ),
        (
            rewritten(lambda c: [c.update({n: v[:-1]}) for n, v in list(c.items())]),
            r"^2024-01.1.parquet has 11 rows, and .* says 12$",
        ),
    ],
)
def test_verify_damage_is_found(store: Store, data_set: DataSet, damage: Callable[[Path], None], problem: str) -> None:
    damage(data_set.folder)
    problems = only(store).problems
    assert any(re.search(problem, text) for text in problems), problems


def test_verify_rows_of_another_month_are_found(store: Store, data_set: DataSet) -> None:
    def moved(manifest: dict) -> None:
        first = manifest["revisions"][0]["months"]
        first["2023-12"] = first.pop("2024-01")
        found = Manifest.model_validate(manifest)
        for revision in manifest["revisions"]:
            revision["content"] = found.content(revision["number"])

    edited(moved)(data_set.folder)
    assert only(store).problems == ("2024-01.1.parquet has rows outside of its month, 2023-12",)


def test_verify_folder_that_no_key_has_is_a_problem(store: Store, data_set: DataSet) -> None:
    data_set.folder.rename(data_set.folder.with_name("bars-1h x"))
    assert "is not the folder of a data set" in only(store).problems[0]


def test_verify_what_a_dying_writer_left_is_told_and_no_problem(store: Store, data_set: DataSet) -> None:
    for name in ("manifest.json.1a2b3c4d.part", "2024-02.3.parquet", "cache/0.columns"):
        (data_set.folder / name).write_text("x")
    (data_set.folder / "notes.txt").write_text("mine")
    (store.folder / "README").write_text("mine")
    (store.folder / "half.part").write_text("x")
    found = only(store)
    assert found.problems == ()
    names = [path.relative_to(data_set.folder).as_posix() for path in found.strays.left]
    assert names == ["2024-02.3.parquet", "cache/0.columns", "manifest.json.1a2b3c4d.part"]
    assert [path.name for path in found.strays.foreign] == ["notes.txt"]
    assert [path.name for path in outside(store.folder).left] == ["half.part"]
    assert [path.name for path in outside(store.folder).foreign] == ["README"]


def test_verify_staged_page_with_rows_outside_of_its_range_is_found(store: Store, data_set: DataSet) -> None:
    (page,) = (data_set.folder / "staged").iterdir()
    page.rename(page.with_name(f"00000001.{at('2024-03-01')}.{at('2024-03-01') + HOUR}.parquet"))
    assert only(store).problems == ("the staged page 1 has rows outside of its range",)


def test_verify_empty_store_gives_nothing(tmp_path: Path) -> None:
    assert list(verify(Store(tmp_path))) == []


def test_part_content_is_the_digest_of_its_columns(data_set: DataSet) -> None:
    part = data_set.manifest.parts(2)["2024-02"]
    columns = dataset.read_part(data_set.folder, data_set.layout, part)
    assert digest(columns.values()) == part.content
    assert np.diff(columns["open_time"]).min() == HOUR
