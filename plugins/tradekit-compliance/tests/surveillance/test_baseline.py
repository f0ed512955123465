"""A market maker, which quotes both sides and cancels nearly all: how often checks and detectors stop it though nothing is wrong.

It asks for what documentation states; a figure that gets worse fails.
"""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from acting import CLOSE, SECOND, START, closing, market_maker, series, walk
from tradekit_compliance.checks.concentration import Concentration
from tradekit_compliance.checks.credit import CreditLimit
from tradekit_compliance.checks.flow import DuplicateOrder, MessageRate
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt
from tradekit_compliance.checks.self_trade import SelfTrade
from tradekit_compliance.surveillance.closing import MarkingClose
from tradekit_compliance.surveillance.finding import Case
from tradekit_compliance.surveillance.market import Market
from tradekit_compliance.surveillance.override import Override
from tradekit_compliance.surveillance.passive import PassiveBreach
from tradekit_compliance.surveillance.reconciling import Unreconciled
from tradekit_compliance.surveillance.spoofing import Spoofing
from tradekit_compliance.surveillance.statement import Statement, Trade
from tradekit_compliance.surveillance.wash import WashPattern

from tradekit import Account, Order, OrderKind, Position, VerdictKind

PRINTS = 3000
EQUITY = 10_000_000.0
SETTINGS = {"account": {"capital": EQUITY}, "risk": [{"rule": "position-limit", "limit": 0.05}]}
RECORDING = "orderbook/usdm_btcusdt_20240808.gz"


@pytest.fixture
def checks(tmp_path):
    """Make every check in Python that is not about who sends an order, on reference data that knows the instrument."""
    files = {
        "volumes.csv": "symbol,date,volume\n" + "".join(f"ACME,2024-03-{day:02},100000\n" for day in range(1, 15)),
        "sectors.csv": "symbol,issuer,sector\nACME,Acme,steel\n",
        "restricted.csv": "symbol,list\nOTHER,restricted\n",
        "halts.csv": "symbol,from\nOTHER,2024-01-01\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    made = [
        (PriceCollar, {}),
        (OrderSize, {"volumes": tmp_path / "volumes.csv", "days": 10}),
        (DuplicateOrder, {}),
        (MessageRate, {}),
        (CreditLimit, {}),
        (Concentration, {"sectors": tmp_path / "sectors.csv"}),
        (RestrictedList, {"restricted": tmp_path / "restricted.csv"}),
        (SelfTrade, {}),
        (TradingHalt, {"halts": tmp_path / "halts.csv"}),
    ]
    return lambda: [cls(cls.Options(**options)) for cls, options in made]


def asked(activity, prices):
    """Yield each order of a market maker with the account that it is judged against."""
    held, waiting, at = 0.0, {}, 0
    for one in activity.messages:
        while at + 1 < len(prices) and prices[at + 1][0] <= one.time:
            at += 1
        since, price = prices[at]
        if one.kind == "order":
            order = Order(one.order, "ACME", one.quantity, OrderKind.LIMIT, limit=one.price, submitted=one.time)
            positions = {"ACME": Position("ACME", held, price, price)} if held else {}
            orders, last, times = tuple(waiting.values()), {"ACME": price}, {"ACME": min(since, one.time)}
            yield order, Account(one.time, "USD", EQUITY - held * price, EQUITY, positions, orders, last, times)
            waiting[one.order] = order
        else:
            waiting.pop(one.order, None)
            held += one.quantity if one.kind == "fill" else 0.0


def stopped(activity, prices, checks):
    """Return by check how many orders of a market maker it does not let pass as they are."""
    count = Counter({check.name: 0 for check in checks})
    for order, account in asked(activity, prices):
        for check in checks:
            count[check.name] += check.check(order, account).kind is not VerdictKind.ACCEPT
    return count


def alerted(activity, market):
    """Return by detector how many alerts there are on a market maker that the venue agrees with."""
    trades = tuple(Trade(k, fill.time, fill.symbol, fill.quantity, fill.price) for k, fill in enumerate(activity.fills))
    case = Case((activity,), market, Statement(trades))
    detectors = (WashPattern(), Spoofing(), PassiveBreach(), Unreconciled(), Override())
    return Counter({one.facts.number: len(list(one.find(case))) for one in detectors})


def measured(prints, checks, seed=1):
    """Return what a market maker did, and how often it was stopped and alerted."""
    activity = market_maker(prints, seed, settings=SETTINGS)
    prices = [(START + round(at * SECOND), price) for at, price, _ in prints]
    seconds = round(prints[-1][0]) + 1
    closes = [
        [price for at, price, _ in prints if at <= second][-1] if prints[0][0] <= second else prints[0][1]
        for second in range(1, seconds, 60)
    ]
    market = Market({"ACME": series(closes, volume=5000.0)}, 60 * SECOND)
    return activity, stopped(activity, prices, checks()), alerted(activity, market)


@pytest.mark.proof("surveillance")
def test_market_maker_on_made_up_trades_is_left_alone(matrix, checks):
    orders, fills, refused, alerts = 0, 0, Counter(), Counter()
    for seed in matrix.seeds(1, 20):
        activity, some, found = measured(walk(PRINTS, seed), checks, seed)
        orders, fills = orders + len(activity.lives), fills + len(activity.fills)
        refused.update(some)
        alerts.update(found)
    assert orders > 2000
    assert fills / orders < 0.3  # a maker cancels most of what it shows
    assert max(alerts.values()) == 0
    # It comes back to a price within a second now and then.
    assert 0 < refused.pop("duplicate-order") / orders < 0.04
    assert max(refused.values()) == 0


def test_market_maker_at_a_close_that_moves_is_left_alone():
    rising = [(at, price * (1 + at / 600 * 0.01), side) for at, price, side in walk(1200) if at < 600]
    begin = CLOSE - 600 * SECOND
    activity = market_maker(rising, begin=begin)
    _, market = closing()
    sold = -sum(fill.quantity for fill in activity.fills)
    assert sold > 0  # who shows both sides sells into a rise
    assert not list(MarkingClose(MarkingClose.Options(volume_percent=1)).find(Case((activity,), market)))


@pytest.mark.proof("surveillance")
def test_market_maker_on_recorded_trades_is_left_alone(matrix, checks):
    folder = os.environ.get("TRADEKIT_TEST_DATA")
    if folder is None:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    prints = recorded(Path(folder) / RECORDING)
    (share,) = matrix.some([len(prints)], 1)
    activity, refused, alerts = measured(prints[:share], checks)
    assert len(activity.lives) > 100
    assert max(alerts.values()) == 0
    assert 0 < refused.pop("duplicate-order") / len(activity.lives) < 0.02
    assert max(refused.values()) == 0


def recorded(path):
    """Return recorded trades as prints, their prices a hundredth, so that they are near those that are made up."""
    found = []
    with gzip.open(path, "rt") as file:
        for line in file:
            if '"e":"trade"' in line:
                told = json.loads(line.split(" ", 1)[1])
                trade = told.get("data", told)
                found.append((int(trade["T"]) / 1000, float(trade["p"]) / 100, -1 if trade["m"] else 1))
    found.sort()
    return [(at - found[0][0], price, side) for at, price, side in found if price > 0]
