"""A store with a clock of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tradekit.data.store.folder import Store


@pytest.fixture
def now() -> Callable[[], datetime]:
    """A clock that stands."""
    return lambda: datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, now: Callable[[], datetime]) -> Store:
    return Store(tmp_path / "store", now)
