"""Training in a process of its own, for runs that can't wait for it between two bars.

The process is a new one and not a fork, because LightGBM's threads don't survive that. Rows go and the model comes back as files in
open formats.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tradekit import RunError
from tradekit_ml.features.transforms import TransformChain
from tradekit_ml.models import find_model, load_model
from tradekit_ml.models.files import arrays_of, bytes_of
from tradekit_ml.registry import Reference
from tradekit_ml.training.fitted import Fitted, Job, Scale, fit

__all__ = ["Aside", "work"]

_JOB, _ROWS, _MODEL, _REFERENCE = "job.json", "rows.npz", "model", "reference.npz"
_ARRAYS = ("rows", "labels", "weights")


class Aside:
    """Trains in a process of its own. A model is there on the first bar after it is ready, so such runs don't repeat exactly."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._job: Job | None = None

    def begin(self, job: Job) -> None:
        """Begin a training; one that is under way is given up."""
        self.close()
        self._folder, self._job = tempfile.TemporaryDirectory(prefix="tradekit-ml-"), job
        folder = Path(self._folder.name)
        about = {key: getattr(job, key) for key in ("options", "transforms", "seed", "until")}
        (folder / _JOB).write_text(json.dumps({**about, "kind": job.kind.name, "scale": asdict(job.scale)}), "utf-8")
        (folder / _ROWS).write_bytes(bytes_of({name: getattr(job, name) for name in _ARRAYS}))
        command = [sys.executable, "-m", "tradekit_ml.training.aside", str(folder)]
        with (folder / "errors").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - this Python, and a folder of our own
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )

    def done(self) -> Fitted | None:
        """Return the model of a training that has ended. Raises `RunError` if its process failed."""
        if self._process is None or self._folder is None or self._job is None or self._process.poll() is None:
            return None
        folder, job, code = Path(self._folder.name), self._job, self._process.returncode
        if code:
            said = (folder / "errors").read_text("utf-8", errors="replace").strip().splitlines()
            self.close()
            raise RunError(f"the process that trains ended with {code}: {said[-1] if said else 'it said nothing'}")
        reference = Reference.of_bytes((folder / _REFERENCE).read_bytes(), "the reference of the training")
        found = Fitted(load_model(folder / _MODEL), TransformChain.load(folder), job.scale, reference, job.until)
        self.close()
        return found

    def close(self) -> None:
        """End what is under way, and leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            self._folder.cleanup()
        self._process = self._folder = self._job = None


def work(folder: Path) -> None:
    """Do the training that a folder describes, and put what comes of it there."""
    about = json.loads((folder / _JOB).read_text("utf-8"))
    about["kind"] = find_model(about["kind"])
    about["scale"] = Scale(**about["scale"])
    about["transforms"] = tuple(about["transforms"])
    arrays = arrays_of((folder / _ROWS).read_bytes(), "the rows of the training", _ARRAYS)
    fitted = fit(Job(rows=arrays["rows"], labels=arrays["labels"], weights=arrays["weights"], **about))
    fitted.model.dump(folder / _MODEL)
    fitted.chain.dump(folder)
    (folder / _REFERENCE).write_bytes(fitted.reference.to_bytes())


if __name__ == "__main__":
    work(Path(sys.argv[1]))
