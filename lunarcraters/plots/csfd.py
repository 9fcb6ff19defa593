"""Plots of crater size-frequency distributions."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from lunarcraters.catalogue.csfd import SizeFrequency, relative_errors
from lunarcraters.plots.files import save_png

_DPI = 150

Float = NDArray[np.float64]


def draw_csfd(csfd: SizeFrequency, path: Path) -> None:
    """Write the figure of `csfd_figure` as a PNG file.

    Args:
        csfd: Size-frequency distribution.
        path: PNG to write.

    Raises:
        OutputError: The file cannot be written.
    """
    save_png(csfd_figure(csfd), path, _DPI)


def csfd_figure(csfd: SizeFrequency) -> Figure:
    """Draw the cumulative, differential and R plots of a size-frequency distribution.

    Bins where detection is incomplete are drawn hollow.
    """
    lower = csfd.edges[:-1]
    plots = (
        ("Cumulative", "craters km$^{-2}$ of this size and larger", lower, csfd.cumulative,
         csfd.at_least),
        ("Differential", "craters km$^{-2}$ km$^{-1}$", csfd.diameters, csfd.differential,
         csfd.counts),
        ("R", "relative frequency", csfd.diameters, csfd.relative, csfd.counts),
    )  # fmt: skip
    figure = Figure(figsize=(14, 5.5), layout="constrained")
    panels = figure.subplots(1, 3)
    complete = lower >= csfd.complete_from_km * (1.0 - 1e-9)
    for axes, (title, unit, diameters, values, counts) in zip(panels, plots, strict=True):
        _draw_points(axes, diameters, values, counts, complete)
        axes.axvline(csfd.complete_from_km, color="tab:red", linewidth=1, linestyle="--")
        axes.set(xscale="log", yscale="log", title=title, xlabel="diameter, km", ylabel=unit)
        axes.set_ylim(bottom=values[counts > 0.0].min() / 4.0)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
        axes.xaxis.set_minor_formatter("{x:g}")
        axes.grid(which="both", color="0.9")
        axes.set_axisbelow(True)
    figure.suptitle(
        f"{csfd.at_least[0]:,.0f} craters on {csfd.area_km2:,.0f} km$^2$; complete from "
        f"{csfd.complete_from_km:.3g} km (dashed)"
    )
    return figure


def _draw_points(
    axes: Axes, diameters: Float, values: Float, counts: Float, complete: NDArray[np.bool_]
) -> None:
    """Draw points with Poisson errors, hollow where they are not complete."""
    error = values * relative_errors(counts)
    # The error of one crater reaches to zero, where a logarithm has no place.
    bars = np.minimum(error, values * 0.999), error
    for some, face in ((complete, "black"), (~complete, "white")):
        some = some & (counts > 0.0)
        axes.errorbar(
            diameters[some], values[some], [bar[some] for bar in bars], fmt="o", color="black",
            markerfacecolor=face, markersize=5, linewidth=1,
        )  # fmt: skip
