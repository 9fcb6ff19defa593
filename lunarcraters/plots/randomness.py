"""Plot of the randomness of the places of craters."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lunarcraters.catalogue.randomness import RANDOM_SIGMAS, RandomnessBin
from lunarcraters.plots.axes import label_diameters
from lunarcraters.plots.files import save_png
from lunarcraters.plots.fonts import add_fonts, label_areas

_DPI = 150
_TICKS = 0, 1, 3, 5, 10, 30, 100, 300, 1000
_LEAST_SIGMAS = 6.0  # that the plot shows to either side


def draw_randomness(bins: Sequence[RandomnessBin], path: Path) -> None:
    """Write the figure of `randomness_figure` as a PNG file.

    Args:
        bins: Bins, area by area.
        path: PNG to write.

    Raises:
        OutputError: The file cannot be written.
    """
    save_png(randomness_figure(bins), path, _DPI)


def randomness_figure(bins: Sequence[RandomnessBin]) -> Figure:
    """Draw by how many standard deviations the craters of each bin deviate from random ones.

    The axis is straight within the band of random craters, and logarithmic outside.

    Args:
        bins: Bins, area by area; those that were not tested have no point.
    """
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    _draw_bands(axes)
    areas = list(dict.fromkeys(one.area for one in bins))
    labels, most = label_areas(areas) if len(areas) > 1 else {}, _LEAST_SIGMAS
    for number, area in enumerate(areas):
        tested = [
            (np.sqrt(one.min_km * one.max_km), one.sigmas)
            for one in bins
            if one.area == area and one.sigmas is not None
        ]
        diameters, sigmas = np.array(tested or np.empty((0, 2))).T
        most = max(most, float(np.abs(sigmas).max(initial=0.0)) * 1.5)
        colour = "black" if len(areas) == 1 else f"C{number % 10}"
        axes.plot(diameters, sigmas, "o-", color=colour, markersize=5, linewidth=1,
                  label=labels.get(area))  # fmt: skip
    axes.set(
        xscale="log",
        xlim=(min(one.min_km for one in bins), max(one.max_km for one in bins)),
        xlabel="diameter, km",
        ylabel="standard deviations from random craters",
        title="Mean distance to the second-closest crater of the bin",
    )
    axes.set_yscale("symlog", linthresh=RANDOM_SIGMAS)
    axes.set_ylim(-most, most)
    axes.set_yticks([sign * tick for tick in _TICKS if tick < most for sign in (-1, 1)])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    label_diameters(axes)
    for height, word, side in ((0.02, "clustered", "bottom"), (0.98, "ordered", "top")):
        axes.text(0.99, height, word, transform=axes.transAxes, ha="right", va=side, color="0.3")
    if len(areas) > 1:
        figure.legend(loc="outside right center", fontsize=8)
    add_fonts(figure)
    return figure


def _draw_bands(axes: Axes) -> None:
    """Draw the bands within which random craters lie: one standard deviation, and three."""
    for sigmas, grey in ((RANDOM_SIGMAS, "0.9"), (1.0, "0.8")):
        axes.axhspan(-sigmas, sigmas, color=grey, linewidth=0, zorder=0)
    axes.axhline(0.0, color="white", linewidth=1, zorder=0)
