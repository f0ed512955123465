"""Every block of code in the documentation does what the page says.

A page is one session in a folder of its own, beside a copy of `examples/`: its blocks are run in order, each as its language asks.

- `python` is run, in one namespace for the page; `pycon` is run and its output compared.
- `console` is run line by line and its output compared, where `...` stands for any text, and `$ echo $?` tells the last exit code.
- `toml` with a `[run]` table is a run file, and is checked with its data as `tradekit check` does.
- `csv` is a file; `json` is parsed; `text` is what a person looks at, and isn't run.

Comments before a block say what the block itself can't:

- `<!-- file: NAME -->`: keep it under this name; `python` that is kept is imported or run by later blocks, not by itself;
- `<!-- onto: FILE -->`: these are a few tables of a run file; check them in place of those in FILE;
- `<!-- unchecked: REASON -->`: it is a run file that can't be checked, or `console` whose output isn't the same everywhere;
- `<!-- skip: REASON -->`: don't run it at all.

`<!-- setup` ... `-->` is Python that no reader needs to see; `session` in it is the page's. With `TRADEKIT_DOCS_UPDATE=1` in the
environment, outputs that differ are written into the pages instead, to be read through.
"""

import contextlib
import doctest
import importlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from proofs import deep
from tradekit.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
LONG = re.compile(r"ci|plugin|write-an?-.*")
"""How-to pages that install and test a package of their own, as the tutorial does: only proofs follow them."""
PAGES = [path for path in PAGES if deep(0, 1) or path.parent.name != "how-to" or not LONG.fullmatch(path.stem)]
UPDATES = os.environ.get("TRADEKIT_DOCS_UPDATE") == "1"

PARTS = re.compile(
    r"^```+ *(?P<language>[\w{}-]*)(?P<rest>[^\n]*)\n(?P<code>.*?)^```+ *$|^<!-- *(?P<word>\w+):?(?P<value>.*?) *-->",
    re.DOTALL | re.MULTILINE,
)
MARKS = {"file", "onto", "unchecked", "skip"}
WIDTH = "88"


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    code: str
    marks: dict[str, str]

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}, line {self.line}"


def blocks(page: Path, text: str) -> Iterator[Block]:
    """Give the blocks of a page with the marks before each."""
    marks: dict[str, str] = {}
    for part in PARTS.finditer(text):
        line = text.count("\n", 0, part.start()) + 1
        if part["word"] in MARKS:
            marks[part["word"]] = part["value"].strip()
        elif part["word"] == "setup":
            yield Block(page, line, "python", part["value"], {})
        elif part["word"] is None:
            yield Block(page, line, part["language"], part["code"], marks)
            marks = {}


