"""The endpoints of what an account holds of perpetuals: positions, leverage, margin mode and position mode."""

from __future__ import annotations

from typing import Any

from tradekit_venue.bybit.refusals import RefusedError
from tradekit_venue.bybit.request import Endpoint, Request
from tradekit_venue.bybit.wallet import position_form
from tradekit_venue.engine.perpetual import Perpetual

__all__ = ["ENDPOINTS"]

ONE_WAY, HEDGED = "0", "3"


def positions(request: Request) -> dict[str, Any]:
    """Return the position in a perpetual, whether there is one or not, or those that there are in all of a currency."""
    account, margin, params = request.account, request.venue.exchange.margin, request.params
    if "symbol" not in params and "settleCoin" not in params:
        raise RefusedError(10001, "Missing some parameters that must be filled in, symbol or settleCoin")
    forms = [
        (number, position_form(listing, one, account, margin))
        for number, listing in enumerate(request.named(), 1)
        if (one := account.holding(listing.market.symbol)).quantity or "symbol" in params
    ]
    if account.is_hedged:
        # Nothing is held then: there are two of nothing.
        forms = [(2 * number + side, form | {"positionIdx": side}) for number, form in forms for side in (1, 2)]
    page, cursor = request.page(forms[::-1], 20, 200)
    return {"category": request.category, "list": page, "nextPageCursor": cursor}


def set_leverage(request: Request) -> dict[str, Any]:
    """Set the leverage of a perpetual, which is the same for both sides."""
    market, params = request.listing().market, request.params
    wanted = params.optional("buyLeverage")
    if wanted is None or wanted != params.optional("sellLeverage"):
        raise RefusedError(10001, "buy leverage and sell leverage must be equal")
    if not isinstance(market, Perpetual) or not 1 <= wanted <= market.max_leverage:
        raise RefusedError(110013, "cannot set leverage due to risk limit")
    holding = request.account.holding(market.symbol)
    if holding.leverage == wanted:
        raise RefusedError(110043, "leverage not modified")
    holding.leverage = wanted
    return {}


def switch_mode(request: Request) -> dict[str, Any]:
    """Set whether long and short positions are held side by side."""
    account, mode = request.account, request.params.word("mode", (ONE_WAY, HEDGED))
    if account.is_hedged == (mode == HEDGED):
        raise RefusedError(110025, "Position mode is not modified")
    if any(one.quantity for one in account.holdings.values()):
        raise RefusedError(110024, "You have an existing position, so position mode cannot be switched")
    if account.open:
        raise RefusedError(110028, "You have existing open orders, so position mode cannot be switched")
    account.is_hedged = mode == HEDGED
    return {}


def set_margin_mode(request: Request) -> dict[str, Any]:
    """Set the margin mode of the account: here all margin is crossed."""
    modes = ("REGULAR_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN")
    if request.params.word("setMarginMode", modes) != "REGULAR_MARGIN":
        raise RefusedError(3400045, "Set margin mode failed")
    return {"reasons": []}


def switch_isolated(_: Request) -> dict[str, Any]:
    """Refuse what only accounts can that are not unified."""
    raise RefusedError(100028, "unified account is forbidden")


ENDPOINTS = {
    ("GET", "position/list"): Endpoint(positions, 50),
    ("POST", "position/set-leverage"): Endpoint(set_leverage, 10),
    ("POST", "position/switch-mode"): Endpoint(switch_mode, 10),
    ("POST", "position/switch-isolated"): Endpoint(switch_isolated, 10),
    ("POST", "account/set-margin-mode"): Endpoint(set_margin_mode, 5),
}
"""By method and path below `v5`."""
