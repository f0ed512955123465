"""From a composed run to a session: a new one, or the one that the journal tells of."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tradekit.engine.compose import ComposedRun
from tradekit.engine.indicators import declared, warmup_of
from tradekit.engine.live.books import Books
from tradekit.engine.live.countdown import Countdown
from tradekit.engine.live.decider import Decider
from tradekit.engine.live.feed import Feed
from tradekit.engine.live.growing import GrowingRun
from tradekit.engine.live.guard import Limits
from tradekit.engine.live.legs import Minter
from tradekit.engine.live.opening import Opening, bare, holds_of, with_money
from tradekit.engine.live.resolve import agree, answer, held, their_money
from tradekit.engine.live.session import LiveSession, Timing
from tradekit.engine.live.stakes import our_money, owners_in, stakes_in
from tradekit.engine.live.trade_bars import bars_of_trades
from tradekit.engine.market import MarketData, load_market
from tradekit.engine.prepare import Prepared, prepare
from tradekit.engine.runfile import RunConfig
from tradekit.engine.tables import moment_of
from tradekit.engine.together import members_of
from tradekit.errors import ConfigError, RunError
from tradekit.journal.store import JournalStore, SessionRow
from tradekit.model.instrument import Instrument
from tradekit.model.outside import Holdings
from tradekit.plugin.contracts import Executor

__all__ = ["Started", "journal_path", "start", "take_over", "warming"]

_SECOND = 1_000_000_000
_WARMUPS = 4  # so that averages which never forget have all but forgotten where they began
_WATCHING = ("silence_bars", "lag_s", "clock_s", "hang_s", "watchdog", "cancel_all_after_s")
"""What of `[live]` decides nothing: what it finds is an input like any other."""
_SETTLED = ("filled", "cancelled", "expired", "rejected", "absent")


@dataclass(frozen=True)
class Started:
    """A session that is about to go on, and how many inputs of it were gone through again (0: it is new)."""

    session: LiveSession
    composed: ComposedRun
    prepared: Prepared
    opening: Opening
    replayed: int


def journal_path(folder: Path, account: str) -> Path:
    """Return where the journal of an account lies in the folder of runs."""
    return folder / "accounts" / f"{account}.sqlite"


async def start(composed: ComposedRun, store: JournalStore, is_new: bool, clock: Callable[[], int]) -> Started:
    """Connect, read the history, or go through the journal, and return the session.

    With `is_new` a session begins anew, with the positions that the last one left. Raises `ConfigError` if the journal is of a
    session with other settings, and `VenueError` and `DataError` for what the venue and the source don't give.
    """
    executor = composed.executor if composed.config.run.mode in ("live", "shadow") else None
    if executor is not None and composed.executor.fill_rules() is not None:
        executor = None  # a shadow run whose executor has no venue is a paper run
    try:
        return await _start(composed, store, is_new, clock, executor)
    except BaseException:
        if executor is not None:
            await executor.close()
        raise


async def _start(
    composed: ComposedRun, store: JournalStore, is_new: bool, clock: Callable[[], int], executor: Executor | None
) -> Started:
    config = composed.config
    is_live = config.run.mode == "live"
    symbols = config.data.instruments or ()
    facts = [] if executor is None else await answer(executor.connect(symbols, may_trade=is_live))
    known = _known(facts, symbols, composed)
    settings = _settings(composed)
    last = None if is_new else _last(store, settings)
    if last is None:
        now = await _venue_time(composed, executor, clock)
        opening = await _open(composed, store, known, executor if is_live else None, now)
        row = store.begin(now, settings, _digest(settings), opening.to_bytes())
    else:
        opening, row = Opening.from_bytes(last.opening), last
    prepared = _prepared(composed, opening)
    run = GrowingRun(prepared, config.data.size, config.live.max_bars)
    abilities = None if executor is None or not is_live else {symbol: executor.abilities(symbol) for symbol in symbols}
    decider = Decider(run, composed.strategy, Minter(opening.prefix), abilities)
    take_over(decider, opening)
    books = Books(decider, store, row)
    replayed = books.replay() if last is not None else 0
    session = _session(composed, books, executor if is_live else None, opening, clock)
    if await _is_made_of_trades(composed):
        session.live_bars = partial(bars_of_trades, composed.source, config.live.late_s, session.now)
    return Started(session, composed, prepared, opening, replayed)


async def warming(composed: ComposedRun, clock: Callable[[], int]) -> MarketData:
    """Return the bars that a run would be warmed up with now."""
    now = await _venue_time(composed, None, clock)
    return await asyncio.to_thread(_history, composed, {}, now)


async def _is_made_of_trades(composed: ComposedRun) -> bool:
    """Say whether bars are made here, of trades."""
    source, bars = composed.source, composed.config.live.bars
    if bars != "auto" or not source.has_live_trades:
        return bars == "trades"
    return not await asyncio.to_thread(source.streams_bars)


async def _venue_time(composed: ComposedRun, executor: Executor | None, clock: Callable[[], int]) -> int:
    """Return what the venue's clock shows, as well as it is known."""
    if executor is not None:
        return await answer(executor.venue_time())
    await asyncio.to_thread(composed.source.instruments)  # it knows the time once it has been asked for something
    return composed.source.venue_time() or clock()


