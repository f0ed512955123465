"""The manifest of a data set: which revisions it has, and which files are each one's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tradekit.data.months import hash_of_months
from tradekit.data.store.spans import Span
from tradekit.durable import publish_file
from tradekit.errors import DataError, system_reason

__all__ = ["MANIFEST", "Manifest", "Part", "Revision", "has_revision", "read_manifest", "write_manifest"]

MANIFEST = "manifest.json"
FORMAT = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Frozen):
    """A file with the rows of one month."""

    file: str
    sha256: str
    """Of the file."""
    size: int
    """Of the file, in bytes."""
    rows: int
    first: int
    last: int
    """The times of the first and the last row, UTC nanoseconds."""
    content: str
    """The SHA-256 of the columns, however they are written; see `tradekit.data.months.content_hash`."""


class Revision(_Frozen):
    """What was changed, when, and why."""

    number: int
    made_at: str
    source: str
    why: str
    months: dict[str, Part | None]
    """The months that are other than in the revision before; `None` for one that has no rows any more."""
    instrument: dict[str, Any] | None = None
    """What is known about the instrument from here on, where that is other than before."""
    content: str
    """The content hash of all rows."""


class Manifest(_Frozen):
    """What is known about a data set; the newest revision comes last."""

    format: int = FORMAT
    venue: str
    symbol: str
    kind: str
    interval: str = ""
    covered: tuple[Span, ...] = ()
    """The ranges that were asked for and answered, whether there were rows or not."""
    merged: int = 0
    """The number of the last staged page whose rows are in a revision."""
    revisions: tuple[Revision, ...] = ()

    @property
    def newest(self) -> int:
        """The number of the newest revision; 0 if there is none yet."""
        return self.revisions[-1].number if self.revisions else 0

    def revision(self, number: int) -> Revision:
        """Return a revision by its number; raise `DataError` if it isn't there."""
        for revision in self.revisions:
            if revision.number == number:
                return revision
        numbers = ", ".join(str(revision.number) for revision in self.revisions) or "none"
        raise DataError(f"there is no revision {number!r} of {self.name}; it has {numbers}")

    @property
    def name(self) -> str:
        """What the data set is called."""
        return " ".join(filter(None, (self.venue, self.symbol, self.kind, self.interval)))

    def parts(self, number: int) -> dict[str, Part]:
        """Return the files of a revision by month, oldest first; of revision 0, none."""
        found: dict[str, Part | None] = {}
        if number:
            self.revision(number)
        for revision in self.revisions:
            if revision.number <= number:
                found.update(revision.months)
        return {month: part for month, part in sorted(found.items()) if part is not None}

    def instrument(self, number: int) -> Mapping[str, Any]:
        """Return what was known about the instrument in a revision."""
        known = [
            revision.instrument for revision in self.revisions if revision.number <= number and revision.instrument is not None
        ]
        return known[-1] if known else {}

    def content(self, number: int) -> str:
        """Return the content hash of a revision, from those of its months."""
        return hash_of_months((month, part.content) for month, part in self.parts(number).items())


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a data set's folder; raise `DataError` if it can't be, or is of another version."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        version = found.get("format") if isinstance(found, dict) else None
        if isinstance(found, dict) and version != FORMAT:
            raise DataError(f"{str(path)!r} has format {version!r}, and this version of tradekit reads {FORMAT}")
        return Manifest.model_validate(found)
    except OSError as error:
        raise DataError(f"{str(path)!r} can't be read: {system_reason(error)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{str(path)!r} is damaged: {where}: {first['msg'].lower()}") from error
    except ValueError as error:
        raise DataError(f"{str(path)!r} is damaged: {str(error)[:1].lower()}{str(error)[1:]}") from error


def has_revision(folder: Path) -> bool:
    """Say whether there is a revision in a folder, which makes it a data set; one whose manifest is damaged may have had some."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except OSError:
        return False
    except ValueError:
        return True
    return not isinstance(found, dict) or bool(found.get("revisions", True))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of a data set at once."""
    content = json.dumps(manifest.model_dump(exclude_none=False), indent=1, sort_keys=True) + "\n"
    publish_file(folder / MANIFEST, content.encode())
