"""What the README and the documentation show is what a reader gets."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path

from tradekit_venue.binance.market_data import ENDPOINTS
from tradekit_venue.clock import Clock
from tradekit_venue.faults import MESSAGE_FAULTS, REQUEST_FAULTS, read_fault
from tradekit_venue.loading import Rules, load
from tradekit_venue.serving import serving
from tradekit_venue.venue import Venue

from tradekit import open_source

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "plugins" / "tradekit-venue" / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "how-to" / "venue.md").read_text("utf-8")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_readme_runs_as_it_stands() -> None:
    for code in blocks(README, "python"):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own text


def test_page_runs_against_a_venue_on_the_bundled_bars(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = open_source("csv", [f'path="{ROOT / "examples" / "data" / "BTC-USDT-1h.csv.gz"}"']).source
    recording = load(source, "BTC/USDT", "bars", Rules())
    venue = Venue(Clock(recording.start), checks_timing=False)
    venue.replay(recording)
    venue.add_account("trader", {"USDT": Decimal(100_000)}, "key", "secret")
    with serving(venue) as place:
        Path("venue.json").write_text(json.dumps({"url": place.url, "token": place.token, "apiKey": "key", "secret": "secret"}))
        names = {}
        for code in blocks(PAGE, "python"):
            exec(compile(code, "venue.md", "exec"), names)  # noqa: S102 - our own text
        assert place.do(lambda open_venue: open_venue.clock.now()) == recording.start + 3_600_000


def test_scripts_of_faults_can_be_read() -> None:
    for script in [*blocks(README, "toml"), *blocks(PAGE, "toml")]:
        assert [read_fault(table) for table in tomllib.loads(script)["fault"]]


def test_readme_tells_of_every_fault() -> None:
    requests, messages = README.split("| request: `do` |")[1].split("| message: `do` |")
    for names, table in ((REQUEST_FAULTS, requests), (MESSAGE_FAULTS, messages)):
        cells = " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
        assert set(re.findall(r"`([\w-]+)`", cells)) == set(names)


def test_endpoints_that_everybody_may_ask_are_not_signed() -> None:
    assert not any(endpoint.is_signed for endpoint in ENDPOINTS.values())
