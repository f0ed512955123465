"""How answers are compared with recorded ones: by what is in them and of which types, whatever the values."""

from __future__ import annotations


def shape(value):
    """Return the types of what is in a value, that of a list by its first element."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def missing(recorded, ours, where=""):
    """Give what the recorded value has and ours has not, or has in another type."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name, one in recorded.items():
            yield from missing(one, ours[name], f"{where}.{name}") if name in ours else [f"{where}.{name}"]
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from missing(recorded[0], ours[0], f"{where}[]") if recorded and ours else []
    elif recorded != ours:
        yield f"{where}: {recorded}, ours {ours}"
