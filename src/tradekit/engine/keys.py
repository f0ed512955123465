"""The keys of accounts: where they are kept, whether anybody else can read them, and the finding of them.

Keys come from the environment, the secrets file or a keyring; never from a run file, which only has the name of an account. What
they are is in no message and no `repr`.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tradekit.errors import ConfigError, system_reason

__all__ = ["VARIABLE", "Keys", "exposed", "key_files", "read_keys", "secrets_file"]

VARIABLE = "TRADEKIT_SECRETS"
_SERVICE = "tradekit"
"""What a keyring keeps the keys under."""
_PARTS = ("key", "secret", "password")
_NEEDED = ("key", "secret")
_HAS_MODES = os.name == "posix"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a venue knows an account by; `password` is empty where the venue wants none. None of it is printed."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)

    def hidden(self, text: str) -> str:
        """Return a text without any of the keys in it."""
        for value in sorted((self.key, self.secret, self.password), key=len, reverse=True):
            if value:
                text = text.replace(value, "***")
        return text


def read_keys(name: str) -> Keys:
    """Return the keys of an account by the name that a run file has for it.

    They are looked for in the environment, as `TRADEKIT_<NAME>_KEY`, `_SECRET` and `_PASSWORD`; then in the secrets file, in a
    table of that name with `key`, `secret` and `password`; then, if the package keyring is installed, in the keyring, as
    `<name>.key` and so on of the service `tradekit`. The first place that has any of them has to have key and secret. Raises
    `ConfigError` if it has not, if no place has any, and for a secrets file that others can read or change, or that can't be read.
    """
    missing = []
    for look in (_in_environment, _in_file, _in_keyring):
        found, where, lacking = look(name)
        if all(found.get(part) for part in _NEEDED):
            return Keys(found["key"], found["secret"], found.get("password", ""))
        if any(found.values()):
            raise ConfigError(f"keys {name!r} are not whole: {where}, and {lacking} is missing there")
        missing.append(where)
    raise ConfigError(f"there are no keys {name!r}: {'; '.join(missing)}")


_Found = tuple[dict[str, str], str, str]
"""What there is; the place, in words that say what is or isn't in it; and what is missing there."""


def _in_environment(name: str) -> _Found:
    prefix = f"TRADEKIT_{re.sub(r'[^A-Z0-9]', '_', name.upper())}_"
    found = {part: os.environ.get(prefix + part.upper(), "") for part in _PARTS}
    lacking = " and ".join(prefix + part.upper() for part in _NEEDED if not found[part])
    where = "some are in the environment" if any(found.values()) else f"the environment has no {lacking}"
    return found, where, lacking


def _in_file(name: str) -> _Found:
    path = secrets_file()
    if not path.is_file():
        return {}, f"there is no secrets file {str(path)!r}", ""
    table = _tables(path).get(name)
    if table is None:
        return {}, f"the secrets file {str(path)!r} has no table [{name}]", ""
    _check_table(table, name, path)
    lacking = " and ".join(f"{part!r}" for part in _NEEDED if not table.get(part))
    return table, f"the secrets file {str(path)!r} has a table [{name}]", lacking


def _tables(path: Path) -> dict[str, Any]:
    """Return what is in the secrets file, if nobody else can read it."""
    what = f"the secrets file {str(path)!r}"
    try:
        if why := exposed(path):
            raise ConfigError(f"{what} {why}, so its keys are not used; allow it to yourself alone: {_mending(path, why)}")
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{what} can't be read: {system_reason(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # What these say may have a part of a key in it.
        place = re.search(r"\(at .*\)$", str(error))
        raise ConfigError(f"{what} is no valid TOML{f' {place[0]}' if place else ''}") from None


def _mending(path: Path, why: str) -> str:
    if "replaced" in why:
        return f"chmod o-w {shlex.quote(str(path.resolve().parent))}"
    return f"chmod 600 {shlex.quote(str(path))}"


def _check_table(table: Any, name: str, path: Path) -> None:
    """Raise `ConfigError` for what is no table of keys, without a word of what stands in it."""
    if not isinstance(table, Mapping):
        raise ConfigError(f"{name!r} in the secrets file {str(path)!r} is no table; write [{name}] and its keys below")
    for part, value in table.items():
        if part not in _PARTS:
            raise ConfigError(f"[{name}] in the secrets file {str(path)!r} has {part!r}; it takes {', '.join(_PARTS)}")
        if not isinstance(value, str):
            raise ConfigError(f"{name}.{part} in the secrets file {str(path)!r} is no text; put it between quotes")


def _in_keyring(name: str) -> _Found:
    if find_spec("keyring") is None:
        return {}, 'the package keyring is not installed (pip install "tradekit[keyring]")', ""
    keyring: Any = import_module("keyring")
    try:
        found = {part: keyring.get_password(_SERVICE, f"{name}.{part}") or "" for part in _PARTS}
    except keyring.errors.KeyringError as error:
        return {}, f"the keyring can't be asked ({type(error).__name__})", ""
    lacking = " and ".join(f"'{name}.{part}'" for part in _NEEDED if not found[part])
    where = (
        f"the keyring has some under {_SERVICE!r}" if any(found.values()) else f"the keyring has no {lacking} under {_SERVICE!r}"
    )
    return found, where, lacking


def secrets_file() -> Path:
    """Return where the secrets file is, whether there is one or not.

    `TRADEKIT_SECRETS` names it; otherwise it is `tradekit/secrets.toml` where the system keeps the settings of a user.
    """
    named = os.environ.get(VARIABLE)
    return Path(named) if named else _settings_folder() / "tradekit" / "secrets.toml"


def _settings_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def key_files(folder: Path) -> list[Path]:
    """Return the files that may hold keys and are there: the secrets file; `.env`, `.env.NAME` and `secrets.toml` in a folder."""
    found = [secrets_file(), *sorted(folder.glob(".env")), *sorted(folder.glob(".env.*")), *sorted(folder.glob("secrets.toml"))]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def exposed(path: Path) -> str:
    """Return who else can read a file of keys, or put another in its place; empty if nobody can. Raises `OSError`.

    Where files have no permissions of this kind (Windows), nothing is found.
    """
    if not _HAS_MODES:
        return ""
    mode = path.stat().st_mode
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        return f"can be read by {'everybody' if mode & stat.S_IROTH else 'its group'} (mode {stat.S_IMODE(mode):04o})"
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"can be changed by {'everybody' if mode & stat.S_IWOTH else 'its group'} (mode {stat.S_IMODE(mode):04o})"
    folder = path.resolve().parent.stat().st_mode
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        return f"can be replaced by everybody, who may write into its folder (mode {stat.S_IMODE(folder):04o})"
    return ""
