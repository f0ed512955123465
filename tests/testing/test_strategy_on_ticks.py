"""The contract of strategies, for those that go through ticks; what it catches of broken ones is in tests/broken."""

import pytest

from tradekit import Strategy, Terms
from tradekit.testing import StrategyContract, markets


class Quoting(Strategy):
    """Wait at the best bid, and sell at the best ask what was got there."""

    name = "quoting"

    def timers(self):
        return {"look": "1s"}

    def on_timer(self, ctx, name):
        for view in ctx.instruments:
            view.cancel()
            if view.position < 3:
                view.buy(1, limit=view.depth.bid, terms=Terms(post_only=True))
            else:
                view.sell(1, limit=view.depth.ask, terms=Terms(post_only=True))


class OfQuoting(StrategyContract):
    component = Quoting
    count = 60
    # It is no installed plugin.
    test_cmp05_keeps_the_import_budget = None
    test_cmp06_is_found_through_its_package = None


class TestQuotingOnABook(OfQuoting):
    ticks = ("trades", "book")


class TestQuotingOnQuotes(OfQuoting):
    ticks = ("quotes",)


@pytest.mark.parametrize(
    ("ticks", "way_out"),
    [((), "state what it goes through: ticks = ('trades',)"), (("book", "quotes"), "state in 'tables' and 'bring'")],
)
def test_strategy_that_cannot_run_says_what_to_state(tmp_path, ticks, way_out):
    contract = OfQuoting()
    contract.ticks = ticks
    compose = OfQuoting.composed.__wrapped__(contract, {}, tmp_path)
    with pytest.raises(pytest.fail.Exception, match=r"it can't be run\n  evidence: .*data\.ticks") as caught:
        compose({"X": markets.walk(10, markets.SECOND)})
    assert way_out in str(caught.value)
