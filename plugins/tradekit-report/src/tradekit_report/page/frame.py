"""The frame that all pages share: one file with its style, script and data, that may load nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["UPLOT", "render"]

UPLOT = "1.6.32"
_SCRIPTS = ("codec.js", "view.js", "chart.js", "account.js", "market.js", "trades.js", "page.js")


@cache
def _static(name: str) -> str:
    return (files("tradekit_report.page") / "static" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tradekit_report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    return f"{_static('uplot/uPlot.min.css')}\n{_static('page.css')}"


@cache
def _script() -> str:
    own = "\n".join(_static(name) for name in _SCRIPTS)
    licence = _static("uplot/LICENSE").replace("*/", "")
    first = 'document.documentElement.classList.replace("no-js", "js");'
    return f'/*! uPlot {UPLOT}\n{licence}*/\n{_static("uplot/uPlot.iife.min.js")}\n(() => {{\n"use strict";\n{first}\n{own}\n}})();'


def render(
    template: str, title: str, contents: Sequence[tuple[str, str]], packs: Sequence[tuple[str, str]], parts: Mapping[str, Any]
) -> str:
    """Return a page: `contents` are ids and names of its parts, `packs` ids and texts of its data, `parts` what its template shows.

    Its policy lets nothing load, and lets no script or style run but its own, by their hashes.
    """
    style, script = _style(), _script()
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    return (
        _environment()
        .get_template(template)
        .render(
            {
                "title": title,
                "contents": contents,
                "packs": [(name, Markup(text)) for name, text in packs],  # noqa: S704 - base64
                "policy": Markup(policy),  # noqa: S704 - hashes
                "style": Markup(style),  # noqa: S704 - our own
                "script": Markup(script),  # noqa: S704 - our own
                "version": version("tradekit-report"),
                "uplot": UPLOT,
                **parts,
            }
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
