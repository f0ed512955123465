"""Verifying a log: its chain, its checkpoints, and heads that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tradekit import DataError
from tradekit_compliance.audit.folder import Head, LogFolder, read_heads
from tradekit_compliance.audit.keys import rotation_text
from tradekit_compliance.audit.notes import Checkpoint, Note, Verifier, checkpoint_of, notes, parse_verifier
from tradekit_compliance.audit.reading import entries
from tradekit_compliance.audit.records import KeyChanged, RunBegun
from tradekit_compliance.audit.scanning import Scan
from tradekit_compliance.audit.verdict import Finding, Verdict, Warned

__all__ = ["Against", "read_anchor", "verify"]

_BEFORE_HEAD = 2  # records that are there before the first head is written


@dataclass(frozen=True)
class Against:
    """What a log is held against: the public key, heads that were kept elsewhere, and from which of its records on it is read.

    A key comes from whoever runs the log, and not from the log. `begin` is the size of a checkpoint that was verified before.
    """

    key: Verifier | None = None
    anchors: Sequence[Head] = ()
    begin: int = 0
    with_blobs: bool = False


@dataclass
class _Kept:
    """What the folder itself says of its past, and what of that can't be read."""

    head: Head | None = None
    signed: list[tuple[Note, Checkpoint]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def verify(path: Path, against: Against = Against(), progress: Callable[[int], None] = lambda _bytes: None) -> Verdict:
    """Return what came of verifying the log in a folder. Raises `DataError` where there is none and nothing says that there was."""
    folder = LogFolder(path)
    kept = _kept(folder)
    if not folder.segments() and kept.head is None and not kept.signed and not against.anchors:
        raise DataError(f"there is no audit log in {str(path)!r}: no file seg-00000000.tkl; name the folder of a log")
    _check_begin(kept, against.begin)
    heads = [*against.anchors, *([kept.head] if kept.head else [])]
    sizes = {head.size for head in heads} | {one.size for _, one in kept.signed} | {against.begin}
    scan = Scan(folder, max((head.size for head in heads), default=0), sizes, against.begin)
    scan.run(progress)
    verdict = scan.verdict
    verdict.begun_at = against.begin
    verdict.findings += kept.findings
    _check_head(scan, kept)
    _check_checkpoints(scan, kept.signed)
    is_signed = against.key is not None and _check_signatures(scan, kept.signed, against.key)
    _check_anchors(scan, against.anchors)
    if against.with_blobs:
        _check_blobs(scan)
    if not verdict.findings:
        verdict.level = 2 if against.anchors else 1 if is_signed else 0
        vouched = [head.size for head in against.anchors] or ([one.size for _, one in kept.signed] if is_signed else [0])
        verdict.checked_to = max(vouched)
    return verdict


def read_anchor(text: str) -> list[Head]:
    """Return the heads of a file of them or of signed checkpoints, or the head of `SIZE:ROOT`. Raises `DataError`."""
    size, _, root = text.partition(":")
    if size.isdecimal() and len(root) == 64:
        return [Head("", int(size), "", root.lower())]
    try:
        content = Path(text).read_text("utf-8")
    except OSError as error:
        raise DataError(f"anchor {text!r} can't be read: {error.strerror}; give a file of heads, or SIZE:ROOT") from error
    try:
        if "\n— " in content:
            found = [checkpoint_of(note.text) for note in notes(content.encode())]
            return [Head(one.origin.removeprefix("tradekit/"), one.size, "", one.root.hex()) for one in found]
        heads = list(read_heads(content))
    except ValueError as error:
        raise DataError(f"anchor {text!r} is neither a file of heads nor of signed checkpoints: {error}") from error
    if not heads:
        raise DataError(f"anchor {text!r} holds no head")
    return heads


def _kept(folder: LogFolder) -> _Kept:
    kept = _Kept()
    try:
        kept.head = folder.read_head()
    except (ValueError, TypeError) as error:
        kept.findings.append(_about_file(folder.head, "HEAD", "a head", str(error)))
    try:
        kept.signed = folder.read_checkpoints()
    except ValueError as error:
        kept.findings.append(_about_file(folder.checkpoints, "SIGNATURE", "signed checkpoints", str(error)))
    return kept


def _about_file(path: Path, kind: str, expected: str, found: str) -> Finding:
    return Finding(kind, path.name, 0, 0, -1, expected, found, -1)


def _add(scan: Scan, kind: str, place: str, number: int, words: tuple[str, str]) -> None:
    good = min(number, scan.verdict.records) - 1
    scan.verdict.findings.append(Finding(kind, place, 0, 0, number, *words, good))


def _check_root(scan: Scan, head: Head, place: str) -> bool:
    """Say whether the log has what a head tells of; find it if not."""
    if head.log and scan.log and head.log != scan.log:
        _add(scan, "ROOT", place, 0, (f"log {head.log!r}", f"log {scan.log!r}"))
    elif head.size > scan.verdict.records:
        words = (f"{head.size} records at least", f"{scan.verdict.records}")
        _add(scan, "SHORTER_THAN_HEAD", place, scan.verdict.records, words)
    elif scan.roots[head.size] != head.root:
        words = (f"the root {head.root} of the first {head.size} records", scan.roots[head.size])
        _add(scan, "ROOT", place, max(head.size - 1, 0), words)
    else:
        return True
    return False


def _check_begin(kept: _Kept, begin: int) -> None:
    if begin and not any(one.size == begin for _, one in kept.signed):
        sizes = ", ".join(str(one.size) for _, one in kept.signed[-3:]) or "none"
        raise DataError(f"there is no checkpoint of {begin} records to begin at; the last ones have {sizes}")


def _check_head(scan: Scan, kept: _Kept) -> None:
    head = kept.head
    if head is None:
        if scan.verdict.records > _BEFORE_HEAD and not any(one.kind == "HEAD" for one in kept.findings):
            scan.verdict.findings.append(_about_file(scan.folder.head, "HEAD", "the head of the log", "no such file"))
    elif _check_root(scan, head, scan.folder.head.name) and head.size and scan.leaves[head.size] != head.leaf:
        _add(scan, "ROOT", scan.folder.head.name, head.size - 1, (f"the hash {head.leaf}", scan.leaves[head.size]))


def _check_checkpoints(scan: Scan, signed: Sequence[tuple[Note, Checkpoint]]) -> None:
    """Hold the log against each checkpoint, whoever has signed it."""
    place = scan.folder.checkpoints.name
    roots: dict[int, bytes] = {}
    for _, one in signed:
        if roots.setdefault(one.size, one.root) != one.root:
            words = (f"one root of {one.size} records", "two checkpoints with different ones")
            _add(scan, "FORK", place, max(one.size - 1, 0), words)
        elif not _check_root(scan, Head(one.origin.removeprefix("tradekit/"), one.size, "", one.root.hex()), place):
            return


def _check_signatures(scan: Scan, signed: Sequence[tuple[Note, Checkpoint]], key: Verifier) -> bool:
    """Say whether the checkpoints are signed by the key, or one that it has handed over to or taken over from."""
    place = scan.folder.checkpoints.name
    if not signed:
        _add(scan, "SIGNATURE", place, 0, (f"checkpoints signed by {key.name!r}", "none"))
        return False
    epochs = _epochs(scan, key)
    if not epochs:
        return False
    good = 0
    for note, one in signed:
        signers = [(since, until) for since, until, verifier in epochs if verifier.has_signed(note)]
        if any(since < one.size <= until for since, until in signers):
            good += 1
        elif signers:
            words = ("the key that was in use then", "a signature of another")
            _add(scan, "KEY_EPOCH", place, max(one.size - 1, 0), words)
        else:
            names = ", ".join(sorted({repr(name) for name, _, _ in note.signatures}))
            words = (f"a good signature of {', '.join(sorted({repr(v.name) for _, _, v in epochs}))}", f"none; signed by {names}")
            _add(scan, "SIGNATURE", place, max(one.size - 1, 0), words)
    scan.verdict.checkpoints = good
    return good == len(signed)


_FOREVER = 2**62


def _epochs(scan: Scan, key: Verifier) -> list[tuple[int, int, Verifier]]:
    """Return the keys that sign, each with more than how many records and up to how many, as the records of rotations tell."""
    changes = []
    for number, change in scan.keys:
        try:
            new, old = parse_verifier(change.new), parse_verifier(change.old) if change.old else None
        except ValueError as error:
            _add(scan, "SIGNATURE", "a record log.key", number, ("two keys", str(error)))
            return []
        if not _is_agreed(change, new, old, scan.log):
            _add(scan, "SIGNATURE", "a record log.key", number, ("signatures of both keys", "others"))
            return []
        changes.append((number, old, new))
    if not changes:
        return [(-1, _FOREVER, key)]
    first = changes[0][1]
    keys = ([] if first is None else [first]) + [new for _, _, new in changes]
    if key not in keys:
        return [(-1, changes[0][0], key)]
    bounds = [-1, *(at for at, old, _ in changes if old is not None or at != changes[0][0]), _FOREVER]
    return [(bounds[k], bounds[k + 1], one) for k, one in enumerate(keys)]


def _is_agreed(change: KeyChanged, new: Verifier, old: Verifier | None, log: str) -> bool:
    text = rotation_text(log, change.old, change.new)
    is_new = new.accepts(text, bytes.fromhex(change.new_signature))
    return is_new and (old is None or old.accepts(text, bytes.fromhex(change.old_signature)))


def _check_anchors(scan: Scan, anchors: Sequence[Head]) -> None:
    own = [head for head in anchors if not head.log or head.log == scan.log]
    for head in own or anchors:
        if not _check_root(scan, head, "a head kept elsewhere"):
            return
    if anchors and scan.verdict.records > max(head.size for head in own or anchors):
        behind = scan.verdict.records - max(head.size for head in own or anchors)
        text = f"{behind} records are newer than the last head that was kept elsewhere"
        scan.verdict.warnings.append(Warned("BEHIND_ANCHOR", -1, text))


def _check_blobs(scan: Scan) -> None:
    if scan.verdict.findings:
        return
    for entry in entries(scan.folder.path):
        record = entry.record if entry.kind == RunBegun.KIND else None
        if not isinstance(record, RunBegun) or not record.bars:
            continue
        kind = "BLOB_HASH" if scan.folder.blob(record.bars).exists() else "BLOB_MISSING"
        try:
            scan.folder.read_blob(record.bars)
        except DataError as error:
            _add(scan, kind, "blobs", entry.number, (f"blob {record.bars}", str(error)))
