"""What happens to a position held against margin without its owner, through the real ccxt at a local venue of perpetuals."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from tradekit_venue.engine.order import Kind, NewOrder, Side

from live.faults import PERPETUALS, SPOKEN
from live.place import PERPETUAL, Place, Played, disagreements
from proofs import deep
from tradekit import Strategy
from tradekit.engine.live.session import LiveSession
from tradekit.errors import ConfigError, RunError
from tradekit.testing import run_virtually

SYMBOL = PERPETUAL.symbol
EVERYWHERE = PERPETUALS[: deep(1, len(PERPETUALS))]
"""The dialects that have perpetuals; one of them, but for a proof."""


class Holder(Strategy):
    """Buy five, hold them, and want one more on each bar after a while."""

    name = "holder"
    step = 0

    def on_bar(self, ctx):
        self.step += 1
        if self.step == 1:
            ctx.buy(5.0)
        elif self.step >= 4:
            ctx.buy(1.0)


def _position(session: LiveSession) -> float:
    return session.books.decider.position(SYMBOL)


async def _play(place: Place, minutes: float, at: tuple[tuple[float, Callable[[LiveSession], object]], ...] = ()) -> Played:
    """Run for some minutes; `at` are things to be done at some minute of it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + 60.0 * minutes

    def begin(session: LiveSession) -> None:
        for minute, what in at:
            loop.call_later(60.0 * minute, what, session)

    return await place.play(Holder, lambda _session: loop.time() > until, begin)


def _run(folder: Path, script: Callable[[Place], object], settings: str = "", dialect: str = "binance-usdm") -> object:
    async def run() -> object:
        place = Place(folder, 3, settings=settings, dialect=dialect)
        async with place.opened():
            return await script(place)  # type: ignore[misc]  # a coroutine

    return run_virtually(run())


@pytest.mark.parametrize("dialect", PERPETUALS)
def test_liquidation_is_booked_as_it_was_and_halts_the_instrument(tmp_path, caplog, dialect):
    async def script(place: Place) -> tuple[Place, Played, list[float]]:
        held: list[float] = []

        def liquidate(session: LiveSession) -> None:
            held.append(_position(session))
            wallet = place.account.free
            taken, wallet["USDT"] = wallet["USDT"] + 10, Decimal(-10)  # as if it had been lost
            place.venue.carry.close_out(SYMBOL)
            wallet["USDT"] += taken

        return place, await _play(place, 8.0, ((2.5, liquidate),)), held

    place, played, held = _run(tmp_path, script, dialect=dialect)  # type: ignore[misc]  # what the script returns
    decider = played.session.books.decider
    assert held == [5.0]
    assert _position(played.session) == 0.0
    assert list(decider.seized) == [SYMBOL]
    assert decider.seized[SYMBOL].startswith("the account traded -5 at ")
    kinds = {kind for _, kind, _ in played.session.resolver.paid}
    assert kinds == set(SPOKEN[dialect].payments.values())
    # The orders that want more are cancelled, none is sent.
    assert len(place.account.orders) == 2
    # All agrees but the trade that has no order of ours.
    said = disagreements(place, played)
    assert [one.partition(":")[0].partition(" is not")[1:] for one in said[:1]] == [(" is not", " in the journal")]
    assert all("position" not in one and "money" not in one and "payments" not in one for one in said)
    assert re.search(r"the account traded -5(\.0+)? BTC/USDT:USDT at", caplog.text)


@pytest.mark.parametrize("dialect", EVERYWHERE)
def test_operator_that_resumes_lets_the_run_trade_again(tmp_path, dialect):
    async def script(place: Place) -> Played:
        def trade(session: LiveSession) -> None:
            place.venue.exchange.place(place.account, SYMBOL, NewOrder(Side.SELL, Kind.MARKET, 2 * place.contract))

        def resume(session: LiveSession) -> None:
            assert SYMBOL in session.books.decider.seized
            assert session.books.decider.account()["blocked"] == session.books.decider.seized
            assert _position(session) == 3.0
            session.store.ask("resume", "seen")

        return await _play(place, 8.0, ((2.5, trade), (5.5, resume)))

    played = _run(tmp_path, script, dialect=dialect)
    assert isinstance(played, Played)
    assert played.ended.error is None
    assert played.session.books.decider.seized == {}
    assert _position(played.session) > 3.0


