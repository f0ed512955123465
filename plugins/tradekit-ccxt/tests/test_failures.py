import asyncio

import ccxt
import pytest
from tradekit_ccxt.errand import Errand
from tradekit_ccxt.failures import is_refusal, refused, venue_error

from tradekit import VenueError


def sent(error: BaseException | None, status: int = 400, raised_by_request: bool = True) -> Errand:
    return Errand(has_left=True, failure=error if raised_by_request else None, status=status)


@pytest.mark.parametrize(
    "error",
    [
        ccxt.InsufficientFunds(),
        ccxt.InvalidOrder("LOT_SIZE"),
        ccxt.BadRequest(),
        ccxt.BadSymbol(),
        ccxt.AuthenticationError(),
        ccxt.PermissionDenied(),
        ccxt.OperationRejected(),
        ccxt.MarketClosed(),
        ccxt.NotSupported(),
        ccxt.ArgumentsRequired(),
        ccxt.InvalidNonce(),
        ccxt.RateLimitExceeded(),
        ccxt.DDoSProtection(),
        ccxt.OrderImmediatelyFillable(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_answer_that_refuses_for_certain_is_a_refusal(error: Exception) -> None:
    assert is_refusal(error, sent(error))


@pytest.mark.parametrize(
    "error",
    [
        ccxt.RequestTimeout(),
        ccxt.ExchangeNotAvailable(),
        ccxt.OnMaintenance(),
        ccxt.NetworkError(),
        ccxt.OperationFailed(),
        ccxt.BadResponse(),
        ccxt.NullResponse(),
        ccxt.CancelPending(),
        ccxt.ExchangeError("Response payload is not completed"),
        ccxt.DuplicateOrderId(),
        ccxt.InvalidOrder("Duplicate order sent."),
        ccxt.InvalidOrder('bybit {"retCode":170146,"retMsg":"Order creation timeout.","result":{}}'),
        ccxt.InvalidOrder('okx {"code":"1","data":[{"sCode":"51016","sMsg":"Client order ID already exists."}]}'),
        ccxt.OrderNotFound(),
        ccxt.ChecksumError(),
        KeyError("orderId"),
        TypeError("'NoneType' object is not subscriptable"),
    ],
    ids=lambda error: f"{type(error).__name__}-{error}",
)
def test_anything_else_leaves_open_whether_the_order_is_there(error: Exception) -> None:
    assert not is_refusal(error, sent(error))


def test_refusal_counts_only_from_the_request_itself_and_from_an_exchange_that_is_well() -> None:
    error = ccxt.BadSymbol("while the answer was read")
    assert not is_refusal(error, sent(error, raised_by_request=False))
    assert not is_refusal(error, sent(error, status=500))
    assert not is_refusal(asyncio.CancelledError(), sent(None))


@pytest.mark.parametrize("error", [ccxt.RequestTimeout(), KeyError("x"), VenueError("held back")])
def test_what_never_left_is_refused_whatever_went_wrong(error: Exception) -> None:
    assert is_refusal(error, Errand())
    assert not is_refusal(asyncio.CancelledError(), Errand())


@pytest.mark.parametrize(
    ("error", "status", "is_passing"),
    [
        (ccxt.RequestTimeout(), 0, True),
        (ccxt.OnMaintenance(), 503, True),
        (ccxt.BadResponse(), 200, True),
        (ccxt.ExchangeError(), 502, True),
        (ccxt.ExchangeError(), 400, False),
        (ccxt.AuthenticationError(), 401, False),
        (ccxt.BadSymbol(), 400, False),
    ],
)
def test_failure_says_whether_it_passes(error: Exception, status: int, is_passing: bool) -> None:
    found = venue_error(error, Errand(status=status, retry_after_s=3.0), "kraken", "list trades")
    assert (found.is_passing, found.retry_after_s) == (is_passing, 3.0)
    assert str(found) == f"kraken did not list trades: {type(error).__name__}: no reason given"


def test_message_has_no_keys_and_nothing_behind_a_question_mark() -> None:
    errand = Errand(hidden=lambda text: text.replace("the-key", "***"))
    error = ccxt.ExchangeNotAvailable("htx GET https://api.huobi.pro/v1/order?AccessKeyId=the-key&Signature=abc 502 the-key")
    assert str(venue_error(error, errand, "htx", "look an order up")) == (
        "htx did not look an order up: ExchangeNotAvailable: GET https://api.huobi.pro/v1/order 502 ***"
    )
    assert "AccessKeyId" not in str(refused(error, errand, "htx"))
