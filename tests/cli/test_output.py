import pytest

from tradekit.cli.output import print_json, print_table, show


def test_print_json_is_sorted_and_ascii(capsys):
    print_json({"b": [1, None], "a": "é"})
    assert capsys.readouterr().out == '{\n  "a": "\\u00e9",\n  "b": [\n    1,\n    null\n  ]\n}\n'


def test_print_json_refuses_what_json_lacks():
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json(float("nan"))


def test_print_table_without_terminal_keeps_each_row_on_a_line(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("name", "what"), [("a", "word " * 60), ("[bold]b", ":smile: 5 %")])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0] == "name     what"
    assert lines[2] == "[bold]b  :smile: 5 %"


def test_print_table_in_a_width_wraps(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("name", "what"), [("a", "word " * 20)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 40


def test_print_table_in_a_narrow_width_puts_long_texts_below(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    print_table(("name", "kind", "what"), [("first", "[b]x", "word " * 12), ("b", "y", "[short]")], "title")
    assert capsys.readouterr().out.splitlines() == [
        "title",
        "name   kind",
        "    what",
        "first  [b]x",
        "    word word word word word",
        "    word word word word word",
        "    word word",
        "b      y",
        "    [short]",
    ]


def test_print_table_without_rows_prints_its_columns(capsys):
    print_table(("name", "what"), [])
    assert capsys.readouterr().out == "name  what\n"


def test_show_takes_strings_literally(capsys):
    show("[red]x[/red] :smile:")
    assert capsys.readouterr().out == "[red]x[/red] :smile:\n"


def test_show_without_terminal_has_no_colour_even_when_told_to(capsys, monkeypatch):
    from rich.text import Text

    monkeypatch.setenv("NO_COLOR", "1")
    show(Text("x", style="red"))
    assert capsys.readouterr().out == "x\n"


def test_print_table_aligns_numbers_to_the_right(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("name", "rows", "size", "mixed", "what"), [("a", "1,234", "0.50 MB", "1", "x"), ("b", "7", "12.00 MB", "x1", "5")])
    assert capsys.readouterr().out.splitlines() == [
        "name   rows      size  mixed  what",
        "a     1,234   0.50 MB  1      x",
        "b         7  12.00 MB  x1     5",
    ]
    monkeypatch.setenv("COLUMNS", "20")
    print_table(("name", "rows", "what"), [("a", "12", "word " * 9), ("b", "", "x")])
    assert capsys.readouterr().out.splitlines()[:3] == ["name  rows", "    what", "a       12"]
