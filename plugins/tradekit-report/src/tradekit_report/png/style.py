"""How pictures look: colours, lines and the numbers on axes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BENCHMARK",
    "GAIN",
    "INK",
    "LOSS",
    "MUTED",
    "RUN",
    "clean",
    "dates",
    "legend",
    "moments",
    "moneys",
    "new_figure",
    "percents",
    "styled",
    "title",
]

INK, MUTED, FAINT = "#1d2733", "#66707c", "#e4e7eb"
RUN, BENCHMARK = "#1f5fbf", "#9aa4ae"
GAIN, LOSS = "#12805c", "#c0392b"

_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.3,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw with these settings and matplotlib's own, whatever the user's are, so that equal runs give equal pictures."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, in inches, that no window knows of."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06))
    FigureCanvasAgg(figure)
    return figure


def title(figure: Figure, text: str, below: str = "") -> None:
    """Write what a picture shows above it, at the left."""
    whole = text if not below else f"{text}\n"
    figure.suptitle(whole, x=0.012, ha="left", fontsize=12.0, fontweight="bold", color=INK, linespacing=1.45)
    if below:
        figure.text(0.012, 1.0, f"\n\n{below}", ha="left", va="top", fontsize=9.0, color=MUTED, linespacing=1.25)


def legend(axes: Axes) -> None:
    """Name the lines beside the heading, where no line runs."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.985), ncols=4, borderaxespad=0.0, handlelength=1.6, columnspacing=1.4)


def clean(axes: Axes, heading: str = "") -> None:
    """Take away what an axis doesn't need, and give it a heading."""
    axes.spines["left"].set_visible(False)
    axes.tick_params(length=0)
    if heading:
        axes.set_title(heading)


def percents(axes: Axes, which: str = "y") -> None:
    """Show the numbers of an axis in per cent."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:.4g} %".replace("-", "\N{MINUS SIGN}")))


def moneys(axes: Axes) -> None:
    """Show the numbers of the y axis as money, in thousands and millions where they are that large."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _money(value)))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: _money(value)))


def _money(value: float) -> str:
    for size, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{name}".replace("-", "\N{MINUS SIGN}")
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def dates(axes: Axes) -> None:
    """Show the numbers of the x axis as dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]  # matplotlib tells no types here
    axes.xaxis.set_major_locator(locator)
    told = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]  # nor here
    axes.xaxis.set_major_formatter(told)


def moments(time: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return UTC nanoseconds as what matplotlib takes for dates."""
    return time.view("M8[ns]").astype("M8[s]")
