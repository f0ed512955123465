"""Keys of a run file that are overruled from the command line."""

import datetime as dt
import math
import re

import pytest

from tradekit.engine.overrides import apply_overrides, parse_override
from tradekit.errors import ConfigError

DOCUMENT = {
    "strategy": {"name": "sma-cross", "fast": 20},
    "risk": [{"rule": "max-weight", "limit": 0.5}],
    "execution": {"costs": []},
}


def overruled(*texts):
    return apply_overrides(DOCUMENT, [parse_override(text) for text in texts])[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("30", 30),
        ("0.5", 0.5),
        ("1_000", 1000),
        ("true", True),
        ("2021-01-31", dt.date(2021, 1, 31)),
        ("[]", []),
        ('["BTC/USDT", "ETH/USDT"]', ["BTC/USDT", "ETH/USDT"]),
        ("{ a = 1 }", {"a": 1}),
        ('"30"', "30"),
        ("sma-cross", "sma-cross"),
        ("data/BTC=1.csv", "data/BTC=1.csv"),
        ("1h", "1h"),
        ("True", "True"),
        (" 5 ", 5),
        ("", ""),
        ("1\nother = 2", "1\nother = 2"),
    ],
)
def test_parse_override_value_is_toml_or_else_text(written, value):
    found = parse_override(f"strategy.fast={written}").value
    assert (found, type(found)) == (value, type(value))


def test_parse_override_infinity_is_a_number():
    assert parse_override("account.capital=inf").value == math.inf


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("strategy.fast", ("strategy", "fast")),
        (" strategy . fast ", ("strategy", "fast")),
        ("risk[0].limit", ("risk", 0, "limit")),
        ("risk.0.limit", ("risk", "0", "limit")),
        ('data.columns."close price"', ("data", "columns", "close price")),
        ("data.where.'a=b.c'", ("data", "where", "a=b.c")),
    ],
)
def test_parse_override_key_is_a_path(written, key):
    assert parse_override(f"{written}=1").key == key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strategy.fast", "--set 'strategy.fast' has no value; write KEY=VALUE, such as strategy.fast=30 or risk[0].limit=0.3"),
        ("", "--set '' does not begin with a key of the run file; write KEY=VALUE"),
        ("=3", "--set '=3' does not begin with a key"),
        ("strategy..fast=3", "--set 'strategy..fast=3' does not begin with a key"),
        ("risk[x].limit=3", "does not begin with a key"),
        ("[0].limit=3", "does not begin with a key"),
        (
            "execution.costs=[{model=fee}]",
            "--set 'execution.costs=[{model=fee}]' has a value that is not valid TOML; text in it needs quotes: ",
        ),
        ('run.name="x', "has a value that is not valid TOML"),
    ],
)
def test_parse_override_that_cannot_be_read_says_how_to_write_it(text, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse_override(text)


def test_apply_overrides_changes_adds_and_replaces():
    found = overruled(
        "strategy.fast=30", "strategy.slow=90", "risk[0].limit=0.3", "account.kind=cash", "execution.costs=[{model='fee'}]"
    )
    assert found["strategy"] == {"name": "sma-cross", "fast": 30, "slow": 90}
    assert found["risk"] == [{"rule": "max-weight", "limit": 0.3}]
    assert found["account"] == {"kind": "cash"}
    assert found["execution"] == {"costs": [{"model": "fee"}]}


def test_apply_overrides_leaves_the_document_alone():
    overruled("risk.0.limit=0.3", "execution.costs=[1]")
    assert DOCUMENT["risk"][0]["limit"] == 0.5
    assert DOCUMENT["execution"]["costs"] == []


def test_apply_overrides_of_one_key_twice_takes_the_last():
    assert overruled("strategy.fast=1", "strategy.fast=2")["strategy"]["fast"] == 2


def test_apply_overrides_may_build_on_an_earlier_one():
    assert overruled("risk=[{rule='a'},{rule='b'}]", "risk.1.limit=3")["risk"] == [{"rule": "a"}, {"rule": "b", "limit": 3}]


def test_apply_overrides_returns_them_with_indices_as_numbers():
    _, applied = apply_overrides(DOCUMENT, [parse_override("risk.0.limit=0.3")])
    assert [(one.key, one.value, one.text) for one in applied] == [(("risk", 0, "limit"), 0.3, "risk.0.limit=0.3")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("risk[1].limit=3", "--set risk[1].limit=3: risk is a list and has no entry 1; allowed: 0"),
        ("risk.limit=3", "--set risk.limit=3: risk is a list and has no entry 'limit'; allowed: 0"),
        ("execution.costs[0].bps=3", "execution.costs is a list and has no entry 0; allowed: none, because the list is empty"),
        ("strategy[0]=3", "strategy is a table, not a list, so it has no entry [0]; its keys: name, fast"),
        ("strategy.fast.x=3", "strategy.fast is 20, not a table, so it has no key 'x'"),
    ],
)
def test_apply_overrides_whose_path_leads_nowhere_says_where_it_ends(text, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        overruled(text)
