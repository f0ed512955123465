"""Where keys are, and who can read them."""

import os
import sys
from pathlib import Path

import pytest

from tradekit.engine.keys import exposed, key_files, secrets_file

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files have no such permissions here")


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch, tmp_path):
    monkeypatch.delenv("TRADEKIT_SECRETS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "settings/tradekit/secrets.toml"),
        ("linux", {"XDG_CONFIG_HOME": ""}, "home/.config/tradekit/secrets.toml"),
        ("darwin", {}, "home/Library/Application Support/tradekit/secrets.toml"),
        ("win32", {"APPDATA": "TMP/roaming"}, "roaming/tradekit/secrets.toml"),
        ("win32", {"APPDATA": ""}, "home/AppData/Roaming/tradekit/secrets.toml"),
        ("linux", {"TRADEKIT_SECRETS": "TMP/mine.toml"}, "mine.toml"),
    ],
)
def test_secrets_file_is_where_the_system_keeps_settings(platform, variables, expected, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("TMP", str(tmp_path)))
    assert secrets_file() == tmp_path / expected


def test_key_files_are_those_that_are_there(tmp_path, monkeypatch):
    secrets = secrets_file()
    secrets.parent.mkdir(parents=True)
    folder = tmp_path / "project"
    folder.mkdir()
    for path in (secrets, folder / ".env", folder / ".env.live", folder / "secrets.toml", folder / "environment"):
        path.write_text("")
    (folder / ".env.d").mkdir()
    assert key_files(folder) == [secrets, folder / ".env", folder / ".env.live", folder / "secrets.toml"]
    monkeypatch.setenv("TRADEKIT_SECRETS", str(folder / "secrets.toml"))
    assert key_files(folder) == [folder / "secrets.toml", folder / ".env", folder / ".env.live"]
    assert key_files(tmp_path / "nowhere") == [folder / "secrets.toml"]


@pytest.mark.parametrize(
    ("mode", "folder_mode", "expected"),
    [
        (0o600, 0o755, ""),
        (0o400, 0o700, ""),
        (0o640, 0o700, "can be read by its group (mode 0640)"),
        (0o644, 0o700, "can be read by everybody (mode 0644)"),
        (0o620, 0o700, "can be changed by its group (mode 0620)"),
        (0o602, 0o700, "can be changed by everybody (mode 0602)"),
        (0o600, 0o777, "can be replaced by everybody, who may write into its folder (mode 0777)"),
        (0o600, 0o1777, ""),
    ],
)
def test_exposed_says_who_else_can_read_or_change_a_file(mode, folder_mode, expected, tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir()
    path = folder / "secrets.toml"
    path.write_text("")
    path.chmod(mode)
    folder.chmod(folder_mode)
    assert exposed(path) == expected


def test_exposed_where_files_have_no_permissions_finds_nothing(monkeypatch, tmp_path):
    path = Path(tmp_path / "secrets.toml")
    path.write_text("")
    path.chmod(0o644)
    monkeypatch.setattr("tradekit.engine.keys._HAS_MODES", False)
    assert exposed(path) == ""