def _session(
    composed: ComposedRun, books: Books, executor: Executor | None, opening: Opening, clock: Callable[[], int]
) -> LiveSession:
    config, decider = composed.config, books.decider
    live, interval = config.live, _interval(composed)
    closed = int(decider.run.setup.bars.close_time[decider.run.rows - 1])
    feed = Feed(tuple(decider.instruments), interval, closed, round(live.grace_s * _SECOND), round(live.patience_s * _SECOND))
    timing = Timing(grace=live.grace_s, patience=live.patience_s)
    clock_s = live.clock_s if executor is not None and executor.has_true_time else 0.0
    limits = Limits(round(live.silence_bars * interval) or None, live.lag_s or None, clock_s or None)
    session = LiveSession(books, composed.source, executor, feed, opening.baseline, timing, clock, limits=limits)
    session.countdown = Countdown(executor, tuple(decider.instruments), live.cancel_all_after_s, clock)
    if session.resolver is not None:
        session.resolver.paid, session.resolver.paid_since = books.store.payment_keys(), opening.paid_since
        session.resolver.money = opening.money
    return session


def _interval(composed: ComposedRun) -> int:
    size = composed.config.data.size
    if not isinstance(size, int):
        raise ConfigError(f"bars of {composed.config.data.interval!r} can't be made live yet; allowed: a length such as '1h'")
    return size


def _known(facts: Sequence[Instrument], symbols: Sequence[str], composed: ComposedRun) -> dict[str, Instrument]:
    """Return what the venue says of the instruments, overruled by the run file."""
    found = {one.symbol: one for one in facts}
    if missing := [symbol for symbol in symbols if facts and symbol not in found]:
        raise ConfigError(f"executor {composed.executor.name!r} knows no instrument {missing[0]!r}; check data.instruments")
    for fact in composed.config.instruments:
        if fact.symbol in found:
            found[fact.symbol] = fact.onto(found[fact.symbol])
    return found


def _settings(composed: ComposedRun) -> dict[str, Any]:
    """Return what makes two sessions the same, with the versions of what is installed left out: the journal tells of those."""
    found = {key: value for key, value in composed.settings().items() if key not in ("overrides", "report")}
    return found | {"live": {key: value for key, value in found["live"].items() if key not in _WATCHING}}


