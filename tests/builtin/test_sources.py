import bz2
import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from tradekit import BarRequest, DataError
from tradekit.builtin.sources import CsvSource, ParquetSource

DAY = 86_400_000_000_000
HEAD = "date,open,high,low,close,volume\n"
BARS = HEAD + "2024-01-01,1,3,0.5,2,10\n2024-01-02,2,4,1.5,3,20\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(content=None, path="x.csv", kind=CsvSource, **options):
    if content is not None:
        Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    source = kind(kind.Options.model_validate({"path": path, **options}))
    return source.bars(BarRequest(("X",), DAY))["X"]


def message(content=None, path="x.csv", kind=CsvSource, **options):
    with pytest.raises(DataError) as error:
        read(content, path, kind, **options)
    return str(error.value)


def zipped(*names):
    with zipfile.ZipFile("x.zip", "w") as archive:
        for name in names:
            archive.writestr(name, BARS)
    return Path("x.zip").read_bytes()


@pytest.mark.parametrize(
    ("path", "content"),
    [("x.csv", BARS.encode()), ("x.csv.gz", gzip.compress(BARS.encode(), mtime=0)), ("x.csv.bz2", bz2.compress(BARS.encode()))],
)
def test_csv_is_decompressed_by_its_suffix(path, content):
    assert read(content, path).volume.tolist() == [10, 20]


def test_csv_alone_in_a_zip_is_read_and_another_number_of_files_is_refused():
    assert read(zipped("a.csv", "__MACOSX/a.csv", "folder/"), "x.zip").volume.tolist() == [10, 20]
    assert message(zipped("a.csv", "b.csv"), "x.zip") == "'x.zip' holds 2 files; a zip of bars holds one"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (BARS.replace(",", ";"), {"separator": ";"}),
        (BARS.replace(",", "\t"), {"separator": "\t"}),
        (BARS.replace(",", ";").replace(".", ","), {"separator": ";", "decimal": ","}),
        (BARS.removeprefix(HEAD), {"header": False, "names": HEAD.strip().split(",")}),
        ("time\n" + BARS.removeprefix(HEAD), {"names": HEAD.strip().split(",")}),
        ("# a title\n# another\n" + BARS, {"skip_rows": 2}),
        ("\ufeff" + BARS, {}),
        (BARS.replace("\n", "\r\n"), {}),
        (BARS.replace("\n", "\n\n"), {}),
        (BARS.encode("utf-16"), {"encoding": "utf-16"}),
        (BARS.replace("volume", "größe").encode("latin-1"), {"encoding": "latin-1", "columns": {"volume": "größe"}}),
        (BARS.replace("2024-01-01", '"2024-01-01"').replace(",10\n", ',"10"\n'), {}),
        (HEAD.replace("date", "date,note") + '2024-01-01,"a, b",1,3,0.5,2,10\n2024-01-02,\xff,2,4,1.5,3,20\n', {}),
    ],
)
def test_csv_written_in_another_way_gives_the_same_bars(content, options):
    series = read(content, **options)
    assert series.open_time.tolist() == [19723 * DAY, 19724 * DAY]
    assert [series.low.tolist(), series.volume.tolist()] == [[0.5, 1.5], [10, 20]]


