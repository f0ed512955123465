"""Sizes and habits that every module keeps to. An exception is listed here with its reason, and must still be needed."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import tradekit

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = [
    *sorted((ROOT / "src").rglob("*.py")),
    *sorted(ROOT.glob("plugins/*/src/**/*.py")),
    *sorted(ROOT.glob("examples/plugins/*/src/**/*.py")),
    *sorted((ROOT / "benchmarks").glob("*.py")),
    *sorted((ROOT / "benchmarks" / "sides").glob("*.py")),
    *sorted((ROOT / "docs").glob("*.py")),
    ROOT / "dev.py",
    ROOT / "setup.py",
]

MODULE_LINES = 400
CLASS_LINES = 250
FUNCTION_LINES = 40
PARAMETERS = 6

EXCEPTIONS: dict[str, str] = {
    "src/tradekit/plugin/contracts.py is too long": "all contracts stand on one page, which is most of what an author has to read",
}
"""Breaches that are allowed, in the words in which they are found, and why."""

FORBIDDEN_NAMES = {"utils", "util", "core", "base", "common", "manager", "helpers", "helper", "misc"}


def breaches(where: str, source: str) -> Iterator[str]:
    """Give what is too large, and what no module has."""
    if len(source.splitlines()) > MODULE_LINES:
        yield f"{where} is too long"
    for name, node in definitions(ast.parse(source), where + ":"):
        length = (node.end_lineno or 0) - node.lineno + 1
        if length > (CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES):
            yield f"{name} is too long"
        yield from class_breaches(name, node) if isinstance(node, ast.ClassDef) else function_breaches(name, node)
    for comment in comments(source):
        if is_banner(comment):
            yield f"{where} has the banner {comment!r}"
        if is_unexplained(comment):
            yield f"{where} silences a checker without a reason: {comment!r}"


def class_breaches(name: str, node: ast.ClassDef) -> Iterator[str]:
    if any(keyword.arg == "metaclass" for keyword in node.keywords):
        yield f"{name} has a metaclass"


def function_breaches(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if sum(argument.arg not in ("self", "cls") for argument in arguments) > PARAMETERS:
        yield f"{name} has too many parameters"
    if node.args.kwarg is not None:
        yield f"{name} takes **{node.args.kwarg.arg}"


def definitions(tree: ast.AST, owner: str) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Give each class and function with its name, which begins with what it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield owner + node.name, node
            yield from definitions(node, f"{owner}{node.name}.")
        else:
            yield from definitions(node, owner)


def comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def is_banner(comment: str) -> bool:
    return re.search(r"[-=#*~]{4,}", comment) is not None


def is_unexplained(comment: str) -> bool:
    silences = re.search(r"# (noqa|type: ignore)", comment) is not None
    return silences and not re.search(r"# (noqa: [A-Z]+\d+(, [A-Z]+\d+)*|type: ignore\[[\w-]+\]) +[-#] \S", comment)


def test_modules_keep_to_sizes_and_habits() -> None:
    found = [breach for path in PRODUCT for breach in breaches(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))]
    assert "\n".join(sorted(set(found) - set(EXCEPTIONS))) == ""
    assert set(EXCEPTIONS) <= set(found), "an exception is no longer needed"


@pytest.mark.parametrize(
    ("source", "breach"),
    [
        ("x = 1\n" * 401, "m is too long"),
        ("class A:\n" + "    x = 1\n" * 250, "m:A is too long"),
        ("def f():\n" + "    x = 1\n" * 40, "m:f is too long"),
        ("class A:\n    async def f(self):\n" + "        x = 1\n" * 40, "m:A.f is too long"),
        ("def f(a, b, /, c, d, *, e, f, g): ...", "m:f has too many parameters"),
        ("def f():\n    def g(**options): ...", "m:f.g takes **options"),
        ("class A(metaclass=M): ...", "m:A has a metaclass"),
        ("# ---- orders ----", "m has the banner '# ---- orders ----'"),
        ("import a  # noqa", "m silences a checker without a reason: '# noqa'"),
        ("import a  # noqa: F401", "m silences a checker without a reason: '# noqa: F401'"),
        ("x = y  # type: ignore[misc]", "m silences a checker without a reason: '# type: ignore[misc]'"),
    ],
)
def test_breaches_of_each_kind_are_found(source: str, breach: str) -> None:
    assert list(breaches("m", source)) == [breach]


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 400,
        "class A:\n    def f(self, a, b, c, d, e, f): ...",
        "def f(a, b, c, *rest, d, e, f): ...",
        "x = '-----'  # a sum - or not",
        "import a, b  # noqa: E401, F401 - the two belong together",
        "x = y  # type: ignore[misc]  # y has no types",
    ],
)
def test_breaches_source_within_the_rules_has_none(source: str) -> None:
    assert list(breaches("m", source)) == []


def test_module_names_say_what_lives_there() -> None:
    assert [path for path in PRODUCT if not FORBIDDEN_NAMES.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_licence_is_the_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", text)
    assert "END OF TERMS AND CONDITIONS" in text


def test_changelog_begins_with_what_is_unreleased_or_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert headings[0] in ("Unreleased", tradekit.__version__)
