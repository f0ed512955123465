"""The reference says everything there is: what is added without a word there fails here."""

import inspect
import json
import re
import runpy
import signal
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import ModuleType

import click
import pytest

import tradekit
from tradekit import errors
from tradekit.cli.main import Terminated, _report
from tradekit.cli.run import _INTERRUPTED
from tradekit.engine.runfile import TABLES
from tradekit.plugin import hookspecs
from tradekit.plugin.validation import KINDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
INDICATORS = [name for name in tradekit.__all__ if tradekit._HOME_OF.get(name) == "tradekit.builtin.indicators"]
ERRORS = [found for name in errors.__all__ if isinstance(found := getattr(errors, name), type)]


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    return re.split(r"^#+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def listed(text: str) -> set[str]:
    """Return the names in the first column of the tables of a text."""
    cells = re.findall(r"^\| *(`.*?) *\|", text, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


GENERATED = sorted(path for path in DOCS.rglob("*.md") if "<!-- generated: " in path.read_text("utf-8"))
SLOW = REFERENCE / "contracts.md"
"""The page that shows how broken plugins are caught is compared where that is tested."""


@pytest.mark.parametrize("path", [path for path in GENERATED if path != SLOW], ids=lambda path: path.stem)
def test_generated_parts_are_what_the_source_says(path: Path, generator: ModuleType) -> None:
    text = path.read_text("utf-8")
    assert generator.rewritten(text) == text, "run: python docs/generate.py"


def test_each_part_that_can_be_generated_is_on_a_page(generator: ModuleType) -> None:
    pages = "".join(path.read_text("utf-8") for path in GENERATED)
    assert set(re.findall(r"<!-- generated: ([\w-]+) -->", pages)) == set(generator.PARTS)


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.hook)
def test_hook_is_documented_with_its_signature_and_contract(kind: tuple[str, type]) -> None:
    hook, contract = kind
    function = getattr(hookspecs, hook)
    returned = inspect.signature(function).return_annotation
    assert returned == f"list[type[{contract.__name__}]]"
    text = page("hooks")
    assert f".. py:function:: {hook}() -> list[type[tradekit.{contract.__name__}]]\n\n   {inspect.getdoc(function)}\n" in text
    assert f".. autoclass:: tradekit.{contract.__name__}()\n" in text


def test_every_hook_is_of_a_kind() -> None:
    hooks = {name for name in dir(hookspecs) if name.startswith("tradekit_")}
    assert hooks == {kind.hook for kind in KINDS.values()}
    assert f"TRADEKIT_API = {hookspecs.API}`" in page("hooks")


@pytest.mark.parametrize("name", tradekit.__all__)
def test_public_name_is_documented(name: str) -> None:
    if name in INDICATORS:
        assert f"## `{name}`\n" in page("indicators")
    else:
        directive = re.compile(rf"^\.\. (auto\w+|py:\w+):: tradekit\.{name}\b", re.MULTILINE)
        assert directive.search(page("api") + page("hooks")), "add it to docs/reference/api.md"


@pytest.mark.parametrize("table", TABLES)
def test_table_of_a_run_file_is_documented(table: str) -> None:
    assert re.search(rf"^## `\[{{1,2}}{table}\]{{1,2}}`$", page("run-file"), flags=re.MULTILINE)


def exit_codes() -> Iterator[int]:
    """Give every code with which a command ends, from what ends it."""
    yield 0
    yield from _INTERRUPTED.values()
    for error in (*(kind("") for kind in ERRORS), ValueError(), KeyboardInterrupt(), Terminated(), click.UsageError("")):
        yield _report(error, "")


def test_exit_codes_are_documented() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", section(page("errors"), "Exit codes"), flags=re.MULTILINE)}
    assert told == {*exit_codes(), 128 + signal.SIGPIPE}


def test_error_classes_are_documented() -> None:
    assert listed(page("errors")) >= {error.__name__ for error in ERRORS}


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("run-folder", tradekit.OrderKind),
        ("run-folder", tradekit.OrderStatus),
        ("journal", tradekit.VerdictKind),
        ("journal", tradekit.EventKind),
    ],
)
def test_words_of_the_tables_are_explained(where: str, values: type[IntEnum]) -> None:
    missing = [value.name for value in values if "`" + value.name.lower().replace("_", " ") + "`" not in page(where)]
    assert missing == []