@pytest.mark.parametrize("blank", ["", ".", "-", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None"])
def test_csv_blank_is_a_missing_value(blank):
    series = read(BARS.replace(",3,20", f",{blank},20"))
    assert series.close[0] == 2
    assert series.close[1] != series.close[1]


def test_csv_numbers_are_read_to_the_last_bit():
    draw = np.random.default_rng(7)
    scales, digits = 10.0 ** draw.integers(-8, 12, 5000), draw.integers(0, 17, 5000)
    texts = [f"{value:.{places}f}" for value, places in zip(draw.random(5000) * scales, digits, strict=True)]
    texts += ["1e-7", "1.7976931348623157e308"]
    rows = "".join(f"{1_700_000_000 + 86400 * row},1,1,1,{text},1\n" for row, text in enumerate(texts))
    assert read(HEAD + rows).close.tolist() == [float(text) for text in texts]


def test_csv_larger_than_one_block_is_read_whole():
    row = "2024-01-01,1,3,0.5,2,10\n"
    assert len(read(HEAD + row * 100_000)) == 100_000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "'x.csv' is empty"),
        (b"\n\n", "'x.csv' is empty"),
        (HEAD, "'x.csv' has columns and no rows"),
        (BARS + "2024-01-03,1,2,0.5\n", "'x.csv', line 4: 4 cells where there are 6 columns: '2024-01-03,1,2,0.5'"),
        (BARS + "\n2024-01-03,1,2,0.5,1,2,3\n", "'x.csv', line 5: 7 cells where there are 6 columns: '2024-01-03,1,2,0.5,1,2,3'"),
        (BARS + "2024-01-03,1,2,0.5,abc,1\n", "'x.csv', line 4: 'abc' in column 'close' is not a number"),
        (BARS + "2024-01-03,1,2,0.5, ,1\n", "'x.csv', line 4: ' ' in column 'close' is not a number"),
        (BARS + "2024-01-03,1,2,0.5,1_000,1\n", "'x.csv', line 4: '1_000' in column 'close' is not a number"),
        (BARS + '2024-01-03,1,2,0.5,"1,5",1\n', "'x.csv', line 4: '1,5' in column 'close' is not a number"),
        (
            BARS.replace(",", ";"),
            "the header of 'x.csv' is one cell, 'date;open;high;low;close;volume'; did you mean separator = ';'?",
        ),
        (
            BARS.encode("utf-16"),
            "'x.csv' is not utf-8 text ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte)",
        ),
        (BARS.replace("date", "dâte").encode("latin-1"), "'x.csv' is not utf-8 text"),
        (BARS.replace("2024-01-02", "2024-01-0â").encode("latin-1"), "'x.csv' is not utf-8 text"),
    ],
)
def test_csv_that_can_not_be_right_is_refused_with_the_place(content, expected):
    assert message(content).startswith(expected)


def test_csv_in_the_wrong_encoding_names_the_way_out():
    assert message(BARS.replace("date", "dâte").encode("latin-1")).endswith("; say what it is, such as encoding = 'latin-1'")


def test_csv_line_numbers_count_what_was_skipped():
    assert message("# title\n" + BARS + "2024-01-03,1,2,0.5,abc,1\n", skip_rows=1).startswith("'x.csv', line 5: 'abc'")


def test_csv_with_fewer_names_than_cells_is_refused():
    assert message(BARS, names=["date", "open", "high", "low", "close"]) == (
        "'x.csv', line 2: 6 cells where there are 5 columns: '2024-01-01,1,3,0.5,2,10'"
    )


def test_csv_with_a_decimal_comma_names_the_cell_as_it_is():
    text = (BARS + "2024-01-03,1,2,0.5,1.5,1\n").replace(",", ";")
    assert message(text.replace("0.5", "0,5").replace(";1.5;3;", ";1,5;3;"), separator=";", decimal=",") == (
        "'x.csv', line 4: '1.5' in column 'close' is not a number"
    )


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("x.csv.gz", gzip.compress(BARS.encode(), mtime=0)[:-20], "'x.csv.gz' can't be read: Truncated compressed stream"),
        ("x.csv.gz", b"plain", "'x.csv.gz' can't be read: zlib inflate failed"),
        ("x.zip", b"plain", "'x.zip' can't be read: File is not a zip file"),
    ],
)
def test_csv_damaged_archive_is_refused(path, content, expected):
    assert message(content, path).startswith(expected)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="every file is readable to this user")
def test_csv_without_permission_is_refused():
    Path("x.csv").write_text(BARS)
    Path("x.csv").chmod(0)
    assert "can't be read" in message()


