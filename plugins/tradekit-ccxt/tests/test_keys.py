import pytest
from tradekit_ccxt.keys import Keys, read_keys

from tradekit import ConfigError


def test_keys_are_read_from_the_environment_by_their_name() -> None:
    held = {"TRADEKIT_MY_ACCOUNT_KEY": "k", "TRADEKIT_MY_ACCOUNT_SECRET": "s", "TRADEKIT_MY_ACCOUNT_PASSWORD": "p"}
    assert read_keys("my-account", held) == Keys("k", "s", "p")


def test_keys_that_are_missing_are_named() -> None:
    with pytest.raises(ConfigError, match=r"^no keys 'main' in the environment: TRADEKIT_MAIN_SECRET must be set there$"):
        read_keys("main", {"TRADEKIT_MAIN_KEY": "k"})
    with pytest.raises(ConfigError, match="TRADEKIT_MAIN_KEY and TRADEKIT_MAIN_SECRET must be set"):
        read_keys("main", {})


def test_keys_are_neither_shown_nor_left_in_a_text() -> None:
    keys = Keys("the-key", "the-secret", "the-password")
    assert repr(keys) == "Keys()"
    assert keys.hidden("a the-key b the-secret c the-password") == "a *** b *** c ***"
    assert Keys("k", "s").hidden("plain") == "plain"
