"""Positions, and what has moved an account's money, in the form that OKX gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.margin import Margin
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Order, Side, Trade
from tradekit_venue.engine.perpetual import Income
from tradekit_venue.okx.forms import client_id_of, id_of, kind_of, size, text

__all__ = ["Bill", "bill_form", "position_form"]

ZERO = Decimal(0)
UNUSED_BY_POSITIONS = (
    "availPos",
    "baseBal",
    "baseBorrowed",
    "baseInterest",
    "bizRefId",
    "bizRefType",
    "interest",
    "liab",
    "liabCcy",
    "liqPx",
    "margin",
    "optVal",
    "pendingCloseOrdLiabVal",
    "posCcy",
    "quoteBal",
    "quoteBorrowed",
    "quoteInterest",
    "spotInUseAmt",
    "spotInUseCcy",
)
"""What is empty of all positions here: they are not isolated, borrow nothing, and don't protect what is held at spot."""
UNUSED_BY_BILLS = (
    "execType",
    "fillFwdPx",
    "fillIdxPx",
    "fillMarkPx",
    "fillMarkVol",
    "fillPxUsd",
    "fillPxVol",
    "from",
    "notes",
    "to",
)


def position_form(margin: Margin, listing: Listing, account: Account) -> dict[str, Any]:
    """Return the position of an account in a perpetual, which may be of nothing."""
    market, mark, one = listing.market, margin.mark(listing), account.holding(listing.market.symbol)
    value, profit, needed = abs(one.quantity) * mark, one.profit(mark), margin.needed(listing, one)
    tied, quote = value / one.leverage, market.quote
    ratio = text(round(profit / (abs(one.cost) / one.leverage), 8)) if one.cost else "0"
    equity, maintenance = margin.equity(account, quote), margin.maintenance(account)
    return {
        **dict.fromkeys(UNUSED_BY_POSITIONS, ""),
        **since_opened(account, market),
        "adl": "1",
        "avgPx": text(one.entry),
        "bePx": text(one.entry),
        "ccy": quote,
        "closeOrderAlgo": [],
        "idxPx": text(mark),
        "imr": text(tied),
        "instId": id_of(market),
        "instType": kind_of(market),
        "last": text(listing.last or ZERO),
        "lever": str(one.leverage),
        "markPx": text(mark),
        "mgnMode": "cross",
        "mgnRatio": text(round(equity / maintenance, 8)) if maintenance else "",
        "mmr": text(needed),
        "notionalUsd": text(value),
        "pos": size(market, one.quantity),
        "posId": str(list(account.holdings).index(market.symbol) + 1),
        "posSide": "net",
        "uTime": str(one.updated),
        "upl": text(profit),
        "uplLastPx": text(profit),
        "uplRatio": ratio,
        "uplRatioLastPx": ratio,
        "usdPx": "1",
    }


def since_opened(account: Account, market: Market) -> dict[str, str]:
    """Return what a position has brought and cost since it was opened."""
    held, opened = account.holding(market.symbol).quantity, 0
    mine = [(order, trade) for order, trade in account.trades if order.market is market]
    for order, trade in reversed(mine):
        before = held - (trade.quantity if order.side is Side.BUY else -trade.quantity)
        opened = trade.time
        if before * held <= 0:
            break
        held = before
    sums = {
        name: sum((one.amount for one in account.incomes if one.kind == kind and one.market is market and one.time >= opened), ZERO)
        for name, kind in (
            ("pnl", "REALIZED_PNL"),
            ("fee", "COMMISSION"),
            ("fundingFee", "FUNDING_FEE"),
            ("liqPenalty", "INSURANCE_CLEAR"),
        )
    }
    told = {name: text(amount) for name, amount in sums.items()}
    last = str(mine[-1][1].id) if mine else ""
    return {**told, "realizedPnl": text(sum(sums.values(), ZERO)), "cTime": str(opened), "tradeId": last}


class Bill:
    """One entry of an account's ledger: a trade with its fee, or money that came or went without one."""

    def __init__(self, first: Income) -> None:
        self.incomes = [first]

    @property
    def id(self) -> int:
        """Its number: that of the first movement of money that is in it."""
        return self.incomes[0].id

    @property
    def time(self) -> int:
        return self.incomes[0].time

    @property
    def market(self) -> Market:
        return self.incomes[0].market

    @property
    def amount(self) -> Decimal:
        return sum((one.amount for one in self.incomes), ZERO)

    def of(self, kind: str) -> Decimal:
        """Return how much of its money is of one kind."""
        return sum((one.amount for one in self.incomes if one.kind == kind), ZERO)

    def words(self, order: Order | None) -> tuple[str, str]:
        """Return what it is called, in general and in particular; `order` is the one that has traded."""
        kind = self.incomes[0].kind
        if kind == "FUNDING_FEE":
            return "8", "173" if self.amount < 0 else "174"
        if kind == "INSURANCE_CLEAR":
            return "5", "109" if self.amount < 0 else "110"
        is_buy = order is not None and order.side is Side.BUY
        if order is not None and order.is_imposed:
            return "5", "106" if is_buy else "107"
        return "2", "1" if is_buy else "2"


def bill_form(bill: Bill, made: tuple[Order, Trade] | None, after: Decimal) -> dict[str, str]:
    """Return an entry of the ledger; `made` is the order and the trade that have made it, and `after` the money there was then."""
    order, trade = made or (None, None)
    kind, particular = bill.words(order)
    funding = bill.of("FUNDING_FEE")
    return {
        **dict.fromkeys(UNUSED_BY_BILLS, ""),
        "bal": text(after),
        "balChg": text(bill.amount),
        "billId": str(bill.id),
        "ccy": bill.incomes[0].asset,
        "clOrdId": "" if order is None else client_id_of(order),
        "fee": text(bill.of("COMMISSION")),
        "fillTime": "" if trade is None else str(trade.time),
        "instId": id_of(bill.market),
        "instType": kind_of(bill.market),
        "interest": "0",
        "mgnMode": "cross",
        "ordId": "" if order is None else str(order.id),
        "pnl": text(bill.of("REALIZED_PNL") + funding),
        "posBal": "0",
        "posBalChg": "0",
        "px": "" if trade is None else text(trade.price),
        "subType": particular,
        "sz": "0" if trade is None else size(bill.market, trade.quantity),
        "tag": "",
        "tradeId": "" if trade is None else str(trade.id),
        "ts": str(bill.time),
        "type": kind,
    }
