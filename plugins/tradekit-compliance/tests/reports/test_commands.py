"""The commands, on a run of bundled data with checks, and on the audit log that the same run has kept."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradekit_compliance.reports.command import compliance_command
from tradekit_compliance.surveillance.command import surveil_command

import tradekit

EXAMPLES = Path(__file__).parents[4] / "examples" / "data"
RUN = """
[run]
name = "checked"
start = 2010-01-01
end = 2012-12-31
[account]
currency = "USD"
capital = 1_000_000
kind = "margin"
[data]
source = "csv"
path = "{data}"
instruments = ["AMD", "INTC"]
interval = "1d"
[[instrument]]
symbol = "AMD"
lot = 1
[[instrument]]
symbol = "INTC"
lot = 1
[strategy]
name = "breakout"
[[risk]]
rule = "fixed-fraction"
fraction = 0.3
[[risk]]
rule = "restricted-list"
restricted = "restricted.csv"
[[risk]]
rule = "order-size"
missing = "warn"
[[risk]]
rule = "price-collar"
[[risk]]
rule = "position-limit"
limit = 0.16
[execution]
costs = [{{ model = "fee", per_unit = 0.005 }}]
[[report]]
name = "audit-log"
folder = "log"
heads = "heads"
"""
SECURITIES = "symbol,issuer,title,cusip\nAMD,ADVANCED MICRO DEVICES INC,COM,007903107\nINTC,INTEL CORP,COM,458140100\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run, made once."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "restricted.csv").write_text("symbol,list,from,until\nAMD,restricted,2011-01-01,2011-12-31\nINTC,watch,,\n")
    (folder / "run.toml").write_text(RUN.format(data=(EXAMPLES / "us-stocks-1d.csv.gz").as_posix()))
    (folder / "securities.csv").write_text(SECURITIES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tradekit.run("run.toml")
    return folder


@pytest.fixture(autouse=True)
def _inside(place, monkeypatch):
    monkeypatch.chdir(place)


def told(command, *arguments, code=0):
    """Return what a command prints."""
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == code, result.output or result.exception
    return result.output


def result_of_run(place):
    return tradekit.read_result(next((place / "runs").glob("*-checked")))


def test_verdicts_and_reasons_of_checks_are_in_the_result_of_a_run(place):
    journal = result_of_run(place).journal.to_pandas()
    verdicts = journal[journal["event"] == "verdict"]
    refused = verdicts[(verdicts["rule"] == "restricted-list") & (verdicts["detail"] == "reject")]
    assert set(refused["symbol"]) == {"AMD"}
    assert set(refused["time"].dt.year) == {2011}
    assert refused["text"].str.startswith("'AMD' is on the restricted list (restricted.csv ").all()
    warned = verdicts[verdicts["rule"] == "order-size"]["text"]
    assert set(warned) == {"warning: UNKNOWN: no file of daily volumes is named; set volumes, or adv_percent = 'none'"}
    fills = journal[(journal["event"] == "fill") & (journal["symbol"] == "AMD") & (journal["time"].dt.year == 2011)]
    assert set(refused["order"]).isdisjoint(fills["order"])


@pytest.mark.parametrize("target", ["last", "log"])
def test_surveillance_finds_the_same_in_a_run_and_in_its_log(target):
    output = told(surveil_command, target, "--data", "run.toml", "--alerts", f"alerts-{target}", "--json", code=1)
    found = json.loads(output)
    assert {one["detector"] for one in found["alerts"]} == {"S07"}
    assert len(found["alerts"]) == 15
    assert set(found["unknown"]) == {"S03", "S08"}
    again = json.loads(told(surveil_command, target, "--data", "run.toml", "--alerts", f"alerts-{target}", "--json", code=1))
    assert again == found


def test_alert_is_disposed_of_by_a_record_and_stays(place):
    told(surveil_command, "last", "--data", "run.toml", code=1)
    name = told(compliance_command, "alerts", "last").split(" ")[0]
    arguments = ["--decision", "explained", "--reason", "sold within five days", "--by", "A desk"]
    assert told(compliance_command, "dispose", "last", name, *arguments) == f"{name}: explained\n"
    assert "explained by A desk at " in told(compliance_command, "alerts", "last").split("\n")[1]
    output = told(surveil_command, "last", "--data", "run.toml", code=1)
    assert f"{name}  disposed" in output
    assert "14 of 15 alerts are open" in output
    failed = CliRunner().invoke(compliance_command, ["dispose", "last", "S99-0", *arguments])
    assert "there is no alert 'S99-0'" in str(failed.exception)
    failed = CliRunner().invoke(compliance_command, ["dispose", "last", name, *arguments[:3], " ", *arguments[4:]])
    assert "an alert is disposed of with a reason and by somebody" in str(failed.exception)


@pytest.mark.parametrize("target", ["last", "log"])
def test_blotter_adds_up_to_the_fills(place, target):
    assert told(compliance_command, "blotter", target, "--out", "blotter.csv", "--settle-days", "1").endswith(
        "trades in blotter.csv\n"
    )
    with (place / "blotter.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    fills = result_of_run(place).fills.to_pandas().to_dict("records")
    assert len(rows) == len(fills)
    for row, fill in zip(rows, fills, strict=True):
        side = 1 if row["side"] == "buy" else -1
        assert (side * float(row["quantity"]), float(row["price"]), float(row["fee"])) == (
            fill["quantity"],
            fill["price"],
            fill["fee"],
        )
        assert Decimal(row["net"]) == -side * Decimal(row["quantity"]) * Decimal(row["price"]) - Decimal(row["fee"])
    assert {row["algo"] for row in rows} == {"breakout"}
    assert all(row["settle_date"] > row["trade_time"][:10] for row in rows)


def test_blotter_is_parquet_if_its_name_says_so(place):
    import pyarrow.parquet as pq

    told(compliance_command, "blotter", "last", "--out", "blotter.parquet")
    assert pq.read_metadata(place / "blotter.parquet").num_rows == len(result_of_run(place).fills)


def test_costs_need_the_market_and_are_told_for_each_order():
    failed = CliRunner().invoke(compliance_command, ["costs", "last"])
    assert "this needs the market around the account" in str(failed.exception)
    found = json.loads(told(compliance_command, "costs", "last", "--data", "run.toml", "--json"))
    # Nothing is assumed of slippage in this run, so every fill has the price on arrival.
    assert {one["shortfall"]["execution"] for one in found["orders"] if one["filled"] != "0"} == {"0"}
    assert told(compliance_command, "costs", "last", "--data", "run.toml").count("\n") == len(found["orders"]) + 2


def test_holdings_are_written_for_a_quarter(place):
    arguments = ["--data", "run.toml", "--quarter", "2010Q1", "--securities", "securities.csv", "--out", "table.xml"]
    output = told(compliance_command, "holdings", "last", *arguments)
    assert "on 2010-03-31 in table.xml" in output
    assert "less than $100,000,000" in output
    assert (place / "table.xml").read_text().count("<infoTable>") == int(output.split(" ")[0])


def test_violations_are_told_as_a_page_and_as_json(place):
    arguments = ["--data", "run.toml", "--alerts", "alerts-none"]
    told(compliance_command, "violations", "last", *arguments, "--out", "page.json")
    found = json.loads((place / "page.json").read_text())
    rules = {one["rule"]: one for one in found["checks"]}
    assert rules["restricted-list"]["refused"] == sum(one["rule"] == "restricted-list" for one in found["blocks"]) > 0
    assert rules["order-size"]["unknown"] == rules["order-size"]["judged"] == rules["order-size"]["warned"]
    assert "P12 approved-algorithms" in found["not_run"]
    told(compliance_command, "violations", "last", *arguments, "--out", "page.html")
    page = (place / "page.html").read_text()
    assert page.count("<h2>") == 5
    assert "&#x27;AMD&#x27; is on the restricted list" in page


def test_rules_are_told_with_what_they_are_modelled_on_and_why():
    found = json.loads(told(compliance_command, "rules", "--json"))
    assert [one["number"] for one in found] == [
        *("P01", "P02", "P03", "P04", "P05", "P05", "P06", "P06", "P07", "P11", "P12", "P14"),
        *("S01", "S02", "S03", "S07", "S08", "S10"),
    ]
    assert all(one["modelled_on"] for one in found)
    page = told(compliance_command, "rules")
    assert "P01 price collar (price-collar)\n    modelled on SEC 15c3-5(c)(1)(ii)" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no run or log 'nowhere'"),
        (["."], "is neither the folder of a run"),
        (["last", "--parameter", "S01"], "--parameter 'S01' is none; write it as S01.pairs=5"),
        (["last", "--parameter", "S09.pairs=5"], "there is no detector 'S09'"),
        (["last", "--parameter", "S01.pear=5"], "its parameters are pairs, volume_percent, gap_s"),
        (["last", "--data", "run.toml", "--interval", "soon"], "'soon' is no interval of bars"),
        (["last", "--runs", "elsewhere"], "there are no runs in 'elsewhere'"),
    ],
)
def test_surveillance_of_what_can_not_be_is_refused(arguments, message):
    failed = CliRunner().invoke(surveil_command, arguments)
    assert isinstance(failed.exception, tradekit.ConfigError)
    assert message in str(failed.exception)
