"""What is read of an audit log that is written by hand."""

from decimal import Decimal

import pytest
from acting import SECOND, START
from tradekit_compliance.audit.records import Filled, Judged, Ordered, RunBegun, VenueFilled, VenueIntent
from tradekit_compliance.audit.writer import LogWriter, Settings
from tradekit_compliance.surveillance.activity import read_activity
from tradekit_compliance.surveillance.detecting import detectors, survey
from tradekit_compliance.surveillance.finding import Case

from tradekit import ConfigError

ONE = Decimal(1)


def begun(mode, limit):
    config = {"risk[0].rule": "max-weight", "risk[0].limit": limit, "instrument[0].symbol": "ACME", "instrument[0].lot": 1.0}
    return RunBegun("live", mode, "event driver", "USD", Decimal(1000), config)


def session(writer, mode, limit=0.1, begin=START, sent=Decimal(3)):
    """Write a session with one order, of which a rule lets less pass, and which is filled; live, the venue tells of it."""
    writer.append(begun(mode, limit), "r")
    order = writer.append(Ordered(begin, 0, "ACME", "market", Decimal("5.5"), values={"close": Decimal(10)}), "r")
    writer.append(Judged(begin, 0, "ACME", "max-weight", "resize", quantity=Decimal("5.5"), allowed=Decimal("3.7")), "r", [order])
    causes = [order]
    if mode == "live":
        writer.append(VenueIntent(begin, 0, "ACME", "c0", "market", sent), "r", [order])
        fill = VenueFilled(begin + SECOND, 0, "ACME", "c0", "t0", sent, Decimal(10), ONE)
        causes.append(writer.append(fill, "r"))
    filled = Filled(begin + SECOND, 0, "ACME", sent, Decimal(10), ONE, None, sent, Decimal(10), "inside", "taker")
    writer.append(filled, "r", causes)


@pytest.fixture
def writer(tmp_path):
    writer = LogWriter(tmp_path / "log", Settings("tradekit-compliance==0", "test", clock=lambda: START))
    yield writer
    writer.close()


def test_order_of_a_log_is_what_came_to_the_market(writer, tmp_path):
    session(writer, "backtest")
    activity = read_activity(tmp_path / "log")
    (life,) = activity.lives
    assert (life.quantity, life.filled, life.end) == (3.0, 3.0, "fill")
    assert activity.settings["risk"] == [{"rule": "max-weight", "limit": 0.1}]
    assert activity.messages[0].values == {"close": 10.0}


def test_log_of_backtests_tells_the_last_and_one_of_sessions_all(writer, tmp_path):
    session(writer, "backtest")
    session(writer, "backtest", begin=START + 9 * SECOND)
    assert [fill.time for fill in read_activity(tmp_path / "log").fills] == [START + 10 * SECOND]
    session(writer, "live", begin=START + 20 * SECOND)
    session(writer, "live", begin=START + 30 * SECOND)
    activity = read_activity(tmp_path / "log")
    assert len(activity.fills) == 3
    assert len(activity.lives) == 3


def test_log_that_is_still_written_is_looked_at_and_its_changed_limits_are_found(writer, tmp_path):
    session(writer, "live")
    session(writer, "live", limit=0.2, begin=START + 60 * SECOND)
    found = survey(Case((read_activity(tmp_path / "log"),)), detectors({}))
    assert [alert.detector for alert in found.alerts] == ["S10"]
    assert "max-weight.limit was 0.1, is 0.2" in found.alerts[0].summary
    assert set(found.unknown) == {"S03", "S07"}


def test_folder_that_is_neither_run_nor_log_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="is neither the folder of a run"):
        read_activity(tmp_path)
