"""Killed at any point while it writes, a store verifies, shows what was committed, and goes on to the same content."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stored_rows import KEY, at, hours
from tradekit.data.store.folder import Store

HERE = Path(__file__).parent


@pytest.mark.skipif(sys.platform == "win32", reason="processes there can neither be forked nor killed by a signal")
def test_writer_killed_at_any_point_leaves_a_store_that_verifies_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "dying_writer.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["points"] > 30
    assert (told["expected"]["problems"], told["expected"]["left"], told["expected"]["rows"]) == ([], 0, 96)
    for story in told["stories"]:
        assert (story["died"], story["again"]) == (-9, 0), story
        if story["after"] is not None:
            assert story["after"]["problems"] == [], story
            assert story["after"]["rows"] in (0, 96), story
        assert story["end"] == told["expected"], story


def test_staged_page_left_behind_by_a_commit_does_not_undo_a_later_correction(store: Store) -> None:
    data_set = store.create(KEY)
    data_set.stage(hours("2024-01-01", 4), at("2024-01-01"), at("2024-01-02"), "venue")
    (page,) = (data_set.folder / "staged").iterdir()
    content = page.read_bytes()
    data_set.commit("venue", "fetch")
    page.write_bytes(content)  # as if the process had died before it was removed
    data_set.put(hours("2024-01-01T01:00", 1, 500.0), "csv", "correction")
    assert data_set.commit("venue", "fetch") == 2
    assert data_set.read().close.tolist() == [100, 500, 102, 103]
    assert not page.exists()
