"""Orders, trades, positions and the wallet of an account in the form that Binance's USD-M futures give them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, id_of
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, Executed, Execution
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.margin import Margin
from tradekit_venue.engine.order import Kind, Order, Side, Trade
from tradekit_venue.engine.perpetual import Holding, Income

__all__ = ["account_event", "account_form", "income_form", "order_event", "order_form", "position_form", "user_trade_form"]

ZERO = Decimal(0)


def words_of(order: Order) -> tuple[str, str]:
    """Return type and time in force: a post-only order is a limit order that is `GTX`."""
    if order.asked.kind is Kind.LIMIT_MAKER:
        return "LIMIT", "GTX"
    return order.asked.kind.value, order.asked.force.value


def mean(order: Order) -> Decimal:
    """Return the average price at which an order was filled."""
    return order.paid / order.filled if order.filled else ZERO


def order_form(order: Order) -> dict[str, Any]:
    """Return an order."""
    kind, force = words_of(order)
    return {
        "orderId": order.id,
        "symbol": id_of(order.market),
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": amount(ZERO if order.asked.kind is Kind.MARKET else order.price),
        "avgPrice": amount(mean(order)),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.filled),
        "cumQuote": amount(order.paid),
        "timeInForce": force,
        "type": kind,
        "reduceOnly": order.asked.is_reduce_only,
        "closePosition": False,
        "side": order.side.value,
        "positionSide": "BOTH",
        "stopPrice": amount(ZERO),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": kind,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "time": order.time,
        "updateTime": order.updated,
    }


def user_trade_form(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade as its account sees it."""
    fee = trade.fee_of(order)
    return {
        "symbol": id_of(order.market),
        "id": trade.id,
        "orderId": order.id,
        "side": order.side.value,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "realizedPnl": amount(order.account.gains[trade.id, order.id]),
        "quoteQty": amount(trade.value),
        "commission": amount(fee.amount if fee is not None else ZERO),
        "commissionAsset": order.market.quote,
        "time": trade.time,
        "positionSide": "BOTH",
        "buyer": order.side is Side.BUY,
        "maker": order is trade.maker,
    }


def position_form(listing: Listing, one: Holding, margin: Margin) -> dict[str, Any]:
    """Return a position."""
    mark = margin.mark(listing)
    notional, tied = one.quantity * mark, abs(one.quantity) * mark / one.leverage
    return {
        "symbol": id_of(listing.market),
        "positionSide": "BOTH",
        "positionAmt": amount(one.quantity),
        "entryPrice": amount(one.entry),
        "breakEvenPrice": amount(one.entry),
        "markPrice": amount(mark),
        "unRealizedProfit": amount(one.profit(mark)),
        "unrealizedProfit": amount(one.profit(mark)),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "isolatedWallet": "0",
        "notional": amount(notional),
        "marginAsset": listing.market.quote,
        "initialMargin": amount(tied),
        "maintMargin": amount(margin.needed(listing, one)),
        "positionInitialMargin": amount(tied),
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": one.updated,
    }


def account_form(account: Account, margin: Margin, time: int) -> dict[str, Any]:
    """Return what an account has: its wallets, and its positions."""
    assets = [asset_form(account, margin, asset, time) for asset in account.assets()]
    totals = ("walletBalance", "unrealizedProfit", "marginBalance", "initialMargin", "maintMargin", "crossWalletBalance")
    named = {f"total{name[0].upper()}{name[1:]}": amount(sum((Decimal(one[name]) for one in assets), ZERO)) for name in totals}
    available = sum((Decimal(one["availableBalance"]) for one in assets), ZERO)
    return {
        **named,
        "totalPositionInitialMargin": named["totalInitialMargin"],
        "totalOpenOrderInitialMargin": amount(margin.promised(account)),
        "totalCrossUnPnl": named["totalUnrealizedProfit"],
        "availableBalance": amount(available),
        "maxWithdrawAmount": amount(available),
        "assets": assets,
        "positions": [position_form(listing, one, margin) for listing, one in margin.held(account)],
    }


