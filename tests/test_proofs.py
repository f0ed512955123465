"""What `pytest --proof` tries, and what it writes."""

import pytest

from proofs import BEGIN, END, Matrix, Row, Told, Writer, deep, rewritten, words

AT = "4e32905164e0"
PAGE = f"# A proof\n\n{BEGIN}what was before\n{END}\nIts end.\n"


@pytest.fixture
def whole(monkeypatch):
    monkeypatch.setitem(deep.__globals__["_depth"], "is_whole", True)


def test_matrix_gives_a_sample_that_lies_evenly(monkeypatch):
    monkeypatch.setitem(deep.__globals__["_depth"], "is_whole", False)
    found = Matrix()
    assert list(found.seeds(3, 10)) == [0, 1, 2]
    assert found.some(list("abcdefgh"), 3) == ["a", "c", "f"]
    assert found.count == 3
    assert found.some(["a"], 3) == ["a"]


def test_matrix_gives_all_where_all_is_asked_for(whole):
    found = Matrix()
    assert found.some(list("abc"), 1) == ["a", "b", "c"]
    assert (found.count, len(found.seeds(3, 10))) == (3, 10)


def test_page_tells_what_was_run_and_keeps_the_rest():
    rows = [
        Row("p", "one thing", 1200, "holds", 1.5),
        Row("p", "another", 2, "holds", 2.0),
        Row("p", "another", 3, "FAILS", 0.5),
        Row("p", "none", 7, "skipped", 0.0),
    ]
    text = rewritten(PAGE, rows, AT)
    assert text.startswith(f"# A proof\n\n{BEGIN}Commit `")
    assert "; 4 s on one core.\n" in text
    at = f"`{AT}`"
    lines = (
        f"| one thing | 1,200 | holds | 1.5 | {at} |",
        f"| another | 5 | FAILS | 2.5 | {at} |",
        f"| none | 0 | skipped | 0.0 | {at} |",
    )
    assert "\n".join(lines) + "\n" + END in text
    assert text.endswith(f"{END}\nIts end.\n")
    assert "what was before" not in text


def test_page_keeps_what_was_not_run_this_time():
    told = (Told("a", "b", "c"),)
    first = rewritten(PAGE, [Row("p", "one thing", 1, "holds", 1.5, told), Row("p", "another", 2, "holds", 2.0, told)], AT)
    again = rewritten(first, [Row("p", "another", 7, "holds", 3.0, (Told("d", "e", "f"),))], "c4c49b01e0f3")
    assert f"| one thing | 1 | holds | 1.5 | `{AT}` |\n| another | 7 | holds | 3.0 | `c4c49b01e0f3` |" in again
    assert "## One thing\n\n| case | what it is | what came of it |\n| --- | --- | --- |\n| a | b | c |\n" in again
    assert "| d | e | f |" in again
    assert again.count("| a | b | c |") == 1
    assert again.count("## Another") == 1


def test_page_without_its_markers_is_refused():
    with pytest.raises(ValueError, match="a page of a proof needs a line '<!-- proof -->' and after it a line '<!-- end -->'"):
        rewritten("# A proof\n", [], AT)


def test_words_of_a_test_leave_out_where_it_stands_and_its_parameters():
    assert words("tests/test_x.py::test_money_is_conserved[3-a]") == "money is conserved"


def test_writer_keeps_the_worst_of_a_test_and_its_last_count_and_gives_each_part_a_row(tmp_path, monkeypatch):
    class Report:
        duration = 1.0

        def __init__(self, case, outcome, when="call", **told):
            self.nodeid, self.when = f"tests/test_x.py::test_it[{case}]", when
            self.failed, self.skipped = outcome == "failed", outcome == "skipped"
            self.user_properties = [("page", "p"), ("cases", 0), *told.items()]

    writer = Writer()
    for report in (
        Report(1, "passed", "setup"),
        Report(1, "failed"),
        Report(1, "passed", "teardown", cases=9, part=""),
        Report(2, "passed", "teardown", cases=4, part="okx"),
        Report(3, "passed", "setup"),
        Report(4, "failed", "setup"),
    ):
        writer.pytest_runtest_logreport(report)
    rows = list(writer.rows.values())
    assert rows[:2] == [Row("p", "it", 9, "FAILS", 3.0), Row("p", "it, okx", 4, "holds", 1.0)]
    # The third was interrupted, and the fourth had no more to do.
    monkeypatch.setitem(Writer.pytest_sessionfinish.__globals__, "PAGES", tmp_path)
    (tmp_path / "p.md").write_text(PAGE)
    writer.pytest_sessionfinish()
    written = (tmp_path / "p.md").read_text()
    assert "| it | 10 | FAILS | 4.0 |" in written
    assert "| it, okx | 4 | holds | 1.0 |" in written
