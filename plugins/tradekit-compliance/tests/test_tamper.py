"""The ways to tamper with a log that are known, each found at the record that is stated, and each level's limits."""

from __future__ import annotations

import re
import shutil
from bisect import bisect_right
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_logs import Clock, Small, bits, edited, rechained, record
from tradekit_compliance.audit.folder import Head, LogFolder
from tradekit_compliance.audit.merkle import leaf_hash, root_of
from tradekit_compliance.audit.notes import Checkpoint, Signer, checkpoint_text
from tradekit_compliance.audit.verdict import Verdict
from tradekit_compliance.audit.verify import Against, read_anchor, verify

from tradekit import DataError, RunError


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A log of 12 records: the first tells of the segment."""
    small = Small(tmp_path / "log", Signer.make("desk"), tmp_path / "elsewhere" / "heads")
    small.write(11)
    return small


def check(small: Small, **against: Any) -> Verdict:
    return verify(small.path, Against(**against))


def found(verdict: Verdict) -> tuple[str, int] | None:
    return None if verdict.first is None else (verdict.first.kind, verdict.first.number)


def anchors(small: Small) -> list[Head]:
    return read_anchor(str(small.heads))


def test_log_that_is_good_reaches_each_level(small: Small) -> None:
    assert small.signer is not None
    assert check(small).level == 0
    assert check(small, key=small.signer.verifier).level == 1
    verdict = check(small, key=small.signer.verifier, anchors=anchors(small))
    assert (verdict.level, verdict.records, verdict.checked_to, verdict.warnings) == (2, 12, 12, [])


@pytest.mark.parametrize("level", [0, 1, 2])
def test_level_is_never_stated_without_what_it_leaves_open(small: Small, level: int) -> None:
    assert small.signer is not None
    against: list[dict[str, Any]] = [{}, {"key": small.signer.verifier}, {"anchors": anchors(small)}]
    verdict = check(small, **against[level])
    assert verdict.statement.startswith(f"tamper-evident, verified to level L{level}: ")
    assert verdict.limits[0].startswith("not excluded: ")
    assert "records cut off at the end" in check(small).limits[0]


@pytest.mark.proof("compliance")
def test_every_flipped_bit_of_a_segment_is_found_at_its_record(tmp_path: Path, matrix: Any) -> None:
    small = Small(tmp_path / "log")
    small.write(3)
    content = small.segment.read_bytes()
    ends = [at for at, byte in enumerate(content) if byte == 10]
    path = small.segment
    kinds: dict[str, int] = {}
    for at, bit in matrix.some(list(bits(len(content))), 250):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        verdict = verify(small.path)
        assert verdict.first is not None, (at, bit)
        assert verdict.first.number == bisect_right(ends, at - 1), (at, bit, verdict.first)
        kinds[verdict.first.kind] = kinds.get(verdict.first.kind, 0) + 1
    assert set(kinds) <= {"HASH", "FRAMING", "SHORTER_THAN_HEAD"}


@pytest.mark.proof("compliance")
@pytest.mark.parametrize("name", ["head.json", "checkpoints.txt"])
def test_every_flipped_bit_beside_the_segments_is_found(small: Small, name: str, matrix: Any) -> None:
    assert small.signer is not None
    path = small.path / name
    content = path.read_bytes()
    for at, bit in matrix.some(list(bits(len(content))), 60):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        verdict = verify(small.path, Against(small.signer.verifier))
        assert verdict.first is not None, (at, bit, content[at : at + 1])


@pytest.mark.parametrize("number", [1, 5, 10])
def test_field_changed_with_its_hash_is_found_at_the_next_record(small: Small, number: int) -> None:
    lines = small.lines()
    lines[number] = edited(lines[number], actor="somebody else")
    small.put(lines)
    assert found(check(small)) == ("PREV", number + 1)


def test_last_record_changed_with_its_hash_is_found_by_the_head(small: Small) -> None:
    lines = small.lines()
    small.put([*lines[:-1], edited(lines[-1], actor="somebody else")])
    assert found(check(small)) == ("ROOT", 11)


@pytest.mark.parametrize(("number", "where"), [(0, ("SEQ_GAP", 0)), (6, ("SEQ_GAP", 6)), (11, ("SHORTER_THAN_HEAD", 11))])
def test_dropped_record_is_found_at_its_place(small: Small, number: int, where: tuple[str, int]) -> None:
    lines = small.lines()
    small.put(lines[:number] + lines[number + 1 :])
    assert found(check(small)) == where


def test_swapped_records_are_found_at_the_first_of_them(small: Small) -> None:
    lines = small.lines()
    lines[4], lines[5] = lines[5], lines[4]
    small.put(lines)
    assert found(check(small)) == ("SEQ_GAP", 4)


def test_record_that_comes_twice_is_found_at_its_second_place(small: Small) -> None:
    lines = small.lines()
    small.put([*lines[:6], lines[5], *lines[6:]])
    assert found(check(small)) == ("SEQ_DUP", 6)


def test_forged_record_with_a_right_hash_is_found_at_the_next_one(small: Small) -> None:
    lines = small.lines()
    forged = edited(lines[5], seq=6, prev=lines[5][:64].decode())
    small.put([*lines[:6], forged, *lines[6:]])
    assert found(check(small)) == ("SEQ_DUP", 7)
    small.put([*lines[:6], forged, *lines[7:]])
    assert found(check(small)) == ("PREV", 7)


@pytest.mark.proof("compliance")
def test_log_cut_off_at_any_byte_of_its_last_records_is_found_by_a_head(small: Small, matrix: Any) -> None:
    content = small.segment.read_bytes()
    begin = sum(len(line) + 1 for line in small.lines()[:-3])
    kept = anchors(small)
    for at in matrix.some(list(range(begin, len(content))), 25):
        small.segment.write_bytes(content[:at])
        whole = content[:at].count(b"\n")
        assert found(check(small)) == ("SHORTER_THAN_HEAD", whole)
        for name in ("head.json", "checkpoints.txt"):
            (small.path / name).rename(small.path.parent / name)
        assert found(check(small, anchors=kept)) in (("SHORTER_THAN_HEAD", whole), ("HEAD", -1))
        for name in ("head.json", "checkpoints.txt"):
            (small.path.parent / name).rename(small.path / name)


def test_log_cut_off_with_its_own_heads_is_consistent_and_says_what_that_leaves_open(small: Small) -> None:
    older = Small(small.path.parent / "older" / "log", clock=Clock())
    older.write(5)
    lines = older.lines()
    older.put(lines[:-2])
    LogFolder(older.path).head.write_bytes(head_of(older).content())
    verdict = check(older)
    assert verdict.level == 0
    assert "records cut off at the end" in verdict.limits[0]


def head_of(small: Small) -> Head:
    lines = small.lines()
    leaves = [bytes.fromhex(line[:64].decode()) for line in lines]
    log = LogFolder(small.path).read_head()
    assert log is not None
    return Head(log.log, len(lines), lines[-1][:64].decode(), root_of(leaves).hex())


def test_deleted_segment_is_found(tmp_path: Path) -> None:
    small = Small(tmp_path / "log", roll_bytes=2000)
    small.write(20)
    paths = LogFolder(small.path).segments()
    assert len(paths) > 3
    for path in (paths[0], paths[1]):
        content = path.read_bytes()
        first = int(path.read_bytes().split(b'"seq":')[1].split(b",")[0])
        path.unlink()
        assert found(check(small)) == ("SEGMENT_MISSING", first)
        path.write_bytes(content)
    assert check(small).level == 0
    paths[-1].unlink()
    assert check(small).first is not None
    assert check(small).first.kind == "SHORTER_THAN_HEAD"  # type: ignore[union-attr] - asserted above


def test_deleted_log_is_found_by_an_anchor_and_never_good(small: Small) -> None:
    kept = anchors(small)
    shutil.rmtree(small.path)
    assert found(check(small, anchors=kept)) == ("SHORTER_THAN_HEAD", 0)
    with pytest.raises(DataError, match="there is no audit log"):
        check(small)


def test_deleted_head_is_found(small: Small) -> None:
    (small.path / "head.json").unlink()
    assert found(check(small)) == ("HEAD", -1)


def rewrite(small: Small, signer: Signer | None) -> None:
    """Write the whole log anew with another fill in it, with its head and its checkpoints."""
    lines = small.lines()
    lines[3] = edited(lines[3], actor="nobody")
    small.put(rechained(lines))
    head = head_of(small)
    LogFolder(small.path).head.write_bytes(head.content())
    text = checkpoint_text(Checkpoint(f"tradekit/{head.log}", head.size, bytes.fromhex(head.root)))
    if signer is not None:
        LogFolder(small.path).checkpoints.write_text(signer.sign(text), "utf-8")


def test_log_written_anew_is_found_by_its_signed_checkpoints(small: Small) -> None:
    assert small.signer is not None
    rewrite(small, None)
    # The first record is what it was, and so is the checkpoint of that one: the change is behind it, and at or before record 4.
    assert found(check(small, key=small.signer.verifier)) == ("ROOT", 4)
    (small.path / "checkpoints.txt").unlink()
    assert found(check(small, key=small.signer.verifier)) == ("SIGNATURE", 0)
    assert check(small).level == 0


def test_log_written_anew_with_another_key_is_found_by_the_real_one(small: Small) -> None:
    assert small.signer is not None
    rewrite(small, Signer.make("desk"))
    assert found(check(small, key=small.signer.verifier)) == ("SIGNATURE", 11)


def test_log_written_anew_with_a_stolen_key_is_found_only_by_a_head_kept_elsewhere(small: Small) -> None:
    assert small.signer is not None
    kept = anchors(small)
    rewrite(small, small.signer)
    assert check(small, key=small.signer.verifier).level == 1
    assert found(check(small, key=small.signer.verifier, anchors=kept)) == ("ROOT", 4)


def test_cut_log_is_not_signed_again(small: Small) -> None:
    lines = small.lines()
    small.put(lines[:-3])
    for name in ("head.json", "checkpoints.txt"):
        with pytest.raises(RunError, match=r"can't be written to: it has 9 records, and had 12"):
            small.open()
        (small.path / name).unlink()
    with pytest.raises(RunError, match="it has 9 records, and had 12"):
        small.open()
    with pytest.raises(RunError, match="it has 9 records, and had 12"):
        replace(small, signer=None).open()


def test_changed_log_is_not_signed_again(small: Small) -> None:
    lines = small.lines()
    lines[3] = edited(lines[3], actor="nobody")
    small.put(rechained(lines))
    with pytest.raises(RunError, match="are not those that it had: their root is another"):
        small.open()


def test_older_copy_is_found_only_by_a_head_kept_elsewhere(small: Small) -> None:
    assert small.signer is not None
    older = small.path.parent / "older"
    shutil.copytree(small.path, older)
    small.write(5, 11)
    kept = anchors(small)
    assert verify(older, Against(small.signer.verifier)).level == 1
    assert found(verify(older, Against(small.signer.verifier, kept))) == ("SHORTER_THAN_HEAD", 12)
    shutil.rmtree(small.path)
    older.rename(small.path)
    with pytest.raises(RunError, match="it has 12 records, and had 17"):
        small.open()


def test_record_of_another_log_is_found(small: Small) -> None:
    other = Small(small.path.parent / "other", clock=Clock())
    other.write(11)
    lines = small.lines()
    lines[5] = other.lines()[5]
    small.put(lines)
    assert found(check(small)) == ("PREV", 5)
    small.put(other.lines())
    verdict = check(small)
    assert found(verdict) is not None
    assert found(verdict) == ("ROOT", 0)


@pytest.mark.parametrize(
    ("change", "kind", "number"),
    [
        (lambda line: line.replace(b",", b"\v,", 1), "HASH", 4),
        (lambda line: line + b"\r", "HASH", 4),
        (lambda line: b"\xef\xbb\xbf" + line, "FRAMING", 4),
        (lambda line: line + b"\0", "HASH", 4),
        (lambda line: line.replace(b'"v":1', b'"v":1,"v":1'), "HASH", 4),
        (lambda line: line.replace(b'"1.5"', b"1.5"), "HASH", 4),
    ],
)
def test_odd_bytes_are_found_at_their_record(small: Small, change: Any, kind: str, number: int) -> None:
    lines = small.lines()
    lines[number] = change(lines[number])
    small.put(lines)
    assert found(check(small)) == (kind, number)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b'"v":1', b'"v":1,"v":1', "written again it gives other bytes"),
        (b'"v":1', b'"v": 1', "written again it gives other bytes"),
        (b'"1.5"', b"1.5", "the number 1.5 is no integer"),
        (b'"1.5"', b"15e-1", "the number 15e-1 is no integer"),
        (b'"1.5"', b'"1\\u002e5"', "written again it gives other bytes"),
        (b'"1.5"', b"NaN", "the number NaN is no integer"),
        (b'"1.5"', b"9007199254740992", "beyond 2\\*\\*53 - 1"),
        (b'"kind"', b'"Kind"', "the name 'Kind' has other characters"),
    ],
)
def test_bytes_that_are_not_canonical_are_found_though_their_hash_is_right(
    small: Small, before: bytes, after: bytes, why: str
) -> None:
    lines = small.lines()
    content = lines[5][65:].replace(before, after)
    assert content != lines[5][65:]
    lines[5] = leaf_hash(content).hex().encode() + b" " + content
    small.put(lines)
    verdict = check(small)
    assert found(verdict) == ("NOT_CANONICAL", 5)
    assert re.search(why, verdict.statement)


def test_second_writer_is_refused(small: Small) -> None:
    writer = small.open()
    with pytest.raises(RunError, match=r"is written by process \d+"):
        small.open()
    writer.close()
    small.write(1)
    assert check(small).records == 13


def test_clock_set_back_is_told_and_is_no_damage(tmp_path: Path) -> None:
    small = Small(tmp_path / "log", clock=Clock())
    small.write(3)
    small.clock = Clock(now=1_699_999_000_000_000_000)
    small.write(2)
    verdict = check(small)
    assert (verdict.level, [one.kind for one in verdict.warnings]) == (0, ["CLOCK_BACK"])


def test_verifying_from_a_checkpoint_finds_what_is_behind_it(small: Small) -> None:
    sizes = [one.size for _, one in LogFolder(small.path).read_checkpoints()]
    verdict = check(small, begin=sizes[1])
    assert (verdict.level, verdict.begun_at) == (0, sizes[1])
    lines = small.lines()
    lines[10] = edited(lines[10], actor="nobody")
    small.put(lines)
    assert found(check(small, begin=sizes[1])) == ("PREV", 11)
    with pytest.raises(DataError, match="there is no checkpoint of 3 records to begin at"):
        check(small, begin=3)


def test_fork_of_two_signed_checkpoints_is_found(small: Small) -> None:
    assert small.signer is not None
    log = LogFolder(small.path)
    other = small.signer.sign(checkpoint_text(Checkpoint(log.read_checkpoints()[-1][1].origin, 12, b"x" * 32)))
    log.checkpoints.write_bytes(log.checkpoints.read_bytes() + other.encode())
    assert found(check(small, key=small.signer.verifier)) == ("FORK", 11)


def test_key_is_handed_over_and_each_checkpoint_belongs_to_its_epoch(small: Small) -> None:
    old, new = small.signer, Signer.make("desk-2")
    assert old is not None
    writer = small.open()
    writer.hand_over(new, "desk-1")
    writer.close()
    small.signer = new
    small.write(5)
    assert check(small, key=old.verifier).level == 1
    assert check(small, key=new.verifier).level == 1
    with pytest.raises(RunError, match=r"is not signed by key 'desk', but by 'desk-2'"):
        replace(small, signer=old).open()
    log = LogFolder(small.path)
    _, last = log.read_checkpoints()[-1]
    notes = log.checkpoints.read_text("utf-8").split("tradekit/")[1:-1]
    log.checkpoints.write_text("".join(f"tradekit/{note}" for note in notes) + old.sign(checkpoint_text(last)), "utf-8")
    assert found(check(small, key=new.verifier)) == ("KEY_EPOCH", last.size - 1)


def test_torn_tail_is_set_aside_and_recorded(small: Small) -> None:
    with small.segment.open("ab") as file:
        file.write(b"4f2a {not whole")
    assert [one.kind for one in check(small).warnings] == ["UNFINISHED"]
    small.write(1)
    verdict = check(small)
    assert (verdict.level, [one.kind for one in verdict.warnings], verdict.records) == (0, ["RECOVERED_TEAR"], 14)
    (fragment,) = (small.path / "quarantine").iterdir()
    assert fragment.read_bytes() == b"4f2a {not whole"
    fragment.write_bytes(b"4f2a {not whol")
    assert found(check(small)) == ("BLOB_HASH", 12)
    fragment.unlink()
    assert found(check(small)) == ("BLOB_MISSING", 12)


def test_log_goes_on_over_days_without_beginning_to_count_anew(tmp_path: Path) -> None:
    clock = Clock()
    small = Small(tmp_path / "log", clock=clock)
    small.write(3)
    clock.now += 86_400 * 1_000_000_000
    small.write(3)
    verdict = check(small)
    assert (verdict.level, verdict.records, len(LogFolder(small.path).segments())) == (0, 8, 2)
    assert record(0).KIND == "order.asked"