@pytest.mark.parametrize("dialect", PERPETUALS[deep(1, 0) :: deep(100, 1)])
def test_session_that_goes_on_books_what_happened_while_it_was_down(tmp_path, dialect):
    async def script(place: Place) -> tuple[Played, Played]:
        first = await _play(place, 2.5)
        place.venue.exchange.place(place.account, SYMBOL, NewOrder(Side.SELL, Kind.MARKET, 5 * place.contract))
        place.venue.carry.fund(SYMBOL, Decimal("0.0001"))
        return first, await _play(place, 1.0)

    first, second = _run(tmp_path, script, dialect=dialect)  # type: ignore[misc]  # what the script returns
    assert _position(first.session) == 5.0
    assert _position(second.session) == 0.0
    assert list(second.session.books.decider.seized) == [SYMBOL]


class Leaning(Strategy):
    """Let an order rest far below the market."""

    name = "leaning"

    def on_bar(self, ctx):
        if not ctx.instruments[0].open_orders:
            ctx.buy(1.0, limit=50.0)


TIMED = ["okx-swap", "binance-usdm", "kraken", "okx"]
"""The dialects whose exchange has a timer that cancels all orders."""


@pytest.mark.parametrize("dialect", TIMED[: deep(1, len(TIMED))])
def test_exchange_cancels_all_orders_of_a_process_that_is_gone(tmp_path, dialect):
    async def run() -> tuple[list[str], ...]:
        place, loop = Place(tmp_path, 3, live="cancel_all_after_s = 30", dialect=dialect), asyncio.get_running_loop()
        sessions: list[LiveSession] = []
        async with place.opened():
            playing = asyncio.create_task(place.play(Leaning, lambda _session: False, sessions.append))
            await asyncio.sleep(300.0)
            lived = list(place.account.open_by_client)
            for one in [playing, *sessions[0]._tasks]:
                one.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            assert loop.time() < 301.0
            await asyncio.sleep(10.0)
            soon = list(place.account.open_by_client)
            await asyncio.sleep(40.0)
            return lived, soon, list(place.account.open_by_client)

    lived, soon, later = run_virtually(run())
    assert len(lived) == 1
    assert soon == lived
    assert later == []


@pytest.mark.parametrize("dialect", EVERYWHERE)
def test_new_session_of_a_position_that_is_not_its_own_is_refused(tmp_path, dialect):
    async def script(place: Place) -> None:
        place.venue.exchange.place(place.account, SYMBOL, NewOrder(Side.BUY, Kind.MARKET, Decimal("0.7") * place.contract))
        await _play(place, 1.0)

    said = r"the account holds 0\.7 'BTC/USDT:USDT', and its journal says 0; bring the position there by hand, go on with the last"
    with pytest.raises(RunError, match=said):
        _run(tmp_path, script, dialect=dialect)


@pytest.mark.parametrize("dialect", PERPETUALS)
def test_account_in_hedge_mode_is_refused(tmp_path, dialect):
    async def script(place: Place) -> None:
        place.account.is_hedged = True
        await _play(place, 1.0)

    with pytest.raises(ConfigError, match=f"the account at {SPOKEN[dialect].exchange} is in hedge mode"):
        _run(tmp_path, script, dialect=dialect)


@pytest.mark.parametrize("dialect", EVERYWHERE)
def test_margin_mode_that_the_venue_refuses_is_refused(tmp_path, dialect):
    async def script(place: Place) -> None:
        await _play(place, 1.0)

    said = r" refuses isolated margin and a leverage of 5 for 'BTC/USDT:USDT': .*; ask for what it allows, or leave"
    with pytest.raises(ConfigError, match=SPOKEN[dialect].exchange + said):
        _run(tmp_path, script, 'margin = "isolated"', dialect)


@pytest.mark.parametrize("dialect", EVERYWHERE)
def test_money_that_somebody_brings_in_is_reported_once_and_blocks_nothing(tmp_path, caplog, dialect):
    async def script(place: Place) -> Played:
        def bring(session: LiveSession) -> None:
            place.account.free["USDT"] += Decimal(100)

        return await _play(place, 6.0, ((2.5, bring),))

    played = _run(tmp_path, script, dialect=dialect)
    assert isinstance(played, Played)
    assert played.session.books.decider.account()["blocked"] == {}
    said = [one for one in caplog.messages if one.startswith("money does not agree")]
    assert said == ["money does not agree with the venue: the wallet has +100 USDT against what the journal says"]


def test_timer_that_the_exchange_does_not_take_is_refused(tmp_path):
    async def run() -> Played:
        place = Place(tmp_path, 3, live="cancel_all_after_s = 5", dialect="okx-swap")
        async with place.opened():
            return await _play(place, 1.0)

    said = "the timer of okx that cancels all orders takes 10 to 120 seconds, and live.cancel_all_after_s is 5; set it"
    error = run_virtually(run()).ended.error
    assert isinstance(error, ConfigError)
    assert str(error).startswith(said)
