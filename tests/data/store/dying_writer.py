"""A process that writes to a store and dies at a chosen point; `test_crash.py` runs it. Prints what was seen, as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet  # noqa: F401 - loaded once, before there are many processes

from stored_rows import HOUR, KEY, at, hours
from tradekit import Series
from tradekit.data.store.folder import Store
from tradekit.data.store.prune import prune
from tradekit.data.store.verify import verify
from tradekit.model.bars import BAR_COLUMNS

NEVER = 1_000_000


class Death:
    """Comes at one of the points: before a file is made safe (half of it is there then), gets its name, or is removed."""

    left = NEVER

    @classmethod
    def before(cls, function: Callable[..., Any], has_file: bool = False) -> Callable[..., Any]:
        def dying(first: Any, *rest: Any, **named: Any) -> Any:
            cls.left -= 1
            if cls.left == 0:
                if has_file and not Path(f"/proc/self/fd/{first}").is_dir():
                    os.ftruncate(first, os.fstat(first).st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)
            return function(first, *rest, **named)

        return dying


def write(folder: Path) -> None:
    """Fetch four days in pages, commit them, correct a bar, and prune; go on where a process before this one died."""
    data_set = Store(folder).create(KEY)
    start, bars = at("2024-01-30"), hours("2024-01-30", 96)
    for first, last in data_set.missing(start, start + 96 * HOUR):
        for begin in range(first, last, 24 * HOUR):
            rows = slice((begin - start) // HOUR, (begin - start) // HOUR + 24)
            data_set.stage(Series(*(getattr(bars, name)[rows] for name in BAR_COLUMNS)), begin, begin + 24 * HOUR, "venue")
    data_set.commit("venue", "fetch")
    data_set.put(hours("2024-02-01T01:00", 1, 500.0), "csv", "correction")
    prune(data_set, 1, ())


def look(folder: Path) -> dict[str, object]:
    """Say what is in a store."""
    (found,) = verify(Store(folder))
    content = [revision.content for revision in Store(folder).open(KEY).manifest.revisions]
    return {"problems": found.problems, "left": len(found.strays.left), "rows": found.rows, "content": content[-1:]}


def forked(work: Callable[[], object]) -> tuple[Any, int]:
    """Do it in a process of its own, which may die; return what it said, and how it ended."""
    listen, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, json.dumps(work()).encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(listen) as told:
        said = told.read()
    return json.loads(said) if said else None, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dying(folder: Path, point: int) -> Callable[[], int]:
    """Return the work of a process that dies at a point, and says how many it has come past if it doesn't."""

    def work() -> int:
        Death.left = point
        write(folder)
        return NEVER - Death.left

    return work


def story(folder: Path, point: int) -> dict[str, object]:
    """Die at a point, look, go on, look again."""
    told: dict[str, object] = {"point": point, "died": forked(dying(folder, point))[1]}
    told["after"] = forked(lambda: look(folder))[0] if Store(folder).keys() else None
    told["again"] = forked(dying(folder, NEVER))[1]
    told["end"] = forked(lambda: look(folder))[0]
    return told


def main(folder: Path) -> None:
    """Tell how it ends when nothing happens, and each of the stories."""
    os.fsync = Death.before(os.fsync, has_file=True)
    Path.replace = Death.before(Path.replace)  # type: ignore[method-assign]  # the test's business
    Path.unlink = Death.before(Path.unlink)  # type: ignore[method-assign]  # the test's business
    points, _ = forked(dying(folder / "undisturbed", NEVER))
    expected, _ = forked(lambda: look(folder / "undisturbed"))
    stories = [story(folder / str(point), point) for point in range(1, points + 1)]
    sys.stdout.write(json.dumps({"points": points, "expected": expected, "stories": stories}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
