"""The report in Markdown: what stands in it, that it is sound Markdown, and that it is one for runs of any sort."""

import re

import numpy as np
import pytest
from markdown_it import MarkdownIt
from reported import HOUR, ran, series, walk
from tradekit_report.figures import figures_of
from tradekit_report.markdown.document import document
from tradekit_report.markdown.lines import plain, table
from tradekit_report.markdown.reporter import MarkdownReporter
from tradekit_report.sanity import check

from tradekit import RunError
from tradekit.testing import ReporterContract


class TestMarkdown(ReporterContract):
    component = MarkdownReporter
    options = [{}, {"trades": 0, "drawdowns": 2, "rolling": 10}, {"checks": {"trades": 3}}]  # noqa: RUF012 - as the contract has it


def turning(index):
    return 0.9 if index % 10 == 0 else -0.4 if index % 10 == 5 else None


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    costs = "execution.costs=[{model='fee', bps=5}, {model='half-spread', bps=2}]"
    overrides = ("account.kind='margin'", costs, "risk=[{rule='max-weight', limit=0.5}]")
    return ran(tmp_path_factory.mktemp("run"), series(walk(24 * 100), HOUR), turning, *overrides)


def written(result):
    figures = figures_of(result)
    return document(result, figures, check(result, figures), 5)


def tables(text):
    """Return the cells of each table by its first head, as a reader of Markdown has them; of two alike, the first."""
    html = MarkdownIt("commonmark").enable("table").render(text)
    found = {}
    for one in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        rows = [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)] for row in one.split("</tr>")]
        found.setdefault(rows[0][0], [row for row in rows[1:] if row])
    return found


def number(text):
    return float(text.replace(" %", "").replace(",", ""))


def test_report_has_the_figures_of_the_run(result):
    found = tables(written(result))
    metrics = result.metrics
    rows = {row[0]: row[1:] for row in found["Return"]}
    assert number(rows["total return"][0]) == pytest.approx(100 * metrics["total_return"], abs=0.06)
    assert number(rows["total return"][1]) == pytest.approx(100 * metrics["benchmark_return"], abs=0.06)
    assert number(rows["Sharpe ratio"][0]) == pytest.approx(metrics["sharpe"], abs=0.006)
    assert number(next(row for row in found["Trades"] if row[0] == "win rate")[1]) == pytest.approx(
        100 * metrics["win_rate"], abs=0.06
    )
    assert [row[0] for row in found["Rule"]] == ["max-weight"]


def test_report_has_all_its_sections_and_says_what_is_missing(result):
    text = written(result)
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert heads == [
        "Key figures",
        "What to doubt",
        "What it rests on",
        "Returns by month",
        "Drawdowns",
        "How periods returned",
        "Contributions",
        "By group",
        "Trades",
        "Costs",
        "Risk rules",
        "Not told",
        "What ran",
    ]
    assert "- factors: no series of factors are given (factors = 'FILE')" in text


def test_contributions_of_the_report_add_up(result):
    found = tables(written(result))
    for name in ("Instrument", "From prices to profit"):
        *parts, total = found[name]
        assert sum(number(row[1]) for row in parts) == pytest.approx(number(total[1]), abs=1.5)


def test_columns_of_each_table_line_up_in_plain_text(result):
    blocks = re.findall(r"(?:^\|.*\n)+", written(result), re.MULTILINE)
    assert len(blocks) > 15
    for block in blocks:
        lines = block.splitlines()
        bars = [[at for at, letter in enumerate(line) if letter == "|" and line[at - 1] != "\\"] for line in lines]
        # The last column may be ragged where it is of text.
        assert all(one[:-1] == bars[0][:-1] for one in bars), block


def test_worst_trades_are_not_among_the_best(tmp_path):
    few = ran(tmp_path, series(walk(25)), turning)
    figures = figures_of(few)
    text = document(few, figures, (), 5)
    rows = tables(text[text.index("## Trades") :])["Trades"]
    assert few.metrics["trades"] < 10
    listed = [row for row in rows if len(row) == 9]
    assert len({tuple(row[1:]) for row in listed}) == len(listed) == few.metrics["trades"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a|b", r"a\|b"), ("*x*", r"\*x\*"), ("<b>", "&lt;b>"), ("two\nlines", "two lines"), ("−1 %–", "-1 %-")],  # noqa: RUF001 - signs
)
def test_text_with_marks_is_text(text, wanted):
    assert plain(text) == wanted


def test_table_without_rows_is_none():
    assert list(table(["A", "B"], [])) == []


def test_names_with_marks_don_t_break_tables(tmp_path):
    result = ran(tmp_path, {"A|B": series(walk(60)), "<C>": series(walk(60, 2))}, turning, "account.kind='margin'")
    found = tables(written(result))
    assert {row[0] for row in found["Instrument"]} == {"A|B", "&lt;C&gt;", "total"}


@pytest.mark.parametrize("sort", ["empty", "lost"])
def test_runs_with_nothing_to_tell_have_a_report(tmp_path, sort):
    plunge = np.array([100.0] * 5 + [10.0] * 5)
    if sort == "empty":
        text = written(ran(tmp_path, series(walk(40)), {}))
        assert "**Nothing was traded in 39 days.**" in text
        assert "- excursions: there are no trades" in text
    else:
        text = written(ran(tmp_path, series(plunge, open=plunge), {1: 4.0}, "account.kind='margin'", "account.leverage=5"))
        assert "equity was 0 or below" in text
    assert not re.search(r"\b(nan|inf)\b", text)
    assert "None" not in text.replace("None of", "")


def test_report_that_can_t_be_written_is_an_error(result, tmp_path):
    (tmp_path / "report.md").mkdir()
    with pytest.raises(RunError, match=r"^report '.*report.md' can't be written: "):
        MarkdownReporter(MarkdownReporter.Options()).report(result, tmp_path)
