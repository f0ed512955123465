"""Arrow columns out of NumPy arrays, and back."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradekit.model.columns import column_values, flag_column, name_column, number_column, table, text_column, time_column

_PROGRAM = """
import sys
import numpy as np
from tradekit.model.columns import column_values, name_column, number_column, table
columns = table({"number": number_column(np.array([1.0, np.nan])), "name": name_column(np.array([0, -1]), ["a"])})
[column_values(columns, name) for name in columns.column_names]
sys.exit("pandas" in sys.modules)
"""


def test_name_column_names_with_several_numbers_are_in_its_dictionary_once() -> None:
    column = name_column(np.array([0, 2, -1, 1, 3]), ["open", "inside", "open", ""])
    assert column.to_pylist() == ["open", "open", None, "inside", ""]
    assert column.dictionary.to_pylist() == ["open", "inside", ""]
    assert list(column.to_pandas().cat.categories) == ["open", "inside", ""]


NAT = np.iinfo(np.int64).min


def made():
    """Return a table with a column of each sort, and what is in each."""
    flags = np.arange(12) % 3 == 0
    columns = {
        "real": number_column(np.where(flags, np.nan, np.arange(12.0))),
        "whole": number_column(np.arange(12), ~flags),
        "time": time_column(np.arange(12), ~flags),
        "flag": flag_column(flags),
        "name": name_column(np.where(flags, -1, np.arange(12) % 2), ["a", "b é"]),
        "text": text_column({1: "x", 5: "y", 7: "x"}, 12),
    }
    names = [None if flag else ["a", "b é"][at % 2] for at, flag in enumerate(flags)]
    texts = [{1: "x", 5: "y", 7: "x"}.get(at) for at in range(12)]
    number = np.where(flags, NAT, np.arange(12)).tolist()
    values = {"real": np.where(flags, np.nan, np.arange(12.0)).tolist(), "whole": number, "time": number}
    return table(columns), values | {"flag": flags.tolist(), "name": names, "text": texts}


def by_parquet(whole, tmp_path):
    pq.write_table(whole, tmp_path / "a.parquet", row_group_size=5)
    return pq.read_table(tmp_path / "a.parquet", use_threads=False)


@pytest.mark.parametrize("how", ["whole", "sliced", "in chunks", "by parquet"])
def test_column_values_are_those_that_the_columns_were_made_of(how, tmp_path):
    whole, values = made()
    start = 3 if how == "sliced" else 0
    read = {
        "whole": lambda: whole,
        "sliced": lambda: whole.slice(3),
        "in chunks": lambda: pa.concat_tables([whole.slice(0, 5), whole.slice(5)]),
        "by parquet": lambda: by_parquet(whole, tmp_path),
    }[how]()
    for name, wanted in values.items():
        np.testing.assert_array_equal(column_values(read, name), np.array(wanted[start:], column_values(read, name).dtype), name)


def test_column_values_of_no_rows_keep_their_type():
    whole, _ = made()
    kinds = {name: column_values(whole, name).dtype for name in whole.column_names}
    assert {name: column_values(whole.slice(0, 0), name).dtype for name in whole.column_names} == kinds


def test_column_values_are_not_copied_where_nothing_is_null():
    numbers = np.arange(3.0)
    assert np.shares_memory(column_values(table({"a": number_column(numbers)}), "a"), numbers)


def test_column_values_do_not_import_pandas():
    assert subprocess.run([sys.executable, "-c", _PROGRAM], check=False).returncode == 0
