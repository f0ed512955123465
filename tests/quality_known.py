"""What is known to be wrong with the development data beyond the counts of the catalogue, and what the checks say of it."""

TOLD = [
    ("crypto/binance_2023_2025/perp/BTC_USDT_USDT-5m*", "no-trades", 16, "16 flat bars without volume"),
    ("crypto/binance_2023_2025/perp/BTC_USDT_USDT-5m*", "stale", 14, "14 of them in a row, 20:00 to 21:05"),
    ("crypto/binance_2023_2025/perp/BTC_USDT_USDT-5m*", "filler", 12, "the 12 of the hour in which the 1h file traded 5,537 BTC"),
    ("crypto/binance_2023_2025/perp/BTC_USDT_USDT-5m*", "differs", 5, "1 more hour and 4 volumes disagree with the 1h file"),
    ("crypto/binance_perp_2023_07/[BE]T[CH]*-1m-*", "differs", 1, "1 volume disagrees with the 5m file"),
    ("equity_daily/us9_2004_2014/bars.csv.gz", "off-session", 20, "20 rows of DELL on holidays"),
    ("equity_daily/wiki_5stocks_2015_2017.csv.gz", "gaps", 5, "AAPL lacks 2017-08-07; and all lack the session of 2017-11-08"),
    ("equity_defects/4063-T-1d-bad-div.csv.gz", "dividend-not-in-prices", 1, "1 dividend mended"),
    ("equity_defects/ABDP-L-1d-bad-div.csv.gz", "dividend-not-in-prices", 5, "5 dividends mended"),
    ("equity_defects/KME-MI-1d-bad-div.csv.gz", "dividend-not-in-prices", 1, "1 dividend mended"),
    ("equity_defects/REL-L-1d-bad-div.csv.gz", "dividend-not-in-prices", 6, "6 dividends mended"),
    ("equity_defects/4063-T-1d-bad-stock-split.csv", "split-like-jump", 1, "9 rows before a split of 5 not adjusted: one jump"),
    ("equity_defects/AET-L-1d-100x-error.csv", "wrong-scale", 9, "14 of 23 rows at 1/100: the 9 right ones stand between them"),
    ("equity_defects/ALPHA-PA-1d-bad-stock-split.csv", "wrong-scale", 1, "1 row at 1/10,000"),
    ("equity_defects/ASAI-L-1h-bad-unit.csv", "wrong-scale", 1, "1 low and close at 1/100"),
    ("equity_defects/CNE-L-1d-bad-stock-split.csv", "wrong-scale", 1, "1 row adjusted twice"),
    ("equity_defects/LA-V-1d-bad-stock-split.csv", "wrong-scale", 1, "1 row at 1/10"),
    ("equity_defects/[AEKL1]*", "no-trades", None, "bars without volume"),
    ("equity_defects/[AE]*", "missing-volume", None, "bars without volume"),
    ("fx/truefx_usdjpy_ticks_2013_01_01.csv", "locked", 1, "1 locked quote"),
    ("ticks/es_like_ticks_outliers.csv", "wrong-scale", 2, "3305 and 205 around 1305"),
    ("ticks/es_like_ticks_outliers.csv", "outlier", 4, "1205, 1005, 1904.75 and 1405 around 1305"),
    ("equity_daily/wiki/*", "unsorted", None, "newest first"),
    ("equity_daily/wiki_5stocks*", "unsorted", None, "newest first"),
    ("equity_daily/etf_yahoo*", "unsorted", None, "newest first"),
    ("equity_defects/*", "unsorted", None, "newest first, though not said of these files"),
    ("crypto/other_venues/bitfinex*", "unsorted", 17577, "newest first but for 5 forward steps"),
    (
        "equity_daily/etf_yahoo_2007_2013/VTI-2008*",
        "split-like-jump",
        1,
        "raw prices, without the split of 2008-06-18",
    ),
    ("rates/us_treasury*", "non-positive", None, "yields of 0"),
    ("rates/us_primary_credit_rate.csv", "spacing", 56, "the dates of changes, and no others"),
]
"""What the README of the data says in words: file, check, how many it finds (`None`: any number), what the README says."""

