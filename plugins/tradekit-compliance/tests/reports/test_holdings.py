from datetime import date
from xml.etree import ElementTree as ET

import pytest
from acting import MINUTE, Script, series
from tradekit_compliance.reports.holdings import NAMESPACE, holdings_at, information_table, mistakes, quarter_end, read_securities
from tradekit_compliance.surveillance.market import Market

from tradekit import ConfigError

HEAD = "symbol,issuer,title,cusip,figi,put_call,discretion,voting\n"
ROW = "ACME,ACME & SONS INC,COM,004446100,BBG000BPH459,,SOLE,None\n"


def held(units=25_000.0, price=12.346, text=HEAD + ROW, tmp_path=None, omits_small=False):
    script = Script()
    script.trade(0, units, price)
    path = tmp_path / "securities.csv"
    path.write_text(text, encoding="utf-8")
    market = Market({"ACME": series([price] * 3)}, MINUTE)
    return holdings_at(script.done(), market, date(2024, 3, 31), read_securities(path), omits_small)


def parsed(text):
    return ET.fromstring(text.encode())  # noqa: S314 - our own text


def test_table_has_the_elements_of_the_form_in_their_order(tmp_path):
    root = parsed(information_table(held(tmp_path=tmp_path)))
    assert list(mistakes(root)) == []
    row = root[0]
    assert [element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in row] == [
        "nameOfIssuer",
        "titleOfClass",
        "cusip",
        "figi",
        "value",
        "shrsOrPrnAmt",
        "investmentDiscretion",
        "votingAuthority",
    ]
    assert [element.text for element in row if not len(element)] == [
        "ACME & SONS INC",
        "COM",
        "004446100",
        "BBG000BPH459",
        "308650",
        "SOLE",
    ]
    assert [[part.text for part in element] for element in row if len(element)] == [["25000", "SH"], ["0", "0", "25000"]]


@pytest.mark.parametrize(("units", "value"), [(1.0, 12), (2.0, 25), (4.0, 49)])
def test_value_is_in_whole_dollars_to_the_nearest(tmp_path, units, value):
    assert [one.value for one in held(units, tmp_path=tmp_path)] == [value]


def test_short_positions_are_left_out_and_small_ones_if_asked(tmp_path):
    assert held(-25_000.0, tmp_path=tmp_path) == []
    for units, price, count in ((9_999.0, 20.0, 0), (10_000.0, 1.0, 1), (9_999.0, 20.01, 1)):
        assert len(held(units, price, tmp_path=tmp_path, omits_small=True)) == count
    with pytest.raises(ConfigError, match="nothing that belongs into the table was held long"):
        information_table([])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("OTHER,OTHER INC,COM,004446100,,,,\n", "'ACME', of which 25000 units are held on 2024-03-31, isn't described"),
        (ROW.replace("004446100", "00444610"), "row 1: cusip can't be '00444610'"),
        (ROW.replace("SOLE", "MINE"), "row 1: investmentDiscretion can't be 'MINE'"),
        (ROW.replace("& SONS", "<>"), "row 1: nameOfIssuer can't be 'ACME <> INC'"),
        (ROW.replace("INC", "X" * 150), "row 1: nameOfIssuer can't be"),
        (ROW.replace(",,SOLE", ",PUT,SOLE"), "row 1: putCall can't be 'PUT'"),
        (ROW.replace(",None", ",All"), "voting must be Sole, Shared or None, not 'All'"),
        (ROW + ROW, "line 3: 'ACME' is there already"),
    ],
)
def test_security_that_the_form_would_refuse_is_refused(tmp_path, row, message):
    with pytest.raises(ConfigError, match=message):
        information_table(held(text=HEAD + row, tmp_path=tmp_path))


def test_part_of_a_unit_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"0.5 units of 'ACME' are held on 2024-03-31, and Form 13F has whole ones only"):
        held(0.5, tmp_path=tmp_path)


ROWS = {
    "nameOfIssuer": "<infoTable><titleOfClass/></infoTable>",
    "their order is": "<infoTable>{tail}{head}</infoTable>",
    "value can't be '1.5'": "<infoTable>{head}<value>1.5</value>{tail}</infoTable>",
    "value can't be '-1'": "<infoTable>{head}<value>-1</value>{tail}</infoTable>",
    "sshPrnamtType can't be 'SHARES'": "<infoTable>{head}<value>1</value>{tail}</infoTable>",
}
HEADS = "<nameOfIssuer>A</nameOfIssuer><titleOfClass>COM</titleOfClass><cusip>004446100</cusip>"
TAIL = (
    "<shrsOrPrnAmt><sshPrnamt>1</sshPrnamt><sshPrnamtType>SHARES</sshPrnamtType></shrsOrPrnAmt>"
    "<investmentDiscretion>SOLE</investmentDiscretion>"
    "<votingAuthority><Sole>1</Sole><Shared>0</Shared><None>0</None></votingAuthority>"
)


@pytest.mark.parametrize("message", ROWS)
def test_mistakes_of_a_table_are_found(message):
    row = ROWS[message].format(head=HEADS, tail=TAIL)
    found = list(mistakes(parsed(f'<informationTable xmlns="{NAMESPACE}">{row}</informationTable>')))
    assert any(message in one for one in found) or (message == "their order is" and "has no value" in found[0])


def test_other_root_and_no_rows_are_mistakes():
    assert "its root is 'table'" in next(mistakes(parsed("<table/>")))
    assert list(mistakes(parsed(f'<informationTable xmlns="{NAMESPACE}"/>'))) == ["it has 0 rows; allowed are 1 to 250,000"]


def test_quarter_ends_on_its_last_day():
    assert [quarter_end(f"2023Q{k}").isoformat()[5:] for k in (1, 2, 3, 4)] == ["03-31", "06-30", "09-30", "12-31"]
    with pytest.raises(ConfigError, match="'2023Q5' is no quarter; write it as 2023Q4"):
        quarter_end("2023Q5")
