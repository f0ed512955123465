"""What doctor says of folders, the clock and files with keys."""

import errno
import json
import os
import shutil
import tempfile
import zoneinfo
from pathlib import Path

import numpy as np
import pytest

from tradekit.engine.doctor import surroundings
from tradekit.engine.doctor.surroundings import check_clock, check_folder, check_keys, check_zones

INSTALLED = Path(surroundings.__file__).stat().st_mtime_ns
posix = pytest.mark.skipif(os.name != "posix", reason="files have no such permissions here")


def refused(monkeypatch, number):
    def fail(**_where):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)


def test_folder_that_can_be_written_is_left_as_it_was(tmp_path):
    finding = check_folder("runs", tmp_path, "--runs")
    assert finding.verdict == "ok"
    assert finding.text.startswith(f"the folder for runs, {str(tmp_path)!r}, can be written; ")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there_is_not_made(tmp_path):
    finding = check_folder("runs", tmp_path / "a" / "runs", "--runs")
    assert finding.verdict == "ok"
    assert f"{str(tmp_path / 'a' / 'runs')!r}, will be made when it is needed" in finding.text
    assert list(tmp_path.iterdir()) == []


def test_folder_that_can_not_be_written_is_wrong(tmp_path, monkeypatch):
    refused(monkeypatch, errno.EACCES)
    finding = check_folder("runs", tmp_path, "--runs")
    assert (finding.verdict, finding.way_out) == ("fail", "--runs names another")
    assert finding.text == f"the folder for runs, {str(tmp_path)!r}, can't be written: permission denied"


def test_folder_that_can_not_be_made_is_wrong(tmp_path, monkeypatch):
    refused(monkeypatch, errno.EROFS)
    finding = check_folder("market data", tmp_path / "store", "--store")
    assert (finding.verdict, finding.way_out) == ("fail", "--store names another")
    assert finding.text.endswith(f"'{tmp_path / 'store'}', can't be made in {str(tmp_path)!r}: read-only file system")


def test_folder_that_is_a_file_is_wrong(tmp_path):
    (tmp_path / "runs").write_text("")
    assert check_folder("runs", tmp_path / "runs", "--runs").verdict == "fail"


def test_folder_on_a_full_disk_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: shutil._ntuple_diskusage(10**12, 10**12 - 10**7, 10**7))
    finding = check_folder("runs", tmp_path, "--runs")
    assert finding.verdict == "warn"
    assert finding.text.endswith("is on a disk with 0.01 GB left")
    assert finding.way_out == "make room, or name another with --runs"


def test_clock_that_goes_on_is_well_and_nothing_more_is_claimed(tmp_path):
    finding = check_clock(tmp_path, INSTALLED + 10**9)
    assert finding.verdict == "ok"
    assert finding.text.endswith("later than all that was done here; whether it is right, only a network can tell")


def test_clock_before_the_installation_is_wrong(tmp_path):
    finding = check_clock(tmp_path, int(np.datetime64("2001-02-03T04:05:06", "ns").astype(np.int64)))
    assert finding.verdict == "fail"
    assert finding.text.startswith("the clock shows 2001-02-03T04:05:06Z, and tradekit was installed at 20")
    assert finding.way_out == "set the clock; on a server, let a time service do it"


def test_clock_before_the_end_of_a_run_is_wrong(lab):
    lab.give([1.0, 2.0, 3.0])
    folder = lab.run("buy-and-hold").folder
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["about"]["finished"] = "2100-01-01T01:00:00.000+01:00"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    finding = check_clock(lab.runs, INSTALLED + 10**9)
    assert finding.verdict == "fail"
    assert finding.text.endswith(f", and run {folder.name} ended at 2100-01-01T00:00:00Z")
    assert check_clock(lab.runs, int(np.datetime64("2100-01-01", "ns").astype(np.int64))).verdict == "ok"


def test_clock_with_a_damaged_run_is_judged_by_the_rest(tmp_path):
    (tmp_path / "20990101-000000-x").mkdir()
    (tmp_path / "20990101-000000-x" / "manifest.json").write_text("{")
    assert check_clock(tmp_path, INSTALLED + 10**9).verdict == "ok"


def test_time_zones_that_are_not_there_are_wrong(monkeypatch):
    assert check_zones().verdict == "ok"

    def unknown(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", unknown)
    finding = check_zones()
    assert (finding.verdict, finding.way_out) == ("fail", "run: pip install tzdata")


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """Where the secrets file would be, and a folder without keys."""
    path = tmp_path / "settings" / "secrets.toml"
    path.parent.mkdir(mode=0o700)
    monkeypatch.setenv("TRADEKIT_SECRETS", str(path))
    return path


def test_keys_none_are_well(secrets, tmp_path):
    (finding,) = check_keys(tmp_path)
    assert (finding.verdict, finding.text) == ("ok", f"none in this folder, and no {str(secrets)!r}")


@posix
def test_keys_that_only_the_user_can_read_are_well(secrets, tmp_path):
    secrets.write_text("")
    secrets.chmod(0o600)
    assert [(one.verdict, one.text) for one in check_keys(tmp_path)] == [("ok", f"nobody else can read {str(secrets)!r}")]


@posix
def test_keys_that_others_can_read_are_wrong(secrets, tmp_path):
    secrets.write_text("")
    secrets.chmod(0o644)
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o640)
    found = [(one.verdict, one.text, one.way_out) for one in check_keys(tmp_path)]
    assert found == [
        (
            "fail",
            f"{str(path)!r} can be read by {who} (mode {mode})",
            f"run: chmod 600 {path}; keys that others could read need replacing",
        )
        for path, who, mode in ((secrets, "everybody", "0644"), (tmp_path / ".env", "its group", "0640"))
    ]


@posix
def test_keys_that_vanish_meanwhile_are_told(secrets, tmp_path, monkeypatch):
    secrets.write_text("")
    monkeypatch.setattr("tradekit.engine.doctor.surroundings.key_files", lambda _folder: [tmp_path / "gone"])
    (finding,) = check_keys(tmp_path)
    assert (finding.verdict, finding.text) == ("warn", f"{str(tmp_path / 'gone')!r} can't be looked at: no such file or directory")
