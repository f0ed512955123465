"""Measure tradekit against its peers and against its targets, and compare with the figures that are kept.

python3 dev.py bench                  everything: about 25 minutes, most of which the peers take
python3 dev.py bench NAME ...         some comparisons, by the names that --help lists
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from comparison import Comparison
from comparisons import COMPARISONS
from figures import change, figure, keep, kept, verdict
from peers import environment

HERE = Path(__file__).parent
WORK = HERE / ".work"  # data and environments of peers; not part of the project
FIGURES = HERE / "figures.json"
ROUNDS = 5
NAMES = [comparison.name for comparison in COMPARISONS]


def main() -> None:
    """Measure what is asked for, one comparison after the other; keep each figure as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"other than {ROUNDS}, and the figures are not kept")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(NAMES)):
        parser.error(f"no comparison is named {unknown[0]!r}; there are {', '.join(NAMES)}")
    WORK.mkdir(exist_ok=True)
    for comparison in COMPARISONS:
        if not options.names or comparison.name in options.names:
            compare(comparison, options.rounds)


def compare(comparison: Comparison, rounds: int) -> None:
    """Run the two sides in turns, or ours alone, print what they measured, and keep the figure."""
    print(f"\n{comparison.name}: {comparison.work}", flush=True)
    sides = {"tradekit": command(sys.executable, comparison.script, comparison)}
    if comparison.peer:
        print(f"against {comparison.peer.text}: {comparison.against}", flush=True)
        sides[comparison.peer.name] = command(str(environment(comparison.peer, WORK)), comparison.peer_script, comparison)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name, side in sides.items():
            runs[name].append(measured(side, is_ours=name == "tradekit"))
            print(f"  round {turn + 1}, {name}: {runs[name][-1]}", flush=True)
    row = figure(comparison, *runs.values())
    print(f"  {verdict(row)}\n  {change(row, kept(FIGURES).get(comparison.name))}", flush=True)
    if rounds == ROUNDS:
        keep(FIGURES, NAMES, {comparison.name: row})


def command(python: str, script: str, comparison: Comparison) -> list[str]:
    """Return the command that runs one side."""
    return [python, "-W", "ignore", str(HERE / "sides" / script), str(comparison.data(WORK))]


def measured(side: Sequence[str], is_ours: bool) -> dict[str, float]:
    """Run one side in a process of its own and return what it printed last."""
    settings = {name: value for name, value in os.environ.items() if is_ours or not name.startswith("PYTHON")}
    # Where a virtual machine has given free memory back to its host, a huge page is so slow to come that it would be all one sees.
    settings["NUMPY_MADVISE_HUGEPAGE"] = "0"
    done = subprocess.run(side, capture_output=True, text=True, check=False, env=settings)
    if done.returncode != 0:
        sys.exit(f"{' '.join(side)} failed:\n{done.stderr or done.stdout}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
