import numpy as np
import pytest

from tradekit import ConfigError
from tradekit.engine.sweep.params import as_param, parse_constraint, parse_param


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("strategy.fast=5:20:5", (5, 10, 15, 20)),
        ("strategy.fast=5:19:5", (5, 10, 15)),
        ("strategy.fast=3:5", (3, 4, 5)),
        ("strategy.fast=20:10:-5", (20, 15, 10)),
        ("strategy.fast=7", (7,)),
        ("strategy.fast = 1, 2,3", (1, 2, 3)),
        ("strategy.weight=0.1:0.3:0.1", (0.1, 0.2, 0.3)),
        ("strategy.mode=calm,wild", ("calm", "wild")),
        ('strategy.mode=["a:b", "c"]', ("a:b", "c")),
        ("strategy.short=true,false", (True, False)),
        ("strategy.weight=1,0.5", (1, 0.5)),
    ],
)
def test_param_of_values_has_them_in_order(text, values):
    found = parse_param(text)
    assert found.values == values
    assert [type(value) for value in found.values] == [type(value) for value in values]
    assert not found.is_continuous


def test_param_names_its_key_as_run_files_do():
    found = parse_param("risk.0.limit=0.1:0.5:0.1")
    assert found.key == ("risk", "0", "limit")
    assert parse_param("risk[0].limit=1").name == "risk[0].limit"


def test_param_between_two_fractions_has_any():
    found = parse_param("strategy.weight=0.1:0.9")
    assert (found.values, found.is_continuous) == ((0.1, 0.9), True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("=5:10:5", "--param '=5:10:5' has no key; write KEY=VALUES"),
        ("strategy.fast", "--param 'strategy.fast' has no values"),
        ("strategy.fast=", "--param 'strategy.fast=' has no values"),
        ("strategy.fast=1:x:2", "is no range; write START:STOP:STEP in finite numbers"),
        ("strategy.fast=1:2:3:4", "is no range"),
        ("strategy.fast=1:inf:1", "is no range"),
        ("strategy.fast=1:9:0", "never comes from 1 to 9 by steps of 0; turn the step round"),
        ("strategy.fast=9:1:2", "never comes from 9 to 1 by steps of 2"),
        ("strategy.fast=0.9:0.1", "goes from 0.9 to 0.1; the first must be the lower one"),
        ("strategy.fast=1,,2", "has an empty value"),
        ("strategy.fast=[1, a]", "has values that are not valid TOML; text in them needs quotes"),
        ("strategy.fast=1,2,1", "--param strategy.fast has the value 1 twice"),
        ("strategy.fast=2021-01-01,3", "allowed: finite numbers, true, false and text"),
        ("strategy.fast=nan,1", "has the value nan; allowed: finite numbers"),
        ("strategy.fast=[]", "--param strategy.fast has no values"),
        ("strategy.fast=0:1:1e-9", "values; at most 1,000,000 are allowed: take larger steps"),
        ("a b=1", "does not begin with a key of the run file"),
    ],
)
def test_param_that_makes_no_sense_is_refused(text, message):
    with pytest.raises(ConfigError) as raised:
        parse_param(text)
    assert message in str(raised.value)


def test_params_from_python_are_numbers_of_its_own():
    assert as_param("strategy.fast", np.arange(5, 20, 5)).values == (5, 10, 15)
    assert all(type(value) is int for value in as_param("strategy.fast", np.arange(3)).values)
    assert as_param("strategy.fast", "5:15:5") == as_param("strategy.fast", range(5, 16, 5))


FAST, SLOW = parse_param("strategy.fast=1:9"), parse_param("strategy.slow=1:9")
MODE = parse_param("strategy.mode=a,b")


@pytest.mark.parametrize(
    ("text", "fast", "slow", "holds"),
    [
        ("strategy.fast < strategy.slow", 3, 3, False),
        ("strategy.fast<=strategy.slow", 3, 3, True),
        ("strategy.fast >= 3", 3, 1, True),
        ("2 > strategy.fast", 3, 1, False),
        ("strategy.fast != strategy.slow", 3, 1, True),
        ("strategy.fast == strategy.slow", 3, 1, False),
    ],
)
def test_constraint_holds_where_its_comparison_does(text, fast, slow, holds):
    found = parse_constraint(text, [FAST, SLOW])
    assert found.holds({"strategy.fast": fast, "strategy.slow": slow}) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strategy.fast", "is no comparison; write KEY SIGN KEY or KEY SIGN NUMBER"),
        ("strategy.fast = 3", "is no comparison"),
        ("strategy.fast < strategy.quick", "'strategy.quick' is not varied; allowed: numbers and strategy.fast, strategy.mode"),
        ("strategy.mode < 3", "'strategy.mode' has values that are no numbers"),
        ("1 < 3", "compares two numbers"),
    ],
)
def test_constraint_that_makes_no_sense_is_refused(text, message):
    with pytest.raises(ConfigError) as raised:
        parse_constraint(text, [FAST, MODE])
    assert message in str(raised.value)
