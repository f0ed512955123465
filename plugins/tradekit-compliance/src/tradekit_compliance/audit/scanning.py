"""Going through a log record by record: is each what its hash says, and does each follow from the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from tradekit_compliance.audit.canonical import read_canonical
from tradekit_compliance.audit.coding import decode
from tradekit_compliance.audit.folder import LEAF_DIGITS, LogFolder, first_link
from tradekit_compliance.audit.merkle import GrowingTree, leaf_hash
from tradekit_compliance.audit.reading import Line, lines
from tradekit_compliance.audit.records import KINDS, KeyChanged, Recovered, SegmentOpened
from tradekit_compliance.audit.verdict import Finding, Verdict, Warned

__all__ = ["Scan", "fragment_path"]

FIELDS = frozenset({"actor", "cause", "data", "log", "mono", "prev", "run", "seq", "src", "ts", "type", "v"})
_OWN = frozenset({SegmentOpened.KIND, Recovered.KIND, KeyChanged.KIND})


def fragment_path(folder: LogFolder, torn: Recovered) -> Path:
    """Return where a fragment was set aside."""
    return folder.quarantine / f"seg-{torn.segment:08d}-{torn.offset}-{torn.sha256[:16]}"


@dataclass
class Scan:
    """One way through a log. `durable` is how many records are known to have been whole, `begin` from which on they are read.

    `sizes` are those at which the root is wanted. What is found goes into `verdict`.
    """

    folder: LogFolder
    durable: int
    sizes: set[int]
    begin: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    roots: dict[int, str] = field(default_factory=dict)
    leaves: dict[int, str] = field(default_factory=dict)
    keys: list[tuple[int, KeyChanged]] = field(default_factory=list)
    log: str = ""
    _tree: GrowingTree = field(default_factory=GrowingTree)
    _number: int = 0
    """Of the record that should come."""
    _leaf: str = ""
    _good: int = -1
    _written: str = ""
    _segment: int = 0

    def run(self, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Go through all segments."""
        self.roots[0] = self._tree.root().hex()
        paths = self.folder.segments()
        for path in paths:
            self._look_for(path)
            for line in lines(path):
                if line.is_whole:
                    self._line(line)
                elif path != paths[-1]:
                    self._find("FRAMING", line, "a line feed at the end", "none")
                    self._count(line.content)
                elif self._tree.size >= self.durable:
                    text = f"the last line ({len(line.content)} bytes) is not whole: its writer died; opening the log sets it aside"
                    self.verdict.warnings.append(Warned("UNFINISHED", self._number, text))
                progress(len(line.content) + 1)
            self._segment += 1
        self.verdict.log, self.verdict.records = self.log, self._tree.size
        self.verdict.head, self.verdict.root = self._leaf, self._tree.root().hex()

    def _look_for(self, path: Path) -> None:
        number = path.name.removeprefix("seg-").removesuffix(".tkl")
        if path != self.folder.segment(self._segment):
            expected = self.folder.segment(self._segment).name
            found = Finding("SEGMENT_MISSING", expected, 0, 0, self._number, expected, path.name, self._good)
            self.verdict.findings.append(found)
            self._segment = int(number) if number.isdecimal() else self._segment

    def _find(self, kind: str, line: Line, expected: str, found: str) -> None:
        place = (line.segment.name, line.number, line.offset, self._number)
        self.verdict.findings.append(Finding(kind, *place, expected, found, self._good))

    def _count(self, content: bytes) -> None:
        """Take the leaf that a line states, whatever else is wrong with it."""
        try:
            leaf = bytes.fromhex(content[:LEAF_DIGITS].decode("ascii"))
            self._leaf = content[:LEAF_DIGITS].decode("ascii")
        except ValueError:
            leaf = sha256(content).digest()
            self._leaf = leaf.hex()
        self._tree.add(leaf)
        self._number += 1
        size = self._tree.size
        if size in self.sizes:
            self.roots[size] = self._tree.root().hex()
            self.leaves[size] = self._leaf

    def _line(self, line: Line) -> None:
        if self._number < self.begin:
            self._count(line.content)
            self._good = self._number - 1
            return
        body = self._body(line)
        if body is not None and self._follows(line, body):
            self._good = self._number
            self._heed(line, body)
        self._count(line.content)

    def _body(self, line: Line) -> dict[str, Any] | None:
        """Return what a line holds, `None` where its bytes are not what they were."""
        content = line.content
        leaf, text = content[:LEAF_DIGITS], content[LEAF_DIGITS + 1 :]
        if content[LEAF_DIGITS : LEAF_DIGITS + 1] != b" ":
            self._find("FRAMING", line, "a hash, a blank and a record", repr(content[: LEAF_DIGITS + 1])[:90])
            return None
        hashed = leaf_hash(text).hex()
        if hashed.encode() != leaf:
            self._find("HASH", line, f"the hash {hashed}", repr(leaf.decode("latin-1")))
            return None
        try:
            body = read_canonical(text)
        except (ValueError, TypeError) as error:
            self._find("NOT_CANONICAL", line, "canonical JSON", str(error))
            return None
        if body.keys() != FIELDS:
            odd = ", ".join(sorted(body.keys() ^ FIELDS))
            self._find("NOT_CANONICAL", line, f"the fields {', '.join(sorted(FIELDS))}", f"others: {odd}")
            return None
        return body

    def _follows(self, line: Line, body: dict[str, Any]) -> bool:
        """Say whether a record follows from the one before; go on behind it in any case."""
        number = body["seq"]
        self.log = self.log or str(body["log"])
        if self._number == 0:
            self._leaf = first_link(self.log)
        before = len(self.verdict.findings)
        if number != self._number:
            self._find("SEQ_GAP" if number > self._number else "SEQ_DUP", line, f"record {self._number}", f"record {number}")
            self._number = number if isinstance(number, int) else self._number
        elif body["log"] != self.log:
            self._find("PREV", line, f"a record of log {self.log!r}", f"one of {body['log']!r}")
        elif body["prev"] != self._leaf:
            self._find("PREV", line, f"the hash {self._leaf} of the record before", repr(body["prev"]))
        return len(self.verdict.findings) == before

    def _heed(self, line: Line, body: dict[str, Any]) -> None:
        """Look at what a record says of the log itself."""
        number, kind, written = self._number, body["type"], body["ts"]
        if kind not in KINDS:
            self.verdict.warnings.append(Warned("UNKNOWN_TYPE", number, f"kind {kind!r} is not known to this version"))
        if written < self._written:
            text = f"the clock went back, from {self._written} to {written}"
            self.verdict.warnings.append(Warned("CLOCK_BACK", number, text))
        self._written = written
        if (line.number == 1) != (kind == SegmentOpened.KIND):
            self._find("SEGMENT_MISSING", line, f"{SegmentOpened.KIND} at the beginning of a segment, and there only", kind)
        if kind not in _OWN:
            return
        try:
            record = decode(kind, body["data"])
        except ValueError as error:
            self._find("NOT_CANONICAL", line, f"a record {kind}", str(error))
            return
        if isinstance(record, SegmentOpened):
            self._check_segment(line, record)
        elif isinstance(record, Recovered):
            self._check_fragment(line, record)
        elif isinstance(record, KeyChanged):
            self.keys.append((number, record))

    def _check_segment(self, line: Line, opened: SegmentOpened) -> None:
        expected = (self._segment, self._tree.size, self._tree.root().hex())
        found = (opened.segment, opened.size, opened.root)
        if found != expected:
            self._find("ROOT", line, f"segment, size and root {expected}", str(found))

    def _check_fragment(self, line: Line, torn: Recovered) -> None:
        path = fragment_path(self.folder, torn)
        text = f"{torn.length} bytes that were not written whole behind record {torn.last_good} lie in {path.name}"
        self.verdict.warnings.append(Warned("RECOVERED_TEAR", self._number, text))
        if not path.exists():
            self._find("BLOB_MISSING", line, f"the fragment {path.name} in quarantine", "nothing")
        elif sha256(path.read_bytes()).hexdigest() != torn.sha256:
            self._find("BLOB_HASH", line, f"the fragment {path.name} with SHA-256 {torn.sha256}", "another content")