class Rewriter(doctest.DocTestRunner):
    """Runs examples, and keeps the outputs that are not those of the page."""

    def __init__(self) -> None:
        super().__init__(optionflags=doctest.ELLIPSIS)
        self.outputs: list[tuple[doctest.Example, str]] = []

    def report_failure(self, _out: object, _test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        self.outputs.append((example, got))

    def rewritten(self, code: str) -> str:
        for example, got in self.outputs:
            last = example.source.splitlines()[-1]
            code = code.replace(f"{last}\n{example.want}", f"{last}\n{got}")
        return code


@dataclass
class Session:
    """One page being followed, from top to bottom."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    paths: list[Path] = field(default_factory=list)
    code: int = 0
    updates: dict[str, str] = field(default_factory=dict)

    def follow(self, block: Block) -> None:
        if "skip" in block.marks:
            assert block.marks["skip"], f"{block.place}: skipped without a reason"
            return
        languages = ", ".join(RUNNERS)
        assert block.language in RUNNERS, f"{block.place}: blocks of {block.language!r} are not checked; languages: {languages}"
        kept = block.marks.get("file")
        if kept is not None:
            path = Path(kept)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        if block.language == "python" and kept is not None:
            compile(block.code, block.place, "exec")
        else:
            RUNNERS[block.language](self, block)

    def run_python(self, block: Block) -> None:
        code = compile("\n" * block.line + block.code, str(block.page), "exec")
        exec(code, self.names)  # noqa: S102 - running what the page shows is the test

    def run_session(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.code, self.names, block.place, str(block.page), block.line)
        told: list[str] = []
        runner = Rewriter() if UPDATES else doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=told.append, clear_globs=False)
        self.names.update(test.globs)
        assert not told, "".join(told)
        if isinstance(runner, Rewriter):
            self.updates[block.code] = runner.rewritten(block.code)

    def run_console(self, block: Block) -> None:
        said = ""
        for command, expected in exchanges(block.code):
            output = self.shell(command)
            is_right = doctest.OutputChecker().check_output(expected, output, doctest.ELLIPSIS)
            if "unchecked" in block.marks:
                assert self.code == 0, f"{block.place}: $ {command}\n{output}"
            elif not UPDATES:
                assert is_right, f"{block.place}: $ {command}\nexpected:\n{expected}\ngot:\n{output}"
            shown = output.replace(str(self.folder / "page"), "...")
            said += f"$ {command}\n{expected if is_right or 'unchecked' in block.marks else shown}"
        self.updates[block.code] = said

    def check_toml(self, block: Block) -> None:
        values = tomllib.loads(block.code)
        if "unchecked" in block.marks:
            return
        if "onto" in block.marks:
            base = Path(block.marks["onto"])
            path = base.with_name("onto.toml")
            path.write_text(combined(base.read_text("utf-8"), block.code, set(values)), encoding="utf-8")
        else:
            path = Path(block.marks.get("file", "unnamed.toml"))
            path.write_text(block.code, encoding="utf-8")
            assert "run" in values or "file" in block.marks, f"{block.place}: neither a run file nor marked as anything else"
            if "run" not in values:
                return
        output = self.shell(f"tradekit check {path}")
        assert self.code == 0, f"{block.place}:\n{output}"

    def shell(self, line: str) -> str:
        """Run a command line as a shell would, as far as the pages need one, and return what it prints."""
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        if words == ["echo", "$?"]:
            return f"{self.code}\n"
        if words[0] in COMMANDS:
            return COMMANDS[words[0]](self, words[1:])
        raise AssertionError(f"the tests of the documentation don't know the command {words[0]!r}: teach them, or skip it")

    def tradekit(self, arguments: list[str]) -> str:
        self.forget_modules()
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            self.code = main(arguments)
        return output.getvalue()

    def python(self, arguments: list[str]) -> str:
        paths = os.pathsep.join([*map(str, self.paths), *sys.path])
        environment = os.environ | {"PYTHONPATH": paths}
        process = subprocess.run(
            [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        self.code = process.returncode
        return process.stdout

    def pip(self, arguments: list[str]) -> str:
        """Install a package in place, as far as finding its plugins goes: its metadata and its source on the path."""
        *options, folder = arguments
        assert options == ["install", "-q", "-e"], f"pip {shlex.join(arguments)}"
        project = Path(folder).absolute()
        about = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
        info = self.folder / "site" / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n")
        entry_points = ""
        for group, entries in about.get("entry-points", {}).items():
            entry_points += f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        (info / "entry_points.txt").write_text(entry_points)
        source = project / "src" if (project / "src").is_dir() else project
        for path in (info.parent, source):
            self.monkeypatch.syspath_prepend(path)
            self.paths.append(path)
        importlib.invalidate_caches()
        self.code = 0
        return ""

    def forget_modules(self) -> None:
        """Forget what was imported from the session's folder: each command of a reader is a process of its own."""
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(self.folder)):
                del sys.modules[name]

    def cd(self, arguments: list[str]) -> str:
        self.monkeypatch.chdir(arguments[0])
        return ""

    def ls(self, arguments: list[str]) -> str:
        folder = Path(arguments[0] if arguments else ".")
        return "".join(f"{path.name}\n" for path in sorted(folder.iterdir()) if not path.name.startswith("."))

    def cat(self, arguments: list[str]) -> str:
        return Path(arguments[0]).read_text("utf-8")


