"""The information table of SEC Form 13F, as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

from tradekit import ConfigError
from tradekit_compliance.audit.coding import number_text
from tradekit_compliance.checks.reference_data import Row, read_reference
from tradekit_compliance.surveillance.activity import Activity
from tradekit_compliance.surveillance.market import Market

__all__ = ["NAMESPACE", "Holding", "holdings_at", "information_table", "mistakes", "quarter_end", "read_securities"]

NAMESPACE = "http://www.sec.gov/edgar/document/thirteenf/informationtable"
MOST_ROWS = 250_000
_NEEDED = ("symbol", "issuer", "title", "cusip")
_OPTIONAL = ("figi", "type", "put_call", "discretion", "other_manager", "voting")
_TOP = 10**16 - 1

_WHOLE = r"0*[0-9]{1,16}"
# The types of the schema of the information table, in the order of its elements; None stands for what has elements of its own.
_RULES: Mapping[str, tuple[str, bool]] = {
    "nameOfIssuer": (r"[A-Za-z0-9\s!\\#$(),.:;`=@'\-{}|/&]{1,150}", True),
    "titleOfClass": (r"(?s).{1,150}", True),
    "cusip": (r"[A-Za-z0-9]{9}", True),
    "figi": (r"[A-Za-z0-9]{12}", False),
    "value": (_WHOLE, True),
    "shrsOrPrnAmt": ("", True),
    "putCall": ("Put|Call", False),
    "investmentDiscretion": ("SOLE|DFND|OTR", True),
    "otherManager": (r"(?s).{1,100}", False),
    "votingAuthority": ("", True),
}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "shrsOrPrnAmt": {"sshPrnamt": _WHOLE, "sshPrnamtType": "SH|PRN"},
    "votingAuthority": {"Sole": _WHOLE, "Shared": _WHOLE, "None": _WHOLE},
}


@dataclass(frozen=True, slots=True)
class Holding:
    """A row of the table: units held at the end of the quarter, and their value in whole dollars."""

    security: Row
    units: int
    value: int


def read_securities(path: Path) -> dict[str, Row]:
    """Read what the table says of each instrument: a CSV file with `symbol`, `issuer`, `title`, `cusip`, and optionally others.

    `figi`; `type` (SH or PRN); `put_call` (Put or Call: the row then describes the underlying); `discretion` (SOLE, DFND or OTR);
    `other_manager`; `voting` (Sole, Shared or None: who votes all units).
    """
    file = read_reference(path, _NEEDED, _OPTIONAL)
    found: dict[str, Row] = {}
    for number, row in file.rows:
        if row["symbol"] in found:
            raise ConfigError(f"{str(path)!r}, line {number}: {row['symbol']!r} is there already")
        if row.get("voting", "") not in ("", *_PARTS["votingAuthority"]):
            raise ConfigError(f"{str(path)!r}, line {number}: voting must be Sole, Shared or None, not {row['voting']!r}")
        found[row["symbol"]] = row
    return found


def quarter_end(text: str) -> date:
    """Return the last day of a quarter such as `2023Q4`."""
    found = re.fullmatch(r"(\d{4})Q([1-4])", text)
    if found is None:
        raise ConfigError(f"{text!r} is no quarter; write it as 2023Q4")
    year, quarter = int(found[1]), int(found[2])
    return date(year, 12, 31) if quarter == 4 else date(year, quarter * 3 + 1, 1) - timedelta(1)


def holdings_at(
    activity: Activity, market: Market, day: date, securities: Mapping[str, Row], omits_small: bool = False
) -> list[Holding]:
    """Return what is held long at the end of a day, at the last close until then; short positions are left out, and not netted.

    `omits_small` leaves out what an instruction of the form allows to: fewer than 10,000 units worth less than $200,000. Raises
    `ConfigError` for an instrument that isn't described or has no price, and for a part of a unit.
    """
    end = round(datetime.combine(day + timedelta(1), datetime.min.time(), UTC).timestamp()) * 10**9
    units: dict[str, Decimal] = {}
    for fill in activity.fills:
        if fill.time < end:
            units[fill.symbol] = units.get(fill.symbol, Decimal(0)) + Decimal(number_text(fill.quantity))
    found = []
    for symbol, held in sorted(units.items()):
        held = held.quantize(Decimal("1e-9"))
        if held <= 0:
            continue
        price = market.close_at(symbol, end)
        if symbol not in securities or price is None:
            what = "isn't described in the file of securities" if symbol not in securities else f"has no price until {day}"
            raise ConfigError(f"{symbol!r}, of which {held.normalize():f} units are held on {day}, {what}")
        if held != held.to_integral_value():
            raise ConfigError(f"{held.normalize():f} units of {symbol!r} are held on {day}, and Form 13F has whole ones only")
        value = int((held * Decimal(number_text(price))).quantize(Decimal(1), ROUND_HALF_UP))
        if not (omits_small and held < 10_000 and value < 200_000):
            found.append(Holding(securities[symbol], int(held), value))
    return found


def information_table(holdings: Sequence[Holding]) -> str:
    """Return the table as XML. Raises `ConfigError` if it breaks a rule of the form's schema."""
    if not holdings:
        raise ConfigError("nothing that belongs into the table was held long at the end of the quarter, and a table needs a row")
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_name("informationTable"))
    for holding in holdings:
        row = holding.security
        table = ET.SubElement(root, _name("infoTable"))
        voter = row.get("voting") or "Sole"
        texts = {
            "nameOfIssuer": row["issuer"],
            "titleOfClass": row["title"],
            "cusip": row["cusip"],
            "figi": row.get("figi", ""),
            "value": str(holding.value),
            "putCall": row.get("put_call", ""),
            "investmentDiscretion": row.get("discretion") or "SOLE",
            "otherManager": row.get("other_manager", ""),
        }
        parts = {
            "shrsOrPrnAmt": {"sshPrnamt": str(holding.units), "sshPrnamtType": row.get("type") or "SH"},
            "votingAuthority": {name: str(holding.units if name == voter else 0) for name in _PARTS["votingAuthority"]},
        }
        for name in _RULES:
            if name in parts:
                inner = ET.SubElement(table, _name(name))
                for part, text in parts[name].items():
                    ET.SubElement(inner, _name(part)).text = text
            elif texts[name]:
                ET.SubElement(table, _name(name)).text = texts[name]
    wrong = next(mistakes(root), None)
    if wrong is not None:
        raise ConfigError(f"the information table would not be valid: {wrong}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def mistakes(root: ET.Element) -> Iterator[str]:
    """Yield where a table breaks a rule of the schema of the information table: its elements, their order, types and number."""
    if root.tag != _name("informationTable"):
        yield f"its root is {root.tag!r}, not informationTable of {NAMESPACE}"
        return
    if not 1 <= len(root) <= MOST_ROWS:
        yield f"it has {len(root)} rows; allowed are 1 to {MOST_ROWS:,}"
    for number, table in enumerate(root, 1):
        if table.tag != _name("infoTable"):
            yield f"row {number} is {table.tag!r}, not infoTable"
            continue
        names = [element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in table]
        allowed = [name for name in _RULES if name in names]
        lacking = [name for name, (_, is_needed) in _RULES.items() if is_needed and name not in names]
        if lacking or names != allowed:
            yield (
                f"row {number} has no {lacking[0]}"
                if lacking
                else f"row {number} has {', '.join(names)}; their order is {', '.join(_RULES)}"
            )
            continue
        for element, name in zip(table, names, strict=True):
            yield from _element_mistakes(number, name, element)


def _element_mistakes(number: int, name: str, element: ET.Element) -> Iterator[str]:
    if name not in _PARTS:
        if not re.fullmatch(_RULES[name][0], element.text or ""):
            yield f"row {number}: {name} can't be {element.text!r}"
        return
    inner = [part.tag.removeprefix(f"{{{NAMESPACE}}}") for part in element]
    if inner != list(_PARTS[name]):
        yield f"row {number}: {name} has {', '.join(inner)}, and must have {', '.join(_PARTS[name])}"
        return
    for part, key in zip(element, inner, strict=True):
        if not re.fullmatch(_PARTS[name][key], part.text or ""):
            yield f"row {number}: {key} can't be {part.text!r}"


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"