@pytest.mark.parametrize("path", ["y.csv", "sub"])
def test_missing_file_or_directory_is_refused(path):
    Path("sub").mkdir()
    Path("x.csv").write_text(BARS)
    assert message(path=path) in (
        "no file 'y.csv'; did you mean 'x.csv'?",
        "'sub' is a directory, not a file; for all of its files write 'sub/*'",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"encoding": "utf-99"}, "unknown encoding 'utf-99'; allowed are Python's names, such as 'utf-8' or 'latin-1'"),
        ({"encoding": "zip"}, "unknown encoding 'zip'"),
        ({"header": False}, "without a header the columns need names: names = ['time', 'open', ...]"),
        ({"decimal": ","}, "separator and decimal are both ','; what separates cells in this file?"),
        ({"separator": "ab"}, "separator"),
        ({"skip_rows": -1}, "skip_rows"),
        ({"seperator": ";"}, "Extra inputs are not permitted"),
    ],
)
def test_csv_options_that_contradict_or_are_unknown_are_refused(options, expected):
    with pytest.raises(ValidationError) as error:
        CsvSource.Options.model_validate({"path": "x.csv", **options})
    assert expected in str(error.value)


def table():
    columns = {name: [1.0, 2.0] for name in ("open", "high", "low", "close", "volume")}
    return pa.table({"date": pa.array([0, DAY], pa.timestamp("ns", "UTC")), **columns, "other": ["a", "b"]})


def arrow_file(compression):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table().schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table())
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("compression", [None, "lz4"])
def test_parquet_source_reads_arrow_files_whatever_their_name(compression):
    series = read(arrow_file(compression), "x.feather", ParquetSource)
    assert (series.open_time.tolist(), series.close.tolist(), series.origin) == ([0, DAY], [1, 2], "x.feather")


def test_parquet_source_reads_parquet():
    pq.write_table(table(), "x.parquet")
    series = read(None, "x.parquet", ParquetSource)
    assert (series.open_time.tolist(), series.close.tolist()) == ([0, DAY], [1, 2])
    assert [each.symbol for each in ParquetSource(ParquetSource.Options(path=Path("x.parquet"))).instruments()] == ["x"]


def test_bars_do_not_change_when_their_file_does():
    series = read(arrow_file(None), "x.feather", ParquetSource)
    with Path("x.feather").open("r+b") as file:
        file.write(bytes(Path("x.feather").stat().st_size))
    assert series.close.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "'x.parquet' is empty"),
        (b"hello world", "'x.parquet' is neither a Parquet nor an Arrow IPC file"),
        (b"PAR1 and no more of it", "'x.parquet' can't be read: "),
        (b"ARROW1 and no more", "'x.parquet' can't be read: "),
    ],
)
def test_parquet_source_refuses_other_files(content, expected):
    assert message(content, "x.parquet", ParquetSource).startswith(expected)


def test_reading_imports_no_pandas():
    Path("x.csv").write_text(BARS.replace("date", "date,time").replace("-01,1", "-01,09:30,1").replace("-02,2", "-02,09:30,2"))
    Path("long.csv").write_text(BARS.replace("date", "symbol,date").replace("2024", "A,2024"))
    pq.write_table(table(), "x.parquet")
    code = """
import sys
from pathlib import Path
from tradekit import BarRequest
from tradekit.builtin.sources import CsvSource, ParquetSource
from tradekit.data.quality.policy import Policy
from tradekit.data.load import load_bars
day = 86_400_000_000_000
for kind, options in [
    (CsvSource, {"path": "x.csv", "columns": {"time": ["date", "time"]}, "tz": "America/New_York"}),
    (CsvSource, {"path": "long.csv", "where": {"symbol": "A"}, "time_format": "%Y-%m-%d"}),
    (ParquetSource, {"path": "x.parquet"}),
]:
    load_bars(kind(kind.Options.model_validate(options)), BarRequest((), day), Policy())
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
