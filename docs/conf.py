"""Configure Sphinx: Markdown pages, the API read from the package, and every reference must lead somewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygments.lexers import TextLexer

import tradekit

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

HERE = Path(__file__).parent

project = "tradekit"
author = "the tradekit developers"
project_copyright = "the tradekit developers"
version = release = tradekit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"tradekit {version}"
html_static_path = ["_static"]
html_css_files = ["tradekit.css"]
html_show_sourcelink = False
html_copy_source = False

myst_enable_extensions = ["deflist", "substitution"]
myst_heading_anchors = 4


def shown(figure: float) -> str:
    """Return a figure as people read it."""
    return f"{figure:,.0f}" if figure >= 1_000 else f"{figure:.3g}"


def figures(path: Path) -> str:
    """Return the figures of the benchmarks as a table, from the file that the benchmarks write."""
    rows = json.loads(path.read_text(encoding="utf-8")).values() if path.exists() else ()
    if not rows:
        return "Nothing has been measured yet for this version."
    lines = ["| work | against | measured | wanted |", "| --- | --- | --- | --- |"]
    for row in rows:
        against = ": ".join(filter(None, (row.get("peer"), row["against"])))
        more = f" ({row['with_statistics']:.3g} with statistics)" if "with_statistics" in row else ""
        more += f" (in {row['memory']:.2g} of its memory)" if "memory" in row else ""
        bound = "at least" if row["more_is_better"] else "at most"
        lines.append(f"| {row['work']} | {against} | **{shown(row['figure'])}** {row['unit']}{more} | {bound} {row['target']:g} |")
    return "\n".join(lines)


def latency(path: Path) -> str:
    """Return how long each part of the way from a bar to an order takes, as a table, in microseconds."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts = {
        "ours": "**ours**",
        "pass on": "of it, from ccxt's answer to the executor, without what follows",
        "decide": "of it, strategy, indicators and rules",
        "journal": "of it, the journal's commit",
        "executor": "of it, from the executor's call to ccxt's",
        "ccxt in": "ccxt, from the bytes of the message to the bar",
        "ccxt out": "ccxt, from its call to the bytes of the order",
        "all": "all",
    }
    lines = ["| µs | durability | median | p90 | p99 | worst |", "| --- | --- | --- | --- | --- | --- |"]
    for name, durability in (("tick-to-order", "process"), ("tick-to-order-full", "full")):
        found = rows.get(name, {}).get("medians", {}).get("tradekit")
        if found is None:
            return "Nothing has been measured yet for this version."
        for part, text in parts.items():
            shown = " | ".join(f"{found[f'{part} {share}']:,.0f}" for share in ("median", "p90", "p99", "worst"))
            lines.append(f"| {text} | {durability} | {shown} |")
        lines.append(
            f"| ours, times a bare commit of SQLite ({found['bare commit']:,.0f} µs) | {durability} "
            f"| {found['ours to a bare commit']:.1f} | | | |"
        )
        lines.append(f"| ours, times ccxt's | {durability} | {found['ours to ccxt']:.2f} | | | |")
    return "\n".join(lines)


FIGURES = HERE.parent / "benchmarks" / "figures.json"
myst_substitutions = {"figures": figures(FIGURES), "latency": latency(FIGURES)}

nitpicky = True
default_role = "code"
highlight_language = "text"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Floats", "Times", "Period", "Source", "Unit")}
autodoc_default_options = {"members": True, "undoc-members": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"

# Types of other projects and of the standard library: their documentation is not fetched, so that a build needs no network.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|datetime|decimal|enum|pathlib|types|typing|abc)\..*"),
    ("py:.*", r"(np|numpy|pa|pyarrow|pydantic|rich|click)\..*"),
    ("py:class", r"tradekit\.data\.tables\.TableSource"),  # described where it is asked for
    # What `stored` holds, `Store.open` returns and `open_source` may be given is no public name, and told where they are.
    ("py:class", r"tradekit\.(model\.bars\.Stored|data\.store\.dataset\.DataSet|plugin\.discovery\.Registry)"),
    # What a sweep is made of is told at `SweepResult`.
    ("py:class", r"tradekit\.engine\.sweep\.(trial\.Outcome|ranking\.Neighbours|search\.Planned)"),
    # What a comparison of decisions finds is told at `SnapshotCheck`.
    ("py:class", r"tradekit\.engine\.decisions\.(Decision|Difference|Drift)"),
    ("py:class", "EntryPoint"),  # Python's own, of importlib.metadata
    # What a replay finds is told at `Replayed`.
    ("py:class", r"tradekit\.engine\.replay\.(bars\.BarChange|causes\.Cause|comparing\.OrderDifference|scene\.Change|run\.Fills)"),
    ("py:.*", r"(Setting|Method|Floats|Times|Period|Source|Unit|RenderableType|NDArray.*|Path|Any|Table)"),
]


def public_name(app: Sphinx, env: BuildEnvironment, node: nodes.Element, contnode: nodes.Node) -> Any:
    """Lead a reference to where a name lives to where it is documented: under its public name, `tradekit.Name`."""
    name = str(node.get("reftarget", "")).rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in tradekit.__all__:
        return None
    domain = env.get_domain("py")
    return domain.resolve_any_xref(env, node["refdoc"], app.builder, f"tradekit.{name}", node, contnode)[0][1]


def add_reports(app: Sphinx, failure: Exception | None) -> None:
    """Write the reports that pages lead to beside them."""
    if failure is None and app.builder.format == "html":
        sys.path.insert(0, str(HERE))
        from example_reports import write_reports

        write_reports(Path(app.outdir) / "reports")


def setup(app: Sphinx) -> None:
    """Add what the settings above can't say."""
    app.connect("build-finished", add_reports)
    app.connect("missing-reference", public_name)
    app.add_lexer("csv", TextLexer)
