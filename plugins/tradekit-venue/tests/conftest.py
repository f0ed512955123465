"""The real ccxt, pointed at a local venue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from meeting import NAMES, START, client, meet, new_venue, secret_of
from tradekit_venue.venue import Venue


@pytest.fixture
def venue() -> Venue:
    """Give a venue whose clock stands still, with one market and two accounts."""
    return new_venue()


@pytest.fixture
def meeting(venue: Venue) -> Any:
    """Give what opens that venue for the clients of anna and bert."""
    return lambda: meet(venue)


@pytest.fixture
def clients() -> SimpleNamespace:
    """Give what makes more venues and clients."""
    secrets = {name: secret_of(name) for name in NAMES}
    return SimpleNamespace(client=client, new_venue=new_venue, meet=meet, start=START, secrets=secrets)
