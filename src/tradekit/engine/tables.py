"""The tables of a run file that the kernel reads itself, typed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tradekit.data.interval import parse_bar_size, parse_interval
from tradekit.data.quality.policy import Policy, Quality
from tradekit.model.bars import BarSize, Threshold
from tradekit.model.instrument import Instrument, InstrumentKind

__all__ = [
    "AccountTable",
    "CurrencyTable",
    "DataTable",
    "ExecutionTable",
    "InstrumentTable",
    "LiveTable",
    "RunTable",
    "ShareTable",
    "moment_of",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1678, 2261  # what 64 bits of nanoseconds can hold


def _moment(value: object) -> datetime:
    """Return a date, or a date and time, as UTC; one without a zone is UTC already."""
    try:
        text = value.isoformat() if isinstance(value, date) else value
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError("must be a date such as 2021-01-31, or a date and time such as 2021-01-31T14:30:00Z") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _name(value: str) -> str:
    if not _slug(value):
        raise ValueError("must hold a letter or a digit, because it becomes part of a folder's name")
    return value


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def _interval(value: str) -> str:
    parse_interval(value)
    return value


def _bar_size(value: str) -> str:
    parse_bar_size(value)
    return value


def _fill_interval(value: str) -> str:
    return value if value == "trades" else _interval(value)


def _nanoseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def moment_of(time: int) -> datetime:
    """Return nanoseconds since 1970 UTC as a date and time, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=time // 1_000)


def _distinct(symbols: tuple[str, ...]) -> tuple[str, ...]:
    twice = [symbol for symbol in dict.fromkeys(symbols) if symbols.count(symbol) > 1]
    if twice:
        raise ValueError(f"must name each instrument once, and names {twice[0]!r} more often")
    return symbols


def _distinct_ticks(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(kinds)) < len(kinds):
        raise ValueError("must name each kind once")
    if "quotes" in kinds and "book" in kinds:
        raise ValueError("has both quotes and book, which say the same twice; a book has the best bid and ask in it")
    return kinds


