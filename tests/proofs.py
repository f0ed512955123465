"""Two depths of proof: the tests try a sample of each large matrix; `pytest --proof` tries all of it, and writes down what it did.

A test that belongs to a proof has the marker `proof("PAGE")` and asks the fixture `matrix` for its cases, or says with
`proof("PAGE", cases=N)` how many there are. Afterwards `docs/proofs/PAGE.md` tells, between its markers, what was run; what was
not run this time stays as it was told, with the commit that it was run at. A test whose cases take hours gives each part of them a
row, so that they need not be run at once.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "proofs"
BEGIN, END = "<!-- proof -->\n", "<!-- end -->\n"

T = TypeVar("T")
_depth = {"is_whole": False}


class Told(NamedTuple):
    """What came of one kind of case: its name, what it is, and its outcome."""

    case: str
    what: str
    outcome: str


class Row(NamedTuple):
    """What one test of a proof did."""

    page: str
    what: str
    cases: int
    outcome: str
    seconds: float
    told: tuple[Told, ...] = ()


def deep(sample: T, whole: T) -> T:
    """Return which cases to try at this depth, or how many, where that must be known before a test begins."""
    return whole if _depth["is_whole"] else sample


@dataclass
class Matrix:
    """The cases of one test; it counts them."""

    count: int = 0
    part: str = ""
    """Which part of a test these cases are, where each has a row of its own."""
    told: list[Told] = field(default_factory=list)

    def tell(self, case: str, what: str, outcome: str) -> None:
        """Have the page tell what came of a kind of case."""
        self.told.append(Told(case, what, outcome))

    def seeds(self, sample: int, whole: int) -> range:
        """Return as many seeds as the depth asks for."""
        self.count = deep(sample, whole)
        return range(self.count)

    def some(self, cases: Sequence[object], sample: int) -> list[object]:
        """Return all cases, or some of them that lie evenly apart."""
        number = deep(min(sample, len(cases)), len(cases))
        self.count = number
        return [cases[k * len(cases) // number] for k in range(number)]


@pytest.fixture
def matrix(request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """The cases that a test is to try."""
    found = Matrix()
    yield found
    request.node.user_properties += [
        ("cases", found.count),
        ("part", found.part),
        ("told", [list(one) for one in found.told]),
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for all."""
    parser.addoption("--proof", action="store_true", help="try large matrices whole, and write docs/proofs/*.md")


def pytest_configure(config: pytest.Config) -> None:
    """Take the depth, and write pages at the end where it is the whole; workers of xdist leave that to the one above."""
    config.addinivalue_line("markers", "proof(page, cases=0): a part of the proof that docs/proofs/PAGE.md tells of")
    _depth["is_whole"] = config.getoption("proof")
    if _depth["is_whole"] and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Writer(), "proof-writer")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note which page each test belongs to, where its report can be seen to have it."""
    for item in items:
        marker = item.get_closest_marker("proof")
        if marker is not None:
            item.user_properties += [("page", marker.args[0]), ("cases", marker.kwargs.get("cases", 0))]


class Writer:
    """Collects what the tests of proofs did, and writes it into their pages.

    The commit is that of the beginning: what is changed while hours of tests run is not what they try. Of a test that was
    interrupted nothing is written.
    """

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.commit = commit()
        self.over: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test has done from its three reports, of which the last knows how many cases there were."""
        told = dict(report.user_properties)
        if "page" in told:
            before = self.rows.get(report.nodeid)
            outcome = "FAILS" if report.failed else "skipped" if report.skipped else "holds"
            if before is not None and before.outcome != "holds":
                outcome = before.outcome
            seconds = report.duration + (before.seconds if before else 0.0)
            if report.when == "teardown" or report.failed:
                self.over.add(report.nodeid)
            lines = tuple(Told(*one) for one in told.get("told", ()))
            what = words(report.nodeid) + (f", {told['part']}" if told.get("part") else "")
            self.rows[report.nodeid] = Row(told["page"], what, told["cases"] or 1, outcome, seconds, lines)

    def pytest_sessionfinish(self) -> None:
        """Write each page of which a test was run."""
        done = [row for node, row in self.rows.items() if node in self.over]
        for page in sorted({row.page for row in done}):
            path = PAGES / f"{page}.md"
            rows = [row for row in done if row.page == page]
            path.write_text(rewritten(path.read_text("utf-8"), rows, self.commit), "utf-8")


def words(node: str) -> str:
    """Return in words what a test proves, whatever its parameters."""
    return node.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")


def rewritten(text: str, rows: Sequence[Row], at: str) -> str:
    """Return a page with what was run between its markers, and the commit that it was run at."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"a page of a proof needs a line {BEGIN.strip()!r} and after it a line {END.strip()!r}")
    before = rest.partition(END)[0]
    return "".join([head, begin, *(line + "\n" for line in told(rows, before, at)), end, tail])


def kept(before: str, rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Return the rows and the sections of a page that are about what was not run this time."""
    run = {row.what for row in rows}
    table, *sections = before.split("\n## ")
    lines = [line for line in table.splitlines() if line.count("|") == 6 and line.endswith("` |")]
    texts = [f"## {text.rstrip()}" for text in sections if text.partition("\n")[0].lower() not in {what.lower() for what in run}]
    return [line for line in lines if line.split("|")[1].strip() not in run], texts


def told(rows: Sequence[Row], before: str, at: str) -> Iterator[str]:
    """Give the lines of a table of what was run, and of what was told before of what was not."""
    is_compiled = "compiled" if _is_compiled() else "uncompiled"
    seconds, (lines, sections) = sum(row.seconds for row in rows), kept(before, rows)
    where = f"Python {platform.python_version()} on {sys.platform}, simulator {is_compiled}"
    yield f"Commit `{at}`, {where}; {seconds:.0f} s on one core."
    yield ""
    yield "| what | cases | result | seconds | commit |"
    yield "| --- | ---: | --- | ---: | --- |"
    yield from lines
    for what in dict.fromkeys(row.what for row in rows):
        same = [row for row in rows if row.what == what]
        done = [row for row in same if row.outcome != "skipped"]
        cases, spent = sum(row.cases for row in done), sum(row.seconds for row in same)
        outcome = "FAILS" if any(row.outcome == "FAILS" for row in same) else "holds" if done else "skipped"
        yield f"| {what} | {cases:,} | {outcome} | {spent:.1f} | `{at}` |"
    for text in sections:
        yield ""
        yield text
    for what in dict.fromkeys(row.what for row in rows if row.told):
        yield ""
        yield f"## {what[0].upper()}{what[1:]}"
        yield ""
        yield "| case | what it is | what came of it |"
        yield "| --- | --- | --- |"
        for line in (line for row in rows if row.what == what and row.outcome == "holds" for line in row.told):
            yield f"| {line.case} | {line.what} | {line.outcome} |"


def commit() -> str:
    """Return the commit that is checked out, and whether something has changed since."""
    try:
        told = ["git", "-C", str(ROOT)]
        found = subprocess.run(
            [*told, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*told, "status", "--porcelain", "src", "tests", "plugins"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{found} with changes" if changed else found


def _is_compiled() -> bool:
    from tradekit.simulator.build import is_compiled

    return is_compiled()
