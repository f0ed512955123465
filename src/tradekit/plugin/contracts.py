"""The contracts: one class for each kind of component. A plugin subclasses them and names the classes in its hooks.

Contracts grow by optional parts only: a method added later has a default, so that an installed plugin keeps working.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from tradekit.errors import ConfigError, StrategyError
from tradekit.model.account import Account
from tradekit.model.bars import Bars, Floats, Series, Threshold
from tradekit.model.context import Context, Depth, Quote, Trade
from tradekit.model.cost import CostTerm
from tradekit.model.event import Event
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import Order
from tradekit.model.outside import (
    Abilities,
    Holdings,
    Intent,
    LiveBar,
    OutsideNote,
    Reconnected,
    VenueEvent,
    VenueFill,
    VenueOrder,
    VenuePayment,
)
from tradekit.model.reference import Actions, FundingRates
from tradekit.model.result import ComponentUse, Result
from tradekit.model.risk import Limit, Verdict
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.begun import RunStart
from tradekit.plugin.options import Options as AnyOptions
from tradekit.plugin.values import Values

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "BarRequest",
    "Component",
    "CostModel",
    "DataSource",
    "Executor",
    "Indicator",
    "Paging",
    "Reporter",
    "RiskRule",
    "Step",
    "Strategy",
]


class Component:
    """What every kind has in common: a `name` that people type, a docstring, and `Options`."""

    name: ClassVar[str]
    """In kebab-case, unique within the kind."""

    Options: type[AnyOptions] = AnyOptions
    """What may be set on it; a component nests a class of its own."""

    def __init__(self, options: AnyOptions | None = None) -> None:
        # `Any`, because each subclass has an Options class of its own and authors want to write `self.options.fast`.
        self.options: Any = options if options is not None else type(self).Options()


@dataclass(frozen=True, slots=True)
class BarRequest:
    """Which bars are wanted: `start <= open_time < end` (UTC nanoseconds, `None` is unbounded), `interval` nanoseconds long."""

    symbols: tuple[str, ...]
    interval: int
    start: int | None = None
    end: int | None = None
    threshold: Threshold | None = None
    """What ends the bars, where no interval does, which is then 0. Only sources with `has_threshold_bars` are asked for these."""


@dataclass(frozen=True, slots=True)
class Paging:
    """How much a source gives for one request, and how fast it may be asked."""

    rows: int
    """At most so many bars, or other rows, come for one request: the first of those asked for, without holes among them."""
    per_second: float
    """So many requests a second are allowed."""


class DataSource(Component, ABC):
    """Where market data comes from.

    What is asked for over a network may fail in passing: a source then raises `VenueError`, which whoever asks may try again.
    """

    paging: Paging | None = None
    """What a request is limited to; `None` gives anything at once. It may be set in `__init__`, from the options."""
    has_threshold_bars: bool = False
    """Whether `bars` heeds `request.threshold`; if not, the kernel builds such bars from `trades`. `__init__` may set it, too."""
    has_live_bars: ClassVar[bool] = False
    """Whether it has `live_bars`. Paper, shadow and live runs need these, or `live_trades`."""
    has_live_trades: ClassVar[bool] = False
    """Whether it has `live_trades`."""

    def venue_time(self) -> int | None:
        """Return what the venue's clock showed when it was last asked, at the earliest (UTC nanoseconds); `None` if unknown.

        A bar that closes later may not have been finished in that answer, whatever the clock of this machine says. The default
        doesn't know, and this machine's clock decides.
        """
        return None

    def instruments(self) -> Sequence[Instrument]:
        """Return what is known about the instruments on offer; what is not known may be left out. The default knows nothing."""
        return ()

    @abstractmethod
    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return one `Series` for each requested symbol, as the source has them: the kernel checks and aligns them.

        A source neither sorts nor repairs: it hands over what it found, and the run file's policy decides. Raises `DataError`
        for a file that can't be read, a column that is missing, or a symbol that the source doesn't have.
        """

    def live_bars(self, request: BarRequest) -> AsyncIterator[LiveBar | Reconnected]:
        """Yield bars as they are made, from now on: each as often as it changes, and `Reconnected` where some may be missing.

        `request` says of which instruments and how long; the driver fills what is missing with `bars`. Whatever the source says of
        a bar, none is used before the venue's clock has passed its end. A source with `has_live_bars` overrides this.
        """
        raise NotImplementedError

    def streams_bars(self) -> bool:
        """Say whether `live_bars` is told of bars and need not ask for them; else a run makes them of `live_trades`, if it can."""
        return self.has_live_bars

    def live_trades(self, request: BarRequest) -> AsyncIterator[Mapping[str, Trades] | Reconnected]:
        """Yield trades as they are made, from now on; they may come late, twice and out of order from one time to the next.

        `Reconnected` tells that some may be missing, and comes first. A source with `has_live_trades` overrides this.
        """
        raise NotImplementedError

    def live_quotes(self, request: BarRequest) -> AsyncIterator[Mapping[str, Quotes] | Reconnected]:
        """Yield best bid and ask as they change, as `live_trades` does trades; changes that follow closely may come as one."""
        raise NotImplementedError

    def live_book(self, request: BarRequest) -> AsyncIterator[Mapping[str, BookUpdates] | Reconnected]:
        """Yield changes of order books as they are made, without a gap: after each `Reconnected`, the book comes whole first."""
        raise NotImplementedError

    def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:  # noqa: ARG002 - what an override is given
        """Return the funding rates of perpetuals, over any time; nothing if the source has none. The default has none."""
        return {}

    def funding_page(self, request: BarRequest) -> Mapping[str, FundingRates] | None:  # noqa: ARG002 - what an override is given
        """Return the first funding rates with `start <= time < end`, for a source with `paging`.

        `request.interval` is 0. The default is `None`: all come at once from `funding`.
        """
        return None

    def actions(self, symbols: Sequence[str]) -> Mapping[str, Actions]:  # noqa: ARG002 - what an override is given
        """Return the splits, dividends and delistings of instruments that had any, over any time. The default knows of none."""
        return {}

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:  # noqa: ARG002 - what an override is given
        """Return single trades with `start <= time < end` for each requested symbol; nothing if the source has none.

        `request.interval` is 0. The default has none.
        """
        return {}

    def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:  # noqa: ARG002 - what an override is given
        """Return quotes with `start <= time < end` for each requested symbol; nothing if the source has none.

        `request.interval` is 0. The default has none.
        """
        return {}

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:  # noqa: ARG002 - what an override is given
        """Return updates of order books with `start <= time < end` for each requested symbol; nothing if the source has none.

        `request.interval` is 0. The default has none.
        """
        return {}


