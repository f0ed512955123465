"""Executors that send orders, and are broken in one way each."""

from dataclasses import replace

import pytest

from tradekit.errors import OrderRefused
from tradekit.testing import ScriptedExecutor, ScriptedStand, SendingExecutorContract


class Tried(SendingExecutorContract):
    @pytest.fixture
    def stand(self):
        return ScriptedStand(self.component)

    __test__ = False


class Rounding(ScriptedExecutor):
    """Send half of what was asked for."""

    name = "rounding"

    async def send(self, intent):
        return await super().send(replace(intent, quantity=intent.quantity / 2))


class TestRounding(Tried):
    __test__ = True
    component = Rounding
    breaks = "snd01"
    also = ("snd05", "snd06")


class Hasty(ScriptedExecutor):
    """Take a broken connection for a refusal."""

    name = "hasty"

    async def send(self, intent):
        try:
            return await super().send(intent)
        except ConnectionError as error:
            raise OrderRefused("the connection broke") from error


class TestHasty(Tried):
    __test__ = True
    component = Hasty
    breaks = "snd02"


class Vague(ScriptedExecutor):
    """Tell a refusal as if it were an error like any other."""

    name = "vague"

    async def send(self, intent):
        try:
            return await super().send(intent)
        except OrderRefused as error:
            raise RuntimeError(str(error)) from error


class TestVague(Tried):
    __test__ = True
    component = Vague
    breaks = "snd03"
    also = ("snd04",)


class Willing(ScriptedExecutor):
    """Send what the venue doesn't take as a market order."""

    name = "willing"

    async def send(self, intent):
        able = intent.kind in self.venue.abilities.kinds
        return await super().send(intent if able else replace(intent, kind=0, limit=None, stop=None))


class TestWilling(Tried):
    __test__ = True
    component = Willing
    breaks = "snd04"


class Summing(ScriptedExecutor):
    """Give all trades of an order as one."""

    name = "summing"

    async def fills(self, symbol, since):
        found = await super().fills(symbol, since)
        return [replace(found[0], quantity=sum(fill.quantity for fill in found))] if found else []


class TestSumming(Tried):
    __test__ = True
    component = Summing
    breaks = "snd05"


class Forgetful(ScriptedExecutor):
    """Know only the orders that it has sent itself."""

    name = "forgetful"

    async def connect(self, symbols, may_trade):
        self.own = set()
        return await super().connect(symbols, may_trade)

    async def send(self, intent):
        self.own.add(intent.client_id)
        return await super().send(intent)

    async def open_orders(self, symbols):
        return [order for order in await super().open_orders(symbols) if order.client_id in self.own]


class TestForgetful(Tried):
    __test__ = True
    component = Forgetful
    breaks = "snd06"


class Eager(ScriptedExecutor):
    """Trade whether or not it may."""

    name = "eager"

    async def connect(self, symbols, may_trade):
        return await super().connect(symbols, True)


class TestEager(Tried):
    __test__ = True
    component = Eager
    breaks = "snd07"


class Shortsighted(ScriptedExecutor):
    """Find open orders only."""

    name = "shortsighted"

    async def find(self, client_id, symbol):
        return next((order for order in await self.open_orders((symbol,)) if order.client_id == client_id), None)


class TestShortsighted(Tried):
    __test__ = True
    component = Shortsighted
    breaks = "snd08"


class Quiet(ScriptedExecutor):
    """Tell of trades under ids of its own."""

    name = "quiet"

    async def events(self):
        async for event in super().events():
            yield replace(event, trade_id="own") if hasattr(event, "trade_id") else event


class TestQuiet(Tried):
    __test__ = True
    component = Quiet
    breaks = "snd09"
