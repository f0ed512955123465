"""The page on failures names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "failures.md"


def test_each_test_that_the_page_on_failures_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8")))
    files = [*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("plugins/*/tests/**/test_*.py")]
    there = {name for path in files for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)}
    assert len(named) > 40
    assert named - there == set()


def test_each_failure_has_a_test_or_says_that_it_has_none() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "| what is done |" not in line]
    assert len(rows) > 30
    assert [row for row in rows if "`test_" not in row and "ot covered" not in row] == []
