"""Where keys are kept, and whether anybody else can read them.

Keys come from the environment, a keyring or the secrets file named here; never from a run file.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

__all__ = ["VARIABLE", "exposed", "key_files", "secrets_file"]

VARIABLE = "TRADEKIT_SECRETS"
_HAS_MODES = os.name == "posix"


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
