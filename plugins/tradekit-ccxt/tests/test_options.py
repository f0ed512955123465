import pytest
from pydantic import ValidationError
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.source import CcxtSource


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "https://[::1]:8443"])
def test_url_of_this_machine_is_taken(url: str) -> None:
    assert CcxtSource.Options(exchange="binance", url=url).url == url


@pytest.mark.parametrize("url", ["http://example.com", "http://10.0.0.1:80", "http://127.0.0.1.example.com"])
def test_url_of_another_machine_needs_a_word(url: str) -> None:
    with pytest.raises(
        ValidationError, match="is on another machine, which would see keys and orders; to allow it, set remote = true"
    ):
        CcxtExecutor.Options(exchange="binance", keys="main", url=url)
    assert CcxtExecutor.Options(exchange="binance", keys="main", url=url, remote=True).url == url


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://127.0.0.1", "http://127.0.0.1/path", "http://127.0.0.1?x=1"])
def test_url_that_is_no_bare_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match=r"url must be a bare address such as 'http://127\.0\.0\.1:8080'"):
        CcxtSource.Options(exchange="binance", url=url)


def test_keys_themselves_are_no_option() -> None:
    assert {"apiKey", "secret", "key", "password"}.isdisjoint(CcxtExecutor.Options.model_fields)
    assert "keys" not in CcxtSource.Options.model_fields