class Step(Protocol):
    """An indicator's state: feed it one bar's inputs, in the order of `Indicator.inputs`, and get the value on that bar.

    `push` returns a float, or a tuple of floats with one for each output; NaN during warm-up.
    """

    @property
    def push(self) -> Callable[..., float | tuple[float, ...]]: ...


class Indicator(Component, ABC):
    """A value (or several) for each bar of one instrument, from that bar and those before it."""

    inputs: tuple[str, ...] = ("close",)
    """Which columns it reads: `open`, `high`, `low`, `close`, `volume`."""
    outputs: ClassVar[tuple[str, ...]] = ("value",)
    """Names of its values; one that has several is reached as `name.output`."""
    bar_interval: str | None = None
    """How long the bars are that it reads, as text such as `1h`; `None` for the run's own. `every` sets it."""

    def every(self, interval: str) -> Self:
        """Return a copy that reads coarser bars, such as `"1h"` on a run of minutes; they are built from those of the run.

        Its value on a bar of the run is that of the last coarser bar that had ended when this one closed, never of an unfinished
        one; NaN while it warms up, which counts coarser bars. They are aligned to UTC: to multiples of the interval since 1970,
        those of whole weeks to Mondays. A run refuses an interval that is not a whole multiple of its own; that itself changes
        nothing. Raises `StrategyError` if the indicator is such a copy already.
        """
        if self.bar_interval is not None:
            raise StrategyError(
                f"indicator {self.name!r} reads bars of {self.bar_interval!r} already, so every({interval!r}) can't change that; "
                "make another of it"
            )
        found = copy(self)
        # An author's class may be frozen; this is no business of its own.
        object.__setattr__(found, "bar_interval", interval)
        return found

    @property
    @abstractmethod
    def warmup(self) -> int:
        """How many bars it needs for its first value (1: it has one on the first bar)."""

    @abstractmethod
    def step(self) -> Step:
        """Return a fresh state, for one instrument."""

    def compute(self, *columns: Floats) -> Floats:
        """Return all values at once: float64 [output, time] from float64 [time] columns without holes; NaN during warm-up.

        The default feeds `step()` bar by bar, so an author may leave it out; one who overrides it must return the same numbers.
        """
        return self.feed(self.step(), *columns)

    def feed(self, state: Step, *columns: Floats) -> Floats:
        """Feed a state of `step()` the next bars, and return the values on them, as `compute` does for all bars."""
        whole = getattr(state, "run", None)
        if whole is not None:
            return np.asarray(whole(*columns), dtype=np.float64).reshape(len(self.outputs), -1)
        values = np.empty((len(self.outputs), len(columns[0])))
        for row, inputs in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            values[:, row] = state.push(*inputs)
        return values


