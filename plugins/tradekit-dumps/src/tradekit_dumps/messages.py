"""Messages of an exchange, one to a line, out of files."""

from __future__ import annotations

import glob
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from tradekit import BarRequest, DataError, DataSource, Field, Instrument, Options, Series

__all__ = ["Message", "Messages", "RecordingOptions", "files_of", "lines_of", "messages", "wanted"]


class RecordingOptions(Options):
    """Which files are read, and which of the two times counts."""

    path: Path = Field(
        description="file, plain or compressed (.gz, .bz2, .zst, .zip); with * all files that match, which go on from one another "
        "in the order of their names"
    )
    clock: Literal["arrival", "exchange"] = Field(
        default="arrival",
        description="which time counts: the one at which a message came in, or was sent, or the one at which the exchange says "
        "that it happened",
    )


@dataclass(frozen=True, slots=True)
class Message:
    """One message and where it stands."""

    where: str
    """The file and the line, as they stand in a message of ours."""
    arrival: int
    """UTC nanoseconds at which it came in, 0 if the file does not say."""
    content: Mapping[str, Any]

    def broken(self, error: Exception) -> DataError:
        """Return what to raise for a message without what its kind has."""
        what = f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)
        return DataError(f"{self.where}: this message is not like the others of its kind: {what}")


class Messages(DataSource):
    """A data source that reads messages; a subclass knows what they say."""

    Options = RecordingOptions

    def bars(self, request: BarRequest) -> Mapping[str, Series]:  # noqa: ARG002 - the contract's
        """Refuse: messages are no bars."""
        raise DataError(f"{str(self.options.path)!r} holds single events and no bars; they can be built from its trades")

    def instruments(self) -> list[Instrument]:
        """Return the instruments that messages are about, by name only."""
        return [Instrument(symbol) for symbol in sorted(self.symbols())]

    def symbols(self) -> set[str]:
        """Return what the exchange calls the instruments that messages are about."""
        raise NotImplementedError

    def found_in(self, pattern: re.Pattern[bytes]) -> set[str]:
        """Return the texts that a pattern finds in the lines of the files."""
        return {text.decode() for _, line in lines_of(self.options.path) for text in pattern.findall(line)}


def wanted(symbols: Iterable[str], found: Mapping[str, Any], path: Path, what: str) -> None:
    """Raise `DataError` for a symbol that nothing was found of."""
    for symbol in symbols:
        if symbol not in found:
            there = f"; there are some of {', '.join(map(repr, sorted(found)))}" if found else ""
            raise DataError(f"no {what} of {symbol!r} in {str(path)!r}{there}")


def files_of(path: Path) -> list[Path]:
    """Return the files of a path, sorted by name; raise `DataError` if there are none."""
    text = str(path)
    found = sorted(Path(name) for name in glob.glob(text)) if "*" in text else [path]  # noqa: PTH207 - the folder may have a star
    files = [file for file in found if file.is_file()]
    if not files:
        raise DataError(f"no file {'matches' if '*' in text else 'is at'} {text!r}")
    return files


def lines_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give each line that is not blank with its place, over all files of a path."""
    for file in files_of(path):
        with opened(file) as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield f"{str(file)!r}, line {number}", line


def messages(path: Path, marks: Iterable[bytes], has_arrival: bool = True) -> Iterator[Message]:
    """Give the messages that hold one of `marks`, over all files of a path.

    A line is JSON, after a count of nanoseconds and a blank if it `has_arrival`. Raises `DataError` for one that is not.
    """
    marks = tuple(marks)
    for where, line in lines_of(path):
        if not any(mark in line for mark in marks):
            continue
        time, text = line.split(b" ", 1) if has_arrival and b" " in line else (b"0", line)
        try:
            content = json.loads(text)
            arrival = int(time)
        except ValueError as error:
            form = "a count of nanoseconds, a blank and a message in JSON" if has_arrival else "a message in JSON"
            raise DataError(f"{where} is not {form}: {error}") from None
        if not isinstance(content, dict) or (has_arrival and not arrival):
            raise DataError(f"{where} is not a message of an exchange: {line[:60].decode('utf-8', 'replace')!r}")
        yield Message(where, arrival, content)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, decompressed; turn what goes wrong into `DataError`."""
    import pyarrow as pa

    try:
        if path.suffix.lower() != ".zip":
            with pa.input_stream(str(path), compression="detect") as stream:
                yield io.BufferedReader(stream)
            return
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
            if len(members) != 1:
                raise DataError(f"{str(path)!r} holds {len(members)} files; an archive of messages holds one")
            with archive.open(members[0]) as member:
                yield member
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{str(path)!r} can't be read: {error}") from error
