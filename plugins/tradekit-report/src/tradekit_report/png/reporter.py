"""The reporter that draws pictures."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from tradekit import Field, PluginError, Reporter, Result, RunError, RunStart
from tradekit_report.figures import FigureOptions

__all__ = ["PngReporter"]

_Name = Literal["equity", "months", "returns", "trades"]


class PngReporter(Reporter):
    """Draw `report-equity.png`, `report-months.png`, `report-returns.png` and `report-trades.png`; needs the extra `[png]`."""

    name = "png"

    class Options(FigureOptions):
        """Which pictures, and how large."""

        pictures: tuple[_Name, ...] = Field(
            default=("equity", "months", "returns", "trades"), min_length=1, description="which pictures to draw"
        )
        dpi: int = Field(default=150, ge=50, le=600, description="pixels an inch; pictures are 9 inches wide")

    def begin(self, start: RunStart) -> None:  # noqa: ARG002 - what is about to run doesn't matter
        """See that matplotlib is there, before anything runs. Raises `PluginError` if it isn't."""
        if find_spec("matplotlib") is None:
            raise PluginError("reporter 'png' draws with matplotlib, which is not installed; pip install 'tradekit-report[png]'")

    def report(self, result: Result, folder: Path) -> str:
        """Draw into the run's folder, and say what. Raises `RunError` if a file can't be written."""
        # Imported here, because matplotlib takes longer to import than many runs take.
        from tradekit_report.figures import figures_of
        from tradekit_report.png.pictures import PICTURES
        from tradekit_report.png.style import styled

        figures = figures_of(result, self.options)
        drawn = []
        with styled():
            for name in dict.fromkeys(self.options.pictures):
                picture = PICTURES[name](result, figures)
                if picture is None:
                    continue
                path = folder / f"report-{name}.png"
                try:
                    # Without the version of matplotlib, which would make equal pictures differ.
                    picture.savefig(path, dpi=self.options.dpi, metadata={"Software": None})
                except OSError as error:
                    raise RunError(f"picture {str(path)!r} can't be written: {error.strerror}") from error
                drawn.append(path.name)
        return f"pictures in the run's folder: {', '.join(drawn)}" if drawn else "the run has nothing to draw"