def asset_form(account: Account, margin: Margin, asset: str, time: int) -> dict[str, Any]:
    wallet, equity = account.free[asset], margin.equity(account, asset)
    tied, promised = margin.tied(account), margin.promised(account)
    available = amount(max(ZERO, margin.available(account, asset)))
    return {
        "asset": asset,
        "walletBalance": amount(wallet),
        "unrealizedProfit": amount(equity - wallet),
        "marginBalance": amount(equity),
        "maintMargin": amount(margin.maintenance(account)),
        "initialMargin": amount(tied + promised),
        "positionInitialMargin": amount(tied),
        "openOrderInitialMargin": amount(promised),
        "crossWalletBalance": amount(wallet),
        "crossUnPnl": amount(equity - wallet),
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "marginAvailable": True,
        "updateTime": time,
    }


def income_form(income: Income) -> dict[str, Any]:
    """Return a movement of the wallet."""
    return {
        "symbol": id_of(income.market),
        "incomeType": income.kind,
        "income": amount(income.amount),
        "asset": income.asset,
        "info": income.kind,
        "time": income.time,
        "tranId": income.id,
        "tradeId": income.trade,
    }


def order_event(executed: Executed, time: int) -> dict[str, Any]:
    """Return what has become of an order, as it is now."""
    order, trade = executed.order, executed.trade
    kind, force = words_of(order)
    execution = "CALCULATED" if order.is_imposed and executed.execution is Execution.TRADE else executed.execution.value
    found: dict[str, Any] = {
        "s": id_of(order.market),
        "c": order.client_id,
        "S": order.side.value,
        "o": kind,
        "f": force,
        "q": amount(order.quantity),
        "p": amount(ZERO if order.asked.kind is Kind.MARKET else order.price),
        "ap": amount(mean(order)),
        "sp": amount(ZERO),
        "x": execution,
        "X": order.status.value,
        "i": order.id,
        "z": amount(order.filled),
        "T": executed.time,
        **trade_part(order, trade),
        "b": "0",
        "a": "0",
        "R": order.asked.is_reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": kind,
        "ps": "BOTH",
        "cp": False,
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "NONE",
        "pm": "NONE",
        "gtd": 0,
    }
    return {"e": "ORDER_TRADE_UPDATE", "T": executed.time, "E": time, "o": found}


def trade_part(order: Order, trade: Trade | None) -> dict[str, Any]:
    """Return what an event of an order tells of its trade."""
    fee = None if trade is None else trade.fee_of(order)
    found: dict[str, Any] = {
        "l": amount(ZERO if trade is None else trade.quantity),
        "L": amount(ZERO if trade is None else trade.price),
        "t": 0 if trade is None else trade.id,
        "m": trade is not None and order is trade.maker,
        "rp": amount(ZERO if trade is None else order.account.gains[trade.id, order.id]),
    }
    return found if fee is None else found | {"N": fee.asset, "n": amount(fee.amount)}


def account_event(moved: BalancesMoved, held: Iterable[tuple[Listing, Holding]], margin: Margin, time: int) -> dict[str, Any]:
    """Return which wallets and positions have changed, and by what."""
    account = moved.account
    wallets = [
        {"a": asset, "wb": amount(account.free[asset]), "cw": amount(account.free[asset]), "bc": "0"} for asset in moved.assets
    ]
    positions = [
        {
            "s": id_of(listing.market),
            "pa": amount(one.quantity),
            "ep": amount(one.entry),
            "bep": amount(one.entry),
            "cr": "0",
            "up": amount(one.profit(margin.mark(listing))),
            "mt": "cross",
            "iw": "0",
            "ps": "BOTH",
        }
        for listing, one in held
    ]
    return {"e": "ACCOUNT_UPDATE", "T": moved.time, "E": time, "a": {"m": moved.by.value, "B": wallets, "P": positions}}
