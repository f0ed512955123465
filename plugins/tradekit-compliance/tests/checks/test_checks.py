"""Each check: what it refuses, and that the same passes when one condition is taken away."""

import pytest
from judged import account, answer, limit, market
from tradekit_compliance.checks.concentration import Concentration
from tradekit_compliance.checks.credit import CreditLimit
from tradekit_compliance.checks.flow import DuplicateOrder, MessageRate
from tradekit_compliance.checks.inventory import ApprovedAlgorithms, identity_of
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.price_collar import PriceCollar
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt
from tradekit_compliance.checks.self_trade import SelfTrade

from tradekit import ComponentUse, Order, Position, Terms


def made(cls, **options):
    return cls(cls.Options(**options))


@pytest.fixture
def written(tmp_path):
    """Write a file of reference data and return its path."""

    def write(text, name="reference.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("order", "seen", "verdict"),
    [
        (limit(1, 10, 105.1), account(), "reject"),
        (limit(1, 10, 105.0), account(), "accept"),
        (limit(1, -10, 94.9), account(), "reject"),
        (limit(1, -10, 95.0), account(), "accept"),
        (limit(1, 10, 21.9), account(prices={"ACME": 20.0}), "accept"),
        (limit(1, 10, 22.1), account(prices={"ACME": 20.0}), "reject"),
        (market(1, 10), account(age_s=5.1), "reject"),
        (market(1, 10), account(age_s=5.0), "accept"),
        (market(1, 10, "NEW"), account(), "reject"),
    ],
)
def test_price_collar_refuses_what_is_far_or_old_and_nothing_less(order, seen, verdict):
    assert answer(PriceCollar(), order, seen) == verdict


def test_price_collar_says_what_it_does_not_know_and_warns_if_told_to():
    old = account(age_s=60)
    assert PriceCollar().check(market(1, 10), old).reason.startswith("UNKNOWN: the last price of 'ACME' is 60 s old")
    told = made(PriceCollar, missing="warn").check(market(1, 10), old)
    assert (told.kind.name, told.reason[:16]) == ("ACCEPT", "warning: UNKNOWN")
    assert answer(made(PriceCollar, stale_s="none"), market(1, 10), old) == "accept"


VOLUMES = "symbol,date,volume\n" + "".join(f"ACME,2024-02-{day:02},2000\n" for day in range(10, 30)) + "ACME,2024-03-15,9000000\n"


@pytest.mark.parametrize(
    ("size", "days", "age", "verdict"),
    [(101, 20, 30, "reject"), (100, 20, 30, "accept"), (-101, 20, 30, "reject"), (1, 21, 30, "reject"), (1, 20, 7, "reject")],
)
def test_order_size_goes_by_the_average_of_days_before_and_not_by_today(written, size, days, age, verdict):
    rule = made(OrderSize, volumes=written(VOLUMES), days=days, max_age_days=age)
    assert answer(rule, market(1, size), account()) == verdict


def test_order_size_without_volumes_is_unknown_and_with_a_cap_is_judged_by_it():
    assert OrderSize().check(market(1, 1), account()).reason.startswith("UNKNOWN: no file of daily volumes")
    rule = made(OrderSize, adv_percent="none", max_quantity=100)
    assert [answer(rule, market(1, size), account()) for size in (100, 101)] == ["accept", "reject"]


@pytest.mark.parametrize(
    ("second", "later", "verdict"),
    [
        (limit(2, 10, 99), "2024-03-15T14:30:00.900+00:00", "reject"),
        (limit(2, 10, 99), "2024-03-15T14:30:01.100+00:00", "accept"),
        (limit(2, 11, 99), "2024-03-15T14:30:00.900+00:00", "accept"),
        (limit(2, -10, 99), "2024-03-15T14:30:00.900+00:00", "accept"),
        (limit(2, 10, 98), "2024-03-15T14:30:00.900+00:00", "accept"),
        (limit(2, 10, 99, "OTHER"), "2024-03-15T14:30:00.900+00:00", "accept"),
    ],
)
def test_duplicate_is_the_same_within_the_window_and_nothing_else(second, later, verdict):
    rule = DuplicateOrder()
    assert answer(rule, limit(1, 10, 99), account()) == "accept"
    assert answer(rule, second, account(time=later)) == verdict


def test_message_rate_refuses_the_51st_order_in_a_second_and_none_in_two():
    fast = MessageRate()
    assert [answer(fast, market(n, n + 1.0), account()) for n in range(51)] == ["accept"] * 50 + ["reject"]
    assert answer(fast, market(99, 99.0), account(time="2024-03-15T14:30:01+00:00")) == "accept"


def test_message_rate_halts_at_the_21st_repeat_and_begins_anew_after_it():
    rule = MessageRate()
    assert [answer(rule, market(n, 5), account()) for n in range(22)] == ["accept"] * 20 + ["halt", "accept"]


