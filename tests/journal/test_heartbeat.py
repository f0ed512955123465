"""Signs of life."""

import struct
import time

from tradekit.journal.heartbeat import Heartbeat, last_beat


def test_heartbeat_is_seen_by_others_until_it_is_over(tmp_path):
    path = tmp_path / "main.beat"
    assert last_beat(path) is None
    heart = Heartbeat(path)
    first = last_beat(path)
    assert first.age_s >= 0
    assert not first.is_over
    heart.beat()
    assert path.stat().st_size == 16
    heart.close(is_clean=True)
    assert last_beat(path).is_over


def test_heartbeat_of_a_process_that_failed_is_not_over(tmp_path):
    heart = Heartbeat(tmp_path / "main.beat")
    heart.close(is_clean=False)
    assert not last_beat(tmp_path / "main.beat").is_over


def test_heartbeat_from_before_the_machine_was_started_is_infinitely_old(tmp_path):
    path = tmp_path / "main.beat"
    path.write_bytes(struct.pack("<qq", time.monotonic_ns() + 10**15, 1))
    assert last_beat(path).age_s == float("inf")


def test_heartbeat_file_that_was_cut_off_says_nothing(tmp_path):
    (tmp_path / "main.beat").write_bytes(b"\0" * 5)
    assert last_beat(tmp_path / "main.beat") is None
