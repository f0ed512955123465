"""What dies in the middle of writing loses nothing that was acknowledged, and its log is no tampered one."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_logs import Small, record
from tradekit_compliance.audit.folder import LogFolder
from tradekit_compliance.audit.reading import entries
from tradekit_compliance.audit.verify import Against, read_anchor, verify

HERE = Path(__file__).parent


def start(folder: Path, most: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(HERE / "dying_writer.py"), str(folder), str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=HERE)


def holds(folder: Path, acknowledged: int) -> None:
    """The log verifies as it is, opens, verifies again, and has all that was acknowledged."""
    small = Small(folder / "log", None, folder / "heads", every=7, roll_bytes=20_000)
    before = verify(small.path)
    assert before.is_good, before.statement
    assert before.records > acknowledged
    small.write(2)
    after = verify(small.path, Against(anchors=read_anchor(str(small.heads))))
    assert after.level == 2, after.statement
    numbers = [entry.number for entry in entries(small.path)]
    assert numbers == list(range(len(numbers)))
    assert after.records >= before.records + 2


@pytest.mark.proof("compliance")
def test_writer_killed_at_any_point_loses_nothing_and_leaves_no_tampered_log(tmp_path: Path, matrix: Any) -> None:
    random_ = random.Random(7)  # noqa: S311 - it only chooses when to kill
    seeds = matrix.seeds(2, 200)
    for seed in seeds:
        # Some logs are gone on with after one kill, and after another.
        folder = tmp_path / f"{seed // 4}"
        process = start(folder)
        assert process.stdout is not None
        last = -1
        # How many are let through before the kill, and how much of a moment after that, is chance.
        for _ in range(random_.randrange(1, 400)):
            line = process.stdout.readline().strip()
            last = int(line) if line.isdigit() else last
        process.kill()
        rest = process.stdout.read().split(b"\n")
        process.wait()
        process.stdout.close()
        last = max([last, *(int(line) for line in rest[:-1] if line.isdigit())])
        holds(folder, last)


@pytest.mark.proof("compliance")
def test_torn_write_at_any_byte_is_set_aside_and_no_tampering(tmp_path: Path, matrix: Any) -> None:
    small = Small(tmp_path / "log", every=1000)
    writer = small.open()
    writer.append(record(1), run="r1")
    begin = small.segment.stat().st_size
    writer.append(record(2), run="r1")
    writer.close_files()  # as if the process had died: there is no checkpoint behind it
    content = small.segment.read_bytes()
    head = (small.path / "head.json").read_bytes()
    for at in matrix.some(list(range(begin, len(content))), 12):
        small.segment.write_bytes(content[:at])
        (small.path / "head.json").write_bytes(head)
        assert verify(small.path).is_good
        small.write(1)
        kinds = [one.kind for one in verify(small.path).warnings]
        assert kinds == ([] if at == begin else ["RECOVERED_TEAR"])


@pytest.mark.proof("compliance")
def test_full_disk_at_any_point_loses_nothing_and_leaves_no_tampered_log(tmp_path: Path, matrix: Any) -> None:
    for seed in matrix.seeds(2, 40):
        folder = tmp_path / str(seed)
        most = 1500 + 331 * seed
        process = start(folder, most)
        told = process.communicate()[0].split(b"\n")
        assert told[-2] == b"File too large", told
        acknowledged = [int(line) for line in told if line.isdigit()]
        holds(folder, max(acknowledged, default=-1))


def test_failed_write_is_told_and_nothing_is_written_behind_it(tmp_path: Path) -> None:
    small = Small(tmp_path / "log")
    writer = small.open()
    number = writer.append(record(1), run="r1")
    file = writer._file
    assert file is not None

    class Full:
        """A disk that takes a part of what it is given, and then nothing."""

        def __init__(self) -> None:
            self.left = 40

        def write(self, content: bytes) -> int:
            if self.left <= 0:
                raise OSError(28, "No space left on device")
            written = file.write(content[: self.left])
            self.left = 0
            return written

        def close(self) -> None:
            file.close()

    writer._file = Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space left"):
        writer.append(record(2), run="r1")
    assert writer.is_closed
    small.write(1)
    verdict = verify(small.path)
    assert (verdict.level, [one.kind for one in verdict.warnings]) == (0, ["RECOVERED_TEAR"])
    assert [entry.number for entry in entries(small.path) if entry.kind == "risk.verdict"] == [number]
    assert len(list(LogFolder(small.path).quarantine.iterdir())) == 1