def _digest(settings: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _last(store: JournalStore, settings: Mapping[str, Any]) -> SessionRow | None:
    """Return the session to go on with. Raises `ConfigError` if there is one with other settings."""
    last = store.last_session()
    if last is None or last.digest == _digest(settings):
        return last
    before = json.loads(last.settings)
    changed = sorted(_changed(before, json.loads(json.dumps(settings))))
    if not changed:
        return last  # what is new of a setting since, and is left out, changes nothing
    raise ConfigError(
        f"the journal {str(store.path)!r} is of a session with other settings ({'; '.join(changed)}); go on with those, or begin "
        "a new session with --new-session, which takes over positions and not the strategy's state"
    )


def _changed(before: Any, now: Any, key: str = "") -> list[str]:
    """Return which settings differ, in words."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = dict.fromkeys((*before, *now))
        return [text for name in names for text in _changed(before.get(name), now.get(name), f"{key}.{name}" if key else name)]
    return [] if before == now else [f"{key} was {before!r} and is {now!r}"]


async def _open(
    composed: ComposedRun,
    store: JournalStore,
    known: Mapping[str, Instrument],
    executor: Executor | None,
    now: int,
) -> Opening:
    config = composed.config
    if pending := [row for row in store.orders() if row.state not in _SETTLED]:
        raise RunError(
            f"order {pending[0].client_id!r} of the last session of account {store.path.stem!r} is {pending[0].state!r}; go on "
            "with that session and its settings until nothing is open ('tradekit flatten' closes everything), then begin a new one"
        )
    left = store.account() or {"capital": config.account.capital, "positions": {}, "holds": []}
    market = await asyncio.to_thread(_history, composed, known, now)
    positions = {symbol: (units, price) for symbol, (units, price) in left["positions"].items() if units}
    if unknown := [symbol for symbol in positions if symbol not in market.bars.symbols]:
        raise RunError(f"the last session left a position in {unknown[0]!r}, which this run does not trade; add it, or close it")
    names = [name for name, _ in config.named_shares()]
    if others := _others(left, names):
        raise RunError(
            f"the last session left a position of strategy {others[0] or 'alone'!r}, which this run does not have; go on with that "
            "session and close it ('tradekit flatten' closes everything), or add the strategy"
        )
    holdings = None if executor is None else await answer(executor.holdings())
    before = store.last_session()
    return Opening(
        market,
        "tk" + secrets.token_hex(8)[:7],
        left["capital"],
        positions,
        {} if holdings is None else _baseline(market.instruments, positions, holdings),
        holds_of(left),
        left.get("seized", {}),
        None if holdings is None else _money(composed, market.instruments, holdings, left),
        now if before is None else before.started,
        _shares(left, config),
    )


def _baseline(
    instruments: Sequence[Instrument], positions: Mapping[str, tuple[float, float]], holdings: Holdings
) -> dict[str, Decimal]:
    """Return what the account holds besides the positions of its journal.

    Raises `RunError` where that is a position held against margin: the venue knows one position of an instrument only, so what
    another has opened would be closed, paid for and liquidated together with ours.
    """
    found = {}
    for one in instruments:
        ours, theirs = Decimal(repr(positions.get(one.symbol, (0.0, 0.0))[0])), held(one, holdings)
        found[one.symbol] = theirs - ours
        if one.is_derivative and not agree(one, ours, theirs):
            raise RunError(
                f"the account holds {theirs.normalize():f} {one.symbol!r}, and its journal says {ours.normalize():f}; bring the "
                "position there by hand, go on with the last session, which books what has happened since, or trade on an "
                "account of its own"
            )
    return found


def _money(composed: ComposedRun, instruments: Sequence[Instrument], holdings: Holdings, left: Mapping[str, Any]) -> Decimal | None:
    """Return what the wallet holds besides the money of this run; `None` where the venue tells of no wallet."""
    theirs = their_money(instruments, holdings, composed.config.account.currency)
    known = {one.symbol: one for one in instruments}
    held = [(known[symbol], units, price) for symbol, units, price in stakes_in(left)]
    return None if theirs is None else theirs - our_money(held, left["capital"])


def _history(composed: ComposedRun, known: Mapping[str, Instrument], now: int) -> MarketData:
    """Read the bars that warm the run up: the last ones that have closed."""
    config, interval = composed.config, _interval(composed)
    warmup = max(warmup_of(one, declared(one, interval), interval) for one in members_of(composed.strategy))
    count = config.live.history or max(_WARMUPS * warmup, 1)
    end = now - now % interval
    begin = moment_of(end - count * interval)
    span = config.run.model_copy(update={"start": begin, "end": moment_of(end)})
    past = replace(composed, run_file=replace(composed.run_file, config=replace(config, run=span)))
    found = load_market(past)
    instruments = tuple(known.get(one.symbol, one) for one in found.instruments)
    return replace(bare(found.bars, instruments, found.bar_length), facts=found.facts, notes=found.notes)


def _others(left: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return whose positions the last session has left that none of these strategies can take over; '' is a strategy alone."""
    return [name for name, owner in owners_in(left).items() if owner["positions"] and name not in (names or [""])]


def _shares(left: Mapping[str, Any], config: RunConfig) -> dict[str, Any]:
    """Return what each of several strategies begins with: what it has left, or its part of the money where it is new.

    If one of them is new, all of them are flat, or have left something; then money is shared anew among the new ones only.
    """
    before, parts = left.get("shares") or {}, dict(config.named_shares())
    if set(before) == set(parts):
        return {name: dict(before[name]) for name in parts}
    flat: dict[str, Any] = {"positions": {}, "is_halted": False}
    if any(owner["positions"] for owner in before.values()):
        free = left["capital"] - sum(owner["capital"] for name, owner in before.items() if name in parts)
        new = sum(part for name, part in parts.items() if name not in before)
        return {name: dict(before.get(name) or flat | {"capital": free * part / new}) for name, part in parts.items()}
    return {name: flat | {"capital": left["capital"] * part} for name, part in parts.items()}


def _prepared(composed: ComposedRun, opening: Opening) -> Prepared:
    return with_money(prepare(composed, opening.market), opening)


def take_over(decider: Decider, opening: Opening) -> None:
    """Let a new session begin with what the last one has left."""
    owners = opening.shares or {"": {"positions": opening.positions, "is_halted": False}}
    for share, (name, owner) in enumerate(owners.items()):
        for symbol, (units, price) in owner["positions"].items():
            decider.stakes.adopt(symbol, units, price, share)
        if owner["is_halted"]:
            decider.outside.halt_share(share, f"strategy {name!r} was halted before this session")
    decider.seized.update(opening.seized)
    decider.stop_for(opening.holds)
