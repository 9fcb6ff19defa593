"""Bins of diameters for the plots of the page.

The browser only adds up the craters that it shows, bin by bin. The bins, and what one crater in a
bin adds to each plot, come from here, so that the page and `craters plot csfd` agree.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.csfd import SizeFrequency, bin_by_size
from lunarcraters.records import to_plain

Float = NDArray[np.float64]


@dataclass(frozen=True)
class PlotBins:
    """The scale of one plot of the size-frequency distribution.

    Attributes:
        diameters: Diameter at which each of the n bins is drawn.
        per_crater: Value that one crater of a bin adds there.
        at_least: True where a bin counts the craters of larger bins too.
    """

    diameters: tuple[float, ...]
    per_crater: tuple[float, ...]
    at_least: bool


@dataclass(frozen=True)
class SizeBins:
    """The bins of a page.

    Attributes:
        edges: Edges of the n bins, km or pixels, n + 1 of them.
        plots: Scales of the plots by name; none where the area searched is not known.
    """

    edges: tuple[float, ...]
    plots: dict[str, PlotBins]


def make_bins(diameters: Float, area_km2: float | None) -> dict[str, object]:
    """Make the bins of a page, as JSON.

    Args:
        diameters: Diameters of its craters, km or pixels, (n,).
        area_km2: Area searched, km^2; None where it is not known.
    """
    edges, _ = bin_by_size(diameters)
    plots = {}
    if area_km2:
        one = SizeFrequency(edges, np.ones(len(edges) - 1), area_km2)
        per_km2 = np.full(len(edges) - 1, 1.0 / area_km2)
        plots = {
            "cumulative": _plot(edges[:-1], per_km2, at_least=True),
            "differential": _plot(one.diameters, one.differential, at_least=False),
            "relative": _plot(one.diameters, one.relative, at_least=False),
        }
    bins: dict[str, object] = to_plain(SizeBins(tuple(edges.tolist()), plots))
    return bins


def _plot(diameters: Float, per_crater: Float, *, at_least: bool) -> PlotBins:
    return PlotBins(tuple(diameters.tolist()), tuple(per_crater.tolist()), at_least)
