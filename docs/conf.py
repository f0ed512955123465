"""Configure Sphinx: Markdown pages, the API read from the package, and every reference must lead somewhere."""

from __future__ import annotations

import json
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


def event_form(path: Path) -> str:
    """Return the figure of the event-form benchmark in a sentence, from the file that the benchmark writes."""
    found = json.loads(path.read_text(encoding="utf-8")).get("event_form") if path.exists() else None
    if found is None:
        return "The event form has not been measured yet for this version."
    peer = found["peer"].replace("==", " ")
    ratio = f"**1/{found['ratio']:.0f}**"
    return f"On {found['bars']:,} bars, the event form takes {ratio} of the CPU time that {peer} takes for the same work."


myst_substitutions = {"event_form": event_form(HERE.parent / "benchmarks" / "figures.json")}

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
    ("py:.*", r"(collections|datetime|enum|pathlib|types|typing|abc)\..*"),
    ("py:.*", r"(np|numpy|pa|pyarrow|pydantic|rich|click)\..*"),
    ("py:class", r"tradekit\.data\.tables\.TableSource"),  # described where it is asked for
    ("py:.*", r"(Floats|Times|Period|Source|Unit|RenderableType|NDArray.*|Path|Any|Table)"),
]


def public_name(app: Sphinx, env: BuildEnvironment, node: nodes.Element, contnode: nodes.Node) -> Any:
    """Lead a reference to where a name lives to where it is documented: under its public name, `tradekit.Name`."""
    name = str(node.get("reftarget", "")).rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in tradekit.__all__:
        return None
    domain = env.get_domain("py")
    return domain.resolve_any_xref(env, node["refdoc"], app.builder, f"tradekit.{name}", node, contnode)[0][1]


def setup(app: Sphinx) -> None:
    """Add what the settings above can't say."""
    app.connect("missing-reference", public_name)
    app.add_lexer("csv", TextLexer)
