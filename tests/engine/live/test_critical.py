"""What critical reporters hear of a live run, and what is held back while one of them fails."""

from __future__ import annotations

from typing import ClassVar

import pytest

from engine.live.play import Stage, walk
from tradekit import Reporter, Strategy, TradekitError
from tradekit.testing.venue import Fault


class Flip(Strategy):
    """Buy 1 on one bar, and sell it on the next."""

    name = "flip"

    def on_bar(self, ctx):
        if ctx["BTC/USDT"].position == 0.0:
            ctx.buy(1.0)
        else:
            ctx.exit()


class Listens(Reporter):
    """Keep what it hears, and fail while it should."""

    name = "listens"
    critical: ClassVar[bool] = True
    heard: ClassVar[list[str]] = []
    notes: ClassVar[list[object]] = []
    fails: ClassVar[bool] = False

    def record(self, event):
        self.heard.append(event.kind.text)

    def hear(self, note):
        self.heard.append(note.kind)
        self.notes.append(note)

    def settle(self):
        self.heard.append("settle")
        if type(self).fails:
            raise OSError(28, "No space left on device")

    def end(self, status, reason):
        self.heard.append(f"end {status}{reason}")


@pytest.fixture
def stage(tmp_path):
    Listens.heard.clear()
    Listens.notes.clear()
    Listens.fails = False
    made = Stage(tmp_path, Flip, {"BTC/USDT": walk(200)}, base=int(walk(200).close_time[9]), brought=(("reporter", Listens),))
    made.settings = "[[report]]\nname='listens'\n"
    made.venue.trade("BTC/USDT", "100")
    return made


def test_reporter_hears_each_input_its_events_and_what_is_about_to_be_sent(stage):
    stage.run(130)
    first = Listens.heard[: Listens.heard.index("settle", Listens.heard.index("bars")) + 1]
    assert first[first.index("bars") :] == ["bars", "order", "intent", "settle"]
    at = Listens.heard.index("answer")
    assert Listens.heard[at : at + 2] == ["answer", "settle"]
    at = Listens.heard.index("fill", Listens.heard.index("bars"))
    assert Listens.heard[at : at + 2] == ["fill", "fill"]
    assert Listens.heard[-1] == "end done"
    intent = next(note for note in Listens.notes if note.kind == "intent")
    fill = next(note for note in Listens.notes if note.kind == "fill")
    assert (intent.order, intent.symbol, intent.facts["quantity"], intent.facts["kind"]) == (0, "BTC/USDT", "1", "market")
    assert fill.client_id == intent.client_id
    assert fill.facts["price"] == "100"


def test_reporter_hears_a_refusal_and_a_command(stage):
    stage.venue.faults.append(Fault("send", "refused"))
    stage.run(130)
    answers = [note for note in Listens.notes if note.kind == "answer"]
    assert answers[0].facts["outcome"] == "refused"
    assert [note.facts["command"] for note in Listens.notes if note.kind == "command"] == ["pause"]


def test_nothing_that_adds_risk_is_sent_while_a_critical_reporter_fails(stage):
    outcome = stage.run(700, (70, lambda: setattr(Listens, "fails", True)))
    assert outcome.is_halted
    sent = [client_id for method, client_id in stage.venue.received if method == "send"]
    bought = [trade for trade in stage.venue.trades if trade.quantity > 0]
    # The first bar bought; the second may sell that although it can't be recorded, and nothing is bought again.
    assert len(sent) == 2
    assert len(bought) == 1
    assert stage.held() == 0


def test_order_that_is_held_back_is_refused_and_never_sent(stage):
    Listens.fails = True
    outcome = stage.run(130)
    assert [method for method, _ in stage.venue.received if method == "send"] == []
    orders = outcome.finished.result.orders.to_pylist()
    assert orders[0]["status"] == "rejected"
    answers = [note for note in Listens.notes if note.kind == "answer"]
    assert answers[0].facts["text"] == "not sent: a critical reporter could not record it"


def test_run_that_a_reporter_keeps_from_beginning_sends_nothing(stage, monkeypatch):
    def begin(_self, _start):
        raise ValueError("not this one")

    monkeypatch.setattr(Listens, "begin", begin)
    with pytest.raises(TradekitError, match="reporter 'listens' raised ValueError: not this one"):
        stage.run(130)
    assert Listens.heard[-1].startswith("end failedPluginError: reporter 'listens' raised")
    assert not [method for method, _ in stage.venue.received if method == "send"]
