"""The tables of a run file that the kernel reads itself, typed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tradekit.data.checks import Policy
from tradekit.data.interval import parse_interval
from tradekit.model.instrument import Instrument

__all__ = ["AccountTable", "DataTable", "ExecutionTable", "InstrumentTable", "RunTable"]

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


def _nanoseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _distinct(symbols: tuple[str, ...]) -> tuple[str, ...]:
    twice = [symbol for symbol in dict.fromkeys(symbols) if symbols.count(symbol) > 1]
    if twice:
        raise ValueError(f"must name each instrument once, and names {twice[0]!r} more often")
    return symbols


Moment = Annotated[datetime, BeforeValidator(_moment)]
Symbol = Annotated[str, Field(min_length=1)]
Price = Annotated[float, Field(gt=0)]


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

    currency: Annotated[str, Field(pattern=r"^\S+$")] = Field(
        description="the currency that everything is counted in, such as 'USD'"
    )
    capital: float = Field(gt=0, description="money at the start, in the account's currency")
    kind: Literal["cash", "margin"] = Field("cash", description="'margin' may sell short and borrow, 'cash' may not")
    leverage: float = Field(1.0, ge=1, description="how many times its equity a margin account may hold in positions")


class DataTable(_Table):
    """`[data]`, without the source and its options."""

    instruments: Annotated[tuple[Symbol, ...], Field(min_length=1), AfterValidator(_distinct)] | None = Field(
        None, description="symbols of the instruments to trade; without it, all that the source has"
    )
    interval: Annotated[str, AfterValidator(_interval)] = Field(description="how long a bar is, such as '1h'")
    policy: Policy = Field(Policy(), description="what to do with data that fails its checks")

    @property
    def interval_ns(self) -> int:
        """Return the length of a bar in nanoseconds."""
        return parse_interval(self.interval)


class InstrumentTable(_Table):
    """`[[instrument]]`: facts about one instrument that the source doesn't know, or that are overruled."""

    symbol: Symbol = Field(description="the instrument's name, as the data source has it")
    tick: Price | None = Field(None, description="smallest price step, in the quote currency")
    lot: Price | None = Field(None, description="smallest size step, in units")
    min_notional: float | None = Field(None, ge=0, description="smallest value of an order, in the quote currency")

    def instrument(self) -> Instrument:
        """Return the instrument with these facts."""
        return Instrument(self.symbol, self.tick, self.lot, self.min_notional)


class ExecutionTable(_Table):
    """`[execution]`, without the executor, its options and the costs."""

    driver: Literal["auto", "event", "compiled"] = Field(
        "auto", description="which loop runs the strategy; 'auto' takes the fastest"
    )
