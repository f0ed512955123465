"""The keys of an account: a run file gives them a name, and the environment holds them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tradekit import ConfigError

__all__ = ["Keys", "read_keys"]


@dataclass(frozen=True, slots=True)
class Keys:
    """What an exchange knows an account by. None of it is printed."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)

    def hidden(self, text: str) -> str:
        """Return a text without any of the keys in it."""
        for value in (self.key, self.secret, self.password):
            if value:
                text = text.replace(value, "***")
        return text


def read_keys(name: str, environment: Mapping[str, str] | None = None) -> Keys:
    """Return the keys that the environment has under a name; raise `ConfigError` if it has none."""
    held = os.environ if environment is None else environment
    prefix = "TRADEKIT_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    found = {part: held.get(f"{prefix}_{part}", "") for part in ("KEY", "SECRET", "PASSWORD")}
    missing = [f"{prefix}_{part}" for part in ("KEY", "SECRET") if not found[part]]
    if missing:
        raise ConfigError(f"no keys {name!r} in the environment: {' and '.join(missing)} must be set there")
    return Keys(found["KEY"], found["SECRET"], found["PASSWORD"])
