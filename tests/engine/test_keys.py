"""Where keys are, who can read them, and how they are found."""

import os
import sys
import traceback
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.null
import pytest

from tradekit.engine.keys import Keys, exposed, key_files, read_keys, secrets_file
from tradekit.errors import ConfigError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files have no such permissions here")


class Memory(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def get_password(self, service, username):
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self.held[service, username] = password


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch, tmp_path):
    monkeypatch.delenv("TRADEKIT_SECRETS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for variable in [name for name in os.environ if name.startswith("TRADEKIT_MAIN_")]:
        monkeypatch.delenv(variable)
    held = {}
    keyring.set_keyring(type("Held", (Memory,), {"held": held})())
    yield held
    keyring.set_keyring(keyring.backends.null.Keyring())


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


def write_secrets(text, mode=0o600):
    path = secrets_file()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(mode)
    return path


MAIN = '[main]\nkey = "file-key"\nsecret = "file-secret"\n'


def test_keys_come_from_the_environment_by_their_name(monkeypatch):
    for part in ("KEY", "SECRET", "PASSWORD"):
        monkeypatch.setenv(f"TRADEKIT_MY_ACCOUNT_{part}", f"my-{part}")
    assert read_keys("my-account") == Keys("my-KEY", "my-SECRET", "my-PASSWORD")


def test_keys_come_from_the_secrets_file():
    write_secrets(MAIN + '[other]\nkey = "k"\nsecret = "s"\npassword = "p"\n')
    assert read_keys("main") == Keys("file-key", "file-secret")
    assert read_keys("other") == Keys("k", "s", "p")


def test_keys_come_from_a_keyring():
    for part in ("key", "secret"):
        keyring.set_password("tradekit", f"main.{part}", f"ring-{part}")
    assert read_keys("main") == Keys("ring-key", "ring-secret")


def test_keys_of_the_environment_come_before_the_file_and_the_file_before_the_keyring(monkeypatch):
    for part in ("key", "secret"):
        keyring.set_password("tradekit", f"main.{part}", f"ring-{part}")
    write_secrets(MAIN)
    assert read_keys("main") == Keys("file-key", "file-secret")
    monkeypatch.setenv("TRADEKIT_MAIN_KEY", "env-key")
    monkeypatch.setenv("TRADEKIT_MAIN_SECRET", "env-secret")
    assert read_keys("main") == Keys("env-key", "env-secret")


def test_keys_that_are_nowhere_say_where_they_were_looked_for(monkeypatch):
    with pytest.raises(ConfigError) as caught:
        read_keys("main")
    assert str(caught.value) == (
        "there are no keys 'main': the environment has no TRADEKIT_MAIN_KEY and TRADEKIT_MAIN_SECRET; "
        f"there is no secrets file {str(secrets_file())!r}; the keyring has no 'main.key' and 'main.secret' under 'tradekit'"
    )
    write_secrets('[other]\nkey = "k"\nsecret = "s"\n')
    monkeypatch.setattr("tradekit.engine.keys.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"has no table \[main\]; the package keyring is not installed"):
        read_keys("main")


def test_keyring_that_fails_is_named():
    class Locked(Memory):
        def get_password(self, service, username):
            raise keyring.errors.KeyringLocked("a-secret")

    keyring.set_keyring(Locked())
    with pytest.raises(ConfigError, match=r"the keyring can't be asked \(KeyringLocked\)$"):
        read_keys("main")


def test_keys_that_are_not_whole_are_refused_where_they_are(monkeypatch):
    keyring.set_password("tradekit", "main.key", "a-planted-key")
    with pytest.raises(ConfigError, match=r"not whole: the keyring has some under 'tradekit', and 'main.secret' is missing there"):
        read_keys("main")
    write_secrets('[main]\nsecret = "a-planted-secret"\n')
    with pytest.raises(ConfigError, match=r"secrets.toml' has a table \[main\], and 'key' is missing there$"):
        read_keys("main")
    monkeypatch.setenv("TRADEKIT_MAIN_KEY", "a-planted-key")
    with pytest.raises(ConfigError, match=r"some are in the environment, and TRADEKIT_MAIN_SECRET is missing there$"):
        read_keys("main")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_secrets_file_that_others_can_read_or_change_is_refused(mode):
    path = write_secrets(MAIN, mode)
    with pytest.raises(ConfigError, match=rf"\(mode {mode:04o}\), so its keys are not used; .*: chmod 600 {path}$"):
        read_keys("main")


def test_secrets_file_that_can_be_replaced_is_refused():
    path = write_secrets(MAIN)
    path.parent.chmod(0o777)
    with pytest.raises(ConfigError, match=rf"can be replaced by everybody.*: chmod o-w {path.parent}$"):
        read_keys("main")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[main]\nkey = planted-secret\n", r"is no valid TOML \(at line 2, column 7\)$"),
        ('[main]\nkey = "planted-secret\n', r"is no valid TOML \(at line 2, column 22\)$"),
        ('main = "planted-secret"\n', r"'main' in the secrets file .* is no table; write \[main\] and its keys below$"),
        ('[main]\nkey = "k"\nsercet = "planted-secret"\n', r"has 'sercet'; it takes key, secret, password$"),
        ('[main]\nkey = ["planted-secret"]\n', r"main.key in the secrets file .* is no text; put it between quotes$"),
    ],
)
def test_secrets_file_that_is_wrong_is_refused_without_a_word_of_what_is_in_it(text, said):
    write_secrets(text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_keys("main")
    assert "planted" not in "".join(traceback.format_exception(caught.value))


def test_keys_are_neither_shown_nor_left_in_a_text():
    keys = Keys("the-key", "the-secret", "the-key-and-more")
    assert repr(keys) == "Keys()"
    assert keys.hidden("a the-key b the-secret c the-key-and-more") == "a *** b *** c ***"
    assert Keys("x", "y").hidden("plain") == "plain"
