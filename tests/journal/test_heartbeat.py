"""Signs of life."""

import struct
import time

from tradekit.journal.heartbeat import Heartbeat, Timer, last_beat, last_timer


def test_heartbeat_is_seen_by_others_until_it_is_over(tmp_path):
    path = tmp_path / "main.beat"
    assert last_beat(path) is None
    heart = Heartbeat(path)
    first = last_beat(path)
    assert first.age_s >= 0
    assert not first.is_over
    heart.beat()
    assert path.stat().st_size == 32
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


def test_timer_of_a_venue_is_told_after_the_process_has_died_and_after_the_next_has_begun(tmp_path):
    path = tmp_path / "main.beat"
    assert last_timer(path) is None
    heart = Heartbeat(path)
    assert last_timer(path) is None
    heart.note(Timer(1_767_225_600_000_000_000, 60.5))
    heart.beat()
    heart.close(is_clean=False)
    Heartbeat(path).close(is_clean=True)
    timer = last_timer(path)
    assert timer == Timer(1_767_225_600_000_000_000, 60.5)
    assert timer.left_s(1_767_225_600_000_000_000 + 70 * 10**9) == -9.5


def test_timer_that_was_taken_back_is_none(tmp_path):
    heart = Heartbeat(tmp_path / "main.beat")
    heart.note(Timer(1, 60.0))
    heart.note(Timer(2, 0.0))
    heart.close(is_clean=True)
    assert last_timer(tmp_path / "main.beat") is None


def test_timer_is_none_in_a_file_of_a_version_that_knew_of_none(tmp_path):
    path = tmp_path / "main.beat"
    path.write_bytes(struct.pack("<qq", time.monotonic_ns(), 1))
    assert last_timer(path) is None
    assert not last_beat(path).is_over
