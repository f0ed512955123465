"""Run files that can't even be read as TOML."""

import re

import pytest

from tradekit.engine.document import read_document
from tradekit.errors import ConfigError


def written(folder, content):
    path = folder / "run.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        read_document(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[run]\nname 'x'\n", "line 2, column 6", "not valid TOML: expected '=' after a key in a key/value pair"),
        ("[run]\nmode = backtest\n", "line 2, column 8", "not valid TOML: invalid value; text needs quotes"),
        ("[run\n", "line 1, column 5", "not valid TOML: expected ']' at the end of a table declaration"),
        ("[run]\nseed = 1\nseed = 2", "line 3, column 9", "key 'seed' is there twice in its table"),
        (
            "[run]\n[data]\n[run]\n",
            "line 3, column 5",
            "table [run] is there twice; put its keys together, or write [[...]] each time",
        ),
        ("risk = []\n[[risk]]\n", "line 2, column 7", "table [[risk]] is there twice"),
        ("a = 1\n\nb = [1,\n2\n[run]\n", "line 5, column 1, in what begins on line 3", "not valid TOML: unclosed array"),
        ('a = 1\nb = """\nc', "line 2", "not valid TOML: unterminated string"),
        ('a = "x', "line 1, column 7", "not valid TOML: a text in quotes must end on its line"),
    ],
)
def test_read_document_that_is_no_toml_names_line_and_column(tmp_path, text, place, message):
    path = written(tmp_path, text)
    said = refusal(path)
    assert said.startswith(f"{path}, {place}: ")
    assert message in said


@pytest.mark.parametrize("text", ["", " \n\n", "# only a comment\n"])
def test_read_document_that_is_empty_names_the_way_out(tmp_path, text):
    path = written(tmp_path, text)
    assert refusal(path) == f"{path}: the run file is empty; 'tradekit init DIR' writes one that works"


def test_read_document_that_is_missing_names_a_near_one(tmp_path):
    written(tmp_path, "a = 1")
    assert refusal(tmp_path / "runn.toml") == f"no run file {str(tmp_path / 'runn.toml')!r}; did you mean 'run.toml'?"


def test_read_document_in_a_missing_folder_is_refused(tmp_path):
    assert refusal(tmp_path / "none" / "run.toml") == f"no run file {str(tmp_path / 'none' / 'run.toml')!r}"


def test_read_document_that_is_a_folder_names_a_file_in_it(tmp_path):
    path = written(tmp_path, "a = 1")
    assert refusal(tmp_path) == f"{str(tmp_path)!r} is a folder, not a run file; name a .toml file, such as {str(path)!r}"


def test_read_document_that_is_an_empty_folder_is_refused(tmp_path):
    assert refusal(tmp_path) == f"{str(tmp_path)!r} is a folder, not a run file; name a .toml file"


def test_read_document_without_permission_says_so(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    assert refusal(tmp_path / "run.toml") == f"run file {str(tmp_path / 'run.toml')!r} can't be read: permission denied"


def test_read_document_in_latin_1_names_line_and_byte(tmp_path):
    path = written(tmp_path, "[run]\nname = 'café'\n".encode("latin-1"))
    assert refusal(path) == f"{path}, line 2: byte 0xe9 is not UTF-8; save the run file as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_read_document_in_utf_16_says_how_to_save_it(tmp_path, encoding):
    path = written(tmp_path, "[run]\nname = 'x'\n".encode(encoding))
    assert refusal(path) == f"{path}: the run file is not UTF-8 but looks like UTF-16; save it as UTF-8"


def test_read_document_with_a_byte_order_mark_reads_it(tmp_path):
    assert read_document(written(tmp_path, "[run]\nname = 'x'\n".encode("utf-8-sig"))).values == {"run": {"name": "x"}}


def test_read_document_with_windows_line_ends_reads_it(tmp_path):
    assert read_document(written(tmp_path, b"[run]\r\nname = 'x'\r\n")).values == {"run": {"name": "x"}}


def test_read_document_applies_overrides_and_keeps_the_text(tmp_path):
    document = read_document(written(tmp_path, "[run]\nseed = 1\n"), ["run.seed=2"])
    assert document.values == {"run": {"seed": 2}}
    assert document.text == "[run]\nseed = 1\n"
    assert [override.text for override in document.overrides] == ["run.seed=2"]


def test_read_document_folder_is_absolute(tmp_path, monkeypatch):
    written(tmp_path, "a = 1")
    monkeypatch.chdir(tmp_path)
    assert read_document("run.toml").folder == tmp_path


def test_read_document_reports_each_duplicate_by_its_message(tmp_path):
    assert re.search("key 'a.b' is there twice", refusal(written(tmp_path, "a.b = 1\na.b = 2\n")))