def test_message_rate_lets_repeats_pass_that_are_apart_or_not_alike():
    rule = MessageRate()
    times = [f"2024-03-15T14:{minute:02}:{second:02}+00:00" for minute in range(3) for second in range(0, 60, 4)]
    assert {answer(rule, market(n, 5), account(time=time)) for n, time in enumerate(times)} == {"accept"}
    assert {answer(rule, market(n, n + 1.0), account(time="2024-03-15T15:00:00+00:00")) for n in range(21)} == {"accept"}


@pytest.mark.parametrize(
    ("size", "held", "waiting", "verdict"),
    [
        (301, {}, (), "reject"),
        (300, {}, (), "accept"),
        (101, {"ACME": 100}, (limit(1, 100, 99),), "reject"),
        (101, {"ACME": 100}, (), "accept"),
        (-301, {}, (), "reject"),
        (-50, {"ACME": 400}, (), "accept"),
    ],
)
def test_credit_limit_counts_positions_and_open_orders_of_the_side(size, held, waiting, verdict):
    seen = account(held, waiting, equity=10_000.0)
    assert answer(made(CreditLimit, net=3), market(9, size), seen) == verdict


@pytest.mark.parametrize(("size", "cash", "verdict"), [(60, 5_000, "reject"), (60, 6_000, "accept"), (-60, 0, "accept")])
def test_credit_limit_refuses_more_borrowed_money_than_agreed(size, cash, verdict):
    assert answer(made(CreditLimit, borrowed=0), market(9, size), account(cash=cash)) == verdict


SECTORS = "symbol,issuer,sector\nACME,Acme Corp,steel\nACME.B,Acme Corp,steel\nIRON,Iron Inc,steel\nCORN,Corn Inc,farms\n"
PRICES = {"ACME": 100.0, "ACME.B": 100.0, "IRON": 100.0, "CORN": 100.0, "NEW": 100.0}


@pytest.mark.parametrize(
    ("order", "held", "waiting", "verdict"),
    [
        (market(9, 51), {}, (), "reject"),
        (market(9, 50), {}, (), "accept"),
        (market(9, 21), {"ACME.B": 30}, (), "reject"),
        (market(9, 21), {"IRON": 30}, (), "accept"),
        (market(9, 21), {}, (limit(1, 30, 99, "ACME.B"),), "reject"),
        (market(9, 41), {"IRON": 210}, (), "reject"),
        (market(9, 41), {"CORN": 210}, (), "accept"),
        (market(9, -30), {"ACME": 80}, (), "accept"),
        (market(9, -150), {"ACME": 80}, (), "resize"),
        (market(9, 1, "NEW"), {}, (), "reject"),
    ],
)
def test_concentration_adds_up_issuers_and_sectors_and_lets_pass_what_reduces(written, order, held, waiting, verdict):
    rule = made(Concentration, sectors=written(SECTORS))
    assert answer(rule, order, account(held, waiting, PRICES)) == verdict


LISTED = """# kept by compliance
symbol,list,from,until,reason
ACME,restricted,2024-03-15,2024-03-20,"merger, not public"
CORN,watch,,,research
"""


@pytest.mark.parametrize(
    ("symbol", "time", "verdict"),
    [
        ("ACME", "2024-03-15T00:00:00+00:00", "reject"),
        ("ACME", "2024-03-20T23:59:59+00:00", "reject"),
        ("ACME", "2024-03-14T23:59:59+00:00", "accept"),
        ("ACME", "2024-03-21T00:00:00+00:00", "accept"),
        ("IRON", "2024-03-15T00:00:00+00:00", "accept"),
    ],
)
def test_restricted_list_holds_on_its_dates(written, symbol, time, verdict):
    rule = made(RestrictedList, restricted=written(LISTED))
    assert answer(rule, market(1, 1, symbol), account(prices=PRICES, time=time)) == verdict


def test_restricted_list_warns_of_what_is_watched_and_lets_out_who_is_allowed_to(written):
    path = written(LISTED)
    watched = made(RestrictedList, restricted=path).check(market(1, 1, "CORN"), account(prices=PRICES))
    assert (watched.kind.name, watched.reason.startswith("warning: 'CORN' is on the watch list (reference.csv")) == ("ACCEPT", True)
    held = account({"ACME": 10})
    verdicts = [answer(made(RestrictedList, restricted=path, closing=how), market(1, -10), held) for how in ("block", "allow")]
    assert verdicts == ["reject", "accept"]


