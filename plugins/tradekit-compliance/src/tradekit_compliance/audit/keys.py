"""The keys that sign checkpoints: made, kept in a file that only its owner reads, and handed over."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tradekit import ConfigError
from tradekit_compliance.audit.notes import Signer, Verifier, parse_verifier

__all__ = ["make_key", "read_key", "read_public", "rotation_text"]


def make_key(name: str, path: Path) -> Verifier:
    """Make a key, write its private half into a file and its public half beside it, as `PATH.pub`, and return that.

    Raises `ConfigError` for a name that can't be one, and where there is such a file already.
    """
    try:
        signer = Signer.make(name)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    public = path.with_name(path.name + ".pub")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(signer.secret() + "\n")
        public.write_text(f"{signer.verifier}\n", "utf-8")
    except FileExistsError as error:
        raise ConfigError(f"there is a file {str(path)!r} already; a key is never written over: name another") from error
    except OSError as error:
        raise ConfigError(f"key {str(path)!r} can't be written: {error.strerror}") from error
    return signer.verifier


def read_key(path: Path, log: Path | None = None) -> Signer:
    """Read a private key. Raises `ConfigError` if others may read it, if it is none, or if it lies in the folder of the log."""
    if log is not None and log.resolve() in path.resolve().parents:
        raise ConfigError(f"key {str(path)!r} lies in the folder of the log that it signs; keep it elsewhere")
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"key {str(path)!r} can't be read: {error.strerror}; 'tradekit audit keys make' makes one") from error
    if os.name != "nt" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"key {str(path)!r} can be read by others (mode {mode & 0o777:o}); run 'chmod 600 {path}'")
    try:
        return Signer.parse(text)
    except ValueError as error:
        # Not the text itself: it may be most of a key.
        raise ConfigError(f"{str(path)!r} holds no key: {error}") from None


def read_public(text: str) -> Verifier:
    """Return the public key of `NAME+ID+KEY`, or of a file that holds it. Raises `ConfigError`."""
    try:
        return parse_verifier(text)
    except ValueError as error:
        path = Path(text)
        if not path.exists():
            raise ConfigError(
                f"{text!r} is neither a public key nor a file: {error}; give NAME+ID+KEY, or the file PATH.pub"
            ) from error
    try:
        return parse_verifier(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{text!r} holds no public key: {error}") from error


def rotation_text(log: str, old: str, new: str) -> str:
    """Return the sentence that both keys sign where one hands over to another."""
    return f"tradekit/{log}\n{old or '-'}\n{new}\n"
