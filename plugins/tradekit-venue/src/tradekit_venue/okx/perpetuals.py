"""The endpoints of perpetuals: positions, leverage and position mode, the ledger, margin tiers, and what funding costs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tradekit_venue.engine.listing import Listing, perpetual_of
from tradekit_venue.engine.order import Order, Trade
from tradekit_venue.engine.perpetual import FUNDING_EVERY_MS, Perpetual, next_funding
from tradekit_venue.okx.forms import family_of, id_of, size, text
from tradekit_venue.okx.params import wrong
from tradekit_venue.okx.positions import Bill, bill_form, position_form
from tradekit_venue.okx.refusals import RefusedError
from tradekit_venue.okx.request import Endpoint, Request, within

__all__ = ["ENDPOINTS"]

DAY_MS = 86_400_000
RECENT_MS, OLDEST_MS = 7 * DAY_MS, 90 * DAY_MS
"""For how long entries of the ledger are among the recent ones, and in the archive."""


def named(request: Request) -> list[Listing]:
    """Return the markets that `instId` names, several with commas; all where it names none."""
    names = [name for name in request.params.text("instId", "").split(",") if name]
    listings = request.venue.exchange.listings.values()
    return [one for one in listings if not names or id_of(one.market) in names]


def positions(request: Request) -> list[dict[str, Any]]:
    """Return the positions that are not flat."""
    if request.params.text("instType", request.kind) != request.kind:
        return []
    account, margin, chosen = request.account, request.venue.exchange.margin, named(request)
    return [position_form(margin, listing, account) for listing, _ in margin.held(account) if listing in chosen]


def leverages(request: Request) -> list[dict[str, str]]:
    """Return the leverage of perpetuals."""
    mode = crossed(request)
    request.params.text("instId")
    return [leverage_form(request, listing, mode) for listing in named(request)]


def crossed(request: Request) -> str:
    """Return the margin mode that is asked about: here all margin is crossed."""
    return request.params.word("mgnMode", ("cross",))


def leverage_form(request: Request, listing: Listing, mode: str) -> dict[str, str]:
    leverage = request.account.holding(listing.market.symbol).leverage
    return {"ccy": "", "instId": id_of(listing.market), "lever": str(leverage), "mgnMode": mode, "posSide": "net"}


def set_leverage(request: Request) -> list[dict[str, str]]:
    """Set the leverage of a perpetual."""
    listing, mode, leverage = request.listing(), crossed(request), request.params.optional("lever")
    if not leverage:
        raise wrong("lever")
    if leverage > perpetual_of(listing).max_leverage:
        raise RefusedError(59102, "Leverage exceeds the maximum limit. Please lower the leverage.")
    request.account.holding(listing.market.symbol).leverage = leverage
    return [leverage_form(request, listing, mode)]


def set_position_mode(request: Request) -> list[dict[str, str]]:
    """Set whether long and short positions are held side by side."""
    mode, account = request.params.word("posMode", ("long_short_mode", "net_mode")), request.account
    is_hedged = mode == "long_short_mode"
    if is_hedged != account.is_hedged and (account.open or any(one.quantity for one in account.holdings.values())):
        raise RefusedError(59000, "Your settings failed as you have positions or open orders.")
    account.is_hedged = is_hedged
    return [{"posMode": mode}]


def bills(request: Request) -> list[dict[str, str]]:
    """Return entries of the ledger of the last seven days, newest first."""
    return ledger(request, RECENT_MS)


def archived_bills(request: Request) -> list[dict[str, str]]:
    """Return entries of the ledger of the last three months, newest first."""
    return ledger(request, OLDEST_MS)


def ledger(request: Request, for_ms: int) -> list[dict[str, str]]:
    """Return entries of the ledger that are not older than so long, newest first."""
    params, since = request.params, request.venue.clock.now() - for_ms
    rows = [(bill.id, bill.time, bill_form(bill, made, after)) for bill, made, after in booked(request) if bill.time >= since]
    wanted = {name: params.text(name) for name in ("instType", "instId", "ccy", "mgnMode", "type", "subType") if name in params}
    return within(request, [row for row in rows if all(row[2][name] == value for name, value in wanted.items())])


def booked(request: Request) -> Iterator[tuple[Bill, tuple[Order, Trade] | None, Decimal]]:
    """Give the entries of the ledger, oldest first, each with what has made it and the money there was then."""
    account, kept = request.account, list[Bill]()
    for one in account.incomes:
        last = kept[-1].incomes[-1] if kept else None
        if last is not None and one.trade and (last.trade, last.market) == (one.trade, one.market):
            kept[-1].incomes.append(one)
        else:
            kept.append(Bill(one))
    made = {(trade.market.symbol, str(trade.id)): (order, trade) for order, trade in account.trades}
    money = {
        asset: account.free[asset] - sum(one.amount for one in account.incomes if one.asset == asset) for asset in account.assets()
    }
    for bill in kept:
        asset = bill.incomes[0].asset
        money[asset] += bill.amount
        yield bill, made.get((bill.market.symbol, bill.incomes[0].trade)), money[asset]


def tiers(request: Request) -> list[dict[str, str]]:
    """Return what leverage and margin go with which size: here there is one tier for all."""
    request.params.word("instType", ("SWAP",))
    request.params.word("tdMode", ("cross", "isolated"))
    family = request.params.text("instFamily", "") or request.params.text("uly")
    return [tier_form(perpetual_of(one)) for one in request.venue.exchange.listings.values() if family_of(one.market) == family]


def tier_form(market: Perpetual) -> dict[str, str]:
    return {
        "baseMaxLoan": "",
        "imr": text(round(1 / Decimal(market.max_leverage), 8)),
        "instFamily": family_of(market),
        "instId": id_of(market),
        "maxLever": str(market.max_leverage),
        "maxSz": size(market, market.max_quantity),
        "minSz": "0",
        "mmr": text(market.maintenance),
        "optMgnFactor": "0",
        "quoteMaxLoan": "",
        "tier": "1",
        "uly": family_of(market),
    }


def mark_prices(request: Request) -> list[dict[str, str]]:
    """Return mark prices, which are the last ones."""
    request.params.word("instType", ("SWAP",))
    margin, now = request.venue.exchange.margin, str(request.now())
    return [
        {"instId": id_of(one.market), "instType": request.kind, "markPx": text(margin.mark(one)), "ts": now}
        for one in request.listings()
    ]


def funding_rate(request: Request) -> list[dict[str, str]]:
    """Return the rate of the funding that is due next."""
    listing, now = request.listing(), request.now()
    due = next_funding(now)
    paid = listing.funded[-1][1] if listing.funded else Decimal(0)
    return [
        {
            **dict.fromkeys(("maxFundingRate", "minFundingRate", "nextFundingRate", "premium"), ""),
            "fundingRate": text(listing.funding.get(due, perpetual_of(listing).funding_rate)),
            "fundingTime": str(due),
            "instId": id_of(listing.market),
            "instType": request.kind,
            "method": "current_period",
            "nextFundingTime": str(due + FUNDING_EVERY_MS),
            "settFundingRate": text(paid),
            "settState": "settled",
            "ts": str(now),
        }
    ]


def funding_rates(request: Request) -> list[dict[str, str]]:
    """Return the rates of funding that was paid, also before the venue opened, newest first; `after` and `before` are times."""
    listing, params = request.listing(), request.params
    known = listing.rates_until(request.now())
    after, before = params.optional("after"), params.optional("before")
    times = [time for time in sorted(known) if (after is None or time < after) and (before is None or time > before)]
    return [
        {
            "fundingRate": text(known[time]),
            "fundingTime": str(time),
            "instId": id_of(listing.market),
            "instType": request.kind,
            "method": "current_period",
            "realizedRate": text(known[time]),
        }
        for time in times[-params.limit(100, 100) :][::-1]
    ]


ENDPOINTS = {
    ("GET", "account/positions"): Endpoint(positions, 10),
    ("GET", "account/leverage-info"): Endpoint(leverages, 20),
    ("POST", "account/set-leverage"): Endpoint(set_leverage, 20),
    ("POST", "account/set-position-mode"): Endpoint(set_position_mode, 5),
    ("GET", "account/bills"): Endpoint(bills, 10),
    ("GET", "account/bills-archive"): Endpoint(archived_bills, 5),
    ("GET", "public/position-tiers"): Endpoint(tiers, 10, is_signed=False),
    ("GET", "public/mark-price"): Endpoint(mark_prices, 10, is_signed=False),
    ("GET", "public/funding-rate"): Endpoint(funding_rate, 20, is_signed=False),
    ("GET", "public/funding-rate-history"): Endpoint(funding_rates, 20, is_signed=False),
}
"""By method and path below `api/v5`."""
