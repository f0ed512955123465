import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit import BarRequest, DataError
from tradekit.builtin.json_source import JsonSource

HOUR = 3_600_000_000_000
NAMES = ["time", "open", "high", "low", "close", "volume"]
LISTS = [[1704067200000, 1, 3, 0.5, 2, 10], [1704070800000, 2, 4, 1.5, 3, 20]]
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in LISTS]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def source(**options):
    return JsonSource(JsonSource.Options.model_validate(options))


def read(content, path="x.json", **options):
    data = content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode()
    Path(path).write_bytes(data)
    return source(path=path, **options).bars(BarRequest(("X",), HOUR))["X"]


def message(content, path="x.json", **options):
    with pytest.raises(DataError) as error:
        read(content, path, **options)
    return str(error.value)


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("content", "path", "options"),
    [
        (LISTS, "x.json", {"names": NAMES}),
        (OBJECTS, "x.json", {}),
        ({"code": 0, "result": {"list": OBJECTS}}, "x.json", {"records": "result.list"}),
        ([[str(cell) for cell in row] for row in LISTS], "x.json", {"names": NAMES}),
        ([{**row, "volume": str(row["volume"])} for row in OBJECTS], "x.json", {}),
        ([OBJECTS[0], {**OBJECTS[1], "volume": "20"}], "x.json", {}),
        ([[*row, "ignored", None] for row in LISTS], "x.json", {"names": NAMES}),
        (lines(LISTS), "x.jsonl", {"names": NAMES}),
        (lines(OBJECTS) + "\n", "x.ndjson", {}),
        (lines({"data": row} for row in OBJECTS), "x.log", {"lines": True, "records": "data"}),
        (gzip.compress(json.dumps(OBJECTS).encode()), "x.json.gz", {}),
        (gzip.compress(lines(OBJECTS).encode()), "x.jsonl.gz", {}),
        ("\n " + json.dumps(OBJECTS, indent=2), "x.json", {}),
    ],
)
def test_json_written_in_any_way_gives_the_same_bars(content, path, options):
    series = read(content, path, **options)
    assert series.open_time.tolist() == [1704067200000000000, 1704070800000000000]
    assert [series.low.tolist(), series.volume.tolist()] == [[0.5, 1.5], [10, 20]]


def test_json_alone_in_a_zip_is_read():
    with zipfile.ZipFile("x.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(OBJECTS))
    assert source(path="x.zip").bars(BarRequest(("X",), HOUR))["X"].close.tolist() == [2, 3]


def test_json_numbers_are_read_to_the_last_bit():
    draw = np.random.default_rng(7)
    values = (draw.random(1000) * 10.0 ** draw.integers(-8, 12, 1000)).tolist()
    rows = [[1_700_000_000 + 3600 * row, 1, 1, 1, value, 1] for row, value in enumerate(values)]
    assert read(rows, names=NAMES).close.tolist() == values
    assert read([[row[0], 1, 1, 1, repr(row[4]), 1] for row in rows], names=NAMES).close.tolist() == values


@pytest.mark.parametrize("gone", [None, ""])
def test_json_value_that_is_not_there_is_missing(gone):
    rows = [OBJECTS[0], {**OBJECTS[1], "close": None}] if gone is None else [OBJECTS[0], dict(list(OBJECTS[1].items())[:-2])]
    close = read(rows).close
    assert close[0] == 2
    assert np.isnan(close[1])


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("", {}, "'x.json' is empty"),
        ("[]", {"names": NAMES}, "'x.json' has columns and no rows"),
        ("[[1,", {}, "'x.json' is not JSON: expecting value: line 1 column 5 (char 4)"),
        (lines(LISTS), {}, "'x.json' is not JSON: extra data: line 2 column 1 (char 34); if each line is a row, say lines = true"),
        (lines(LISTS) + "{", {"lines": True}, "'x.json', line 3 is not JSON: expecting property name"),
        (LISTS, {}, "the rows of 'x.json' are lists, such as [1704067200000, 1, 3, 0.5, 2, 10]; say what they hold: names = ["),
        ({"a": 1, "b": []}, {}, "'x.json' is an object with 'a', 'b', not a list of rows; say where the list is: records = '...'"),
        ({"a": 1}, {"records": "a"}, "records = 'a' of 'x.json' is a number, not a list of rows"),
        ({"a": {"c": 1}}, {"records": "a.b"}, "records: no 'b' on the way 'a.b' in 'x.json'; it has 'c'"),
        ({"a": [1]}, {"records": "a.b"}, "records: no 'b' on the way 'a.b' in 'x.json'; there is a list"),
        ([*OBJECTS, LISTS[0]], {}, "'x.json', row 3 is a list, unlike the first, which is an object; a row is an object or a list"),
        ([1, 2], {"names": NAMES}, "'x.json', row 1 is a number; a row is an object or a list"),
        (
            [*LISTS, [1704074400000, 1]],
            {"names": NAMES},
            "'x.json', row 3 has 2 values, and names puts 'volume' at number 6: [1704074400000, 1]",
        ),
        ([{**OBJECTS[0], "close": True}], {}, "'x.json', row 1: true in column 'close' is not a number"),
        ([OBJECTS[0], {**OBJECTS[1], "close": [1]}], {}, "'x.json', row 2: [1] in column 'close' is not a number"),
        ([OBJECTS[0], {**OBJECTS[1], "close": "abc"}], {}, "'x.json', row 2: 'abc' in column 'close' is not a number"),
        ([OBJECTS[0], {**OBJECTS[1], "time": None}], {}, "'x.json', column 'time': row 2 has no time"),
        ([{**OBJECTS[0], "time": {}}], {}, "'x.json', row 1: {} in column 'time' is not a number or a text"),
    ],
)
def test_json_that_can_not_be_right_is_refused_with_the_place(content, options, expected):
    assert message(content, **options).startswith(expected)


def test_json_names_there_twice_are_refused():
    with pytest.raises(ValidationError, match="names has 'open' twice"):
        source(path="x.json", names=["open", "open"])


def test_json_table_of_trades_has_a_format_of_its_own():
    Path("x.json").write_text(json.dumps(OBJECTS))
    Path("t.jsonl").write_text(
        lines(
            [
                {"T": 1704067200123, "p": "5.5", "q": "2", "m": True, "a": 2**53 + 1},
                {"T": 1704067200124, "p": "5.6", "q": "1", "m": False, "a": None},
            ]
        )
    )
    columns = {"time": "T", "price": "p", "size": "q", "buyer_maker": "m", "number": "a"}
    one = source(
        path="x.json",
        records="",
        trades={"path": "t.jsonl", "columns": columns},
        formats={"trades": {"lines": True}},
    )
    trades = one.trades(BarRequest(("X",), 0))["X"]
    assert (trades.price.tolist(), trades.side.tolist(), trades.number.tolist()) == ([5.5, 5.6], [-1, 1], [2**53 + 1, 0])
    assert len(one.bars(BarRequest(("X",), HOUR))["X"]) == 2
    assert [instrument.symbol for instrument in one.instruments()] == ["x"]
