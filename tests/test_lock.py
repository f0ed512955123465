"""Files that one process holds at a time."""

import subprocess
import sys

import pytest

from tradekit import FileLock, LockedError, RunError


def test_file_that_is_held_is_refused_and_says_by_whom(tmp_path):
    path = tmp_path / "there" / "lock"
    assert not FileLock.is_held(path)
    with FileLock(path):
        assert FileLock.is_held(path)
        with pytest.raises(LockedError, match=r"lock' is held by process \d+; wait until it is done, or end it"):
            FileLock(path)
    assert not FileLock.is_held(path)
    with FileLock(path):
        pass


def test_lock_of_another_process_goes_with_it_however_it_ends(tmp_path):
    path = tmp_path / "lock"
    hold = (
        f"from tradekit import FileLock; held = FileLock(__import__('pathlib').Path({str(path)!r})); print(1, flush=True); input()"
    )
    other = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    other.stdout.readline()
    with pytest.raises(RunError, match=f"is held by process {other.pid};"):
        FileLock(path)
    other.kill()
    other.communicate()
    with FileLock(path):
        assert path.read_text() != str(other.pid)