COMMANDS: dict[str, Callable[[Session, list[str]], str]] = {
    "tradekit": Session.tradekit,
    "python": Session.python,
    "pip": Session.pip,
    "cd": Session.cd,
    "ls": Session.ls,
    "cat": Session.cat,
}
RUNNERS: dict[str, Callable[[Session, Block], object]] = {
    "python": Session.run_python,
    "pycon": Session.run_session,
    "console": Session.run_console,
    "toml": Session.check_toml,
    "csv": lambda _session, block: block.marks["file"],
    "json": lambda _session, block: json.loads(block.code),
    "text": lambda _session, _block: None,
    "{eval-rst}": lambda _session, _block: None,
    "{toctree}": lambda _session, _block: None,
}


def exchanges(code: str) -> Iterator[tuple[str, str]]:
    """Give each command of a console block with the output that follows it; a backslash continues a command."""
    for part in re.finditer(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", code, flags=re.MULTILINE):
        yield part[1], part[2]


def combined(base: str, tables: str, names: set[str]) -> str:
    """Return a run file with some of its tables replaced."""
    first, *parts = re.split(r"^(?=\[)", base, flags=re.MULTILINE)
    loose, *rest = re.split(r"^(?=\[)", tables, maxsplit=1, flags=re.MULTILINE)
    lines = [line for line in first.splitlines(keepends=True) if line.partition("=")[0].strip() not in names]
    kept = [part for part in parts if table_name(part) not in names]
    return loose + "".join(lines + kept) + "\n" + "".join(rest)


def table_name(part: str) -> str:
    return part.strip("[").partition("\n")[0].partition("]")[0].partition(".")[0].strip()


class Clock:
    """A clock that goes on by half a minute whenever it is read, so that runs have names that a page can show."""

    def __init__(self) -> None:
        self.time = datetime(2024, 6, 1, 10, tzinfo=UTC)

    def now(self, zone: timezone) -> datetime:
        self.time += timedelta(seconds=30)
        return self.time.astimezone(zone)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    folder = tmp_path / "page"
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("runs"))
    monkeypatch.chdir(folder)
    for variable in ("TRADEKIT_PLUGINS", "TRADEKIT_RUNS", "NO_COLOR", "FORCE_COLOR", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr("tradekit.engine.run.datetime", Clock())
    # The pages show what a compiled simulator says; an uncompiled one says the same, and a note on itself.
    monkeypatch.setattr("tradekit.simulator.build.is_compiled", lambda: True)
    found = Session(tmp_path, monkeypatch)
    found.names["session"] = found
    yield found
    found.forget_modules()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).with_suffix("").as_posix())
def test_page_does_what_it_says(page: Path, session: Session) -> None:
    text = page.read_text("utf-8")
    for block in blocks(page, text):
        session.follow(block)
    for before, after in session.updates.items():
        text = text.replace(before, after)
    if UPDATES and text != page.read_text("utf-8"):
        page.write_text(text, encoding="utf-8", newline="\n")
        pytest.fail("its outputs have been written anew: read them through")


def test_blocks_of_a_page_are_found_with_their_marks() -> None:
    text = "# T\n\n<!-- file: a.toml -->\n```toml\nx = 1\n```\n\n<!-- setup\nimport os\n-->\n\n```text\nfree\n```\n"
    found = [(block.line, block.language, block.code, block.marks) for block in blocks(Path("p.md"), text)]
    assert found == [(4, "toml", "x = 1\n", {"file": "a.toml"}), (8, "python", "\nimport os\n", {}), (12, "text", "free\n", {})]


def test_console_block_is_cut_into_commands_and_outputs() -> None:
    found = list(exchanges("$ ls \\\n  x\na\nb\n$ echo $?\n0\n"))
    assert found == [("ls \\\n  x", "a\nb\n"), ("echo $?", "0\n")]


def test_tables_of_a_run_file_are_replaced_by_name() -> None:
    base = 'risk = []\n[run]\nname = "a"\n[data]\nx = 1\n[data.policy]\ny = 2\n'
    assert tomllib.loads(combined(base, "[data]\nz = 3\n", {"data"})) == {"risk": [], "run": {"name": "a"}, "data": {"z": 3}}
    assert tomllib.loads(combined(base, "[[risk]]\nz = 3\n", {"data", "risk"})) == {"risk": [{"z": 3}], "run": {"name": "a"}}
