"""The reports that the documentation shows."""

import importlib
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "how-to" / "report.md"


def test_reports_are_small_and_those_that_the_page_leads_to(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        reports = importlib.import_module("example_reports")
    written = reports.write_reports(tmp_path)
    assert [path.name for path in written] == re.findall(r"\.\./reports/([\w.]+)\"", PAGE.read_text("utf-8"))
    assert [path.stem for path in written] == list(reports.EXAMPLES)
    for path in written:
        assert 100_000 < path.stat().st_size < 800_000
        assert 'id="market-chart"' in path.read_text("utf-8")