class Strategy(Component):
    """Decides what to hold. Give it `on_bar`, `targets`, or both; with both, they must decide the same.

    In a run on ticks ([data] `ticks`) it may have `on_trade`, `on_quote`, `on_book` and `on_timer`, with `on_bar` or without.
    """

    def indicators(self) -> Mapping[str, Indicator]:
        """Return the indicators it reads, by the name it reads them under. Nothing trades before all of them are warmed up."""
        return {}

    @property
    def warmup(self) -> int:
        """How many bars it wants to have seen before it decides; what its indicators need is seen to anyway."""
        return 0

    def sells_short(self) -> bool:
        """Say whether it sells short, as its options are: a run in a cash account is then refused. The default does not."""
        return False

    def on_bar(self, ctx: Context) -> None:
        """Event form: look at `ctx` and place orders. Called once for each clock time at which a warmed-up instrument has a bar."""
        raise NotImplementedError

    def on_trade(self, ctx: Context, trade: Trade) -> None:
        """Look at a trade of a market and place orders. Called for each, once its instrument is warmed up."""
        raise NotImplementedError

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        """Look at a new best bid and ask and place orders. Called for each, once the instrument is warmed up."""
        raise NotImplementedError

    def on_book(self, ctx: Context, depth: Depth) -> None:
        """Look at a book that has changed and place orders. Called after each update, once the instrument is warmed up."""
        raise NotImplementedError

    def timers(self) -> Mapping[str, str]:
        """Return how often `on_timer` is called, by a name: `100ms`, `5s`, `1m`, aligned to multiples of that since 1970 UTC."""
        return {}

    def on_timer(self, ctx: Context, name: str) -> None:
        """Do what is to be done at a time, whatever the markets do. Called once an instrument is warmed up."""
        raise NotImplementedError

    def targets(self, bars: Bars, ind: Values) -> Floats:
        """Array form: return target weights, float64 [time, instrument]; NaN leaves the position as it is.

        `ind` holds the indicators, each float64 [time, instrument], and answers `crossed_above` and the like for all bars at once.
        What is asked before an instrument is warmed up is ignored. Row `t` may depend on rows `<= t` only: the engine computes it
        again on shortened copies of the data and stops the run if a row changes.
        """
        raise NotImplementedError


class RiskRule(Component):
    """Judges orders. Give it `limits` or `check`, never both. Rules run in the order of the run file; the first reject ends it."""

    def begin(self, uses: Sequence[ComponentUse], code: str) -> None:
        """Take note of all components, and the SHA-256 of the strategy's package, once composed; `ConfigError` stops the run."""

    def limits(self) -> Sequence[Limit]:
        """Return limits that the simulator enforces itself, in every driver."""
        raise NotImplementedError

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order against the account, open orders included. It must change neither. An exception is a reject."""
        raise NotImplementedError


class CostModel(Component, ABC):
    """What trading costs."""

    @abstractmethod
    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return the terms of cost, each with one coefficient for each of `instruments`, in their order."""

    def terms_on(self, instruments: Sequence[Instrument], bars: Bars) -> Sequence[CostTerm]:  # noqa: ARG002 - for an override
        """Return the terms of cost for these bars, in place of `terms`, which is what the default returns.

        For a model that reads the bars, such as one that gives a spread for each. They are those of the whole run: what is charged
        in bar `t` should come from that bar and those before it, and only the model can see to that.
        """
        return self.terms(instruments)

    @abstractmethod
    def describe(self) -> str:
        """Return one sentence for the result's list of assumptions, with the figures."""


