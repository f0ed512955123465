"""What a session begins with, as it is kept in the journal, so that it can begin again from there."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

from tradekit.engine.market import MarketData
from tradekit.engine.prepare import Prepared
from tradekit.model.bars import PRICE_COLUMNS, Bars
from tradekit.model.columns import number_column, table
from tradekit.model.instrument import Instrument
from tradekit.model.timeline import Schedule, Sessions

__all__ = ["Opening", "bare", "holds_of", "with_money"]


@dataclass(frozen=True)
class Opening:
    """The bars that warm a session up and what is known of the instruments, and what the account begins with.

    `positions` are units and average price by symbol, taken over from an earlier session; `capital` is the money. `baseline` is
    what the venue's account holds besides, by symbol, and `money` what its wallet does, where it tells. Client ids begin with
    `prefix`. `holds` are the reasons for which the account is stopped, as `Switch.told` returns them. `seized` are the instruments
    that a person has to look at before risk is added, and `paid_since` is from when on payments are asked for. `shares` has, by
    their names and in their order, what each of several strategies begins with.
    """

    market: MarketData
    prefix: str
    capital: float
    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    baseline: Mapping[str, Decimal] = field(default_factory=dict)
    holds: Sequence[Mapping[str, Any]] = ()
    seized: Mapping[str, str] = field(default_factory=dict)
    money: Decimal | None = None
    paid_since: int = 0
    shares: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return everything as an Arrow file."""
        import pyarrow as pa

        bars = self.market.bars
        columns = {"open_time": number_column(bars.open_time), "close_time": number_column(bars.close_time)}
        for name in PRICE_COLUMNS:
            for i in range(len(bars.symbols)):
                columns[f"{name} {i}"] = number_column(getattr(bars, name)[:, i])
        written = table(columns).replace_schema_metadata({"about": json.dumps(self.about(), default=str)})
        sink = io.BytesIO()
        with pa.ipc.new_file(sink, written.schema) as writer:
            writer.write_table(written)
        return sink.getvalue()

    def about(self) -> dict[str, Any]:
        """Return everything but the bars, as `of` takes it."""
        return {
            "instruments": [asdict(one) for one in self.market.instruments],
            "facts": [dict(fact) for fact in self.market.facts],
            "notes": list(self.market.notes),
            "bar_length": self.market.bar_length,
            "prefix": self.prefix,
            "capital": self.capital,
            "positions": {symbol: list(held) for symbol, held in self.positions.items()},
            "baseline": {symbol: str(units) for symbol, units in self.baseline.items()},
            "holds": [dict(hold) for hold in self.holds],
            "seized": dict(self.seized),
            "money": None if self.money is None else str(self.money),
            "paid_since": self.paid_since,
            **({"shares": {name: dict(one) for name, one in self.shares.items()}} if self.shares else {}),
        }

    @classmethod
    def from_bytes(cls, content: bytes) -> Opening:
        """Return what `to_bytes` has written."""
        import pyarrow as pa

        written = pa.ipc.open_file(io.BytesIO(content)).read_all()
        about = json.loads((written.schema.metadata or {})[b"about"])
        symbols = tuple(one["symbol"] for one in about["instruments"])
        columns = {name: written.column(name).to_numpy() for name in written.column_names}
        prices = (np.stack([columns[f"{name} {i}"] for i in range(len(symbols))], axis=1) for name in PRICE_COLUMNS)
        return cls.of(about, Bars(symbols, columns["open_time"], columns["close_time"], *prices))

    @classmethod
    def of(cls, about: Mapping[str, Any], bars: Bars) -> Opening:
        """Return an opening of what `about` tells and its bars."""
        instruments = tuple(Instrument(**one) for one in about["instruments"])
        market = bare(bars, instruments, about["bar_length"])
        return cls(
            replace(market, facts=tuple(about["facts"]), notes=tuple(about["notes"])),
            about["prefix"],
            about["capital"],
            {symbol: (held[0], held[1]) for symbol, held in about["positions"].items()},
            {symbol: Decimal(units) for symbol, units in about["baseline"].items()},
            holds_of(about),
            about.get("seized", {}),
            Decimal(about["money"]) if about.get("money") is not None else None,
            about.get("paid_since", 0),
            about.get("shares", {}),
        )


def holds_of(about: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the reasons for which an account is stopped; earlier versions only knew that it is."""
    if "holds" in about or not about.get("is_halted"):
        return tuple(about.get("holds", ()))
    return ({"level": "halt", "cause": "operator", "reason": "halted under an earlier version", "since": 0},)


def bare(bars: Bars, instruments: tuple[Instrument, ...], bar_length: int) -> MarketData:
    """Return a market of these bars alone."""
    return MarketData(
        bars=bars,
        adjusted=bars,
        schedule=Schedule.of(),
        sessions=Sessions.of_days(bars),
        finer=None,
        bar_length=bar_length,
        instruments=instruments,
        facts=(),
        notes=(),
    )


def with_money(prepared: Prepared, opening: Opening) -> Prepared:
    """Return a run that begins with the money of an opening."""
    shares = tuple(replace(one, capital=opening.shares[one.name]["capital"]) for one in prepared.setup.shares)
    return replace(prepared, setup=replace(prepared.setup, capital=opening.capital, shares=shares))
