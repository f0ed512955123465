"""What exchanges take, as it was recorded from the requests that ccxt makes: the tests hold each line of these tables.

ccxt passes on what it doesn't know, or drops it: a request to sell below a price becomes an order to sell at once. So an ability
counts only if it is listed here, and if ccxt's own `features` don't deny it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tradekit import Abilities, OrderKind

__all__ = ["UNRECORDED", "Profile", "abilities", "profile_of", "recorded"]

_PLAIN = frozenset({OrderKind.MARKET, OrderKind.LIMIT})
_LIMIT = frozenset({OrderKind.LIMIT})
_TRIGGERED = frozenset({OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT})
_ALL_TIMES = frozenset({"gtc", "ioc", "fok"})


@dataclass(frozen=True, slots=True)
class Profile:
    """How an exchange is told of our own ids, and what it takes in one of its markets."""

    kinds: frozenset[OrderKind] = _PLAIN
    times: frozenset[str] = _ALL_TIMES
    post_only: bool = True
    reduce_only: bool = False
    create: str = "clientOrderId"
    """The name under which a new order is given our id."""
    prefix: str = ""
    """What the exchange wants our ids to begin with."""
    find: str = ""
    """The name under which one order is asked for by our id; `id`: our id stands in the place of the exchange's."""
    cancel: str = ""
    """The name under which an order is cancelled by our id; `id` as above; empty: only the exchange's id will do."""
    lists: tuple[str, ...] = ("fetch_open_orders", "fetch_closed_orders")
    """Without `find`: the lists in which an order is looked for, by ccxt's names."""
    narrow: str = ""
    """The name under which those lists are narrowed to our id; empty: they can't be, and what is missing in them proves nothing."""
    has_window: bool = False
    """Whether orders carry a time after which the exchange refuses them: the option `recv_window_s`."""
    deadline: str = ""
    """The header that tells that time, where it is in one that ccxt doesn't know."""
    turned_fee: str = ""
    """The name of a trade's fee in messages of streams, where ccxt leaves its sign as it comes: below 0 for what was paid."""
    fills: int | None = None
    """How many trades come in one answer at most, where ccxt's features don't say or are wrong."""
    has_mixed_fills: bool = False
    """Whether an answer has the trades of all instruments, and can't be narrowed to one."""
    is_serial: bool = False
    """Whether each request must have come back before the next one leaves, because they are numbered."""
    reads: tuple[str, ...] = ()
    """Requests other than GET that change nothing, by the end of their path."""
    payments: Mapping[str, str] = field(default_factory=dict)
    """What money that comes and goes without a trade is called, by the exchange's name of it; empty: it is not asked for."""
    payment_kind: str = ""
    """Where that name is in what the exchange itself says of an entry of its ledger."""
    ledger_parts: tuple[Mapping[str, str], ...] = ({},)
    """What its ledger is narrowed to, one question each."""
    ledger_symbol: str = "symbol"
    """The name under which its ledger is narrowed to an instrument."""
    ledger_rows: int = 1000
    """How many entries of the ledger come in one answer at most."""
    wallet: str = ""
    """The name of the money that positions are held against, without their profit, in a currency's part of the balance."""
    wallets: tuple[str | int, ...] = ("assets",)
    """Where those parts are in what the exchange itself says of the balance."""
    wallet_currency: str = "asset"
    """The name of the currency in such a part."""
    days_back: int | None = None
    """For how many days trades and payments are told, where ccxt's features don't say."""
    countdown: Literal["", "each", "all"] = ""
    """Which timer of the exchange can be set that cancels all orders: of `each` instrument by itself, or `all` of the account's."""
    countdown_s: tuple[int, int] = (1, 86_400)
    """From how many seconds to how many that timer can be set."""
    older: str = ""
    """The name under which open orders are asked for that are older than one, where one answer does not hold all."""
    has_leverage: bool = False
    """Whether leverage and margin mode can be set and read back, and the margin that positions need be asked for."""
    has_own_modes: bool = False
    """Whether each perpetual has a position mode of its own, and not the account one for all."""
    margin_in_orders: bool = False
    """Whether each order says its margin mode, which ccxt leaves crossed, and no instrument is set to one."""