BEYOND = [
    (
        "crypto/binance_2023_2025/perp/SOL*-5m*",
        "differs",
        3,
        "3 volumes disagree with the 1h file, as for BTC",
    ),
    ("crypto/other_venues/bitfinex*", "stale", 15, "15 of the 28 hours without volume come in one run or two of ten or more"),
    ("crypto/lean_minute/crypto_coinbase/ethusd/*_quote.zip", "stale", 21, "quotes that stand still for ten minutes or more"),
    (
        "crypto/lean_minute/coinbase_daily*",
        "outlier",
        1,
        "a low of 0.06 on 2017-04-15, a true print",
    ),
    (
        "equity_daily/sp500_20stocks*",
        "split-like-jump",
        1,
        "RRC is 3.322 on its first 69 days, then a third of it",
    ),
    ("equity_daily/vix_index.csv.gz", "missing", 46, "blank on holidays"),
    ("rates/wti_spot_daily.csv.gz", "missing", 290, "blank on holidays"),
    ("rates/us_treasury*", "wrong-scale", 22, "yields near 0 that double and halve; yields are no prices"),
    ("rates/us_treasury*", "split-like-jump", 6, "the same"),
    ("fx/lean_oanda/minute/*", "gaps", None, "minutes without a quote, which the README does not count"),
    ("futures/eurostoxx*", "gaps", 474, "minutes without a trade, which the README does not count"),
    ("equity_defects/8TRA*", "gaps", 1, "the session of 2023-06-01 is not there"),
    ("equity_defects/1398-HK*", "gaps", 2, "2023-09-01 and 09-08, when storms closed the exchange: sessions in the calendar"),
    ("equity_defects/AV-L-1wk-bad-stock-split-fixed.csv", "dividend-not-in-prices", 1, "the price falls a week after the dividend"),
    ("equity_defects/EA-15m*", "outlier", 2, "prints before the session far from the others, without volume"),
    ("ticks/bitstampUSD*", "wrong-scale", 2, "two trades at 15.00 on 2011-11-25, when others were at 2.5"),
    ("ticks/bitstampUSD*", "outlier", 13, "trades far from the ten before and after, in a thin market"),
    ("options/lean/*", "gaps", None, "minutes without a trade or a quote"),
    ("options/lean/*", "missing", None, "minutes in which one side of the quote is empty"),
    ("options/lean/*", "spacing", None, "contracts that are never traded in two minutes in a row"),
    ("options/lean/*", "stale", None, "quotes that stand still"),
    ("options/lean/minute/aapl/*", "outlier", 1, "one trade far from those around"),
    ("options/lean/minute/aapl/20140609*", "wrong-scale", 1, "one trade at half the price of those around"),
]
"""What is found and not in the README: file, check, how many (`None`: any number), why."""

NOT_FOUND = [
    (
        "equity_defects/AV-L-1wk-bad-stock-split.csv",
        "1 row adjusted by a split of 0.76 that came with a dividend: the fall of 28 % "
        "is near to what the dividend makes, and the mended file has it a week later",
    ),
    ("equity_defects/8TRA-DE-1d-missing-div-adjust.csv", "`Adj Close` only, which is no column of bars"),
    ("equity_defects/DODFX-1d-cg-double-count.csv.gz", "`Adj Close` only"),
    ("equity_defects/1398-HK-1d-bad-div.csv.gz", "`Adj Close` only; the dividends are right"),
    (
        "equity_daily/us9_2004_2014/dividends.csv",
        "dividends of AAPL on the basis after its split are 0.5 % of the price in place of "
        "3 %: too little to tell from a day's change",
    ),
    ("crypto/freqtrade_testdata/*-8h-mark.feather", "traded prices under the name of mark prices: both are prices"),
]
"""What the README tells and no check can find, and why."""
