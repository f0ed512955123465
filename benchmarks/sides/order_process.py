"""From a bar's message to the order's bytes, with a journal that outlives the death of the process: the default."""

import sys
from pathlib import Path

from tick_to_order import measure

measure(Path(sys.argv[1]), "process")