_WHOLE = 10**9
"""So many come in one answer where its pages are turned until there is no other."""
_KRAKEN_READS = ("Balance", "BalanceEx", "OpenOrders", "ClosedOrders", "QueryOrders", "TradesHistory", "GetWebSocketsToken")
_BINANCE_SPOT = Profile(
    kinds=_PLAIN | _TRIGGERED, find="clientOrderId", cancel="clientOrderId", has_window=True, reads=("/api/v3/userDataStream",)
)
_BINANCE_SWAP = Profile(
    reduce_only=True,
    find="clientOrderId",
    cancel="clientOrderId",
    has_window=True,
    reads=("/fapi/v1/listenKey",),
    payments={"FUNDING_FEE": "funding", "INSURANCE_CLEAR": "liquidation fee"},
    payment_kind="incomeType",
    wallet="walletBalance",
    days_back=90,
    countdown="each",
    has_leverage=True,
)
_BYBIT = Profile(
    cancel="orderLinkId",
    lists=("fetch_open_orders", "fetch_canceled_and_closed_orders"),
    narrow="orderLinkId",
    has_window=True,
    fills=100,
)
_BYBIT_SWAP = replace(
    _BYBIT,
    reduce_only=True,
    fills=_WHOLE,
    payments={"Funding": "funding"},
    payment_kind="execType",
    wallet="walletBalance",
    wallets=("result", "list", 0, "coin"),
    wallet_currency="coin",
    days_back=730,
    has_leverage=True,
    has_own_modes=True,
)

_OKX = Profile(
    find="clientOrderId",
    cancel="clientOrderId",
    has_window=True,
    deadline="expTime",
    turned_fee="fillFee",
    fills=100,
    days_back=90,
    countdown="all",
    countdown_s=(10, 120),
    older="after",
)
_OKX_SWAP = replace(
    _OKX,
    reduce_only=True,
    payments={"173": "funding", "174": "funding"} | dict.fromkeys(("109", "110", "111"), "liquidation fee"),
    payment_kind="subType",
    ledger_parts=({"type": "8"}, {"type": "5"}),
    ledger_symbol="instId",
    ledger_rows=100,
    wallet="cashBal",
    wallets=("data", 0, "details"),
    wallet_currency="ccy",
    has_leverage=True,
    margin_in_orders=True,
)

_RECORDED: Mapping[tuple[str, str], Profile] = {
    ("binance", "spot"): _BINANCE_SPOT,
    ("binance", "swap"): _BINANCE_SWAP,
    ("binanceusdm", "swap"): _BINANCE_SWAP,
    ("bybit", "spot"): _BYBIT,
    ("bybit", "swap"): _BYBIT_SWAP,
    ("okx", "spot"): _OKX,
    ("okx", "swap"): _OKX_SWAP,
    ("kraken", "spot"): Profile(
        cancel="clientOrderId",
        narrow="cl_ord_id",
        has_window=True,
        fills=50,
        has_mixed_fills=True,
        is_serial=True,
        countdown="all",
        reads=tuple("/0/private/" + name for name in _KRAKEN_READS),
    ),
    ("gate", "spot"): Profile(kinds=_LIMIT, prefix="t-", find="id", cancel="id"),
    ("gate", "swap"): Profile(reduce_only=True, prefix="t-", find="id", cancel="id"),
    ("bitget", "spot"): Profile(kinds=_LIMIT, find="clientOrderId", cancel="clientOrderId"),
    ("bitget", "swap"): Profile(reduce_only=True, find="clientOrderId", cancel="clientOrderId"),
    ("mexc", "spot"): Profile(find="clientOrderId", cancel="clientOrderId", has_window=True, reads=("/api/v3/userDataStream",)),
    ("coinbase", "spot"): Profile(kinds=_LIMIT, create="client_order_id", lists=("fetch_open_orders", "fetch_orders")),
}

UNRECORDED = Profile(kinds=_LIMIT, times=frozenset({"gtc"}), post_only=False)
"""For an exchange that nobody has recorded: the least."""


def recorded() -> list[tuple[str, Literal["spot", "swap"], Profile]]:
    """Return all that is recorded: exchange, market and profile."""
    return [(exchange, "spot" if market == "spot" else "swap", profile) for (exchange, market), profile in _RECORDED.items()]


def profile_of(exchange: str, market: str) -> Profile | None:
    """Return what is recorded of an exchange, `None` if nothing is."""
    return _RECORDED.get((exchange, market))


def abilities(profile: Profile | None, features: Mapping[str, Any] | None, recv_window_s: float) -> Abilities:
    """Return what an exchange takes: what is recorded and what ccxt's features for a new order don't deny."""
    known = profile or UNRECORDED
    times, post_only, kinds = known.times, known.post_only, known.kinds
    if features is not None:
        said = features.get("timeInForce") or {}
        times = frozenset(time for time in times if time == "gtc" or said.get(time.upper()))
        post_only = post_only and bool(said.get("PO"))
        if not (features.get("triggerPrice") or (features.get("stopLossPrice") and features.get("takeProfitPrice"))):
            kinds -= _TRIGGERED
    return Abilities(kinds, times, post_only, known.reduce_only, recv_window_s if known.has_window else None)
