"""The matching engine: markets, accounts, orders, books and trades, exact in `Decimal`, without any network."""