Ticks = Annotated[tuple[Literal["trades", "quotes", "book"], ...], Field(min_length=1), AfterValidator(_distinct_ticks)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Symbol = Annotated[str, Field(min_length=1)]
Price = Annotated[float, Field(gt=0)]
Margin = Annotated[float, Field(gt=0, le=1)]
Rate = Annotated[float, Field(ge=0)]
Currency = Annotated[str, Field(pattern=r"^\S+$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


class RunTable(_Table):
    """`[run]`: what is run, over which time."""

    name: Annotated[str, AfterValidator(_name)] = Field(max_length=80, description="the run's name, as part of its folder's")
    mode: Literal["backtest", "paper", "shadow", "live"] = Field("backtest", description="how the strategy is run")
    start: Moment | None = Field(None, description="open time of the first bar, UTC; without it, the data's first")
    end: Moment | None = Field(None, description="bars that open at this time or later are left out, UTC; without it, none")
    seed: int = Field(0, ge=0, lt=2**63, description="seed of everything that is drawn at random")
    benchmark: str | None = Field(
        None,
        min_length=1,
        description="what the result is compared with, bought and held: an instrument's symbol, 'equal-weight' or 'none'; "
        "without it, the one instrument of the run, or 'equal-weight' of several",
    )
    plugins: tuple[str, ...] | None = Field(
        None, description="packages to load plugins from; without it, all that are installed; the built-in ones are always there"
    )
    periods_per_year: float | None = Field(
        None, gt=0, description="bars a year, to make annual figures of those of one bar; without it, taken from the data"
    )

    @property
    def slug(self) -> str:
        """Return the name as part of a folder's name: lower case, words joined by hyphens."""
        return _slug(self.name)

    @property
    def start_ns(self) -> int | None:
        """Return the start in nanoseconds since 1970 UTC."""
        return _nanoseconds(self.start)

    @property
    def end_ns(self) -> int | None:
        """Return the end, which is not part of the run, in nanoseconds since 1970 UTC."""
        return _nanoseconds(self.end)


class AccountTable(_Table):
    """`[account]`: the money."""

    currency: Currency = Field(description="the currency that everything is counted in, such as 'USD'")
    capital: float = Field(gt=0, description="money at the start, in the account's currency")
    kind: Literal["cash", "margin"] = Field("cash", description="'margin' may sell short and borrow, 'cash' may not")
    leverage: float = Field(1.0, ge=1, description="how many times its equity a margin account may hold in positions")
    maintenance: Margin | None = Field(
        None,
        description="share of a position's value below which a margin account's equity must not fall, or it is liquidated; for "
        "instruments that have no maintenance_margin of their own",
    )
    liquidation_fee_bps: Rate | None = Field(
        None,
        description="what a liquidation costs, in hundredths of a percent of the position's value; without it, all of the "
        "maintenance margin is lost",
    )
    borrow_rate: Rate = Field(
        0.0, description="what borrowing for a short sale costs, as a fraction of its value a year; an instrument may have its own"
    )
    interest_rate: float = Field(0.0, gt=-1, description="what money in the account earns, as a fraction a year")
    loan_rate: Rate = Field(0.0, description="what money that is owed costs, as a fraction a year")
    conversion_bps: Rate = Field(
        0.0, description="what changing one currency into another costs, in hundredths of a percent of the amount"
    )
    net_orders: bool = Field(
        False, description="whether market orders that several strategies give at one time fill each other, as far as they meet"
    )


class CurrencyTable(_Table):
    """`[[currency]]`: another currency in which instruments are settled or fees are taken."""

    code: Currency = Field(description="its name, such as 'EUR'")
    balance: float = Field(0.0, ge=0, description="money in it at the start, beside `account.capital`")
    rate: Price | None = Field(None, description="units of the account's currency for one of it, if that never changes")
    instrument: Symbol | None = Field(None, description="symbol of the run whose close is the rate")
    inverse: bool = Field(False, description="whether that close counts units of it for one of the account's currency")

    @model_validator(mode="after")
    def _has_one_rate(self) -> Self:
        if (self.rate is None) == (self.instrument is None):
            raise ValueError(f"currency {self.code!r} needs either a fixed rate or the instrument whose close is its rate")
        if self.inverse and self.instrument is None:
            raise ValueError(f"inverse is about the close of an instrument, and currency {self.code!r} has a fixed rate")
        return self


class ShareTable(_Table):
    """`[[strategy]]`: what the kernel reads of one strategy of several."""

    id: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{0,19}$",
        description="what it is called in results, such as 'trend'; without it, the strategy's name",
    )
    share: float | None = Field(
        None, gt=0, le=1, description="part of the account's capital that it begins with; without any, all get the same"
    )


class DataTable(_Table):
    """`[data]`, without the source and its options."""

    instruments: Annotated[tuple[Symbol, ...], Field(min_length=1), AfterValidator(_distinct)] | None = Field(
        None, description="symbols of the instruments to trade; without it, all that the source has"
    )
    interval: Annotated[str, AfterValidator(_bar_size)] = Field(
        description="how long a bar is, such as '1h', or what ends it: '1000 trades', '50 volume' (units) or '1e6 value' (money)"
    )
    fill_interval: Annotated[str, AfterValidator(_fill_interval)] | None = Field(
        None,
        description="how long the finer bars are that decide what happens inside a bar, such as '1m', or 'trades' for single "
        "trades; without it, a bar decides as a whole",
    )
    ticks: Ticks | None = Field(
        None,
        description="what the run goes through besides bars: 'trades', and 'quotes' or 'book'; orders then meet the market at the "
        "moments at which things happen, and a strategy may have on_trade, on_quote, on_book and on_timer",
    )
    policy: Policy = Field(Policy(), description="what to do with data that fails its checks")
    quality: Quality = Field(Quality(), description="what the data must be worth, and which findings are known and accepted")
    stream: bool = Field(
        False,
        description="whether bars are read month by month, and lie on disk instead of in memory, for more of them than it holds",
    )

    @model_validator(mode="after")
    def _divides(self) -> Self:
        finer, size = self.fill_interval_ns, self.size
        if finer is not None and isinstance(size, Threshold):
            what = f"bars of {self.interval!r} begin and end at any time"
            raise ValueError(f"{what}, so that bars of {self.fill_interval!r} don't fit into them; fill_interval can be 'trades'")
        if finer is not None and not isinstance(size, Threshold) and (finer >= size or size % finer):
            what = f"fill_interval {self.fill_interval!r} must be shorter than interval {self.interval!r}"
            raise ValueError(f"{what} and go into it a whole number of times")
        return self

    @property
    def size(self) -> BarSize:
        """Return the length of a bar in nanoseconds, or what ends it."""
        return parse_bar_size(self.interval)

    @property
    def fill_interval_ns(self) -> int | None:
        """Return the length of a finer bar in nanoseconds; `None` for trades, and without finer data."""
        return None if self.fill_interval in (None, "trades") else parse_interval(str(self.fill_interval))


class InstrumentTable(_Table):
    """`[[instrument]]`: facts about one instrument that the source doesn't know, or that are overruled."""

    symbol: Symbol = Field(description="the instrument's name, as the data source has it")
    tick: Price | None = Field(None, description="smallest price step, in the quote currency")
    lot: Price | None = Field(None, description="smallest size step, in units")
    min_notional: float | None = Field(None, ge=0, description="smallest value of an order, in the quote currency")
    kind: InstrumentKind | None = Field(
        None,
        description="what it is, 'spot' if nobody says; a perpetual or a future is held against margin instead of being bought",
    )
    multiplier: Price | None = Field(
        None, description="units of the underlying thing in one contract; 1 if nobody says: value is price times size times this"
    )
    currency: Currency | None = Field(None, description="currency that it is settled in; without it, the account's")
    base: Currency | None = Field(None, description="currency that a unit of it is, such as 'BTC'; fees may be taken in it")
    initial_margin: Margin | None = Field(
        None, description="share of a position's value that opening it ties up; without it, one part in `account.leverage`"
    )
    maintenance_margin: Margin | None = Field(
        None, description="share of a position's value below which the margin must not fall; without it, `account.maintenance`"
    )
    borrow_rate: Rate | None = Field(
        None, description="what borrowing it for a short sale costs, as a fraction of its value a year"
    )
    calendar: str | None = Field(
        None,
        min_length=1,
        description="name of its trading calendar, as exchange_calendars has it, such as 'XNYS'; without it, it trades at any time",
    )

    @model_validator(mode="after")
    def _margins_agree(self) -> Self:
        opening, keeping = self.initial_margin, self.maintenance_margin
        if opening is not None and keeping is not None and keeping >= opening:
            what = f"maintenance_margin {keeping:g} must be smaller than initial_margin {opening:g}"
            raise ValueError(f"{what}, or a position is liquidated as it is opened")
        return self

    def onto(self, known: Instrument) -> Instrument:
        """Return an instrument with these facts in place of what was known about it."""
        return replace(known, **self.model_dump(exclude_none=True))


class ExecutionTable(_Table):
    """`[execution]`, without the executor, its options and the costs."""

    driver: Literal["auto", "event", "compiled"] = Field(
        "auto", description="which loop runs the strategy; 'auto' takes the fastest"
    )


class LiveTable(_Table):
    """`[live]`: what only paper, shadow and live runs ask."""

    account: Annotated[str, AfterValidator(_name)] | None = Field(
        None, max_length=80, description="name of the account, which names its journal; without it, the run's"
    )
    durability: Literal["process", "full"] = Field(
        "process",
        description="what the journal outlives: the death of the process, or that of the machine too, which takes a few "
        "milliseconds for each order",
    )
    history: int | None = Field(
        None, ge=1, le=1_000_000, description="closed bars that are read before the first decision; without it, 4 times the warm-up"
    )
    bars: Literal["auto", "source", "trades"] = Field(
        "auto",
        description="what bars are: those of the source, or made of its trades here; with 'auto', where it streams no bars",
    )
    late_s: float = Field(1.0, ge=0, description="seconds after the end of a bar that is made of trades in which more may come")
    grace_s: float = Field(3.0, gt=0, description="seconds after its end at which a bar that is missing is asked for")
    patience_s: float = Field(30.0, gt=0, description="seconds after its end at which the run goes on without a bar")
    silence_bars: float = Field(
        3.0, ge=0, description="lengths of a bar in which nothing may be heard of the data before new risk is stopped; 0: for ever"
    )
    lag_s: float = Field(
        5.0,
        ge=0,
        description="seconds in which the event loop may stand still before new risk is stopped for a minute; 0: for ever",
    )
    clock_s: float = Field(
        1.0,
        ge=0,
        description="seconds by which this machine's clock may differ from the venue's before new risk is stopped; 0: by any",
    )
    hang_s: float = Field(
        30.0, ge=1, description="seconds without a sign of life after which the watchdog cancels what adds risk, and halts"
    )
    cancel_all_after_s: float = Field(
        0.0,
        ge=0,
        le=86_400,
        description="seconds without a word from the run after which the venue cancels all orders of these instruments by its own "
        "timer, stops that protect a position among them; 0: never",
    )
    watchdog: bool = Field(False, description="whether a live run starts its watchdog itself, which is 'tradekit watch'")
    max_bars: int = Field(500_000, ge=1, le=10_000_000, description="bars that a session has room for")

    @property
    def slug(self) -> str | None:
        """Return the account's name as part of a file's name."""
        return None if self.account is None else _slug(self.account)
