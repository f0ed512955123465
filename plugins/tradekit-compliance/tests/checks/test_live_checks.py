"""Checks in a run on live data, and surveillance of the log that it keeps."""

import pytest
from tradekit_compliance.audit.reporter import AuditLog
from tradekit_compliance.checks.flow import MessageRate
from tradekit_compliance.checks.inventory import ApprovedAlgorithms
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList
from tradekit_compliance.surveillance.activity import read_activity
from tradekit_compliance.surveillance.detecting import detectors, survey
from tradekit_compliance.surveillance.finding import Case

from engine.live.play import Stage, walk
from tradekit import Strategy


class Busy(Strategy):
    """Buy 1 on one bar, and sell it on the next."""

    name = "busy"

    def on_bar(self, ctx):
        if ctx["BTC/USDT"].position == 0.0:
            ctx.buy(1.0)
        else:
            ctx.exit()


@pytest.fixture
def stage(tmp_path):
    rules = [("risk rule", one) for one in (PriceCollar, RestrictedList, MessageRate, ApprovedAlgorithms)]
    made = Stage(
        tmp_path, Busy, {"BTC/USDT": walk(200)}, base=int(walk(200).close_time[9]), brought=(("reporter", AuditLog), *rules)
    )
    made.settings = "[[report]]\nname = 'audit-log'\n"
    made.venue.trade("BTC/USDT", "100")
    return made


def sent(stage):
    return [client for method, client in stage.venue.received if method == "send"]


def test_live_orders_that_a_check_refuses_are_not_sent_and_the_others_are(stage):
    (stage.folder / "restricted.csv").write_text("symbol,list\nETH/USDT,restricted\n")
    stage.rules = "[[risk]]\nrule = 'price-collar'\n[[risk]]\nrule = 'restricted-list'\nrestricted = 'restricted.csv'\n"
    outcome = stage.run(300)
    assert len(sent(stage)) >= 4
    journal = outcome.finished.result.journal.to_pandas()
    assert set(journal[journal["event"] == "verdict"]["detail"]) == {"accept"}
    found = survey(Case((read_activity(stage.folder / "audit" / "trial"),)), detectors({}))
    assert found.alerts == ()
    assert "S08" not in found.unknown  # the venue's own trades are in the log


def test_live_orders_in_a_restricted_instrument_are_refused_with_the_reason(stage):
    (stage.folder / "restricted.csv").write_text("symbol,list,reason\nBTC/USDT,restricted,closed book\n")
    stage.rules = "[[risk]]\nrule = 'restricted-list'\nrestricted = 'restricted.csv'\n"
    outcome = stage.run(300)
    assert sent(stage) == []
    journal = outcome.finished.result.journal.to_pandas()
    reasons = set(journal[journal["event"] == "verdict"]["text"].str.replace(r" [0-9a-f]{8}", "", regex=True))
    assert reasons == {"'BTC/USDT' is on the restricted list (restricted.csv): closed book"}


def test_live_strategy_that_nobody_has_approved_sends_nothing(stage):
    (stage.folder / "inventory.csv").write_text("strategy,package,version,approved_by\nbusy,tests,0,the desk\n")
    stage.rules = "[[risk]]\nrule = 'approved-algorithms'\ninventory = 'inventory.csv'\n"
    stage.run(180)
    assert sent(stage) == []


def test_live_repeats_halt_until_somebody_resumes(stage):
    stage.rules = "[[risk]]\nrule = 'message-rate'\nrepeats = 1\nwindow_s = 600\n"
    outcome = stage.run(600)
    assert outcome.is_halted
    assert len(sent(stage)) == 2  # what was bought may be sold
