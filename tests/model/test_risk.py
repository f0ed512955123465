from tradekit.model.account import Position
from tradekit.model.order import Reason
from tradekit.model.risk import LimitKind, Verdict, VerdictKind


def test_verdicts_are_made_by_what_they_say():
    numbers = {"seen": 2.0}
    assert Verdict.accept() == Verdict(VerdictKind.ACCEPT, "", None, {})
    assert Verdict.resize(-3, "half", numbers) == Verdict(VerdictKind.RESIZE, "half", -3, numbers)
    assert Verdict.reject("no", numbers) == Verdict(VerdictKind.REJECT, "no", None, numbers)
    assert Verdict.halt("stop") == Verdict(VerdictKind.HALT, "stop", None, {})


def test_sizing_kinds_are_those_that_give_a_size():
    assert [kind.name for kind in LimitKind if kind.is_sizing] == ["FRACTION_SIZE", "VOLATILITY_SIZE"]


def test_value_of_a_short_position_is_negative():
    assert Position("X", -2.0, 10.0, 12.0).value == -24


def test_reasons_read_as_words():
    assert Reason.SHORT_IN_CASH_ACCOUNT.text == "short in cash account"
