"""Several strategies on one account: each sees instruments, orders and money of its own, and no one else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tradekit.engine.calls import Blaming
from tradekit.errors import ConfigError
from tradekit.plugin.contracts import Strategy

__all__ = ["Member", "Together", "anew", "members_of", "refuse_several"]


@dataclass(frozen=True, slots=True)
class Member:
    """One strategy of several: what it is called in the results, and what part of the account's capital it begins with."""

    name: str
    part: float
    strategy: Strategy


class Together(Strategy):
    """Asks one strategy after the other, each about its own share of the account."""

    name = "several strategies"

    def __init__(self, members: Sequence[Member]) -> None:
        super().__init__(self.Options())
        self.members = tuple(members)
        self._blaming = [Blaming(f"on_bar() of strategy {one.name!r}", one.strategy) for one in self.members]

    def sells_short(self) -> bool:
        """Say whether one of them does."""
        return any(one.strategy.sells_short() for one in self.members)

    def on_bar(self, ctx: Any) -> None:
        """Ask those that have an instrument with a bar."""
        for member, part, blaming in zip(self.members, ctx.parts, self._blaming, strict=True):
            if part.refresh(ctx.index):
                with blaming:
                    member.strategy.on_bar(part)

    def renewed(self) -> Together:
        """Return the same ones unused, because strategies may keep state."""
        return Together([replace(one, strategy=anew(one.strategy)) for one in self.members])


def anew(strategy: Strategy) -> Strategy:
    """Return the same strategy unused."""
    return strategy.renewed() if isinstance(strategy, Together) else type(strategy)(strategy.options)


def members_of(strategy: Strategy) -> tuple[Strategy, ...]:
    """Return the strategies that somebody has written: those of several, or the one."""
    return tuple(one.strategy for one in strategy.members) if isinstance(strategy, Together) else (strategy,)


def refuse_several(strategy: Strategy, what: str) -> None:
    """Raise `ConfigError` for what is about one strategy only."""
    if isinstance(strategy, Together):
        names = ", ".join(repr(one.name) for one in strategy.members)
        raise ConfigError(f"{what} is about one strategy, and the run file has {names}; give each a file of its own for it")
