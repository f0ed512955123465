"""The audit log of runs: what it holds, whoever fails, and what is in it before the venue hears of an order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

import pytest
from tradekit_compliance.audit.coding import decode, encode
from tradekit_compliance.audit.explain import explain
from tradekit_compliance.audit.keys import make_key
from tradekit_compliance.audit.reading import entries
from tradekit_compliance.audit.records import Filled, Halted, Judged, Ordered, Refused, RunBegun, RunEnded, VenueImposed, VenuePaid
from tradekit_compliance.audit.reporter import AuditLog
from tradekit_compliance.audit.runs import read_run
from tradekit_compliance.audit.translating import record_of_note
from tradekit_compliance.audit.verify import Against, read_anchor, verify

from engine.live.play import BTC, Stage, walk
from tradekit import (
    Account,
    Context,
    DataError,
    Event,
    Order,
    OutsideNote,
    Reporter,
    RiskRule,
    RunError,
    RunStart,
    Strategy,
    TradekitError,
    Verdict,
)
from tradekit.testing import Lab, ReporterContract, markets


class TestAuditLog(ReporterContract):
    component = AuditLog


class Flip(Strategy):
    """Buy on one bar, and sell on the next."""

    name = "flip"

    def on_bar(self, ctx: Context) -> None:
        for view in ctx.instruments:
            view.target(weight=0.0 if view.position else 0.5)


class Failing(Strategy):
    """Buy, and fail after some bars, at the moment at which something was filled."""

    name = "failing"

    def on_bar(self, ctx: Context) -> None:
        if ctx.index == 3:
            raise ValueError("no more")
        ctx.buy(1.0)


class Odd(RiskRule):
    """Raise at each order."""

    name = "odd"

    def check(self, order: Order, account: Account) -> Verdict:
        raise ValueError("odd")


class Broken(Reporter):
    """Raise in every method."""

    name = "broken"
    critical: ClassVar[bool] = True
    since = 0

    def record(self, event: Event) -> None:
        if event.number >= type(self).since:
            raise ValueError("broken record")

    def hear(self, note: OutsideNote) -> None:
        raise ValueError("broken hear")

    def settle(self) -> None:
        raise ValueError("broken settle")

    def end(self, status: str, reason: str) -> None:
        raise ValueError("broken end")


class Unwilling(Reporter):
    """Raise before the run."""

    name = "unwilling"

    def begin(self, start: RunStart) -> None:
        raise ValueError("not this one")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, {"AAA": markets.walk(60), "BBB": markets.walk(60, seed=5)})
    lab.bring(AuditLog, Broken, Unwilling, Odd)
    return lab


def log(lab: Lab) -> Path:
    return lab.runs / "audit" / "lab"


def kinds(lab: Lab) -> list[str]:
    return [entry.kind for entry in entries(log(lab))]


def test_backtest_leaves_a_log_of_all_that_its_journal_has(lab: Lab) -> None:
    finished = lab.run(Flip, "report=[{ name = 'audit-log' }]", "risk=[{ rule = 'max-weight', limit = 0.4 }]")
    run = read_run(log(lab))
    journal = finished.result.journal.to_pylist()
    told = [record for record in run.records if not isinstance(record, RunBegun | RunEnded)]
    assert len(told) == len(journal) > 100
    fills = [record for record in told if isinstance(record, Filled)]
    table = finished.result.fills.to_pylist()
    assert [
        (one.order, one.symbol, float(one.quantity), float(one.price), float(one.fee), one.place, one.liquidity) for one in fills
    ] == [(row["order"], row["symbol"], row["quantity"], row["price"], row["fee"], row["at"], row["liquidity"]) for row in table]
    verdicts = [record for record in told if isinstance(record, Judged)]
    rows = [row for row in journal if row["event"] == "verdict"]
    assert [(one.rule, one.verdict, float(one.allowed or 0)) for one in verdicts] == [
        (row["rule"], row["detail"], row["allowed"]) for row in rows
    ]
    begun, ended = run.begun, run.ended
    assert begun is not None
    assert ended is not None
    assert (begun.name, begun.mode, begun.judges, ended.status, ended.fills) == (
        "lab",
        "backtest",
        ("max-weight",),
        "done",
        len(table),
    )
    assert verify(log(lab), Against(anchors=read_anchor(str(lab.runs / "audit-heads" / "lab")), with_blobs=True)).level == 2
    assert finished.pages == (f"audit log {log(lab)}: {len(journal) + 1} records of this run",)


def test_each_record_names_what_led_to_it(lab: Lab) -> None:
    lab.run(Flip, "report=[{ name = 'audit-log' }]", "risk=[{ rule = 'max-weight', limit = 0.4 }]")
    found = list(entries(log(lab)))
    begun = next(entry.number for entry in found if entry.kind == "run.begun")
    asked = {entry.data["order"]: entry.number for entry in found if entry.kind == "order.asked"}
    for entry in found:
        if entry.kind in ("risk.verdict", "order.filled"):
            assert entry.causes == (asked[entry.data["order"]],)
        elif entry.kind in ("order.asked", "run.ended"):
            assert entry.causes == (begun,)


def test_runs_go_into_one_log_one_behind_the_other(lab: Lab) -> None:
    for _ in range(2):
        lab.run(Flip, "report=[{ name = 'audit-log' }]")
    assert kinds(lab).count("run.begun") == kinds(lab).count("run.ended") == 2
    assert kinds(lab).count("log.segment") == 1
    assert len({entry.run for entry in entries(log(lab)) if entry.run}) == 2
    assert verify(log(lab)).level == 0


def test_run_with_a_key_is_signed(lab: Lab, tmp_path: Path) -> None:
    verifier = make_key("desk", tmp_path / "key")
    lab.run(Flip, f"report=[{{ name = 'audit-log', key = '{tmp_path / 'key'}', checkpoint_records = 50 }}]")
    verdict = verify(log(lab), Against(verifier))
    assert (verdict.level, verdict.checked_to) == (1, verdict.records)
    assert verdict.checkpoints > 3


def test_changed_blob_of_bars_is_found(lab: Lab) -> None:
    lab.run(Flip, "report=[{ name = 'audit-log' }]")
    (blob,) = (path for path in (log(lab) / "blobs").rglob("*") if path.is_file())
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    found = verify(log(lab), Against(with_blobs=True)).first
    assert found is not None
    assert (found.kind, found.number) == ("BLOB_HASH", 1)
    blob.unlink()
    found = verify(log(lab), Against(with_blobs=True)).first
    assert found is not None
    assert (found.kind, found.number) == ("BLOB_MISSING", 1)
    assert verify(log(lab)).level == 0


def test_run_that_fails_is_recorded_up_to_the_bar_on_which_it_failed(lab: Lab) -> None:
    with pytest.raises(TradekitError, match="no more"):
        lab.run(Failing, "report=[{ name = 'audit-log' }]", "data.instruments=['AAA']")
    run = read_run(log(lab))
    assert run.ended is not None
    assert run.ended.status == "failed"
    assert "no more" in run.ended.reason
    # The bars 0, 1 and 2 have asked, and the last bar, on which it failed, has filled what the one before asked for.
    assert sum(isinstance(record, Ordered) for record in run.records) == 3
    assert sum(isinstance(record, Filled) for record in run.records) == 3


@pytest.mark.parametrize("order", ["report=[{name='broken'}, {name='audit-log'}]", "report=[{name='audit-log'}, {name='broken'}]"])
@pytest.mark.parametrize("since", [0, 17])
def test_reporter_that_raises_in_every_method_loses_no_record(lab: Lab, order: str, since: int) -> None:
    Broken.since = since
    with pytest.raises(TradekitError, match="reporter 'broken' raised ValueError: broken record"):
        lab.run(Flip, order)
    run = read_run(log(lab))
    told = [record for record in run.records if not isinstance(record, RunBegun | RunEnded)]
    assert run.ended is not None
    assert run.ended.status == "failed"
    assert len(told) > since
    assert verify(log(lab)).level == 0


def test_rule_that_raises_is_recorded_with_its_error(lab: Lab) -> None:
    lab.run(Flip, "report=[{ name = 'audit-log' }]", "risk=[{ rule = 'odd' }]", "data.instruments=['AAA']")
    run = read_run(log(lab))
    verdicts = [record for record in run.records if isinstance(record, Judged)]
    refused = [record for record in run.records if isinstance(record, Refused)]
    assert len(verdicts) == len(refused) > 10
    assert {record.reason for record in verdicts} == {"the rule raised ValueError: odd"}


def test_reporter_that_keeps_the_run_from_beginning_is_recorded(lab: Lab) -> None:
    with pytest.raises(TradekitError, match="reporter 'unwilling' raised ValueError: not this one"):
        lab.run(Flip, "report=[{name='audit-log'}, {name='unwilling'}]")
    assert kinds(lab) == ["log.segment", "run.begun", "run.ended"]
    lab.run(Flip, "report=[{name='audit-log'}]")
    assert verify(log(lab)).level == 0


def test_halt_names_its_rule_and_what_it_rests_on(lab: Lab) -> None:
    lab.series = {"AAA": markets.gap(60, size=-0.6)}
    lab.run("buy-and-hold", "report=[{ name = 'audit-log' }]", "risk=[{ rule = 'max-drawdown', limit = 0.2 }]")
    halted = read_run(log(lab)).first(Halted)
    assert halted is not None
    assert halted.rule == "max-drawdown"
    assert halted.values["equity"] == halted.equity


def test_damaged_log_keeps_a_run_from_beginning(lab: Lab) -> None:
    lab.run(Flip, "report=[{ name = 'audit-log' }]")
    segment = log(lab) / "seg-00000000.tkl"
    segment.write_bytes(segment.read_bytes()[:-200])
    with pytest.raises(RunError, match=r"can't be written to: it has .* records, and had"):
        lab.run(Flip, "report=[{ name = 'audit-log' }]")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(
        tmp_path,
        Busy,
        {"BTC/USDT": walk(200)},
        base=int(walk(200).close_time[9]),
        brought=(("reporter", AuditLog), ("reporter", Broken)),
    )
    made.settings = "[[report]]\nname = 'audit-log'\n"
    made.venue.trade("BTC/USDT", "100")
    return made


class Busy(Strategy):
    """Buy 1 on one bar, and sell it on the next."""

    name = "flip"

    def on_bar(self, ctx: Context) -> None:
        if ctx["BTC/USDT"].position == 0.0:
            ctx.buy(1.0)
        else:
            ctx.exit()


def live_log(stage: Stage) -> Path:
    return stage.folder / "audit" / "trial"


def test_intent_is_in_the_log_before_the_venue_hears_of_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bool] = []
    original = stage.executor.send

    async def send(self: Any, intent: Any) -> Any:
        # What has been synchronised is what a crash of the machine leaves.
        segment = live_log(stage) / "seg-00000000.tkl"
        written.append(f'"client_id":"{intent.client_id}"'.encode() in segment.read_bytes())
        return await original(self, intent)

    monkeypatch.setattr(stage.executor, "send", send)
    stage.run(600)
    assert len(written) > 5
    assert all(written)


def test_live_run_leaves_each_answer_and_trade_of_the_venue(stage: Stage) -> None:
    outcome = stage.run(600)
    run = read_run(live_log(stage))
    kinds = [entry.kind for entry in run.entries]
    sent = [client for method, client in stage.venue.received if method == "send"]
    assert [entry.data["client_id"] for entry in run.entries if entry.kind == "venue.intent"] == sent
    assert kinds.count("venue.answer") == len(sent)
    assert (
        kinds.count("venue.fill")
        == kinds.count("order.filled")
        == len(stage.venue.trades)
        == outcome.finished.result.fills.num_rows
    )
    assert kinds.count("market.bars") == 10
    assert verify(live_log(stage)).level == 0
    for row in outcome.finished.result.orders.to_pylist():
        assert explain(live_log(stage), row["order"]).missing == ()


def test_what_happens_to_the_account_without_an_order_of_the_run_is_recorded(tmp_path: Path) -> None:
    perpetual = replace(BTC, kind="perpetual")
    base = int(walk(200).close_time[9])
    made = Stage(
        tmp_path,
        Busy,
        {"BTC/USDT": walk(200)},
        base=base,
        instrument=perpetual,
        account='kind = "margin"',
        brought=(("reporter", AuditLog),),
    )
    made.settings = "[[report]]\nname = 'audit-log'\n"
    made.venue.trade("BTC/USDT", "100")

    def happen() -> None:
        made.venue.pay("BTC/USDT", Decimal("-0.25"))
        made.venue.impose("BTC/USDT", Decimal(-2), Decimal(99))

    made.run(300, (130, happen))
    records = read_run(live_log(made)).records
    (paid,) = [one for one in records if isinstance(one, VenuePaid)]
    assert (paid.symbol, paid.payment_id, paid.amount, paid.currency, paid.kind) == (
        "BTC/USDT",
        "1",
        Decimal("-0.25"),
        "USDT",
        "funding",
    )
    (imposed,) = [one for one in records if isinstance(one, VenueImposed)]
    assert (imposed.symbol, imposed.quantity, imposed.price) == ("BTC/USDT", Decimal(-2), Decimal(99))


def test_every_kind_of_note_becomes_a_record() -> None:
    facts = {
        "outcome": "taken",
        "venue_id": "v1",
        "text": "",
        "kind": "limit",
        "quantity": "1",
        "time_in_force": "gtc",
        "status": "open",
        "filled": "0",
        "trade_id": "t1",
        "price": "100.5",
        "fee": "0.1",
        "fee_currency": "USDT",
        "is_maker": "yes",
        "time": "7",
        "payment_id": "p1",
        "amount": "-1",
        "currency": "USDT",
        "command": "halt",
        "reason": "news",
        "cause": "operator",
        "open_time": "60",
        "bar": "1.0 2.0 0.5 1.5 10.0",
    }
    for kind in get_args(get_type_hints(OutsideNote)["kind"]):
        record = record_of_note(OutsideNote(kind, 5, 1, "A", "c1", facts))
        assert record is not None, kind
        assert decode(record.KIND, encode(record)) == record


def test_session_that_goes_on_goes_on_in_the_same_log(stage: Stage) -> None:
    stage.run(300)
    stage.run(300)
    found = list(entries(live_log(stage)))
    assert [entry.kind for entry in found].count("run.begun") == 2
    orders = [entry.data["order"] for entry in found if entry.kind == "order.asked"]
    assert orders == list(range(len(orders)))


def test_log_that_can_not_be_written_stops_new_risk_and_catches_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from tradekit_compliance.audit.writer import LogWriter

    original, state = LogWriter.append, {"full": False}

    def append(self: LogWriter, *arguments: Any) -> int:
        if state["full"]:
            raise OSError(28, "No space left on device")
        return original(self, *arguments)

    monkeypatch.setattr(LogWriter, "append", append)
    before: dict[str, int] = {}

    def fill() -> None:
        state["full"] = True
        before["sent"] = len([1 for method, _ in stage.venue.received if method == "send"])
        before["held"] = int(stage.held())

    outcome = stage.run(900, (250, fill), (700, lambda: state.update(full=False)))
    assert outcome.is_halted
    after = len([1 for method, _ in stage.venue.received if method == "send"])
    # What was held when the disk was full may be sold, and nothing is bought any more.
    assert after - before["sent"] == before["held"]
    run = read_run(live_log(stage))
    assert verify(live_log(stage)).level == 0
    told = [record for record in run.records if isinstance(record, Ordered)]
    assert len(told) == outcome.finished.result.orders.num_rows
    assert any(entry.kind == "operator.command" and entry.data["command"] == "reduce-only" for entry in run.entries)


def test_other_reporter_that_raises_in_every_method_loses_no_record_live(stage: Stage) -> None:
    Broken.since = 0
    stage.settings = "[[report]]\nname = 'broken'\n[[report]]\nname = 'audit-log'\n"
    with pytest.raises(TradekitError, match="broken end"):
        stage.run(300)
    run = read_run(live_log(stage))
    kinds = [entry.kind for entry in run.entries]
    assert "operator.command" in kinds
    assert kinds.count("market.bars") == 5
    assert kinds.count("order.asked") > 0
    assert not stage.venue.trades
    assert run.ended is not None


def test_log_without_the_run_that_is_asked_for_says_which_there_are(lab: Lab) -> None:
    lab.run(Flip, "report=[{ name = 'audit-log' }]")
    with pytest.raises(DataError, match=r"no run of log .* begin with 'xyz'; the last ones are [0-9a-f]{16}"):
        read_run(log(lab), "xyz")
