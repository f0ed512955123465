"""Tables from files: CSV, Parquet and Arrow."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import field_validator, model_validator

from tradekit import DataError, Field, Options, TableOptions
from tradekit.builtin.table_files import OtherKind, TableFiles, opened

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CsvSource", "ParquetSource"]

_BLANKS = ("", ".", "-", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None")
_FIRST_BYTES = 1 << 20


class CsvFormat(Options):
    """How other files than those of the bars are written, where that differs."""

    separator: str | None = Field(default=None, min_length=1, max_length=1, description="the character between cells")
    header: bool | None = Field(default=None, description="whether the first line names the columns")
    names: tuple[str, ...] | None = Field(default=None, description="names of the columns, in place of those in the header")
    skip_rows: int | None = Field(default=None, ge=0, description="lines to leave out at the beginning, before the header")
    decimal: Literal[".", ","] | None = Field(default=None, description="the decimal mark")
    encoding: str | None = Field(default=None, description="how the text is encoded")


class CsvSource(TableFiles):
    """Tables from CSV files, plain, compressed (.gz, .bz2, .zst) or alone in a .zip.

    A blank cell is a missing value, and so is a dot, a dash, NA, N/A, #N/A, NaN, nan, null, NULL or None.
    """

    name = "csv"

    class Options(TableOptions):
        """How the files are written, besides what every table has."""

        separator: str = Field(default=",", min_length=1, max_length=1, description="the character between cells")
        header: bool = Field(default=True, description="whether the first line names the columns")
        names: tuple[str, ...] = Field(default=(), description="names of the columns, in place of those in the header")
        skip_rows: int = Field(default=0, ge=0, description="lines to leave out at the beginning, before the header")
        decimal: Literal[".", ","] = Field(default=".", description="the decimal mark")
        encoding: str = Field(default="utf-8", description="how the text is encoded; a byte order mark does no harm")
        formats: dict[OtherKind, CsvFormat] = Field(
            default={},
            description="how files of other tables, by kind, are written, where it is not as those of the bars are: "
            "{ trades = { header = true } }",
        )

        @field_validator("encoding")
        @classmethod
        def _is_known(cls, value: str) -> str:
            try:
                "".encode(value)
            except LookupError:
                raise ValueError(f"unknown encoding {value!r}; allowed are Python's names, such as 'utf-8' or 'latin-1'") from None
            return value

        @model_validator(mode="after")
        def _has_names(self) -> CsvSource.Options:
            if not self.header and not self.names:
                raise ValueError("without a header the columns need names: names = ['time', 'open', ...]")
            if self.separator == self.decimal:
                raise ValueError(f"separator and decimal are both {self.decimal!r}; what separates cells in this file?")
            for kind in self.formats:
                self.written_as(kind)
            return self

        def written_as(self, kind: OtherKind) -> CsvSource.Options:
            """Return the options with the format of other files than those of the bars."""
            if kind not in self.formats:
                return self
            return type(self).model_validate({**dict(self), **self.formats[kind].model_dump(exclude_none=True), "formats": {}})

    def written_as(self, kind: OtherKind) -> CsvSource:
        """Return the source with the format of other files than those of the bars."""
        return CsvSource(self.options.written_as(kind))

    def column_names(self, path: Path) -> Sequence[str]:
        """Return the names in the header, or those that the options give instead."""
        if self.options.names:
            return list(self.options.names)
        with opened(path) as stream:
            first = stream.read(_FIRST_BYTES)
        with _decoding(path, self.options.encoding):
            # Not final: the block may end within a character.
            text = codecs.getincrementaldecoder(self.options.encoding)().decode(first).removeprefix("\ufeff")
        names = next(csv.reader(text.splitlines()[self.options.skip_rows :], delimiter=self.options.separator), None)
        if not names:
            raise DataError(f"{str(path)!r} is empty")
        other = next((mark for mark in ";\t|," if mark in names[0]), "") if len(names) == 1 else ""
        if other:
            raise DataError(f"the header of {str(path)!r} is one cell, {names[0]!r}; did you mean separator = {other!r}?")
        return names

    def read_table(self, path: Path, numbers: Sequence[str], others: Sequence[str]) -> pa.Table:
        """Return `numbers` as float64 and `others` as text, in the order of the file."""
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        options = self.options
        names = self.column_names(path)
        read = arrow_csv.ReadOptions(
            # A name that is there twice can't be asked for, but Arrow wants to hear of every column.
            column_names=[name if names.index(name) == place else f"{name}#{place}" for place, name in enumerate(names)],
            skip_rows=options.skip_rows + options.header,
            encoding=options.encoding,
        )
        convert = arrow_csv.ConvertOptions(
            include_columns=[*numbers, *others],
            column_types={**dict.fromkeys(numbers, pa.float64()), **dict.fromkeys(others, pa.string())},
            null_values=list(_BLANKS),
            decimal_point=options.decimal,
        )
        try:
            with opened(path) as stream, _decoding(path, options.encoding):
                return arrow_csv.read_csv(stream, read, arrow_csv.ParseOptions(delimiter=options.separator), convert)
        except pa.ArrowInvalid as error:
            raise self._explain(path, names, numbers, error) from None

    def _explain(self, path: Path, names: Sequence[str], numbers: Sequence[str], error: Exception) -> DataError:
        """Read again, slowly, for the line that Arrow stumbled over."""
        options = self.options
        with opened(path) as stream, _decoding(path, options.encoding):
            lines = io.TextIOWrapper(io.BytesIO(stream.read()), options.encoding, newline="")
            reader = csv.reader(islice(lines, options.skip_rows, None), delimiter=options.separator)
            for number, row in enumerate(reader):
                where = f"{str(path)!r}, line {reader.line_num + options.skip_rows}"
                if not row or (number == 0 and options.header):
                    continue
                if len(row) != len(names):
                    text = options.separator.join(row)
                    return DataError(f"{where}: {len(row)} cells where there are {len(names)} columns: {text!r}")
                for name in numbers:
                    cell = row[names.index(name)]
                    if not _is_number(cell, options.decimal):
                        return DataError(f"{where}: {cell!r} in column {name!r} is not a number")
        return DataError(f"{str(path)!r} can't be read: {error}")


class ParquetSource(TableFiles):
    """Tables from Parquet files, or from Arrow IPC files such as .feather and .arrow; which one it is, the file says."""

    name = "parquet"

    def column_names(self, path: Path) -> Sequence[str]:
        """Return the names in the file's schema."""
        with _arrow_file(path) as file:
            return list(file.schema_arrow.names if hasattr(file, "schema_arrow") else file.schema.names)

    def read_table(self, path: Path, numbers: Sequence[str], others: Sequence[str]) -> pa.Table:
        """Return the columns in the types that the file gives them."""
        columns = [*numbers, *others]
        with _arrow_file(path) as file:
            return file.read(columns=columns) if hasattr(file, "schema_arrow") else file.read_all().select(columns)


