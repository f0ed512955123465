"""What each check and detector says of itself: its number, what it is modelled on, and why its parameters are as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Facts", "digest_of"]


@dataclass(frozen=True, slots=True)
class Facts:
    """`number` is that of the catalogue, such as `P01`; `modelled_on` the rule it is modelled on; `reasons` one by parameter."""

    number: str
    title: str
    modelled_on: str
    reasons: Mapping[str, str] = field(default_factory=dict)


def digest_of(parameters: Mapping[str, Any]) -> str:
    """Return a short hash of parameters: whoever reads a verdict or an alert can see whether they were the same."""
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
