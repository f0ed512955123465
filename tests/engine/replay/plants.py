"""Causes that are planted between a run and its replay, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.live.play import BTC, MINUTE
from engine.replay.recorded import COLUMNS, SYMBOL, Session, changed, only, script, shifted
from tradekit import FundingRates, LiveBar, OrderStatus, Strategy, ema
from tradekit.engine import environment
from tradekit.plugin.discovery import Provided
from tradekit.testing.venue import Fault, ScriptedVenue

Told = Mapping[str, Any]
"""What `tradekit replay` prints with `--json`."""

SECOND = 1_000_000_000


class Draws(Strategy):
    """Buy or sell as chance has it."""

    name = "draws"

    def on_bar(self, ctx):
        if ctx.random.random() < 0.3:
            ctx.target(quantity=float(ctx.random.integers(0, 5)))


class Rests(Strategy):
    """Let an order rest a little below the price, and take what it got at once to market."""

    name = "rests"

    def on_bar(self, ctx):
        view = ctx[SYMBOL]
        if view.position > 0.0:
            ctx.exit()
        elif not view.open_orders:
            ctx.buy(1.0037, limit=view.close * 0.9987)


class Flips(Strategy):
    """Buy one on a bar, and sell it on the next."""

    name = "flips"
    limit = 0.0

    def on_bar(self, ctx):
        view = ctx[SYMBOL]
        if view.position > 0.0:
            ctx.exit()
        elif view.close > self.limit:
            ctx.buy(1.0)


class Averages(Strategy):
    """Hold the more the further the price is from an average that never forgets."""

    name = "averages"

    def indicators(self):
        return {"slow": ema(12)}

    def on_bar(self, ctx):
        view = ctx[SYMBOL]
        ctx.target(quantity=round(abs(view.close - view["slow"]), 3))


class Waits(Strategy):
    """Let one order rest far below the market."""

    name = "waits"

    def on_bar(self, ctx):
        if not ctx[SYMBOL].open_orders:
            ctx.buy(1.0, limit=50.0)


class Moody(ScriptedVenue):
    """Fill the next order that is bought after some time elsewhere, or only half of it."""

    since: int = 0
    worse: Decimal = Decimal(0)
    is_half: bool = False

    def take(self, intent):
        if intent.quantity < 0 or self.clock() < self.since or not (self.worse or self.is_half):
            return super().take(intent)
        price = self.prices.pop(SYMBOL)
        order = super().take(intent)
        self.fill(order.venue_id, intent.quantity / (2 if self.is_half else 1), price + self.worse)
        if self.is_half:
            self.end(order.venue_id, OrderStatus.CANCELLED)
        self.worse, self.is_half, self.prices[SYMBOL] = Decimal(0), False, price
        return self.orders[order.venue_id]


class Ticks(Strategy):
    """Count what it was asked, over all runs: it is not the same twice."""

    name = "ticks"
    count = 0

    def on_bar(self, ctx):
        type(self).count += 1
        if type(self).count % 7 == 0:
            ctx.buy(1.0)


@dataclass(frozen=True)
class Plant:
    """A cause: its name, what a replay must call it, words that must be in it, and how to plant it."""

    name: str
    kind: str
    words: str
    play: Callable[[Path], Told]


PLANTS: list[Plant] = []


def plant(name: str, kind: str, words: str) -> Callable[[Callable[[Path], Told]], Callable[[Path], Told]]:
    """Add a planted cause."""

    def add(play: Callable[[Path], Told]) -> Callable[[Path], Told]:
        PLANTS.append(Plant(name, kind, words, play))
        return play

    return add


def with_other_bars(folder, bars):
    """Record a session, and replay it on other bars of its source."""
    session = Session(folder).record()
    session.stage.source.script = {SYMBOL: bars}
    return session.tell(data="scripted")


@plant("a bar that is another in the history fetched later", "data", "close")
def _(folder):
    bars = script()
    return with_other_bars(folder, changed(bars, 90, float(bars.close[90]) + 3.0))


@plant("a bar that is missing in the history fetched later", "data", "not there now")
def _(folder):
    bars = changed(script(), 90, float(script().close[90]) + 3.0)
    session = Session(folder, bars=bars).record()
    session.stage.source.script = {SYMBOL: only(bars, np.arange(len(bars)) != 90)}
    return session.tell(data="scripted")


@plant("a bar that the session never had", "data", "the run did not have it")
def _(folder):
    bars = changed(script(), 90, float(script().close[90]) + 3.0)
    session = Session(folder, bars=bars)
    session.stage.source.withheld = session.stage.source.silent = frozenset({int(bars.open_time[90])})
    session.record()
    session.stage.source.withheld = frozenset()
    return session.tell(data="scripted")


@plant("a bar that came after its row", "data", "the run did not have it (the bars that came late or were revised)")
def _(folder):
    return _said_later(folder, is_late=True)


@plant("a bar that was revised after its row", "data", "(the bars that came late or were revised)")
def _(folder):
    return _said_later(folder, is_late=False)


def _said_later(folder, is_late):
    bars = script()
    other = changed(bars, 90, float(bars.close[90]) + 3.0)
    final = LiveBar(SYMBOL, *(getattr(other, name)[90].item() for name in COLUMNS))
    session = Session(folder, bars=bars)
    if is_late:
        session.stage.source.withheld = session.stage.source.silent = frozenset({final.open_time})
    session.stage.source.further = {int(bars.open_time[92]): [replace(final, is_final=True)]}
    return session.record().tell()


@plant("a shorter warm-up", "warm-up", "live.history was 40, is 14")
def _(folder):
    return Session(folder, strategy=Averages).record().tell("live.history=14")


@plant("bars of the warm-up that are missing in the history fetched later", "warm-up", "of the bars that warm it up")
def _(folder):
    session = Session(folder, strategy=Averages).record()
    session.stage.source.script = {SYMBOL: only(script(), slice(20, None))}
    return session.tell(data="scripted")


@plant("a clock in another time zone", "clock", "1h later")
def _(folder):
    session = Session(folder).record()
    session.stage.source.script = {SYMBOL: shifted(script(), 60 * MINUTE)}
    session.stage.base += 120 * MINUTE
    return session.tell(data="scripted")


@plant("another fee", "configuration", "execution.costs[0].model was None, is 'fee'")
def _(folder):
    return Session(folder).record().tell('execution.costs=[{model = "fee", bps = 50}]')


@plant("another capital", "configuration", "account.capital was 10000.0, is 20000.0")
def _(folder):
    return Session(folder).record().tell("account.capital=20_000")


@plant("another option of the strategy", "configuration", "strategy.slow was 8, is 9")
def _(folder):
    return Session(folder).record().tell("strategy.slow=9")


@plant("another seed", "configuration", "run.seed was 0, is 5")
def _(folder):
    return Session(folder, strategy=Draws).record().tell("run.seed=5")


@plant("another tick", "configuration", "instrument BTC/USDT tick was 0.01, is 0.5")
def _(folder):
    return Session(folder, strategy=Rests).record().tell('instrument=[{symbol = "BTC/USDT", tick = 0.5}]')


@plant("another lot", "configuration", "instrument BTC/USDT lot was 0.001, is 0.1")
def _(folder):
    return Session(folder, strategy=Rests).record().tell('instrument=[{symbol = "BTC/USDT", lot = 0.1}]')


@plant("another rule for fills", "configuration", "execution.limit_fills was 'through', is 'touch'")
def _(folder):
    return Session(folder, strategy=Touches).record().tell('execution.limit_fills="touch"')


class Touches(Strategy):
    """Let an order rest at the low of the bar before the last."""

    name = "touches"

    def on_bar(self, ctx):
        view = ctx[SYMBOL]
        if view.position > 0.0:
            ctx.exit()
        elif not view.open_orders:
            ctx.buy(1.0, limit=round(view.close - 0.05, 2))


@plant("another latency of orders", "latency", "execution.latency_ns was 0, is 90000000000")
def _(folder):
    return Session(folder).record().tell("execution.latency_ms=90_000")


@plant("another limit of a risk rule", "risk", "risk[0].limit was 0.9, is 0.3")
def _(folder):
    return Session(folder).record().tell("risk[0].limit=0.3")


@plant("a risk rule that is gone", "risk", "risk[0].rule was 'max-weight', is None")
def _(folder):
    return Session(folder).record().tell("risk=[]")


@plant("another version of a plugin", "version", "strategy flips was from tests 1, is from tests 2")
def _(folder):
    session = Session(folder, strategy=Flips).record()
    registry = session.stage.registry()
    newer = Provided("strategy", "flips", type("Flips", (Flips,), {"limit": 99.0}), "tests", "2")
    components = tuple(newer if one.name == "flips" else one for one in registry.components)
    session.stage.registry = lambda: replace(registry, components=components)
    return session.tell()


@plant("another version of tradekit", "version", "tradekit was")
def _(folder):
    session = Session(folder, strategy=Flips).record()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "__version__", "9.0")
        patch.setattr(Flips, "limit", 99.0)
        return session.tell()


@plant("other code of the strategy", "code", "the source of planted_strategy is another")
def _(folder):
    with _module(folder, "view.close > 0.0") as strategy:
        session = Session(folder / "runs", strategy=strategy).record()
    with _module(folder, "view.close > 99.0") as strategy:
        session.stage.strategy = strategy
        return session.tell()


@contextmanager
def _module(folder, condition) -> Iterator[type[Strategy]]:
    """Import a strategy from a module that is written for it, and forget the module afterwards."""
    import importlib
    import sys

    (folder / "runs").mkdir(exist_ok=True)
    (folder / "planted_strategy.py").write_text(
        "from tradekit import Strategy\n\n\nclass Planted(Strategy):\n    name = 'planted'\n\n    def on_bar(self, ctx):\n"
        f"        view = ctx['BTC/USDT']\n        if view.position > 0.0:\n            ctx.exit()\n        elif {condition}:\n"
        "            ctx.buy(1.0)\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setattr(sys, "dont_write_bytecode", True)
        importlib.invalidate_caches()
        yield importlib.import_module("planted_strategy").Planted
    # The module stays known until here, because its source is hashed while it is.
    del sys.modules["planted_strategy"]


@plant("a strategy that is not the same twice", "chance", "a clock, chance without a seed")
def _(folder):
    return Session(folder, strategy=Ticks, minutes=61).record().tell()


@plant("an operator's halt, in paper", "operator", "halt was asked for")
def _(folder):
    session = Session(folder, strategy=Flips)
    return session.record((1_800.5, lambda: _ask(session, "halt", "news"))).tell()


@plant("an operator's halt, live", "operator", "halt was asked for")
def _(folder):
    session = Session(folder, strategy=Flips, mode="live")
    return session.record((1_800.5, lambda: _ask(session, "halt", "news"))).tell()


def _ask(session, command, reason):
    from tradekit.engine.live.start import journal_path
    from tradekit.journal.store import JournalStore

    store = JournalStore(journal_path(session.folder, "trial"))
    store.ask(command, reason)
    store.close()


@plant("a session that was stopped for a while", "operator", "a session ended (pause)")
def _(folder):
    session = Session(folder, strategy=Rests, minutes=20).record()
    return session.record().tell()


@plant("a fill at another price", "fill", "bps worse")
def _(folder):
    return _moody(folder, worse=Decimal(2))


@plant("a partial fill", "fill", "the venue filled 0.5 of order 30, the simulator 1")
def _(folder):
    return _moody(folder, is_half=True)


def _moody(folder, **mood):
    session = Session(folder, strategy=Flips, mode="live", venue=Moody)
    for name, value in {"since": session.stage.base + 1_799 * SECOND, **mood}.items():
        setattr(session.stage.venue, name, value)
    return session.record().tell()


@plant("a refused order", "fill", "the venue refused order")
def _(folder):
    return _with_fault(folder, Fault("send", "refused"))


@plant("an order that was unknown for a while", "latency", "nobody knew")
def _(folder):
    return _with_fault(folder, Fault("send", "late", seconds=70.0), arrival_s=200.0)


@plant("an order that arrived after it had been given up", "latency", "came to the venue after all")
def _(folder):
    return _with_fault(folder, Fault("send", "late", seconds=70.0))


@plant("an order that never arrived", "latency", "never reached the venue")
def _(folder):
    return _with_fault(folder, Fault("send", "lost-before"))


def _with_fault(folder, fault, arrival_s=10.0):
    session = Session(folder, strategy=Flips, mode="live")
    session.stage.venue.abilities = replace(session.stage.venue.abilities, arrival_s=arrival_s)
    return session.record((1_799.9, lambda: session.stage.venue.faults.append(fault))).tell()


@plant("a trade by hand", "account", "no new risk in BTC/USDT")
def _(folder):
    session = Session(folder, strategy=Flips, mode="live")
    return session.record((1_799.9, lambda: session.stage.venue._add("BTC", Decimal(3)))).tell()


@plant("an order that was cancelled by hand", "fill", "the venue ended order 0")
def _(folder):
    session = Session(folder, strategy=Waits, mode="live")
    return session.record((1_799.9, lambda: session.stage.venue.end("1", OrderStatus.CANCELLED))).tell()


@plant("a fee of the venue", "fill", "took a fee of")
def _(folder):
    session = Session(folder, strategy=Flips, mode="live")
    session.stage.venue.fee_rate = Decimal("0.001")
    return session.record().tell()


@plant("a bar that came late, live", "latency", "s late")
def _(folder):
    bars = script()
    session = Session(folder, strategy=Flips, mode="live", bars=bars)
    source = session.stage.source
    source.silent = source.withheld = frozenset({int(bars.open_time[90])})
    session.stage.venue.trade(SYMBOL, 100.0)
    late = int(bars.close_time[90]) - session.stage.base

    def there_after_all():
        source.withheld = frozenset()
        session.stage.venue.trade(SYMBOL, float(bars.close[90]) + 1.0)

    return session.record((late / SECOND + 20.0, there_after_all)).tell()


class Turns(Strategy):
    """Be long for 20 minutes, and short for the next 20."""

    name = "turns"

    def on_bar(self, ctx):
        ctx.target(quantity=2.0 if ctx.time_ns // MINUTE // 20 % 2 else -2.0)


class Shares(Strategy):
    """Hold some of what there is in money, up to 3 times all of it."""

    name = "shares"

    def on_bar(self, ctx):
        ctx.target(weight=1.0 + (ctx.time_ns // MINUTE % 20) / 10.0)


PERPETUAL = replace(BTC, kind="perpetual", maintenance_margin=0.004)
DUE = 1_800.0


def on_margin(folder, strategy=Turns, mode="live", leverage=5):
    """Return a session that trades a perpetual."""
    account = f'kind = "margin"\nleverage = {leverage}'
    return Session(folder, mode, strategy, {}, "risk = []", instrument=PERPETUAL, account=account)


def paying(session, *amounts, since=DUE):
    """Record a session to which funding is paid, every 20 minutes; `None` is a payment that is left out."""
    due = [(since + 1_200.0 * number, amount) for number, amount in enumerate(amounts) if amount is not None]
    return session.record(*((at, lambda amount=amount: session.stage.venue.pay(SYMBOL, Decimal(amount))) for at, amount in due))


def rates_of(session, *rates):
    """Let the source have funding rates for the same times."""
    times = [session.stage.base + round((DUE + 1_200.0 * number) * SECOND) for number, rate in enumerate(rates) if rate is not None]
    known = [rate for rate in rates if rate is not None]
    session.stage.source.rates = {SYMBOL: FundingRates(np.array(times), np.array(known), np.full(len(times), np.nan))}
    return session


@plant("a funding rate that is another in the history fetched later", "funding", "in the run, 0.0005 now")
def _(folder):
    session = rates_of(on_margin(folder), 0.0005, 0.0001)
    return paying(session, "-0.02", "0.02").tell(data="scripted")


@plant("a funding payment that is missing", "funding", "nothing was paid in the run, 0.0001 now")
def _(folder):
    session = rates_of(on_margin(folder), 0.0001, 0.0001)
    return paying(session).tell(data="scripted")


@plant("a funding payment that the history has no rate for", "funding", "in the run, none now")
def _(folder):
    session = rates_of(on_margin(folder), None, None, 0.0001)
    return paying(session, "-0.02", None, "-0.02").tell(data="scripted")


@plant("funding that a run on paper does not pay", "funding", "nothing was paid in the run, 0.0001 now")
def _(folder):
    return rates_of(on_margin(folder, mode="paper"), 0.0001).record().tell(data="scripted")


@plant("a funding payment that the session was told of late", "latency", "funding of -30 USDT for BTC/USDT")
def _(folder):
    return paying(on_margin(folder, strategy=Shares), "-30", since=DUE + 60.0).tell()


@plant("a liquidation at the venue", "liquidation", "the venue liquidated")
def _(folder):
    session = on_margin(folder)

    def liquidate():
        venue = session.stage.venue
        venue.impose(SYMBOL, -session.stage.held(), venue.prices[SYMBOL] - 3)
        venue.pay(SYMBOL, Decimal("-0.4"), kind="liquidation fee")

    return session.record((DUE + 90.0, liquidate)).tell()


@plant("a liquidation that only the simulator makes", "liquidation", "and the venue did not")
def _(folder):
    session = on_margin(folder, strategy=Shares)
    low = session.bars.low.copy()
    low[91] = 40.0
    session.stage.source.script = {SYMBOL: replace(session.bars, low=low)}
    return session.record().tell()


@plant("a trade by hand on a perpetual", "account", "it was liquidated, or somebody traded on it")
def _(folder):
    session = on_margin(folder)
    return session.record((DUE + 90.0, lambda: session.stage.venue.impose(SYMBOL, Decimal(1), Decimal(99)))).tell()


@plant("another leverage", "configuration", "account.leverage was 5.0, is 2.0")
def _(folder):
    return on_margin(folder, strategy=Shares, mode="paper").record().tell("account.leverage=2")


@plant("another margin that the venue asks for", "configuration", "instrument BTC/USDT initial_margin was None, is 0.5")
def _(folder):
    session = on_margin(folder, strategy=Shares, mode="paper").record()
    return session.tell('instrument=[{symbol = "BTC/USDT", initial_margin = 0.5}]')


@plant("another leverage at the venue, which refuses an order", "fill", "the venue refused order")
def _(folder):
    session = on_margin(folder)
    return session.record((DUE - 0.1, lambda: session.stage.venue.faults.append(Fault("send", "refused")))).tell()
