"""Files and folders that are there whole or not at all."""

import os

import pytest

from tradekit import UNFINISHED, publish_file, publish_folder


def test_file_takes_the_place_of_the_one_before_at_once(tmp_path):
    path = tmp_path / "note.txt"
    publish_file(path, b"one")
    publish_file(path, b"t", memoryview(b"wo"), is_durable=False)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("note.txt", b"two")]


def test_file_that_can_not_be_written_leaves_what_was_there_and_nothing_besides(tmp_path, monkeypatch):
    path = tmp_path / "note.txt"
    publish_file(path, b"one")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        publish_file(path, b"two")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("note.txt", b"one")]


def test_folder_is_of_the_first_who_wrote_it(tmp_path):
    assert publish_folder(tmp_path / "models" / "1", {"a": b"1", "b": b"2"})
    assert not publish_folder(tmp_path / "models" / "1", {"a": b"9"})
    assert {one.name: one.read_bytes() for one in (tmp_path / "models" / "1").iterdir()} == {"a": b"1", "b": b"2"}
    assert not [one for one in (tmp_path / "models").iterdir() if one.name.endswith(UNFINISHED)]
