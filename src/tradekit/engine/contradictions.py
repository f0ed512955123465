"""Keys of a run file that are each right, and can't be right together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradekit.engine.locate import Key, key_text
from tradekit.engine.problems import Problem, shown
from tradekit.engine.tables import AccountTable, CurrencyTable, DataTable, InstrumentTable, RunTable, ShareTable
from tradekit.errors import nearest
from tradekit.model.bars import Threshold

__all__ = ["Tables", "contradictions"]

_ROUNDING = 1e-9
_BORROWING = ("leverage", "maintenance", "liquidation_fee_bps", "borrow_rate", "loan_rate")


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a run file that may contradict each other; `None` stands for one that is wrong in itself."""

    run: RunTable | None
    account: AccountTable | None
    data: DataTable | None
    currencies: Sequence[CurrencyTable | None]
    facts: Sequence[InstrumentTable | None]
    shares: Sequence[ShareTable | None] = ()

    @property
    def traded(self) -> tuple[str, ...] | None:
        """The symbols that the run names; `None` if it leaves them to the source."""
        return None if self.data is None else self.data.instruments


def contradictions(tables: Tables, values: Mapping[str, Any], written: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield every contradiction; `values` are the tables as they came, and `written` what they were before overrides.

    A run that an override narrows to some of its instruments may leave facts about the others. One that an override gives another
    instrument may not: what a file holds without a name would run under the new one, and without its facts.
    """
    is_narrowed = _is_narrowed(tables.traded, written.get("data"))
    if tables.run is not None:
        yield from _of_run(tables.run, tables.traded, values)
        yield from _of_stream(tables.run, tables.data)
        yield from _of_ticks(tables.data, values)
        yield from _of_live(tables.run, tables.data, values)
    if tables.account is not None:
        yield from _of_account(tables.account)
        yield from _of_currencies(tables.currencies, tables.account, None if is_narrowed else tables.traded)
        yield from _of_kinds(tables.facts, tables.account)
        yield from _of_settlement(tables, tables.account)
    yield from _of_instruments(tables.facts, None if is_narrowed else tables.traded)
    yield from _of_shares(tables, values) if tables.shares else _of_one(tables.account)


def _of_one(account: AccountTable | None) -> Iterator[Problem]:
    if account is not None and account.net_orders:
        what = "account.net_orders is true, and there is one strategy only, which nets its own orders"
        yield Problem(("account", "net_orders"), f"{what}; leave it out, or write a [[strategy]] for each of several")


def _of_shares(tables: Tables, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what several strategies on one account can't be, or can't have yet."""
    written = values.get("strategy")
    named = [one.get("id", one.get("name")) for one in written if isinstance(one, dict)] if isinstance(written, list) else []
    for index, name in enumerate(named):
        if name is not None and name in named[:index]:
            key: Key = ("strategy", index, "id")
            yield Problem(key, f"{key_text(('strategy', index))} is called {name!r}, and so is one before it; give each an id")
    parts = [one.share for one in tables.shares if one is not None]
    given = [part for part in parts if part is not None]
    if given and len(given) < len(parts):
        yield Problem(
            ("strategy", parts.index(None), "share"), "some strategies have a share and some don't; give all one, or none"
        )
    if sum(given) > 1.0 + _ROUNDING:
        what = f"the shares of the strategies add up to {sum(given):g}, which is more than the account's capital"
        yield Problem(("strategy",), f"{what}; allowed: 1 in all, or less")
    if tables.currencies:
        yield Problem(("currency",), "several strategies can't share an account in several currencies yet; leave [[currency]] out")
    for name in ("ticks", "stream"):
        if tables.data is not None and getattr(tables.data, name):
            yield Problem(("data", name), f"several strategies go through bars that are read whole; leave data.{name} out")


def _is_narrowed(traded: tuple[str, ...] | None, data: object) -> bool:
    listed = data.get("instruments") if isinstance(data, Mapping) else None
    if traded is None or not (listed is None or isinstance(listed, list)):
        return False
    return listed is None or (list(traded) != listed and all(symbol in listed for symbol in traded))


def _of_run(run: RunTable, traded: tuple[str, ...] | None, values: Mapping[str, Any]) -> Iterator[Problem]:
    if run.start is not None and run.end is not None and run.start >= run.end:
        start, end = (shown(values["run"][name]) for name in ("start", "end"))
        what = f"run.end must be later than run.start, and {end} is not later than {start}"
        yield Problem(("run", "end"), f"{what}; bars that open at the end or later are left out")
    fixed = ("equal-weight", "none", *(traded or ()))
    if run.benchmark is not None and traded is not None and run.benchmark not in fixed:
        what = f"run.benchmark {run.benchmark!r} is no instrument of this run; allowed: {', '.join(map(repr, fixed))}"
        yield Problem(("run", "benchmark"), what + nearest(run.benchmark, fixed))


def _of_live(run: RunTable, data: DataTable | None, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what only a backtest has in a live run, and the other way round."""
    if run.mode == "backtest":
        if values.get("live"):
            yield Problem(("live",), "[live] is about runs on live data, and run.mode is 'backtest'; leave it out, or set run.mode")
        return
    for name in ("start", "end"):
        if getattr(run, name) is not None:
            what = f"run.{name} is for backtests: a run in mode {run.mode!r} begins now and ends when it is stopped"
            yield Problem(("run", name), f"{what}; leave it out")
    if data is None:
        return
    if isinstance(data.size, Threshold):
        yield Problem(("data", "interval"), f"bars of {data.interval!r} can't be made live yet; allowed: a length such as '1h'")
    for name in ("stream", "fill_interval", "ticks"):
        if not getattr(data, name):
            continue
        yield Problem(("data", name), f"data.{name} is for backtests, and run.mode is {run.mode!r}; leave it out")
    if data.instruments is None:
        yield Problem(("data", "instruments"), f"a run in mode {run.mode!r} names its instruments; data.instruments is missing")


def _of_stream(run: RunTable, data: DataTable | None) -> Iterator[Problem]:
    if data is None or not data.stream:
        return
    for name in ("start", "end"):
        if getattr(run, name) is None:
            yield Problem(("data", "stream"), f"data.stream is true, so the run must say from when to when: run.{name} is missing")
    if isinstance(data.size, Threshold):
        what = f"data.stream is true, and bars of {data.interval} are made of all trades at once"
        yield Problem(("data", "interval"), f"{what}; make them first ('tradekit data resample'), or set stream = false")
    if data.policy.gaps in ("fill", "interpolate"):
        what = f"data.stream is true, and policy gaps = {data.policy.gaps!r} can't fill what is missing between two months"
        yield Problem(("data", "policy", "gaps"), f"{what}; take 'hole' or 'refuse'")
    if data.fill_interval is not None:
        what = "data.stream is true, and data.fill_interval reads finer bars, which are not streamed"
        yield Problem(("data", "fill_interval"), f"{what}; leave one of them out")


def _of_ticks(data: DataTable | None, values: Mapping[str, Any]) -> Iterator[Problem]:
    if data is None or data.ticks is None:
        return
    if data.stream:
        what = "data.ticks are read whole, and data.stream is true"
        yield Problem(("data", "stream"), f"{what}; set stream = false, or leave ticks out")
    if data.fill_interval is not None:
        what = "data.ticks decide what happens inside a bar, and data.fill_interval names something else that does"
        yield Problem(("data", "fill_interval"), f"{what}; leave one of them out")
    execution = values.get("execution")
    if isinstance(execution, dict) and execution.get("driver") == "compiled":
        what = "execution.driver is 'compiled', which goes through bars only, and data.ticks are given"
        yield Problem(("execution", "driver"), f"{what}; take 'auto' or 'event'")


def _of_account(account: AccountTable) -> Iterator[Problem]:
    for name in _BORROWING if account.kind == "cash" else ():
        value = getattr(account, name)
        if value != AccountTable.model_fields[name].default:
            what = f"account.{name} is {value:g}, but account.kind is 'cash', which borrows nothing"
            yield Problem(("account", name), f"{what}; set kind = 'margin' or leave {name} out")
    if account.kind == "margin" and account.maintenance is not None and account.maintenance * account.leverage >= 1:
        what = f"account.maintenance must be smaller than 1 / leverage, which is {1 / account.leverage:g}"
        yield Problem(
            ("account", "maintenance"), f"{what}, or a position is liquidated as it is opened, got {account.maintenance:g}"
        )


def _of_currencies(
    currencies: Sequence[CurrencyTable | None], account: AccountTable, traded: tuple[str, ...] | None
) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, currency in enumerate(currencies):
        if currency is None:
            continue
        key: Key = ("currency", index, "code")
        if currency.code == account.currency:
            what = f"{key_text(key)} {currency.code!r} is the account's own currency"
            yield Problem(key, f"{what}; its money is account.capital, and it needs no rate")
        elif currency.code in seen:
            yield Problem(key, f"{key_text(key)} {currency.code!r} is there twice; put it into one [[currency]]")
        seen.add(currency.code)
        if currency.instrument is not None and traded is not None and currency.instrument not in traded:
            yield _not_traded(("currency", index, "instrument"), currency.instrument, traded)


def _of_kinds(facts: Sequence[InstrumentTable | None], account: AccountTable) -> Iterator[Problem]:
    for index, fact in enumerate(facts):
        if fact is not None and fact.kind in ("perpetual", "future") and account.kind == "cash":
            key: Key = ("instrument", index, "kind")
            what = f"{key_text(key)} is {fact.kind!r}, which is held against margin, but account.kind is 'cash'"
            yield Problem(key, f"{what}; set account.kind = 'margin'")


def _of_settlement(tables: Tables, account: AccountTable) -> Iterator[Problem]:
    known = [account.currency, *(currency.code for currency in tables.currencies if currency is not None)]
    if None in tables.currencies:
        return
    for index, fact in enumerate(tables.facts):
        if fact is not None and fact.currency is not None and fact.currency not in known:
            key: Key = ("instrument", index, "currency")
            what = f"{key_text(key)} {fact.currency!r} has no rate; allowed: {', '.join(map(repr, known))}"
            yield Problem(key, f"{what}; another one needs a [[currency]] table{nearest(fact.currency, known)}")


def _of_instruments(facts: Sequence[InstrumentTable | None], traded: tuple[str, ...] | None) -> Iterator[Problem]:
    """Yield facts that are given twice, or about what is not traded."""
    seen: set[str] = set()
    for index, fact in enumerate(facts):
        if fact is None:
            continue
        key: Key = ("instrument", index, "symbol")
        if fact.symbol in seen:
            yield Problem(key, f"{key_text(key)} {fact.symbol!r} is there twice; put its facts into one [[instrument]]")
        elif traded is not None and fact.symbol not in traded:
            yield _not_traded(key, fact.symbol, traded)
        seen.add(fact.symbol)


def _not_traded(key: Key, symbol: str, traded: tuple[str, ...]) -> Problem:
    what = f"{key_text(key)} {symbol!r} is not one of data.instruments"
    return Problem(key, f"{what}; allowed: {', '.join(map(repr, traded))}{nearest(symbol, traded)}")