def test_reasons_are_explained() -> None:
    reasons = {reason.text for reason in tradekit.Reason if reason is not tradekit.Reason.NONE}
    assert reasons <= listed(section(page("run-folder"), "`orders.parquet`"))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    tradekit.run(ROOT / "examples" / "quickstart.toml", runs=runs)
    (found,) = (path for path in runs.iterdir() if path.is_dir())
    return found


@pytest.mark.parametrize("table", ["orders", "fills", "positions", "equity", "trades"])
def test_columns_of_a_table_are_documented(table: str, run_folder: Path) -> None:
    columns = set(getattr(tradekit.read_result(run_folder), table).column_names)
    reasons = {reason.text for reason in tradekit.Reason}
    assert listed(section(page("run-folder"), f"`{table}.parquet`")) - reasons == columns


def test_columns_of_the_journal_are_documented(run_folder: Path) -> None:
    assert set(tradekit.read_result(run_folder).journal.column_names) <= listed(page("journal"))


def test_manifest_is_documented(run_folder: Path) -> None:
    manifest = json.loads((run_folder / "manifest.json").read_text("utf-8"))
    text = section(page("run-folder"), "`manifest.json`")
    assert listed(text) == set(manifest)
    for part in (manifest["about"], manifest["data"][0], manifest["components"][0]):
        assert [key for key in part if f"`{key}`" not in text] == []


def test_files_of_a_run_folder_are_listed(run_folder: Path) -> None:
    tree = re.findall(r"^ {4}(\S+\.\w+) ", page("run-folder"), flags=re.MULTILINE)
    assert set(tree) == {path.name for path in run_folder.iterdir()} | {"report.txt"}


def test_keys_of_the_trial_ledger_are_documented(run_folder: Path) -> None:
    (line,) = (run_folder.parent / "trials.jsonl").read_text("utf-8").splitlines()
    text = section(page("run-folder"), "`trials.jsonl`")
    assert [key for key in json.loads(line) if f"`{key}`" not in text] == []


def test_environment_variables_are_documented() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    variables = set(re.findall(r'"(TRADEKIT_[A-Z_]+)"', sources)) - {"TRADEKIT_API"}
    assert variables <= listed(page("commands"))


def test_pages_of_the_documentation_are_in_its_contents() -> None:
    contents = set(re.findall(r"^([\w-]+(?:/[\w-]+)?)$", (DOCS / "index.md").read_text("utf-8"), flags=re.MULTILINE))
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md") if "_build" not in path.parts}
    assert pages - {"index"} <= contents


def test_benchmarks_page_shows_the_figures_that_were_measured(tmp_path: Path) -> None:
    figures = runpy.run_path(str(DOCS / "conf.py"))["figures"]
    path = tmp_path / "figures.json"
    assert figures(path) == "Nothing has been measured yet for this version."
    fast = {"work": "a crossover", "against": "all of it", "peer": "slowpoke 1.2", "figure": 30.44, "with_statistics": 9.876}
    fast |= {"unit": "times as fast", "target": 30.0, "more_is_better": True}
    small = {"work": "an order", "against": "", "figure": 299.6, "unit": "ns", "target": 300.0, "more_is_better": False}
    path.write_text(json.dumps({"fast": fast, "small": small}))
    assert figures(path).splitlines()[2:] == [
        "| a crossover | slowpoke 1.2: all of it | **30.4** times as fast (9.88 with statistics) | at least 30 |",
        "| an order |  | **300** ns | at most 300 |",
    ]
