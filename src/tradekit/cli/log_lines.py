"""What tradekit logs, as lines on standard error: for people, or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

__all__ = ["log_lines"]


@contextmanager
def log_lines(as_json: bool = False) -> Iterator[None]:
    """Show what tradekit logs on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logger = logging.getLogger("tradekit")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Lines(logging.Formatter):
    """`time level message`."""

    def format(self, record: logging.LogRecord) -> str:
        colour = {"WARNING": "yellow", "ERROR": "red"}.get(record.levelname)
        level = record.levelname.lower()
        if colour is not None and sys.stderr.isatty():
            level = click.style(level, fg=colour)
        return f"{_time(record)} {level} {record.getMessage()}"


class _JsonLines(logging.Formatter):
    """An object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"time": _time(record), "level": record.levelname.lower(), "message": record.getMessage()})
