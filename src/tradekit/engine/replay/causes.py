"""Why a run and its replay part, found by putting back one thing after the other and looking whether they still do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.replay.bars import BarChange
from tradekit.engine.replay.comparing import Parting, is_liquidated, parting
from tradekit.engine.replay.scene import TOLD, Change, Scene
from tradekit.engine.replay.venue import why, without_order

__all__ = ["Cause", "causes_of"]

_MOST_BARS = 8


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a run and its replay part.

    `kind` is `data`, `warm-up`, `clock`, `funding`, `configuration`, `risk`, `fill`, `latency`, `liquidation`, `account`,
    `operator`, `code`, `version` or `chance`.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def causes_of(scene: Scene, found: Parting, told: frozenset[str]) -> tuple[Cause, ...]:
    """Return why a run and its replay part; `told` are the changes that are put back already.

    A change is a cause if, with it put back and all others left, the two part later or not at all. Where none is by itself, those
    that are together.
    """
    changes = [one for one in scene.restorable if one.name not in told]
    everything = told | {TOLD} | {one.name for one in scene.restorable}
    again = parting(scene.recorded, scene.story(everything), scene.recording.bars.close_time)
    if again is not None and again.moment <= found.moment:
        return tuple(_installed(scene))
    if not changes:
        return (_forms(),) if again is None else tuple(_installed(scene))
    if len(changes) == 1:
        return (_cause(scene, changes[0], found, told),)
    alone = [one for one in changes if _is_gone(scene, found, told | {one.name})]
    # To tell a session all again includes what an operator asked for, and what was paid.
    if not {"operator", "funding"}.isdisjoint(one.name for one in alone):
        alone = [one for one in alone if one.name != "venue"]
    return tuple(_cause(scene, one, found, told) for one in alone or _together(scene, changes, found, told))


def _is_gone(scene: Scene, found: Parting, restored: frozenset[str], bar: BarChange | None = None) -> bool:
    again = parting(scene.recorded, scene.story(restored, bar), scene.recording.bars.close_time)
    return again is None or again.moment > found.moment


def _together(scene: Scene, changes: Sequence[Change], found: Parting, told: frozenset[str]) -> Sequence[Change]:
    """Return as few changes as can be found of which none is a cause by itself."""
    needed = list(changes)
    for one in changes:
        rest = [other for other in needed if other is not one]
        if _is_gone(scene, found, told | {other.name for other in rest}):
            needed = rest
    return needed


def _installed(scene: Scene) -> Iterator[Cause]:
    """Yield what is another in what is installed: the settings and all that was told are the same, and the decisions are not."""
    installed = [one for one in scene.changes if not one.name]
    if not installed:
        yield Cause(
            "chance",
            "the same inputs, settings, code and versions lead to another decision; what is left is a clock, chance without a "
            "seed, or a file that the strategy reads",
        )
    yield from (Cause(one.kind, "; ".join(one.texts)) for one in installed)


def _forms() -> Cause:
    return Cause(
        "code",
        "bar by bar the strategy decides as it did, and otherwise when the backtest gives it all bars at once: it looks ahead, "
        "or its two forms differ ('tradekit lookahead' finds where)",
    )


def _cause(scene: Scene, change: Change, found: Parting, told: frozenset[str]) -> Cause:
    if change.name in ("data", "history") and not scene.others.shift:
        return Cause(change.kind, _bar(scene, change, found, told))
    if change.name == "funding":
        return Cause("funding", _rate(scene, found))
    if change.name == "venue":
        return _venue(scene, found, told)
    return Cause(change.kind, "; ".join(change.texts))


def _bar(scene: Scene, change: Change, found: Parting, told: frozenset[str]) -> str:
    """Return the bar by which they part, in words, if it is a single one."""
    before = [one for one in scene.others.changes if one.warms_up == (change.name == "history") and one.open_time < found.moment[0]]
    what = f" ({scene.others.what})"
    tried = before[-_MOST_BARS:][::-1]
    one = next((bar for bar in tried if len(before) == 1 or _is_gone(scene, found, told, bar)), None)
    if one is not None:
        more = f"; {len(before) - 1} more differ before it" if len(before) > 1 else ""
        return f"{one}{what}{more}"
    if not before:
        return "; ".join(change.texts)
    which = "of the bars that warm it up differ" if change.name == "history" else "bars differ"
    return f"{len(before)} {which}{what}, the last of them: {before[-1]}"


def _rate(scene: Scene, found: Parting) -> str:
    """Return the rate by which they part, in words: the last that is another by then."""
    before = [one for one in scene.funding.changes if one.time <= found.moment[0]]
    if found.order is not None and found.is_about_order and found.order.order is None:
        before = [one for one in before if one.symbol == found.order.symbol]
    if not before:
        return "; ".join(map(str, scene.funding.changes))
    more = f"; {len(before) - 1} more differ before it" if len(before) > 1 else ""
    return f"{before[-1]} ({scene.funding.what}){more}"


def _venue(scene: Scene, found: Parting, told: frozenset[str]) -> Cause:
    recording, decision = scene.recording, found.decision
    if found.order is not None and found.is_about_order:
        account = why(recording, found.order)
    elif decision is not None and decision.first is None and is_liquidated(scene.story(told), decision.time):
        closes = recording.bars.close_time
        when = time_text(int(closes[min(int(np.searchsorted(closes, decision.time)), len(closes) - 1)]))
        return Cause("liquidation", f"the simulator liquidated the account in the bar that closed at {when}, and the venue did not")
    else:
        account = without_order(recording, found.moment[0])
    return Cause(account.kind, account.text)