@contextmanager
def _decoding(path: Path, encoding: str) -> Iterator[None]:
    try:
        yield
    except UnicodeError as error:
        raise DataError(f"{str(path)!r} is not {encoding} text ({error}); say what it is, such as encoding = 'latin-1'") from None


def _is_number(cell: str, decimal: str) -> bool:
    """Say whether Arrow takes a cell for a number, or for a missing one."""
    if cell in _BLANKS:
        return True
    if "_" in cell or (decimal != "." and "." in cell):
        return False
    try:
        float(cell.replace(decimal, "."))
    except ValueError:
        return False
    return True


@contextmanager
def _arrow_file(path: Path) -> Iterator[Any]:
    """Open a Parquet or an Arrow IPC file, whichever its first bytes say it is."""
    import pyarrow as pa

    try:
        with path.open("rb") as file:
            magic = file.read(6)
        if magic[:4] == b"PAR1":
            import pyarrow.parquet as pq

            with pq.ParquetFile(path) as parquet:
                yield parquet
        elif magic == b"ARROW1":
            # Not mapped into memory: a file that is written to during the run must not change its data.
            with pa.OSFile(str(path)) as raw:
                yield pa.ipc.open_file(raw)
        else:
            raise DataError(f"{str(path)!r} is {'neither a Parquet nor an Arrow IPC file' if magic else 'empty'}")
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{str(path)!r} can't be read: {error}") from error
