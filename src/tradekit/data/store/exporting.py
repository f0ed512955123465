"""From a store into files that anything reads, a data source among it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tradekit.data.store.kinds import LAYOUTS, Kept
from tradekit.data.store.parts import encode, table_of
from tradekit.errors import DataError, system_reason

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMATS", "export"]

FORMATS = (".csv", ".csv.gz", ".parquet")
"""How the name of a file that is exported ends, which says how it is written."""


def export(data: Kept, kind: str, file: Path) -> None:
    """Write rows to a file; numbers keep every digit, and times are those of UTC with nanoseconds.

    Raises `DataError` for a file that can't be written, and for one whose name does not say how.
    """
    layout = LAYOUTS[kind]
    columns = layout.columns_of(data)
    try:
        if file.name.endswith(".parquet"):
            file.write_bytes(encode(columns))
        elif file.name.endswith((".csv", ".csv.gz")):
            _write_csv(table_of(columns), file)
        else:
            raise DataError(f"{str(file)!r} does not say how it is to be written; its name ends with {', '.join(FORMATS)}")
    except OSError as error:
        raise DataError(f"{str(file)!r} can't be written: {system_reason(error)}") from error


def _write_csv(table: pa.Table, file: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    # The names are written by hand: Arrow puts them in quotes, whatever it is told.
    with pa.output_stream(str(file), compression="gzip" if file.name.endswith(".gz") else None) as stream:
        stream.write((",".join(table.column_names) + "\n").encode())
        arrow_csv.write_csv(table, stream, arrow_csv.WriteOptions(include_header=False, quoting_style="needed"))
