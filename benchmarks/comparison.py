"""One row of the table of what is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peers import Peer

__all__ = ["Comparison"]


@dataclass(frozen=True)
class Comparison:
    """One row of the table.

    With a `peer`, both scripts time the same work on the same file, and the figure is how many times as fast ours is. Without
    one, our script measures the figure itself, and less is better.
    """

    name: str
    work: str
    against: str
    """What stands beside the work in the table; of a peer, what its time holds besides the simulation."""
    data: Callable[[Path], Path]
    """Makes the bars in a folder, if they are not there, and returns the file."""
    script: str
    target: float
    unit: str = "times as fast"
    peer: Peer | None = None
    peer_script: str = ""
    tolerance: float = 1e-9
    """By which part of itself what both sides must agree on may differ."""
    is_more_better: bool = False
    """Of a figure that our script measures itself."""

    @property
    def is_ratio(self) -> bool:
        """Say whether more is better."""
        return self.peer is not None or self.is_more_better
