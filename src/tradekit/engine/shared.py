"""What several runs on the same market have in common, computed once: columns of indicators, and coefficients of costs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from tradekit.model.bars import Floats
from tradekit.plugin.contracts import Indicator
from tradekit.simulator.costs import Costs

__all__ = ["Shared"]

_MOST_BYTES = 256 << 20


class Shared:
    """Keeps what was computed, for all threads that work on one market. What is kept must not be written into.

    Columns of indicators are kept as long as they take no more than `most_bytes`; then the oldest make room.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._columns: dict[Hashable, Floats] = {}
        self._bytes = 0
        self._costs: dict[str, Costs] = {}
        self._lock = threading.Lock()

    def columns(self, indicator: Indicator, compute: Callable[[], Floats]) -> Floats:
        """Return the columns of an indicator, those of another one that is alike in all it holds if there are any."""
        key = _key(indicator)
        if key is None:
            return compute()
        found = self._columns.get(key)
        if found is not None:
            return found
        made = compute()
        with self._lock:
            found = self._columns.setdefault(key, made)
            self._bytes += made.nbytes if found is made else 0
            while self._bytes > self._most_bytes and len(self._columns) > 1:
                self._bytes -= self._columns.pop(next(iter(self._columns))).nbytes
        return found

    def costs(self, key: str, compute: Callable[[], Costs]) -> Costs:
        """Return the costs that go by a key, which must tell everything that they depend on besides the market."""
        found = self._costs.get(key)
        return found if found is not None else self._costs.setdefault(key, compute())


def _key(indicator: Indicator) -> Hashable | None:
    """Return what tells indicators apart; `None` for one that holds what can't be compared."""
    try:
        held: dict[str, Any] = vars(indicator)
        key = (type(indicator), tuple(sorted(held.items(), key=lambda item: item[0])))
        hash(key)
    except TypeError:
        return None
    return key
