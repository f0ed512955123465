"""From the account of a run file to the simulator's currencies and terms."""

import numpy as np
import pytest

from tradekit import ConfigError, Strategy
from tradekit.simulator.setup import AccountTerms, Currency

CLOSES = 1.0 + np.arange(30.0)


class Quiet(Strategy):
    """Do nothing."""

    name = "quiet"

    def on_bar(self, ctx): ...


def setup_of(lab, *overrides, symbols=("X",)):
    for symbol in symbols:
        lab.give(CLOSES, symbol)
    return lab.ready(Quiet, *overrides).prepared.setup


def test_terms_are_those_of_the_account(lab):
    keys = ("kind='margin'", "leverage=4", "maintenance=0.1", "liquidation_fee_bps=50", "borrow_rate=0.01")
    more = ("interest_rate=0.02", "loan_rate=0.03", "conversion_bps=4")
    setup = setup_of(lab, *(f"account.{key}" for key in keys + more))
    assert setup.terms == AccountTerms(0.1, 0.005, 0.01, 0.02, 0.03, pytest.approx(0.0004))
    assert setup_of(lab).terms == AccountTerms()


def test_currencies_have_a_fixed_rate_or_that_of_an_instrument(lab):
    tables = "currency=[{code='EUR', rate=1.1, balance=5}, {code='JPY', instrument='Y', inverse=true}]"
    setup = setup_of(lab, tables, symbols=("X", "Y"))
    assert setup.currencies == (Currency("EUR", 5.0, 1.1), Currency("JPY", 0.0, None, 1, True))
    assert setup.codes == ("USD", "EUR", "JPY")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "currency=[{code='EUR', instrument='Z'}]",
            "currency[0].instrument 'Z' is not one of the instruments that the data has; allowed: 'X', 'Y'",
        ),
        (
            "instrument=[{symbol='Y', currency='EUR'}]\n",
            "instrument[0].currency 'EUR' has no rate",
        ),
    ],
)
def test_currency_without_a_rate_is_refused(lab, override, said):
    with pytest.raises(ConfigError) as error:
        setup_of(lab, override.strip(), symbols=("X", "Y"))
    assert said in str(error.value)


def test_rate_of_an_instrument_in_another_currency_is_refused(lab):
    tables = "currency=[{code='EUR', rate=1.1}, {code='GBP', instrument='Y'}]"
    with pytest.raises(ConfigError) as error:
        setup_of(lab, tables, "instrument=[{symbol='Y', currency='EUR'}]", symbols=("X", "Y"))
    assert str(error.value) == (
        "currency[1].instrument 'Y' is settled in 'EUR', so its close is no rate in 'USD'; "
        "set inverse = true, or take another instrument"
    )


def test_instrument_of_a_source_in_an_unknown_currency_is_refused(lab, monkeypatch):
    from tradekit import Instrument

    lab.give(CLOSES)
    source = lab._source()
    monkeypatch.setattr(source, "instruments", lambda self: [Instrument("X", currency="EUR")])
    monkeypatch.setattr(lab, "_source", lambda: source)
    with pytest.raises(ConfigError) as error:
        lab.ready(Quiet, "currency=[{code='EURO', rate=1}]")
    assert str(error.value) == (
        "'X' is settled in 'EUR', which has no rate; allowed: 'USD', 'EURO'; another one needs a [[currency]] table; "
        "did you mean 'EURO'?"
    )
