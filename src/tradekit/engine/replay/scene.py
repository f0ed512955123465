"""A recorded run and all in which its replay may differ from it, each of which can be put back by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.about import conditions_of
from tradekit.engine.environment import code_of, environment_of
from tradekit.engine.live.inputs import Command
from tradekit.engine.live.recording import Recording
from tradekit.engine.replay.bars import BarChange, Others, mixed, shift_text
from tradekit.engine.replay.comparing import Story, recorded_story, story_of
from tradekit.engine.replay.funding import Funding
from tradekit.engine.replay.playing import Market, Play, backtest, commands_in, retold
from tradekit.engine.replay.premises import GROUPS, Premises
from tradekit.errors import ConfigError
from tradekit.model.bars import PRICE_COLUMNS, Bars
from tradekit.simulator.context import Context

__all__ = ["TOLD", "Change", "Scene"]

TOLD = "told"
"""Put back beside all else: that the bars came one by one."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is another in the replay than it was in the run.

    `name` is what it is put back by; empty for what can't be: code and versions.
    """

    kind: str
    name: str
    texts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {'; '.join(self.texts)}"


@dataclass(frozen=True)
class Scene:
    """A recording, with the premises, the bars and the funding of its replay."""

    recording: Recording
    premises: Premises
    others: Others
    funding: Funding

    @cached_property
    def recorded(self) -> Story:
        """What the run decided."""
        return recorded_story(self.recording, self.funding.paid)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """All that is another, the likeliest cause first."""
        return (*self._data(), *self._rates(), *self._settings(), *self._session(), *self._installed())

    @property
    def restorable(self) -> tuple[Change, ...]:
        """Those that can be put back."""
        return tuple(one for one in self.changes if one.name)

    def _data(self) -> Iterator[Change]:
        others = self.others
        if others.shift:
            text = f"{others.what} are those of the run, but {shift_text(others.shift)}: their times are in another time zone, or "
            yield Change("clock", "data", (text + "they name the end of a bar instead of its beginning",))
            return
        for name, kind, is_warmup in (("data", "data", False), ("history", "warm-up", True)):
            if found := [one for one in others.changes if one.warms_up == is_warmup]:
                more = f" and {len(found) - 3} more" if len(found) > 3 else ""
                what = "of the bars that warm it up, " if is_warmup else ""
                yield Change(kind, name, (f"{what}{'; '.join(map(str, found[:3]))}{more} ({others.what})",))

    def _rates(self) -> Iterator[Change]:
        if changes := self.funding.changes:
            yield Change("funding", "funding", tuple(f"{one} ({self.funding.what})" for one in changes))

    def _settings(self) -> Iterator[Change]:
        changed = self.premises.changed()
        for group in sorted(changed, key=list(GROUPS).index):
            texts = (f"{key} was {before!r}, is {after!r}" for key, (before, after) in changed[group].items())
            yield Change(GROUPS[group], group, tuple(texts))

    def _session(self) -> Iterator[Change]:
        if commands := self.commands:
            yield Change("operator", "operator", tuple(map(command_text, commands)))
        if self.recording.mode == "live":
            yield Change("fill", "venue", ("the venue filled the orders, and not the simulator",))

    @property
    def commands(self) -> tuple[Command, ...]:
        """What an operator asked for while bars closed, and the ends of sessions that went on."""
        return tuple(one for one in commands_in(self.recording.inputs) if one.time < self.recording.end)

    def _installed(self) -> Iterator[Change]:
        composed = self.premises.compose("paper")
        parts = (composed.strategy, *composed.rules, composed.executor, *composed.costs)
        for package, code in code_of(parts).items():
            if self.recording.code.get(package, code) != code:
                yield Change("code", "", (f"the source of {package} is another",))
        before = {(use.kind, use.name): f"{use.package} {use.version}" for use in self.recording.result.components}
        for use in composed.uses:
            was, is_now = before.get((use.kind, use.name)), f"{use.package} {use.version}"
            if was is not None and was != is_now:
                yield Change("version", "", (f"{use.kind} {use.name} was from {was}, is from {is_now}",))
        now = environment_of(use.package for use in composed.uses)
        for name, version in now.items():
            if self.recording.environment.get(name, version) != version:
                yield Change("version", "", (f"{name} was {self.recording.environment[name]}, is {version}",))

    def story(self, restored: frozenset[str] = frozenset(), bar: BarChange | None = None) -> Story:
        """Return what is decided with some changes put back; `bar` is one that is put back of all those that differ."""
        return self.story_of(self.play(restored, bar))

    def story_of(self, play: Play) -> Story:
        """Return what was decided in a play."""
        context = Context(play.simulation, play.setup)
        return story_of(play, self.recording.bars.close_time, lambda order: conditions_of(play.simulation, context, order))

    def play(self, restored: frozenset[str] = frozenset(), bar: BarChange | None = None) -> Play:
        """Decide again with some changes put back. With `TOLD` or the venue among them, bar by bar as the session was told."""
        is_told = not restored.isdisjoint((TOLD, "venue"))
        composed = self.premises.compose("live" if is_told and self.recording.mode == "live" else "paper", restored)
        rates = self.funding.session if "funding" in restored else self.funding.now
        market = replace(self._market(restored, bar), instruments=self.premises.instruments(composed), rates=rates)
        recorded, now = (values["account"]["capital"] for values in (self.premises.recorded, self.premises.now))
        opening = self.recording.opening
        if recorded != now and "account" not in restored:
            opening = replace(opening, capital=composed.config.account.capital)
        if is_told:
            return retold(composed, market, replace(self.recording, opening=opening))
        return backtest(composed, market, opening, self.commands if "operator" in restored else ())

    def _market(self, restored: frozenset[str], bar: BarChange | None) -> Market:
        session, others = self.recording.bars, self.others
        put_back = {False: "data" in restored, True: "history" in restored}
        if others.shift:
            bars = session if "data" in restored else others.bars
        else:
            kept = [one for one in others.changes if not put_back[one.warms_up] and one != bar]
            bars = _before(others.bars, mixed(session, kept), int(session.open_time[0]))
        length = self.recording.opening.market.bar_length
        available = int(np.searchsorted(bars.open_time, self.recording.first_row))
        wanted = self.recording.history if "warm-up" in restored else self.premises.history
        if wanted > available and "warm-up" not in restored and self.premises.history != self.recording.history:
            raise ConfigError(
                f"live.history is {wanted}, and there are {available} bars before the first on which the run decided; "
                "--data names a source that has more"
            )
        history = min(wanted, available)
        return Market(bars.rows(available - history, len(bars)), history, (), length, {})


def _before(others: Bars, bars: Bars, begin: int) -> Bars:
    """Return bars with those of another set in front that are older than any of the session's."""
    count = int(np.searchsorted(others.open_time, begin))
    if count == 0:
        return bars
    older = others.rows(0, count)
    joined = {name: np.concatenate([getattr(one, name) for one in (older, bars)]) for name in ("open_time", "close_time")}
    places = [older.symbols.index(symbol) for symbol in bars.symbols]
    prices = {name: np.concatenate([getattr(older, name)[:, places], getattr(bars, name)]) for name in PRICE_COLUMNS}
    return Bars(bars.symbols, *joined.values(), *prices.values())


def command_text(command: Command) -> str:
    """Return what was asked for, in words."""
    what = "a session ended (pause)" if command.command == "pause" else f"{command.command} was asked for"
    return f"{what} at {time_text(command.time)}" + (f" ({command.reason})" if command.reason else "")


def seen(bars: Bars, values: Mapping[str, np.ndarray], time: int, symbol: str) -> dict[str, float]:
    """Return the bar of an instrument that had closed by a time, and the values on it."""
    row = int(np.searchsorted(bars.close_time, time, "right")) - 1
    if symbol not in bars.symbols or row < 0:
        return {}
    i = bars.symbols.index(symbol)
    found = {name: getattr(bars, name)[row, i] for name in PRICE_COLUMNS} | {name: of[row, i] for name, of in values.items()}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def seen_of(play: Play) -> tuple[Bars, dict[str, np.ndarray]]:
    """Return the bars and the values of a play, as `seen` takes them."""
    setup = play.setup
    return setup.bars, {name: setup.values[k].T for name, k in setup.names.items()}


def orders_at(story: Story, time: int, symbol: str) -> Sequence[int]:
    """Return the orders that were asked for in an instrument at a time."""
    return [order for order, asked in story.asked.items() if asked == time and story.symbols[order] == symbol]
