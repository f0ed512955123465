"""The machine: folders that are written to, its clock and time zones, and files with keys."""

from __future__ import annotations

import shutil
import tempfile
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tradekit.data.interval import time_text
from tradekit.engine.doctor.finding import Finding
from tradekit.engine.folder import list_runs
from tradekit.engine.keys import exposed, key_files, secrets_file
from tradekit.errors import system_reason

__all__ = ["check_clock", "check_folder", "check_keys", "check_zones"]

_SECOND = 1_000_000_000
_SLACK_S = 2
_LEAST_FREE = 1_000_000_000


def check_folder(what: str, folder: Path, option: str) -> Finding:
    """Find out by writing whether a folder can be written to, or be made; `option` is how to name another."""
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    named = f"the folder for {what}, {str(folder)!r},"
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"tradekit")
    except OSError as error:
        verb = "can't be written" if place == folder else f"can't be made in {str(place)!r}"
        return Finding("folders", "fail", f"{named} {verb}: {system_reason(error)}", f"{option} names another")
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE:
        return Finding(
            "folders", "warn", f"{named} is on a disk with {free / 1e9:.2f} GB left", f"make room, or name another with {option}"
        )
    state = "can be written" if place == folder else "will be made when it is needed"
    return Finding("folders", "ok", f"{named} {state}; {free / 1e9:,.0f} GB are free")


def check_clock(runs: Path, now: int) -> Finding:
    """Find a clock that is behind; `now` is what it shows, UTC nanoseconds.

    It is behind for certain if it shows a time before one at which it has already been read: when tradekit was installed, or when
    a run here was made.
    """
    seen = [(Path(__file__).stat().st_mtime_ns, "tradekit was installed"), *_runs_seen(runs)]
    last, what = max(seen)
    if now + _SLACK_S * _SECOND < last:
        return Finding(
            "clock",
            "fail",
            f"the clock shows {time_text(now // _SECOND * _SECOND)}, and {what} at {time_text(last // _SECOND * _SECOND)}",
            "set the clock; on a server, let a time service do it",
        )
    shown = time_text(now // _SECOND * _SECOND)
    return Finding(
        "clock", "ok", f"it shows {shown}, later than all that was done here; whether it is right, only a network can tell"
    )


def _runs_seen(runs: Path) -> Iterator[tuple[int, str]]:
    for run in list_runs(runs):
        if run.manifest is not None:
            told = datetime.fromisoformat(str(run.manifest["about"]["finished"])).astimezone(UTC)
            yield int(told.timestamp()) * _SECOND, f"run {run.folder.name} ended"


def check_zones() -> Finding:
    """Find out whether Python knows time zones, which data and calendars may name."""
    try:
        zoneinfo.ZoneInfo("America/New_York")
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding("clock", "fail", "there are no time zones on this machine", "run: pip install tzdata")
    return Finding("clock", "ok", "time zones are known")


def check_keys(folder: Path) -> Iterator[Finding]:
    """Find files with keys that others can read: the secrets file, and what is usual for keys in a folder."""
    found = key_files(folder)
    if not found:
        yield Finding("keys", "ok", f"none in this folder, and no {str(secrets_file())!r}")
    for path in found:
        try:
            reason = exposed(path)
        except OSError as error:
            yield Finding("keys", "warn", f"{str(path)!r} can't be looked at: {system_reason(error)}")
            continue
        if reason:
            yield Finding(
                "keys", "fail", f"{str(path)!r} {reason}", f"run: chmod 600 {path}; keys that others could read need replacing"
            )
        else:
            yield Finding("keys", "ok", f"nobody else can read {str(path)!r}")
