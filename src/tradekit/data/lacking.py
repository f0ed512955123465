"""What to say where a source has nothing of a kind because nobody told it where that is."""

from __future__ import annotations

from tradekit.plugin.contracts import DataSource

__all__ = ["where_to_say"]


def where_to_say(source: DataSource, kind: str) -> str:
    """Return the end of a message that names the option of a source for a kind of data, if that is not set; or nothing."""
    option = type(source.options).model_fields.get(kind)
    if option is None or getattr(source.options, kind) != option.default:
        return ""
    if kind == "actions":
        return "; say where they are, each kind in a table of its own: actions.splits.path, or all in one: actions.events.path"
    return f"; say where they are: [data.{kind}]"