@pytest.mark.parametrize(
    ("order", "resting", "verdict"),
    [
        (limit(2, 10, 100.0), limit(1, -5, 100.0), "reject"),
        (limit(2, 10, 99.9), limit(1, -5, 100.0), "accept"),
        (limit(2, -10, 100.0), limit(1, 5, 100.0), "reject"),
        (limit(2, 10, 100.0), limit(1, 5, 100.0), "accept"),
        (limit(2, 10, 100.0), limit(1, -5, 100.0, "OTHER"), "accept"),
        (market(2, 10), limit(1, -5, 100.9), "reject"),
        (market(2, 10), limit(1, -5, 101.1), "accept"),
    ],
)
def test_self_trade_is_refused_where_it_crosses_an_own_order_and_only_there(order, resting, verdict):
    assert answer(SelfTrade(), order, account(orders=(resting,))) == verdict


def test_self_trade_decrements_to_what_is_left():
    rule, resting = made(SelfTrade, mode="decrement"), account(orders=(limit(1, -4, 100.0),))
    assert rule.check(limit(2, 10, 100.0), resting).quantity == 6.0
    assert answer(rule, limit(2, 4, 100.0), resting) == "reject"


USE = ComponentUse("strategy", "sma-cross", "tradekit", "0.1.0", {"fast": 20})
CODE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("change", "operator", "verdict"),
    [
        ({}, "desk-1", "accept"),
        ({"version": "0.2.0"}, "desk-1", "reject"),
        ({"code": "0000000000000000"}, "desk-1", "reject"),
        ({"options": "0000000000000000"}, "desk-1", "reject"),
        ({"until": "2024-03-14"}, "desk-1", "reject"),
        ({}, "desk-9", "reject"),
        ({"operators": ""}, "desk-9", "accept"),
        ({"code": "", "options": ""}, "desk-1", "accept"),
    ],
)
def test_algorithm_is_approved_by_version_code_options_and_operator(written, change, operator, verdict):
    row = {
        **identity_of(USE, CODE),
        "approved_by": "head",
        "operators": "desk-1; desk-2",
        "from": "2024-01-01",
        "until": "",
        **change,
    }
    rule = made(ApprovedAlgorithms, inventory=written(f"{','.join(row)}\n{','.join(row.values())}\n"), operator=operator)
    rule.begin([USE], CODE)
    assert answer(rule, market(1, 1), account()) == verdict


def test_algorithm_that_is_not_approved_is_told_with_its_hashes(written):
    rule = made(ApprovedAlgorithms, inventory=written("strategy,package,version,approved_by\n"))
    assert rule.check(market(1, 1), account()).reason == "UNKNOWN: which strategy the order is of"
    rule.begin([USE], CODE)
    told = rule.check(market(1, 1), account()).reason
    assert f"code={identity_of(USE, CODE)['code']} options={identity_of(USE, CODE)['options']}" in told


HALTS = "symbol,from,until,reason\nACME,2024-03-15T14:00:00Z,2024-03-15T15:00:00Z,news\n*,2024-04-01,,storm\n"


@pytest.mark.parametrize(
    ("symbol", "time", "verdict"),
    [
        ("ACME", "2024-03-15T14:00:00+00:00", "reject"),
        ("ACME", "2024-03-15T13:59:59+00:00", "accept"),
        ("ACME", "2024-03-15T15:00:00+00:00", "accept"),
        ("IRON", "2024-03-15T14:30:00+00:00", "accept"),
        ("IRON", "2024-04-02T14:30:00+00:00", "reject"),
    ],
)
def test_halt_holds_for_its_instrument_and_time(written, symbol, time, verdict):
    rule = made(TradingHalt, halts=written(HALTS))
    assert answer(rule, market(1, 1, symbol), account(prices=PRICES, time=time)) == verdict


@pytest.mark.parametrize(
    ("time", "terms", "verdict"),
    [
        ("2024-03-15T14:30:00+00:00", Terms(), "accept"),
        ("2024-03-15T13:29:00+00:00", Terms(), "reject"),
        ("2024-03-15T20:00:00+00:00", Terms(), "reject"),
        ("2024-03-15T20:00:00+00:00", Terms(at="open"), "accept"),
        ("2024-03-16T14:30:00+00:00", Terms(), "reject"),
    ],
)
def test_closed_session_refuses_what_does_not_wait_for_the_open(time, terms, verdict):
    assert answer(made(TradingHalt, calendar="XNYS"), Order(1, "ACME", 1.0, terms=terms), account(time=time)) == verdict


def test_position_of_a_future_counts_with_its_multiplier():
    seen = account({"ACME": 1}, equity=10_000.0)
    future = {"ACME": Position("ACME", 1.0, 100.0, 100.0, 50.0)}
    seen = type(seen)(seen.time, "USD", 10_000.0, 10_000.0, future, (), seen.prices, seen.price_times)
    assert [answer(made(CreditLimit, net=3), market(1, size), seen) for size in (5, 6)] == ["accept", "reject"]
