"""What the pages say: the run files run, and the table of exchanges is the one of the profiles."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tradekit_ccxt.profiles import Profile, recorded
from tradekit_venue.clock import Clock
from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.market import Market
from tradekit_venue.recording import Recording
from tradekit_venue.serving import serving
from tradekit_venue.venue import Venue

ROOT = Path(__file__).parents[3]
PAGE, README = ROOT / "docs" / "how-to" / "ccxt.md", Path(__file__).parents[1] / "README.md"
TABLE = re.compile(r"(<!-- table of profiles -->\n).*?(<!-- end of table -->)", re.DOTALL)
TITLES = (
    *("exchange", "market", "orders", "times in force", "post-only", "reduce-only"),
    *("looked up by our id", "late orders refused", "funding booked", "timer"),
)
HEAD = f"| {' | '.join(TITLES)} |\n|{' --- |' * len(TITLES)}\n"
OPENED_MS = 1_700_000_040_000
MINUTE_MS = 60_000


def row(exchange: str, market: str, profile: Profile) -> str:
    def yes(is_so: object) -> str:
        return "yes" if is_so else "no"

    kinds = ", ".join(kind.text for kind in sorted(profile.kinds))
    times = ", ".join(time for time in ("gtc", "ioc", "fok") if time in profile.times)
    cells = [f"`{exchange}`", market, kinds, times, yes(profile.post_only), yes(profile.reduce_only)]
    cells += [yes(profile.find or profile.narrow), yes(profile.has_window)]
    cells += ["" if market == "spot" else yes(profile.payments), yes(profile.countdown)]
    return "| " + " | ".join(cells) + " |\n"


def test_table_of_exchanges_is_that_of_the_profiles() -> None:
    text = PAGE.read_text("utf-8")
    table = HEAD + "".join(row(*one) for one in recorded())
    expected = TABLE.sub(lambda found: found[1] + table + found[2], text)
    if os.environ.get("TRADEKIT_DOCS_UPDATE") == "1":
        PAGE.write_text(expected, "utf-8")
    assert text == expected


@pytest.fixture
def url() -> Iterator[str]:
    """Give the address of a local exchange with an hour of bars."""
    venue = Venue(Clock(OPENED_MS), checks_timing=False)
    bars = []
    for k in range(60):
        begin, price = OPENED_MS - (60 - k) * MINUTE_MS, Decimal(30_000 + 40 * (k % 12))
        bars.append(Candle(begin, begin + MINUTE_MS, price, price + 10, price - 10, price + 5, Decimal(3)))
    venue.replay(Recording(Market("BTC", "USDT"), OPENED_MS, OPENED_MS + MINUTE_MS, "1m", tuple(bars), iter(()), Decimal(1)))
    with serving(venue) as place:
        yield place.url


@pytest.mark.parametrize("page", [PAGE, README], ids=["how-to", "readme"])
def test_run_file_of_the_page_runs_and_its_data_can_be_kept(
    page: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEKIT_STORE", str(tmp_path / "store"))
    text = next(text for text in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL) if "[run]" in text)
    Path("run.toml").write_text(text.replace('exchange = "binance"', f'exchange = "binance"\nurl = "{url}"\nper_second = 1000.0'))
    assert re.search(
        r"BTC/USDT: 40 bars of 1m, 2023-11-14 21:31 to 2023-11-14 22:10, from ccxt \(tradekit-ccxt [0-9.]+\) \(binance spot",
        tradekit("run", "run.toml"),
    )
    span = ["--start", "2023-11-14T21:30:00", "--end", "2023-11-14T22:00:00"]
    said = tradekit("data", "fetch", "run.toml", "--venue", "binance", *span)
    assert re.search(r"binance BTC/USDT bars 1m +30 ", said)


def tradekit(*arguments: str) -> str:
    """Return what a command prints, which must end well."""
    done = subprocess.run([Path(sys.executable).with_name("tradekit"), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())