class Executor(Component, ABC):
    """Carries orders out.

    One that sends them to a venue overrides all methods but `fill_rules`, which then returns `None`. The kernel sees to it that
    an intent is written down before `send` is called and is never sent twice, that what isn't definitely refused is looked up, and
    that each fill counts once. What is left to the executor is to pass on exactly what it is given, and exactly what it is told.

    The coroutines are called in one event loop, between `connect` and `close`. What they raise is taken for a `VenueError`.
    """

    @abstractmethod
    def fill_rules(self) -> FillRules | None:
        """Return how fills are simulated, or `None` for an executor that sends orders out of this process."""

    @property
    def has_true_time(self) -> bool:
        """Whether the venue's clock is meant to show the time of day, so that this machine's can be judged by it.

        An executor says no where a server that stands for the venue replays another day.
        """
        return True

    async def connect(self, symbols: Sequence[str], may_trade: bool) -> Sequence[Instrument]:
        """Open the connections, and return what the venue says of these instruments: tick, lot and smallest order above all.

        Without `may_trade`, nothing that changes the account may leave this process until `close`: `send` and `cancel` raise.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Close all connections; it may be called at any time, more than once."""

    def abilities(self, symbol: str) -> Abilities:
        """Return what the venue takes for an instrument. The driver sends nothing else."""
        raise NotImplementedError

    async def send(self, intent: Intent) -> VenueOrder:
        """Send an order, once, and return it as the venue has taken it.

        Raises `OrderRefused` only where it is certain that the venue has not taken it, and never will. A time-out, a broken answer
        or an answer that makes no sense is no refusal: raise anything else.
        """
        raise NotImplementedError

    async def cancel(self, client_id: str, venue_id: str, symbol: str) -> None:
        """Ask the venue to cancel an order; `venue_id` is empty where it is not known.

        That the order is gone, or that it is not known, is told by `events` or `find`, not by this.
        """
        raise NotImplementedError

    async def find(self, client_id: str, symbol: str) -> VenueOrder | None:
        """Look an order up, whether it is open or has ended; `None` only if the venue has answered that it has no such order."""
        raise NotImplementedError

    async def open_orders(self, symbols: Sequence[str]) -> Sequence[VenueOrder]:
        """Return all open orders of the account in these instruments, whoever has sent them."""
        raise NotImplementedError

    async def fills(self, symbol: str, since: int) -> Sequence[VenueFill]:
        """Return all trades of the account in an instrument from `since` on, oldest first, however many requests that takes."""
        raise NotImplementedError

    async def payments(self, symbol: str, since: int) -> Sequence[VenuePayment]:  # noqa: ARG002 - what an override is given
        """Return what came or went for a perpetual without a trade from `since` on, oldest first: funding above all.

        The default knows of none: then the money of the journal goes without them.
        """
        return ()

    async def cancel_all_after(self, symbols: Sequence[str], seconds: float) -> None:  # noqa: ARG002 - what an override is given
        """Have the venue cancel all open orders in these instruments, or all of the account's, unless asked again in `seconds`.

        With 0, take that back. The default raises `ConfigError`: the venue has no such timer.
        """
        raise ConfigError(
            f"executor {self.name!r} knows no timer of its venue that cancels all orders; leave live.cancel_all_after_s out"
        )

    async def holdings(self) -> Holdings:
        """Return what the account holds."""
        raise NotImplementedError

    async def venue_time(self) -> int:
        """Return what the venue's clock shows, UTC nanoseconds."""
        raise NotImplementedError

    def before_sending(self, check: Callable[[str], None]) -> None:
        """Be given what to call with the client id of an order when its request is about to leave, if that is not at once.

        It raises `OrderRefused` for one that must not leave any more. The driver asks it before `send`; an executor that waits for
        its turn after that asks it again. The default forgets it.
        """

    def events(self) -> AsyncIterator[VenueEvent]:
        """Yield what the venue tells of orders and trades, as it comes, and `Reconnected` whenever something may have been missed.

        The first is a `Reconnected`. Whatever comes twice or late is passed on as it is.
        """
        raise NotImplementedError


class Reporter(Component):
    """Sees what happens in a run, and turns a finished one into something a person reads."""

    critical: ClassVar[bool] = False
    """Whether it must see each event as it happens; the run then takes the event driver."""

    def begin(self, start: RunStart) -> None:
        """Take note of what is about to run, before its first event. What it raises keeps the run from beginning."""

    def record(self, event: Event) -> None:
        """Take note of one event. Called for every event, in order."""

    def hear(self, note: OutsideNote) -> None:
        """Take note of what passes between a live run and the outside. Critical reporters are told, each note in its order."""

    def settle(self) -> None:
        """Make sure of what was recorded and heard: called in a live run, of critical reporters, before anything of it is done.

        Where this or one of the above raises, what adds risk is not sent, and new risk is stopped.
        """

    def end(self, status: str, reason: str) -> None:
        """Take note of how the run ended: `done`, `interrupted`, or `failed` and why. It comes last, whatever happened."""

    def report(self, result: Result, folder: Path) -> RenderableType | None:  # noqa: ARG002 - what an override is given
        """Write files into the run's folder, return something to print, or do both."""
        return None
