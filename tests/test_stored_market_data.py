"""Every file of the development data through a store: imported, verified, checked, exported, and run as from the file itself."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from market_files import NOT_RUN, asked, cases, content, options_of, source_of
from market_runs import Data, data_of, run_file
from proofs import Matrix, deep
from quality_measure import action_tables, measure
from stored_market import Case, Shelf, command, done, import_words
from tradekit import Instrument
from tradekit.builtin.store import StoreSource
from tradekit.data.quality.finding import score_of
from tradekit.data.store.folder import Store
from tradekit.data.store.kinds import LAYOUTS
from tradekit.engine.folder import TABLES
from tradekit.engine.run import run
from tradekit.errors import DataError

SMALL = 12_000
"""Bytes of the files of which the tests try some."""
BARS_OF_A_RUN = 60
"""About how many bars the trades of a file are made into."""
EXPORTED = 3
"""How many data sets of each file are exported."""
ENDINGS = (".csv", ".csv.gz", ".parquet")


def all_cases() -> list[Case]:
    root = Path(os.environ.get("TRADEKIT_TEST_DATA", ""))
    return [Case(number, entry, path, root) for number, (entry, path) in enumerate(cases(root))]


def readable() -> list[Case]:
    return [case for case in all_cases() if not case.is_unreadable]


def some(matrix: Matrix, found: list[Case], sample: int) -> list[Case]:
    """Return all cases, or some of those with a small file."""
    return matrix.some([case for case in found if deep(0, 1) or case.path.stat().st_size < SMALL], sample)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    return Shelf(tmp_path_factory.mktemp("stores"))


def wanted(case: Case) -> Mapping[str, Mapping[str, Any]]:
    """Return what the source gives for a file, by symbol and column, in the order in which it is kept."""
    layout, found = LAYOUTS[case.entry.kind], {}
    for symbol, data in content(case.entry, case.path).items():
        columns = {name: np.asarray(getattr(data, name)) for name in layout.columns}
        order = np.argsort(columns[layout.time], kind="stable") if case.is_sorted else slice(None)
        found[symbol] = {name: column[order] for name, column in columns.items()}
    return found


@pytest.mark.proof("data")
def test_market_data_that_are_imported_verify_and_read_back_equal_to_the_bit(market_data, matrix, shelf):
    for case in some(matrix, readable(), sample=8):
        kept, expected = shelf.of(case), wanted(case)
        assert {one["rows"] for one in kept.imported} == {
            len(columns[LAYOUTS[case.entry.kind].time]) for columns in expected.values()
        }
        source = StoreSource(StoreSource.Options(path=kept.folder))
        read = asked(replace(case.entry, symbols=tuple(expected)), source)
        assert list(read) == list(expected), str(case)
        for symbol, columns in expected.items():
            different = [name for name, column in columns.items() if not is_same(getattr(read[symbol], name), column)]
            assert not different, (str(case), symbol)
        known = {one.symbol: one for one in source_of(case.entry, case.path).instruments()}
        for one in source.instruments():
            fact = known.get(one.symbol, Instrument(one.symbol))
            assert one == replace(fact, calendar=case.calendar or fact.calendar), str(case)
        assert "are what was written" in done(kept.folder, "verify")


def is_same(found: Any, expected: Any) -> bool:
    return found.dtype == expected.dtype and found.tobytes() == expected.tobytes()


@pytest.mark.proof("data")
def test_market_data_that_no_source_can_read_are_not_imported_either(market_data, matrix, tmp_path):
    for case in matrix.some([case for case in all_cases() if case.is_unreadable], sample=1):
        code, said = command("data", *import_words(case), "--store", str(tmp_path / "store"))
        assert code == 4
        assert case.entry.refused in said
        assert Store(tmp_path / "store").keys() == []


@pytest.mark.proof("data")
def test_checks_find_in_the_store_what_they_find_in_the_file(market_data, matrix, shelf):
    checked = [case for case in readable() if case.entry.kind in ("bars", "trades", "quotes", "book")]
    for case in some(matrix, checked, sample=6):
        kept = shelf.of(case)
        code, said = command("data", "check", "--store", str(kept.folder), "--json")
        reports = {report["data"]: report for report in json.loads(said)}
        assert code == (4 if any(one["verdict"] == "refused" for report in reports.values() for one in report["findings"]) else 0)
        for direct in measure(case.entry, case.path, market_data):
            report = reports[case.data_set(direct.symbol)]
            # Out of order is what no store keeps: the rows were sorted when they were imported.
            findings = [finding for finding in direct.findings if finding.check != "unsorted"]
            about = ("check", "verdict", "count", *(() if case.is_sorted else ("at",)))
            found = [[one[name] for name in about] for one in report["findings"]]
            assert found == [[finding.facts()[name] for name in about] for finding in findings], str(case)
            assert (report["rows"], report["quality"]) == (direct.rows, score_of(findings, direct.rows)), str(case)


@pytest.mark.proof("data")
def test_market_data_that_are_exported_are_the_same_when_imported_again(market_data, matrix, shelf, tmp_path):
    # Actions are exported with the numbers of their kinds, and read from a table for each kind.
    exported = [case for case in readable() if case.entry.kind != "actions"]
    for number, case in enumerate(some(matrix, exported, sample=6)):
        kept, again = shelf.of(case), tmp_path / str(number)
        ending = ENDINGS[number % len(ENDINGS)]
        for name in [one["data_set"] for one in kept.imported][:EXPORTED]:
            file = tmp_path / f"rows{ending}"
            done(kept.folder, "export", name, "--to", str(file))
            key = Store(kept.folder).find([name])
            words = ["--venue", key.venue, "--symbol", key.symbol, "--kind", key.kind]
            words += ["--interval", key.interval] if key.interval else []
            if key.kind == "funding":
                words += [
                    "--set",
                    "funding.columns.value=rate",
                    "--set",
                    f"funding.mark={{path={str(file)!r}, columns={{value='mark'}}}}",
                ]
            if "spacing" in case.entry.policy:
                words += ["--spacing", "accept"]
            done(again, "import", "parquet" if ending == ".parquet" else "csv", str(file), *words)
            before, after = (Store(folder).open(key) for folder in (kept.folder, again))
            assert before.manifest.content(before.revision) == after.manifest.content(after.revision), str(case)


@pytest.mark.proof("data")
def test_strategies_give_the_same_from_the_store_as_from_the_file(market_data, matrix, shelf, tmp_path):
    for number, case in enumerate(some(matrix, [case for case in readable() if runs(case)], sample=6)):
        tables, facts = [], []
        for name, data in zip(("file", "store"), both(case, shelf), strict=True):
            folder = tmp_path / str(number) / name
            try:
                result = run(run_file(data, folder), (), folder / "runs")
            except DataError as error:  # what a run of the file refuses, one from the store refuses for the same reason
                refused = str(error).partition(" from ")[0]
                tables.append(refused)
                facts.append(refused)
                continue
            # Of rows that had to be sorted, the hash is that of what was read, and that they were is a finding.
            same = ("symbol", "rows", "quality", *(() if case.is_sorted else ("findings", "sha256")))
            facts.append([{key: fact[key] for key in same} for fact in result.data])
            (left,) = (inside for inside in (folder / "runs").iterdir() if inside.is_dir())
            tables.append([(left / f"{table}.parquet").read_bytes() for table in TABLES])
        assert facts[0] == facts[1], str(case)
        assert tables[0] == tables[1], str(case)


def runs(case: Case) -> bool:
    return not case.entry.not_run and case.entry.kind not in NOT_RUN


def both(case: Case, shelf: Shelf) -> tuple[Data, Data]:
    """Return what a run of a file says about its data, and one of what the store has of it."""
    direct = direct_data(case)
    store = shelf.of(case).folder
    kinds = tuple({key: fact[key] for key in ("symbol", "kind")} for fact in direct.facts if "kind" in fact)
    return direct, replace(direct, source="store", options={"path": store}, facts=kinds, policy=policy_of(case, is_sorted=True))


def direct_data(case: Case) -> Data:
    entry, carrier = case.entry, case.bars or case
    options = options_of(carrier.entry, carrier.path) | (options_of(entry, case.path) if case.bars else {})
    if entry.kind == "trades":
        rows = min(len(trades) for trades in content(entry, case.path).values())
        size = f"{max(rows // BARS_OF_A_RUN, 1)} trades"
        facts = [{"symbol": symbol, "calendar": case.calendar} for symbol in entry.symbols if case.calendar]
        return Data(entry.source, size, options, entry.symbols, policy_of(case), entry.waived, tuple(facts))
    if entry.kind == "bars" and (tables := action_tables(case.path, case.root)):
        options["actions"] = tables
    data = replace(data_of(carrier.entry, carrier.path), options=options, policy=policy_of(carrier))
    symbols = data.instruments or tuple(content(carrier.entry, carrier.path))
    facts = [{"symbol": symbol} | ({"calendar": carrier.calendar} if carrier.calendar else {}) for symbol in symbols]
    if entry.kind == "funding":
        facts = [fact | {"kind": "perpetual"} for fact in facts]
    # Which of them are wrong the checks have found: a run of them all the same has to say that it knows.
    return replace(data, facts=tuple(facts), waived=(*data.waived, "dividend-not-in-prices"))


def policy_of(case: Case, is_sorted: bool = False) -> Mapping[str, str]:
    """Return the policy of a run; what a store has is sorted. With a calendar, there may be rows on days that are none of its."""
    policy = {name: choice for name, choice in case.entry.policy.items() if not is_sorted or name != "unsorted"}
    return policy | ({"off_session": "drop"} if case.calendar else {})
