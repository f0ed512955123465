"""The currencies and the terms of an account, from its run file to the simulator."""

from __future__ import annotations

from collections.abc import Sequence

from tradekit.engine.runfile import RunConfig
from tradekit.engine.tables import AccountTable, CurrencyTable
from tradekit.errors import ConfigError, nearest
from tradekit.model.bars import Bars
from tradekit.model.instrument import Instrument
from tradekit.simulator.setup import AccountTerms, Currency

__all__ = ["currencies", "terms"]


def currencies(config: RunConfig, instruments: Sequence[Instrument], bars: Bars) -> tuple[Currency, ...]:
    """Return the currencies beside the account's.

    Raises `ConfigError` for an instrument that is settled in one that has no rate, and for a rate that can't be had.
    """
    codes = (config.account.currency, *(table.code for table in config.currencies))
    for instrument in instruments:
        if instrument.currency is not None and instrument.currency not in codes:
            what = f"{instrument.symbol!r} is settled in {instrument.currency!r}, which has no rate"
            listed = ", ".join(map(repr, codes))
            raise ConfigError(
                f"{what}; allowed: {listed}; another one needs a [[currency]] table{nearest(instrument.currency, codes)}"
            )
    return tuple(_currency(table, index, config, instruments, bars) for index, table in enumerate(config.currencies))


def terms(account: AccountTable) -> AccountTerms:
    """Return what the account must keep, is charged and is paid."""
    fee = account.liquidation_fee_bps
    return AccountTerms(
        maintenance=account.maintenance,
        liquidation_fee=None if fee is None else fee / 10_000,
        borrow_rate=account.borrow_rate,
        interest_rate=account.interest_rate,
        loan_rate=account.loan_rate,
        conversion=account.conversion_bps / 10_000,
    )


def _currency(table: CurrencyTable, index: int, config: RunConfig, instruments: Sequence[Instrument], bars: Bars) -> Currency:
    if table.instrument is None:
        return Currency(table.code, table.balance, table.rate)
    key = f"currency[{index}].instrument"
    if table.instrument not in bars.symbols:
        allowed = ", ".join(map(repr, bars.symbols))
        what = f"{key} {table.instrument!r} is not one of the instruments that the data has"
        raise ConfigError(f"{what}; allowed: {allowed}{nearest(table.instrument, bars.symbols)}")
    source = bars.index_of(table.instrument)
    if not bars.exists[:, source].any():
        raise ConfigError(f"{key} {table.instrument!r} has no bar in this run, so {table.code!r} has no rate")
    quoted = instruments[source].currency or config.account.currency
    if not table.inverse and quoted != config.account.currency:
        what = f"{key} {table.instrument!r} is settled in {quoted!r}, so its close is no rate in {config.account.currency!r}"
        raise ConfigError(f"{what}; set inverse = true, or take another instrument")
    return Currency(table.code, table.balance, None, source, table.inverse)
